import { expect, test } from 'vitest';
import { address, MatcherWorld } from './matcher-world.ts';

async function tradingWorld() {
  const world = new MatcherWorld();
  world.ledger.fund(address('alice'), 'USDC', 1_000n);
  world.ledger.fund(address('bob'), 'ETH', 10n);
  return { world, running: await world.start() };
}

test('an order gets its credit, enters the book and is answered', async () => {
  const { world, running } = await tradingWorld();
  const [placed] = await world.send(running, world.order('alice'));
  expect(placed).toMatchObject({ status: 'accepted', order: { status: 'open', sizeLots: 2 } });
  expect(world.ledger.available.get(`${address('alice')} USDC`)).toBe(800n);
  const depth = await world.time.until(running.leader.depth('ETH-USDC', 10));
  expect(depth).toMatchObject({ bids: [[100, 2]], asks: [] });
});

test('crossing orders trade at the price of the one that waited', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  const [taken] = await world.send(running, world.order('bob', { side: 'sell', ticks: 90 }));
  expect(taken).toMatchObject({
    status: 'accepted',
    fills: [{ priceTicks: 100, sizeLots: 2, side: 'sell', role: 'taker' }],
    order: { status: 'filled' },
  });
  expect(running.doubts).toEqual([]);
});
