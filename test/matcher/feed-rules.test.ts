import { expect, test } from 'vitest';
import type { Market } from '#domain/market.ts';
import type { FeedMessage } from '#wire/feed-message.ts';
import { address, MatcherWorld, type Running } from './matcher-world.ts';

async function tradingWorld(terms: Partial<Market> = {}) {
  const world = new MatcherWorld();
  world.markets = world.markets.map((each) => ({ ...each, market: { ...each.market, ...terms } }));
  world.ledger.policy = 'sticky';
  world.ledger.fund(address('alice'), 'USDC', 100_000n);
  world.ledger.fund(address('bob'), 'ETH', 1_000n);
  return { world, running: await world.start() };
}

type Said<T extends FeedMessage['type']> = Extract<FeedMessage, { type: T }>;

function said<T extends FeedMessage['type']>(
  running: Running,
  channel: string,
  type: T,
): Said<T>[] {
  return running.published.flatMap((each) =>
    each.channel === channel && each.message.type === type ? [each.message as Said<T>] : [],
  );
}

test('an owner is told that an order waits, was triggered, was amended, was replaced', async () => {
  const { world, running } = await tradingWorld();
  const bids = [world.order('alice', { lots: 5 }), world.order('alice', { ticks: 95 })];
  await world.send(running, ...bids);
  const stop = world.order('bob', {
    ...{ side: 'sell', ticks: 94, trigger: '100', orderType: 'stop_limit', lots: 1 },
  });
  await world.send(running, stop);
  const channel = `account:${address('bob')}`;
  expect(said(running, channel, 'order')).toMatchObject([
    { order: { digest: stop.digest, status: 'untriggered', triggerPrice: '100' } },
  ]);
  running.published.length = 0;
  await world.send(running, world.order('bob', { side: 'sell', lots: 1 }));
  expect(
    said(running, channel, 'order').find(({ order }) => order.digest === stop.digest),
  ).toMatchObject({
    order: { status: 'filled', filledSize: '1' },
  });
  running.published.length = 0;
  const [bid] = bids;
  await world.send(running, world.amend('alice', bid?.digest ?? '', 4));
  const alices = `account:${address('alice')}`;
  expect(said(running, alices, 'order')).toMatchObject([
    { order: { digest: bid?.digest, status: 'open', size: '4', filledSize: '2' } },
  ]);
  running.published.length = 0;
  const next = world.order('alice', { ticks: 96, replaces: bid?.digest ?? '' });
  await world.send(running, next);
  const status = new Map(
    said(running, alices, 'order').map(({ order }) => [order.digest, order.status]),
  );
  expect(status).toEqual(
    new Map([
      [next.digest, 'open'],
      [bid?.digest, 'cancelled'],
    ]),
  );
});

test('everybody is told of a market’s states, why they began and when they end', async () => {
  const { world, running } = await tradingWorld({ auctionMs: 3_000, referenceTicks: 100 });
  const channel = 'market:ETH-USDC';
  await world.time.pass(500);
  expect(said(running, channel, 'market')).toMatchObject([
    { reason: 'listed', state: 'open', referencePrice: '100' },
  ]);
  running.published.length = 0;
  await world.send(running, world.setState('auction'));
  await world.send(
    running,
    ...[world.order('alice', { ticks: 105 }), world.order('bob', { side: 'sell', ticks: 95 })],
  );
  await world.time.pass(5_000);
  const [began, ended, ...more] = said(running, channel, 'market');
  expect(began).toMatchObject({ state: 'auction', reason: 'operator' });
  expect((began?.untilMs ?? 0) - (began?.atMs ?? 0)).toBe(3_000);
  expect(ended).toMatchObject({ state: 'open', reason: 'schedule', lastPrice: '100' });
  expect(ended).not.toHaveProperty('untilMs');
  expect(ended?.sequence).toBeGreaterThan(began?.sequence ?? 0);
  expect(more).toEqual([]);
});

test('while an auction collects, depth says what it would trade; afterwards it no longer does', async () => {
  const { world, running } = await tradingWorld({ referenceTicks: 100 });
  await world.send(running, world.setState('auction'));
  await world.send(
    running,
    ...[
      world.order('alice', { ticks: 105 }),
      world.order('bob', { side: 'sell', ticks: 95, lots: 3 }),
    ],
  );
  await world.time.pass(500);
  const collecting = said(running, 'depth:ETH-USDC', 'depth').at(-1);
  expect(collecting).toMatchObject({ auction: { price: '100', size: '2', imbalance: '1' } });
  await world.send(running, world.setState('open'));
  await world.time.pass(500);
  const open = said(running, 'depth:ETH-USDC', 'depth').at(-1);
  expect(open).toMatchObject({ bids: [['105', '0']], asks: [['95', '1']] });
  expect(open).not.toHaveProperty('auction');
});
