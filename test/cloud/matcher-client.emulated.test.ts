import { afterEach, describe, expect, test } from 'vitest';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { OrderAnswers } from '#wire/order-answers.ts';
import { placeRequestOf, readOrderRequest } from '#wire/order-request.ts';
import { limitOrder } from '../matcher/orders.ts';
import {
  answers,
  answersBytes,
  dies,
  hangingPort,
  hangs,
  type Loopback,
  matcherThat,
  refusingPort,
} from './loopback-matcher.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function started(matcher: Promise<Loopback>): Promise<Loopback> {
  const running = await matcher;
  stops.push(running.stop);
  return running;
}

/** A client whose group's lease names these ports, one a lookup; the last one stays. */
function clientOf(...ports: (number | 'released' | 'nobody' | 'unread')[]) {
  const lookups: string[] = [];
  let nowMs = 0;
  const leases = {
    async read(groupId: string) {
      const port = ports[Math.min(lookups.length, ports.length - 1)];
      lookups.push(groupId);
      if (port === 'unread') throw new Error('the table did not answer');
      if (port === 'nobody' || port === undefined) return undefined;
      const lease = { groupId, epoch: 1, version: 1, owner: 'me', host: '127.0.0.1' };
      return port === 'released'
        ? { ...lease, port: 1, released: true }
        : { ...lease, port, released: false };
    },
  };
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const client = createMatcherClient({
    leases,
    clock,
    connectTimeoutMs: 100,
    replyTimeoutMs: 200,
    handOverTries: 3,
  });
  return { client, lookups, passMs: (ms: number) => (nowMs += ms) };
}

const cancel: CommandRequest = {
  type: 'cancel',
  commandId: 'c-1',
  account: `0x${'aa'.repeat(20)}`,
  digest: `0x${'11'.repeat(32)}`,
};
const taken = {
  epoch: 1,
  results: [{ status: 'accepted', commandId: 'c-1', sequence: 5, fills: [] }],
};
const works = answers(200, taken);
const leadsNot = answers(503, { code: 'not_leader' });

describe("an operator's order", () => {
  const halt = {
    type: 'set_market_state',
    commandId: 'o-1',
    by: 'alice',
    why: 'because',
    market: 'ETH-USDC',
    state: 'halted',
  } as const;
  const done = { epoch: 1, result: { status: 'accepted', commandId: 'o-1', sequence: 5 } };

  test('reaches the leader as it is, and is sent again where its answer was lost', async () => {
    const leader = await started(matcherThat(dies, answers(200, done)));
    const { client } = clientOf(leader.port);
    expect(await client.operate('majors', halt)).toEqual(done);
    expect(leader.requests.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
      ['/operations', halt],
      ['/operations', halt],
    ]);
  });

  test('whose answer was lost twice has an unknown end', async () => {
    const leader = await started(matcherThat(dies));
    const { client } = clientOf(leader.port);
    await expect(client.operate('majors', halt)).rejects.toMatchObject({ code: 'outcome_unknown' });
  });
});

test('a market that its leader does not list yet is unavailable for a moment', async () => {
  const leader = await started(matcherThat(answers(404, { code: 'unknown_market' })));
  const { client } = clientOf(leader.port);
  await expect(client.depth('majors', 'NEW-USDC', 5)).rejects.toMatchObject({
    code: 'unavailable',
    retryAfterMs: 1_000,
  });
  expect(leader.requests).toHaveLength(1);
});

