import { expect, test } from 'vitest';
import type { DepthDelta } from '#wire/feed-message.ts';
import { depthChecksum } from '#wire/present.ts';
import { address, MatcherWorld, type Running } from './matcher-world.ts';

async function tradingWorld(policy: 'exact' | 'sticky' = 'sticky') {
  const world = new MatcherWorld();
  world.ledger.policy = policy;
  world.ledger.fund(address('alice'), 'USDC', 100_000n);
  world.ledger.fund(address('bob'), 'ETH', 1_000n);
  return { world, running: await world.start() };
}

const deltasOf = (running: Running): DepthDelta[] =>
  running.published.flatMap(({ message }) => (message.type === 'depth' ? [message] : []));

test('deltas follow each other without a gap and make the book that a snapshot shows', async () => {
  const { world, running } = await tradingWorld();
  for (let count = 0; count < 12; count += 1) {
    await world.send(running, world.order('alice', { ticks: 90 + (count % 5) }));
    if (count % 3 === 0)
      await world.send(running, world.order('bob', { side: 'sell', lots: 1, ticks: 91 }));
    await world.time.pass(40);
  }
  await world.time.pass(1_000);
  const deltas = deltasOf(running);
  expect(deltas.length).toBeGreaterThan(3);
  const bids = new Map<number, number>();
  let last = 0;
  for (const delta of deltas) {
    if (last > 0) expect(delta.firstSequence).toBe(last + 1);
    last = delta.lastSequence;
    for (const [price, size] of delta.bids) {
      if (size === '0') bids.delete(Number(price));
      else bids.set(Number(price), Number(size));
    }
  }
  const depth = await world.time.until(running.leader.depth('ETH-USDC', 50));
  const made = [...bids].toSorted(([a], [b]) => b - a);
  expect(made).toEqual(depth?.bids);
  expect(deltas.at(-1)?.checksum).toBe(depthChecksum(depth?.bids ?? [], depth?.asks ?? []));
  expect(depth?.checksum).toBe(deltas.at(-1)?.checksum);
});

test('deltas of a market come at most ten times a second', async () => {
  const { world, running } = await tradingWorld();
  await world.time.pass(1_000);
  const before = deltasOf(running).length;
  for (let count = 0; count < 100; count += 1) {
    void world.ask(running, world.order('alice', { ticks: 50 + count }));
    await world.time.pass(10);
  }
  await world.time.pass(200);
  expect(deltasOf(running).length - before).toBeLessThanOrEqual(12);
});

test('a trade is told to everybody, and to each owner with order, fill and credit', async () => {
  const { world, running } = await tradingWorld('exact');
  const bid = world.order('alice');
  await world.send(running, bid);
  running.published.length = 0;
  await world.send(running, world.order('bob', { side: 'sell', lots: 1 }));
  const said = (channel: string, type: string) =>
    running.published.filter((each) => each.channel === channel && each.message.type === type);
  expect(said('trades:ETH-USDC', 'trade')).toMatchObject([
    { message: { price: '100', size: '1', takerSide: 'sell' } },
  ]);
  const alices = `account:${address('alice')}`;
  expect(said(alices, 'order')).toMatchObject([
    { message: { order: { digest: bid.digest, status: 'open', filledSize: '1' } } },
  ]);
  expect(said(alices, 'fill')).toMatchObject([{ message: { fill: { role: 'maker' } } }]);
  expect(said(alices, 'credit').map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ asset: 'USDC', free: '0', held: '100' }),
      expect.objectContaining({ asset: 'ETH', free: '1', held: '0' }),
    ]),
  );
  expect(said(`account:${address('bob')}`, 'fill')).toMatchObject([
    { message: { fill: { role: 'taker', side: 'sell' } } },
  ]);
});
