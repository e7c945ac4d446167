/** A planned hand-over under load, and takeovers of leaders that die at any moment: nothing is refused for it, lost or done twice. */
import { describe, expect, test } from 'vitest';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { pause } from '../../containers/matcher/timers.ts';
import { askLeader } from './ask-leader.ts';
import { address, groupId, leaseMs, MatcherWorld, type Running } from './matcher-world.ts';

function fundedWorld(): MatcherWorld {
  const world = new MatcherWorld();
  world.ledger.policy = 'sticky';
  for (const trader of ['alice', 'bob']) {
    world.ledger.fund(address(trader), 'USDC', 10_000_000n);
    world.ledger.fund(address(trader), 'ETH', 100_000n);
  }
  return world;
}

/** Sends to whoever leads, as functions do: what is not taken is sent again. */
async function sendToLeader(
  world: MatcherWorld,
  leading: () => Running | undefined,
  request: CommandRequest,
): Promise<CommandResult> {
  for (;;) {
    const leader = leading()?.leader;
    const answered = leader && askLeader(leader, [request]);
    if (answered && typeof answered !== 'string') {
      const [result] = await answered;
      if (result && !(result.status === 'refused' && result.code === 'not_leader')) return result;
    }
    await pause(world.time.timers, 100);
  }
}

/** How often the journal says that each order was accepted. */
function acceptances(world: MatcherWorld): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { outcomes } of world.journal.frames(groupId))
    for (const { command, events } of outcomes)
      if (command.type === 'place' && events[0]?.type === 'accepted')
        counts.set(command.commandId, (counts.get(command.commandId) ?? 0) + 1);
  return counts;
}

test('a hand-over under load refuses no order, and none waits a second', async () => {
  const world = fundedWorld();
  let leading: Running | undefined = await world.start();
  const second = await world.stand();
  await world.time.pass(leaseMs);
  const results: { result: CommandResult; tookMs: number }[] = [];
  const nowMs = () => world.time.clock.monotonicMs();
  const send = (count: number) => {
    const isBuy = count % 2 === 0;
    const wanted = { side: isBuy ? 'buy' : 'sell', ticks: isBuy ? 99 : 101, lots: 1 } as const;
    const order = world.order(isBuy ? 'alice' : 'bob', wanted);
    const sentMs = nowMs();
    void sendToLeader(world, () => leading, order).then((result) =>
      results.push({ result, tookMs: nowMs() - sentMs }),
    );
  };
  let sent = 0;
  for (; sent < 20; sent += 1) {
    send(sent);
    await world.time.pass(7);
  }
  const old = leading;
  void second.leads.then((next) => {
    leading = next;
  });
  const isGone = old.leader.drain().then(() => old.lease.release());
  for (; sent < 150; sent += 1) {
    send(sent);
    await world.time.pass(7);
  }
  await world.time.until(isGone);
  await world.time.pass(1_000);
  expect(results).toHaveLength(sent);
  expect(results.filter(({ result }) => result.status === 'refused')).toEqual([]);
  expect(Math.max(...results.map(({ tookMs }) => tookMs))).toBeLessThan(1_000);
  expect(leading.leader.epoch).toBe(2);
  expect([...acceptances(world).values()].every((count) => count === 1)).toBe(true);
  expect(old.doubts).toEqual([]);
});

test('orders that wait for credit when their leader goes are told so at once', async () => {
  const world = fundedWorld();
  const running = await world.start();
  // It has nothing here, and the other groups do not say what it has there.
  world.demandElsewhere = () => new Promise(() => {});
  const waiting = world.ask(running, world.order('carol'));
  await world.time.pass(50);
  const beganMs = world.time.clock.monotonicMs();
  await world.time.until(running.leader.drain());
  expect(await waiting).toMatchObject([{ status: 'refused', code: 'not_leader' }]);
  expect(world.time.clock.monotonicMs() - beganMs).toBeLessThan(200);
});

/** Of a standby that takes over: every await between the lease and the first answer lies in these. */
const moments = [0, 1, 2, 3, 5, 6, 8, 10, 12, 15, 20, 30, 60];

describe('a standby that takes over and dies', () => {
  test.each(moments)('%i ms after it took the lease leaves all to the next', async (ms) => {
    const world = fundedWorld();
    const running = await world.start();
    const second = await world.stand();
    const third = await world.stand();
    const order = world.order('alice', { lots: 2 });
    await world.send(running, order, world.order('bob', { side: 'sell', lots: 1 }));
    await world.time.pass(leaseMs / 2);
    const hash = running.leader.engine.stateHash();
    running.kill();
    while (world.leases.row?.epoch === 1) await world.time.pass(1);
    const isSecond = world.leases.row?.owner === 'process-2';
    const [dying, next] = isSecond ? [second, third] : [third, second];
    await world.time.pass(ms);
    dying.kill();
    dying.leads.then(
      (leads) => leads.kill(),
      () => {},
    );
    const leads = await world.time.until(next.leads);
    expect(leads.leader.epoch).toBe(3);
    expect(leads.leader.engine.stateHash()).toBe(hash);
    expect(await world.send(leads, order)).toMatchObject([{ status: 'accepted', repeated: true }]);
    expect([...acceptances(world).values()]).toEqual([1, 1]);
  });
});
