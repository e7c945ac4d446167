import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { packBundles, requestBytes } from '#cloud/feed-bundles.ts';
import { createFeedPublisher, type Happening, publisherLimits } from '#cloud/feed-publisher.ts';
import type { Interest } from '#cloud/feed-store.ts';
import type { FanOutRequest, FeedMessage } from '#wire/feed-message.ts';

const eth = 'trades:ETH-USDC';

const trade = (tradeId: string): FeedMessage => ({
  type: 'trade',
  market: 'ETH-USDC',
  tradeId,
  price: '1850.25',
  size: '1',
  takerSide: 'buy',
  atMs: 1,
});

/** One message on one channel. */
const said = (channel: string, message: FeedMessage): Happening => ({
  scope: channel.startsWith('account:') ? 'accounts' : 'majors',
  size: 1,
  told: (isHeard) => (isHeard(channel) ? [{ channel, message }] : []),
});

let interest: Interest[];
let readings: string[];
let requests: FanOutRequest[];
let reports: string[];
let readFails: boolean;

function publisher() {
  return createFeedPublisher({
    async interestOf(scope) {
      readings.push(scope);
      if (readFails) throw new Error('throttled');
      return interest.filter(({ channel }) =>
        scope === 'accounts' ? channel.startsWith('account:') : !channel.startsWith('account:'),
      );
    },
    fanOut: async (request) => void requests.push(request),
    clock: { monotonicMs: () => Date.now() },
    report: (problem) => reports.push(problem),
  });
}

/** `slice: ids` of everything that was sent, in order. */
const sent = () =>
  requests
    .flatMap(({ bundles }) => bundles)
    .map(({ channel, slices, messages }) => {
      const ids = messages.map((each) => (each.type === 'trade' ? each.tradeId : each.type));
      return `${channel}#${slices.join()}: ${ids.join(' ')}`;
    });

beforeEach(() => {
  vi.useFakeTimers();
  interest = [{ channel: eth, slice: 0, connections: 3 }];
  readings = [];
  requests = [];
  reports = [];
  readFails = false;
});
afterEach(() => vi.useRealTimers());

describe('publishing', () => {
  test('a publisher with nothing to publish has no timer and reads nothing', async () => {
    publisher().publish([]);
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(readings).toEqual([]);
  });

  test('messages of 100 ms leave together, in order', async () => {
    const feed = publisher();
    feed.publish([said(eth, trade('1'))]);
    await vi.advanceTimersByTimeAsync(60);
    feed.publish([said(eth, trade('2'))]);
    await vi.advanceTimersByTimeAsync(60);

    expect(sent()).toEqual([`${eth}#0: 1 2`]);
    expect(readings).toEqual(['majors']);
  });

  test('what nobody listens to is dropped, and afterwards there is silence', async () => {
    interest = [];
    const feed = publisher();
    feed.publish([said(eth, trade('1'))]);
    await vi.advanceTimersByTimeAsync(10_000);

    expect(requests).toEqual([]);
    expect(readings).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('interest is read at most once a second under steady traffic', async () => {
    const feed = publisher();
    for (let index = 0; index < 50; index += 1) {
      feed.publish([said(eth, trade(`${index}`))]);
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(2_000);

    expect(readings.length).toBeLessThanOrEqual(7);
    expect(sent().flatMap((line) => line.split(': ')[1]?.split(' '))).toHaveLength(50);
  });

  test('a slice that is found later gets everything since the reading that lacked it', async () => {
    const feed = publisher();
    feed.publish([said(eth, trade('1'))]);
    await vi.advanceTimersByTimeAsync(100);
    interest = [...interest, { channel: eth, slice: 1, connections: 1 }];
    feed.publish([said(eth, trade('2'))]);
    await vi.advanceTimersByTimeAsync(200);
    feed.publish([said(eth, trade('3'))]);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(sent()).toEqual([`${eth}#0: 1`, `${eth}#0: 2`, `${eth}#0: 3`, `${eth}#1: 2 3`]);
  });
});

describe('who gets what', () => {
  test('private messages are sent to their owner only', async () => {
    const [mine, other] = [`account:0x${'a'.repeat(40)}`, `account:0x${'b'.repeat(40)}`];
    interest = [{ channel: mine, slice: 0, connections: 1 }];
    const feed = publisher();
    feed.publish([said(mine, trade('1')), said(other, trade('2'))]);
    await vi.advanceTimersByTimeAsync(100);

    expect(sent()).toEqual([`${mine}#0: 1`]);
    expect(readings).toEqual(['accounts']);
  });
});

describe('trouble', () => {
  test('a failure to read or to send is reported and does not end the feed', async () => {
    readFails = true;
    const feed = publisher();
    feed.publish([said(eth, trade('1'))]);
    await vi.advanceTimersByTimeAsync(100);
    readFails = false;
    feed.publish([said(eth, trade('2'))]);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(reports).toEqual(['the feed does not know who listens']);
    expect(sent()).toEqual([`${eth}#0: 1 2`]);
  });

  test('a flood is bounded: the oldest messages are dropped and that is reported', async () => {
    const feed = publisher();
    const flood = Array.from({ length: publisherLimits.messages + 5 }, (_, index) =>
      said(eth, trade(`${index}`)),
    );
    feed.publish(flood);
    await feed.stop();

    expect(reports).toEqual(['the feed drops its oldest messages']);
    const ids = sent().flatMap((line) => line.split(': ')[1]?.split(' ') ?? []);
    expect(ids).toHaveLength(publisherLimits.messages);
    expect(ids[0]).toBe('5');
  });

  test('a publisher that stops sends what waits, and nothing afterwards', async () => {
    const feed = publisher();
    feed.publish([said(eth, trade('1'))]);
    await feed.stop();
    feed.publish([said(eth, trade('2'))]);

    expect(sent()).toEqual([`${eth}#0: 1`]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('packing', () => {
  test('a request serves at most 200 connections and one event holds it', () => {
    const messages = Array.from({ length: 3_000 }, (_, index) => trade(`${index}`));
    const slices = [200, 200, 50].map((connections, slice) => ({ slice, connections }));
    const owner = { slice: 0, connections: 1 };
    const packed = packBundles([
      { channel: eth, scope: 'majors', slices, messages },
      { channel: 'account:0x1', scope: 'accounts', slices: [owner], messages: [trade('x')] },
    ]);

    for (const request of packed)
      expect(JSON.stringify(request).length).toBeLessThan(requestBytes + 10_000);
    const ofSlice = (slice: number) =>
      packed
        .flatMap(({ bundles }) => bundles)
        .filter((each) => each.channel === eth && each.slices.includes(slice))
        .flatMap((each) => each.messages);
    for (const slice of [0, 1, 2]) expect(ofSlice(slice)).toEqual(messages);
  });

  test('owners who trade at the same time share a request', () => {
    const parcels = Array.from({ length: 150 }, (_, index) => ({
      channel: `account:${index}`,
      scope: 'accounts',
      slices: [{ slice: 0, connections: 1 }],
      messages: [trade(`${index}`)],
    }));
    expect(packBundles(parcels)).toHaveLength(1);
    expect(packBundles([...parcels, ...parcels])).toHaveLength(2);
  });
});