describe('a command', () => {
  test('reaches the leader that the lease names, over one lookup and one connection', async () => {
    const leader = await started(matcherThat(works));
    const { client, lookups } = clientOf(leader.port);
    expect(await client.send('majors', [cancel])).toEqual(taken);
    expect(await client.send('majors', [cancel])).toEqual(taken);
    expect(lookups).toEqual(['majors']);
    expect(leader.requests[0]).toMatchObject({ method: 'POST', url: '/commands', group: 'majors' });
    expect(JSON.parse(leader.requests[0]?.body ?? '')).toEqual({ commands: [cancel] });
  });

  test('finds the new leader where the old one refuses connections', async () => {
    const leader = await started(matcherThat(works));
    const { client, lookups } = clientOf(await refusingPort(), leader.port);
    expect(await client.send('majors', [cancel])).toEqual(taken);
    expect(lookups).toHaveLength(2);
  });

  test('finds the new leader where the old host neither takes nor refuses a connection', async () => {
    const gone = await hangingPort();
    stops.push(gone.stop);
    const leader = await started(matcherThat(works));
    const { client } = clientOf(gone.port, leader.port);
    expect(await client.send('majors', [cancel])).toEqual(taken);
  });

  test('finds the new leader where the old one says that it leads no more', async () => {
    const old = await started(matcherThat(leadsNot));
    const leader = await started(matcherThat(works));
    const { client } = clientOf(old.port, leader.port);
    expect(await client.send('majors', [cancel])).toEqual(taken);
    expect(old.requests).toHaveLength(1);
  });

  test('is found by another look where the lease could not be read, and not looked for without end', async () => {
    const leader = await started(matcherThat(works));
    const { client } = clientOf('unread', 'unread', leader.port);
    expect(await client.send('main', [cancel])).toEqual(taken);
    const { client: blind, lookups } = clientOf('unread');
    await expect(blind.send('main', [cancel])).rejects.toMatchObject({
      code: 'unavailable',
      message: 'main: the lease could not be read: the table did not answer',
    });
    expect(lookups).toHaveLength(3);
  });

  test.each(['nobody', 'released'] as const)(
    'is unavailable while the lease is %s',
    async (state) => {
      const { client } = clientOf(state);
      await expect(client.send('majors', [cancel])).rejects.toMatchObject({ code: 'unavailable' });
    },
  );

  test('is not sent again where the matcher is busy', async () => {
    const busy = await started(matcherThat(answers(503, { code: 'busy' }, { 'retry-after': '2' })));
    const { client } = clientOf(busy.port);
    const sent = client.send('majors', [cancel]);
    await expect(sent).rejects.toMatchObject({ code: 'busy', retryAfterMs: 2_000 });
    expect(busy.requests).toHaveLength(1);
  });

  test('that no host took is unavailable, not unknown', async () => {
    const gone = await hangingPort();
    stops.push(gone.stop);
    const { client } = clientOf(gone.port);
    await expect(client.send('majors', [cancel])).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('orders', () => {
  const bid = limitOrder('alice', { nowMs: 1_790_000_000_000 });
  const ask = limitOrder('bob', { nowMs: 1_790_000_000_000, side: 'sell' });
  const refused = (commandId: string, code: 'balance_too_low' | 'not_leader'): CommandResult => ({
    ...{ status: 'refused', commandId, code },
  });
  const accepted = (commandId: string, sequence: number): CommandResult => ({
    ...{ status: 'accepted', commandId, sequence, fills: [] },
  });
  const told = (epoch: number, ...results: CommandResult[]) => {
    const bytes = new OrderAnswers(results.length);
    for (const [place, result] of results.entries()) bytes.result(place, result);
    return answersBytes(bytes.take(epoch));
  };
  const ordersIn = ({ bytes }: { bytes: Buffer }) => readOrderRequest(bytes)?.map(placeRequestOf);

  test('reach the leader as bytes, and so do their answers', async () => {
    const results = [accepted(bid.digest, 5), refused(ask.digest, 'balance_too_low')];
    const leader = await started(matcherThat(told(3, ...results)));
    const { client } = clientOf(leader.port);
    expect(await client.send('majors', [bid, ask])).toEqual({ epoch: 3, results });
    const [request] = leader.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/orders', group: 'majors' });
    expect(request?.contentType).toBe('application/octet-stream');
    expect(request && ordersIn(request)).toEqual([bid, ask]);
  });

  test('whose answer was lost are sent again, the very same', async () => {
    const leader = await started(matcherThat(dies, told(1, accepted(bid.digest, 5))));
    const { client } = clientOf(leader.port);
    expect((await client.send('majors', [bid])).results).toEqual([accepted(bid.digest, 5)]);
    expect(leader.requests[1]).toEqual(leader.requests[0]);
  });

  test('that their leader did not take before it handed over go to the next one, alone', async () => {
    const first = told(1, refused(bid.digest, 'not_leader'), accepted(ask.digest, 5));
    const old = await started(matcherThat(first, leadsNot));
    const next = await started(matcherThat(told(2, accepted(bid.digest, 9))));
    const { client } = clientOf(old.port, next.port);
    expect(await client.send('majors', [bid, ask])).toEqual({
      epoch: 2,
      results: [accepted(bid.digest, 9), accepted(ask.digest, 5)],
    });
    expect(next.requests.map(ordersIn)).toEqual([[bid]]);
  });

  test('are not sent again where the matcher is busy', async () => {
    const busy = await started(matcherThat(answers(503, { code: 'busy' }, { 'retry-after': '2' })));
    const { client } = clientOf(busy.port);
    const sent = client.send('majors', [bid]);
    await expect(sent).rejects.toMatchObject({ code: 'busy', retryAfterMs: 2_000 });
    expect(busy.requests).toHaveLength(1);
  });

  test('have an unknown outcome where nobody answers them twice', async () => {
    const leader = await started(matcherThat(dies));
    const { client } = clientOf(leader.port);
    await expect(client.send('majors', [bid])).rejects.toMatchObject({ code: 'outcome_unknown' });
  });

  test('that are answered as others would be are no outage but our bug', async () => {
    const leader = await started(matcherThat(told(1, accepted(bid.digest, 5))));
    const { client } = clientOf(leader.port);
    await expect(client.send('majors', [bid, ask])).rejects.toThrow('an answer to something else');
  });
});

describe('a command while leaders change', () => {
  test('is not sent for ever to who leads no more: then the exchange is unavailable, and nothing was taken', async () => {
    const old = await started(matcherThat(leadsNot));
    const { client, lookups } = clientOf(old.port);
    const sent = client.send('majors', [cancel]);
    await expect(sent).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 3_000 });
    expect(old.requests).toHaveLength(4);
    expect(lookups).toHaveLength(4);
  });

  test('waits while one leader hands over to the next: none is refused', async () => {
    const old = await started(matcherThat(leadsNot));
    const next = await started(matcherThat(leadsNot, works));
    const { client } = clientOf(old.port, 'released', next.port);
    expect(await client.send('majors', [cancel])).toEqual(taken);
    expect(old.requests).toHaveLength(1);
    expect(next.requests).toHaveLength(2);
  });

  test('that its leader did not take before it handed over goes to the next one, alone', async () => {
    const left = { ...cancel, commandId: 'c-2' };
    const refused = { status: 'refused', commandId: 'c-2', code: 'not_leader' };
    const both = { epoch: 1, results: [refused, ...taken.results] };
    const late = { status: 'accepted', commandId: 'c-2', sequence: 9, fills: [] };
    const old = await started(matcherThat(answers(200, both), leadsNot));
    const next = await started(matcherThat(answers(200, { epoch: 2, results: [late] })));
    const { client } = clientOf(old.port, next.port);
    expect(await client.send('majors', [left, cancel])).toEqual({
      epoch: 2,
      results: [late, ...taken.results],
    });
    expect(JSON.parse(next.requests[0]?.body ?? '')).toEqual({ commands: [left] });
  });

  test('keeps what is known of the others where no leader comes for it', async () => {
    const left = { ...cancel, commandId: 'c-2' };
    const refused = { status: 'refused', commandId: 'c-2', code: 'not_leader' };
    const both = { epoch: 1, results: [...taken.results, refused] };
    const old = await started(matcherThat(answers(200, both), leadsNot));
    const { client } = clientOf(old.port);
    expect(await client.send('majors', [cancel, left])).toEqual(both);
  });
});

describe('a command that a matcher may have taken', () => {
  test('is sent again, the very same, and gets its first result', async () => {
    const leader = await started(matcherThat(dies, works));
    const { client } = clientOf(leader.port);
    expect(await client.send('majors', [cancel])).toEqual(taken);
    expect(leader.requests[1]).toEqual(leader.requests[0]);
  });

  const lost = [
    ['dies twice after it took the command', [dies]],
    ['hangs twice after it took the command', [hangs]],
    ['dies, and then is busy', [dies, answers(503, { code: 'busy' })]],
    ['fails while it answers', [answers(500, {})]],
  ] as const;
  test.each(lost)('has an unknown outcome where the matcher %s', async (_, behaviours) => {
    const leader = await started(matcherThat(...behaviours));
    const { client } = clientOf(leader.port);
    const sent = client.send('majors', [cancel]);
    await expect(sent).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect(leader.requests).toHaveLength(2);
  });

  test('has an unknown outcome where the matcher dies, and then leads no more', async () => {
    const leader = await started(matcherThat(dies, leadsNot));
    const { client } = clientOf(leader.port);
    const sent = client.send('majors', [cancel]);
    await expect(sent).rejects.toMatchObject({ code: 'outcome_unknown' });
  });

  test('has an unknown outcome where the leader dies and nobody takes its place', async () => {
    const leader = await started(matcherThat(dies));
    const { client } = clientOf(leader.port, 'released');
    await expect(client.send('majors', [cancel])).rejects.toMatchObject({
      code: 'outcome_unknown',
    });
  });
});

describe('a question', () => {
  test('that is lost has no outcome to be unknown: the exchange is unavailable', async () => {
    const leader = await started(matcherThat(hangs));
    const { client } = clientOf(leader.port);
    const asked = client.depth('majors', 'ETH-USDC', 5);
    await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('goes to its own path', async () => {
    const leader = await started(matcherThat(answers(200, {})));
    const { client } = clientOf(leader.port);
    await client.depth('majors', 'ETH-USDC', 5);
    await client.account('majors', '0xaa');
    await client.health('majors');
    await client.demandCredit('majors', { account: '0xaa', asset: 'ETH' });
    expect(leader.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /depth?market=ETH-USDC&levels=5',
      'GET /accounts/0xaa',
      'GET /health',
      'POST /credit/demand',
    ]);
  });

  test('that the matcher does not understand is our bug, not an outage', async () => {
    const leader = await started(matcherThat(answers(400, { code: 'invalid_request' })));
    const { client } = clientOf(leader.port);
    await expect(client.health('majors')).rejects.toThrow('the matcher answered 400');
  });

  test('with an endless answer is cut off', async () => {
    const endless = await started(
      matcherThat((_, response) => {
        response.on('error', () => {});
        const chunk = 'x'.repeat(256 * 1024);
        const more = () => {
          if (!response.destroyed) response.write(chunk, () => setImmediate(more));
        };
        more();
      }),
    );
    const { client } = clientOf(endless.port);
    await expect(client.health('majors')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test("a leader's address is looked up anew after half a minute: it may belong to another task by then", async () => {
  const leader = await started(matcherThat(works));
  const { client, lookups, passMs } = clientOf(leader.port);
  await client.send('majors', [cancel]);
  passMs(30_000);
  await client.send('majors', [cancel]);
  expect(lookups).toHaveLength(2);
});

test('an order that the matcher does not remember is none, not an error', async () => {
  const order = { digest: cancel.digest, status: 'cancelled' };
  const matcher = await started(matcherThat(answers(200, { order }), answers(200, {})));
  const { client } = clientOf(matcher.port);
  expect(await client.order('majors', cancel.digest)).toEqual(order);
  expect(await client.order('majors', cancel.digest)).toBeUndefined();
  expect(matcher.requests[0]).toMatchObject({ method: 'GET', url: `/orders/${cancel.digest}` });
});
