import { describe, expect, test } from 'vitest';
import { seeded } from '../cloud/clearing-journal.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(seeds)('seed %i', (seed) => {
  test('killed at any moment, the next leader has everything that was acknowledged and nothing twice', async () => {
    const random = seeded(seed);
    const world = new MatcherWorld();
    const traders = ['alice', 'bob', 'carol'];
    for (const trader of traders) {
      world.ledger.fund(address(trader), 'USDC', 1_000_000n);
      world.ledger.fund(address(trader), 'ETH', 10_000n);
    }
    const acknowledged = new Map<string, number>();
    let running: Running = await world.start();
    for (let life = 0; life < 4; life += 1) {
      world.journal.putMs = 1 + random(20);
      for (let count = 0; count < 15; count += 1) {
        const order = world.order(traders[random(3)] ?? '', {
          side: random(2) ? 'buy' : 'sell',
          ticks: 95 + random(10),
          lots: 1 + random(5),
        });
        const cancelled = [...acknowledged.keys()][random(acknowledged.size + 1)];
        void world.ask(running, order).then(([result]) => {
          if (result?.status === 'accepted') acknowledged.set(order.digest, result.sequence);
        });
        if (cancelled && random(3) === 0)
          void world.ask(running, world.cancel(traders[random(3)] ?? '', cancelled));
        if (random(8) === 0) world.journal.fates.push(random(2) ? 'fails' : 'answer_lost');
        await world.time.pass(random(30));
        world.ledger.clear(groupId, world.journal);
      }
      running.kill();
      await world.time.pass(random(40));
      running = await world.start();
      const accepted = acceptedIn(world);
      for (const [digest, sequence] of acknowledged) expect(accepted.get(digest)).toBe(sequence);
      running.leader.engine.validate();
      expect(running.doubts).toEqual([]);
    }
    const { stateHash } = running.leader.engine;
    const before = { state: stateHash(), events: running.leader.engine.eventHash() };
    running.kill();
    const last = await world.start();
    expect(last.leader.engine.stateHash()).toBe(before.state);
    expect(acknowledged.size).toBeGreaterThan(10);
    expect(unitsOf(world, last, 'USDC')).toBe(3_000_000n);
    expect(unitsOf(world, last, 'ETH')).toBe(30_000n);
  });
});

/** Every order that the journal says was accepted, once each. */
function acceptedIn(world: MatcherWorld): Map<string, number> {
  const accepted = new Map<string, number>();
  for (const { outcomes } of world.journal.frames(groupId)) {
    for (const { command, events } of outcomes) {
      const [opening] = events;
      if (command.type !== 'place' || opening?.type !== 'accepted') continue;
      expect(accepted.has(command.commandId)).toBe(false);
      accepted.set(command.commandId, opening.sequence);
    }
  }
  return accepted;
}

/** Everything of an asset: in the ledger, on its way into the engine, and inside it. */
function unitsOf(world: MatcherWorld, running: Running, asset: string): bigint {
  world.ledger.clear(groupId, world.journal);
  let sum = 0n;
  for (const [key, units] of world.ledger.available) if (key.endsWith(` ${asset}`)) sum += units;
  for (const grant of world.ledger.pending.values()) if (grant.asset === asset) sum += grant.units;
  for (const line of running.leader.engine.credits())
    if (line.asset === asset) sum += BigInt(line.freeUnits + line.heldUnits);
  return sum;
}
