import { describe, expect, test } from 'vitest';
import { type FanOutRequest, type FeedMessage, frameBytes } from '#wire/feed-message.ts';
import { deliver, framesOf } from '../../functions/fan-out/deliver.ts';
import { memoryFeedStore } from './feed-memory.ts';

const scope = 'majors';
const nowMs = 1_700_000_000_000;

const trade = (tradeId: string, market = 'ETH-USDC'): FeedMessage => ({
  type: 'trade',
  market,
  tradeId,
  price: '1850.25',
  size: '1',
  takerSide: 'buy',
  atMs: 1,
});

async function listening(channels: Record<string, string[]>) {
  const store = memoryFeedStore();
  for (const [connectionId, names] of Object.entries(channels)) {
    await store.connect({ connectionId, atMs: 0 });
    for (const channel of names) await store.subscribe({ connectionId, channel, scope });
  }
  return store;
}

const bundle = (channel: string, messages: FeedMessage[]): FanOutRequest['bundles'][number] => ({
  channel,
  slices: [0],
  scope,
  messages,
});

/** A poster that keeps what every connection got. */
function mailbox(behaviour: (connectionId: string) => 'posted' | 'gone' = () => 'posted') {
  const got = new Map<string, string[]>();
  const reports: string[] = [];
  let inFlight = 0;
  const most = { atOnce: 0 };
  const post = async (connectionId: string, text: string) => {
    inFlight += 1;
    most.atOnce = Math.max(most.atOnce, inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight -= 1;
    const answer = behaviour(connectionId);
    if (answer === 'posted') got.set(connectionId, [...(got.get(connectionId) ?? []), text]);
    return answer;
  };
  const clock = { nowMs: () => nowMs };
  return { got, most, reports, post, clock, report: (problem: string) => reports.push(problem) };
}

describe('fan-out', () => {
  test('everybody gets the messages of the own channels, in order, in one frame', async () => {
    const eth = 'trades:ETH-USDC';
    const btc = 'trades:BTC-USDC';
    const store = await listening({ both: [eth, btc], one: [btc], none: [] });
    const box = mailbox();
    const bundles = [bundle(eth, [trade('1'), trade('2')]), bundle(btc, [trade('3', 'BTC-USDC')])];
    const delivery = await deliver({ bundles }, { store, ...box });

    expect(delivery).toEqual({ posted: 2, gone: 0, failed: 0 });
    expect(box.got.get('both')).toEqual([JSON.stringify(bundles.flatMap((each) => each.messages))]);
    expect(box.got.get('one')).toEqual([JSON.stringify([trade('3', 'BTC-USDC')])]);
    expect(box.got.has('none')).toBe(false);
  });

  test('a connection that is gone is removed with all its subscriptions', async () => {
    const store = await listening({
      here: ['trades:ETH-USDC'],
      gone: ['trades:ETH-USDC', 'trades:X-Y'],
    });
    const box = mailbox((connectionId) => (connectionId === 'gone' ? 'gone' : 'posted'));
    const request = { bundles: [bundle('trades:ETH-USDC', [trade('1')])] };

    expect(await deliver(request, { store, ...box })).toEqual({ posted: 1, gone: 1, failed: 0 });
    expect(await store.connection('gone', 0)).toBeUndefined();
    expect(await store.interest(scope)).toEqual([
      { channel: 'trades:ETH-USDC', slice: 0, connections: 1 },
    ]);
  });

  test('a connection that fails keeps nobody else from the messages', async () => {
    const store = await listening({ a: ['trades:ETH-USDC'], b: ['trades:ETH-USDC'] });
    const box = mailbox((connectionId) => {
      if (connectionId === 'a') throw new Error('throttled');
      return 'posted';
    });
    const request = { bundles: [bundle('trades:ETH-USDC', [trade('1')])] };

    expect(await deliver(request, { store, ...box })).toEqual({ posted: 1, gone: 0, failed: 1 });
    expect(box.got.get('b')).toHaveLength(1);
    expect(box.reports).toHaveLength(1);
  });

  test('200 connections are served, at most 50 at a time', async () => {
    const names = Array.from({ length: 200 }, (_, index) => [`c${index}`, ['trades:ETH-USDC']]);
    const store = await listening(Object.fromEntries(names));
    const box = mailbox();
    const request = { bundles: [bundle('trades:ETH-USDC', [trade('1')])] };

    expect(await deliver(request, { store, ...box })).toMatchObject({ posted: 200 });
    expect(box.most.atOnce).toBe(50);
  });

  test('messages of more than 32 KB leave in several frames, none lost, none reordered', () => {
    const texts = Array.from({ length: 700 }, (_, index) => JSON.stringify(trade(`t-${index}`)));
    const frames = framesOf(texts);

    expect(frames.length).toBeGreaterThan(2);
    expect(frames.every((frame) => frame.length <= frameBytes)).toBe(true);
    expect(frames.flatMap((frame) => JSON.parse(frame))).toEqual(
      texts.map((text) => JSON.parse(text)),
    );
  });
});

describe('a private channel whose session has ended', () => {
  const channel = `account:0x${'a'.repeat(40)}`;
  const credit: FeedMessage = {
    ...{ type: 'credit', group: 'majors', asset: 'ETH' },
    ...{ free: '1', held: '0', sequence: 1 },
  };
  const request = { bundles: [bundle(channel, [credit])] };
  const ended = JSON.stringify([{ type: 'session_expired', channel }]);

  async function owners(ends: Record<string, number>) {
    const store = await listening({ ended: ['trades:ETH-USDC'], live: [] });
    for (const [connectionId, sessionExpiresAtMs] of Object.entries(ends))
      await store.subscribe({ connectionId, channel, scope: 'accounts', sessionExpiresAtMs });
    return store;
  }

  test('hears that it has ended, once and nothing else; a live one goes on', async () => {
    const store = await owners({ ended: nowMs, live: nowMs + 1 });
    const box = mailbox();
    await deliver(request, { store, ...box });
    await deliver(request, { store, ...box });

    expect(box.got.get('ended')).toEqual([ended]);
    expect(box.got.get('live')).toEqual(Array(2).fill(JSON.stringify([credit])));
    expect(store.channels('ended')).toEqual(['trades:ETH-USDC']);
  });

  test('goes on where it was renewed a moment ago', async () => {
    const store = await owners({ ended: nowMs });
    const box = mailbox();
    const renewing = {
      ...store,
      expire: async (at: Parameters<typeof store.expire>[0]) => {
        await store.renew({ connectionId: 'ended', channel, sessionExpiresAtMs: nowMs + 1 });
        return store.expire(at);
      },
    };
    await deliver(request, { ...box, store: renewing });
    expect(box.got.get('ended')).toEqual([JSON.stringify([credit])]);
  });

  test('that cannot be ended now gets nothing, and everybody else gets theirs', async () => {
    const store = await owners({ ended: nowMs, live: nowMs + 1 });
    const box = mailbox();
    const failing = { ...store, expire: () => Promise.reject(new Error('throttled')) };
    await deliver(request, { ...box, store: failing });
    expect([...box.got.keys()]).toEqual(['live']);
    expect(box.reports).toHaveLength(1);
  });
});
