import { expect, test } from 'vitest';
import { noProtections } from '#domain/market.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { base, plainMarket, quote } from '../engine/trading-floor.ts';
import { askDoor } from './ask-door.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';
import { freshOperatorsId } from './orders.ts';

async function tradingWorld() {
  const world = new MatcherWorld();
  world.ledger.policy = 'sticky';
  for (const trader of ['alice', 'bob']) {
    for (const asset of ['USDC', 'ETH', 'SOL']) {
      world.ledger.fund(address(trader), asset, 100_000n);
    }
  }
  return { world, running: await world.start() };
}

const ordered = () => ({ commandId: freshOperatorsId(), by: 'an operator', why: 'a test' });
const sol = { ...base, id: 'SOL', chainAsset: '0xcc' };
const listSol = (changes: Partial<typeof plainMarket> = {}): OperatorRequest => ({
  ...{ type: 'list_market', ...ordered(), base: sol, quote },
  market: { ...plainMarket, ...noProtections, id: 'SOL-USDC', ...changes },
});

/** An order in the market that was listed at run time. */
function solOrder(world: MatcherWorld, trader: string, side: 'buy' | 'sell' = 'buy') {
  const order = world.order(trader, { side });
  order.order.terms = 'SOL-USDC limit gtc';
  order.order.baseAsset = sol.chainAsset;
  return order;
}

const depthOf = (world: MatcherWorld, running: Running, market = 'ETH-USDC') =>
  world.time.until(running.leader.depth(market, 5));

test('a market that is listed at run time trades at once, and after a restart', async () => {
  const { world, running } = await tradingWorld();
  expect(await world.send(running, solOrder(world, 'alice'))).toMatchObject([
    { code: 'unknown_market' },
  ]);
  expect(await world.send(running, listSol())).toMatchObject([{ status: 'accepted' }]);
  expect(await world.send(running, solOrder(world, 'alice'))).toMatchObject([
    { status: 'accepted' },
  ]);
  running.kill();
  const next = await world.start();
  expect(await world.send(next, solOrder(world, 'bob', 'sell'))).toMatchObject([
    { status: 'accepted', fills: [{ marketId: 'SOL-USDC', sizeLots: 2 }] },
  ]);
});

test('what operators changed stands, whatever a deployment’s catalog says', async () => {
  const { world, running } = await tradingWorld();
  const change: OperatorRequest = {
    ...{ type: 'list_market', ...ordered(), base, quote },
    market: { ...plainMarket, ...noProtections, makerFeeBps: 3, takerFeeBps: 7 },
  };
  await world.send(running, change, world.setState('halted'));
  running.kill();
  const next = await world.start();
  expect(next.faults).toEqual([]);
  expect(await depthOf(world, next)).toMatchObject({ state: 'halted' });
  const listings = world.journal
    .frames(groupId)
    .flatMap(({ outcomes }) => outcomes)
    .filter(({ command }) => command.type === 'list_market');
  expect(listings.map(({ command }) => 'by' in command && command.by)).toEqual([
    'catalog',
    'an operator',
  ]);
  await world.send(next, world.setState('auction'), world.setState('open'));
  await world.send(next, world.order('bob', { side: 'sell', lots: 100, ticks: 100 }));
  const buy = world.order('alice', { lots: 100, ticks: 100 });
  expect(await world.send(next, buy)).toMatchObject([{ fills: [{ feeUnits: 7 }] }]);
});

test('a market that is not open takes no order, and every cancel', async () => {
  const { world, running } = await tradingWorld();
  const bid = world.order('alice');
  await world.send(running, bid);
  expect(await world.send(running, world.setState('cancel_only'))).toMatchObject([
    { status: 'accepted' },
  ]);
  expect(await world.send(running, world.order('alice'))).toMatchObject([
    { code: 'market_not_open' },
  ]);
  expect(await world.send(running, world.cancel('alice', bid.digest))).toMatchObject([
    { status: 'accepted' },
  ]);
});

test('an operation goes before orders that wait, and is taken once however often it is sent', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice', { ticks: 1 }));
  const halt = world.setState('halted');
  const order = world.order('alice');
  expect(await world.send(running, order, halt)).toMatchObject([
    { status: 'refused', code: 'market_not_open' },
    { status: 'accepted' },
  ]);
  expect(await world.send(running, halt)).toMatchObject([{ status: 'accepted', repeated: true }]);
  running.kill();
  const next = await world.start();
  expect(await world.send(next, halt)).toMatchObject([{ status: 'accepted', repeated: true }]);
});

test('a closed market ends its orders and stays closed', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'), world.order('bob', { side: 'sell', ticks: 120 }));
  expect(await world.send(running, world.setState('closed'))).toMatchObject([
    { status: 'accepted', cancelled: 2 },
  ]);
  expect(await world.send(running, world.setState('open'))).toMatchObject([
    { status: 'refused', code: 'state_not_reachable' },
  ]);
  running.kill();
  const next = await world.start();
  expect(next.faults).toEqual([]);
  expect(await depthOf(world, next)).toMatchObject({ state: 'closed', bids: [], asks: [] });
});

test('an account pays the rates of its fee tier', async () => {
  const { world, running } = await tradingWorld();
  const define: OperatorRequest = {
    ...{ type: 'define_fee_tier', ...ordered(), tier: 2, makerFeeBps: 0, takerFeeBps: 9 },
  };
  const assign: OperatorRequest = {
    ...{ type: 'assign_fee_tier', ...ordered(), account: address('alice'), tier: 2 },
  };
  const unknown: OperatorRequest = { ...assign, ...ordered(), tier: 3 };
  expect(await world.send(running, unknown)).toMatchObject([{ code: 'unknown_fee_tier' }]);
  await world.send(running, define, assign);
  await world.send(running, world.order('bob', { side: 'sell', lots: 100 }));
  const buy = world.order('alice', { lots: 100 });
  expect(await world.send(running, buy)).toMatchObject([{ fills: [{ feeUnits: 9 }] }]);
  const account = await world.time.until(running.leader.account(address('alice')));
  expect(account.feeTier).toBe(2);
});

test('the door takes operations of its own group by their schema', async () => {
  const { world, running } = await tradingWorld();
  const door = { groupId, leader: () => running.leader, isAlive: () => true };
  const post = async (body: unknown) => {
    const reply = await world.time.until(
      askDoor(
        { method: 'POST', path: '/operations', body: Buffer.from(JSON.stringify(body)) },
        door,
      ),
    );
    return { status: reply.status, body: 'json' in reply && JSON.parse(reply.json) };
  };
  expect(await post(world.setState('halted'))).toMatchObject({
    status: 200,
    body: { epoch: 1, result: { status: 'accepted' } },
  });
  const elsewhere = listSol({ groupId: 'another' });
  const thirds = listSol({ baseUnitsPerLot: 3 });
  const silent = { ...world.setState('auction'), why: '' };
  // Numbers that no other check may compute with.
  const odd = [listSol({ baseUnitsPerLot: 0.5 }), listSol({ quoteUnitsPerTickLot: 0 })];
  const vast = { ...listSol(), base: { ...sol, decimals: 2 ** 53 } };
  for (const bad of [elsewhere, thirds, silent, vast, ...odd, { type: 'tick' }])
    expect(await post(bad)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(await depthOf(world, running)).toMatchObject({ state: 'halted' });
  expect(running.doubts).toEqual([]);
});
