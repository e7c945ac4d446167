import { randomBytes } from 'node:crypto';
import { systemClock as clock } from '#cloud/clock.ts';
import { createFeedPublisher } from '#cloud/feed-publisher.ts';
import { commandJson } from '#wire/matcher-api.ts';
import { answerRequest } from '../../containers/matcher/answer-request.ts';
import { lead } from '../../containers/matcher/leader.ts';
import { keepLease, takeLease } from '../../containers/matcher/lease.ts';
import { systemTimers as timers } from '../../containers/matcher/timers.ts';
import { MemoryLeases } from '../matcher/memory-leases.ts';
import { MemoryLedger } from '../matcher/memory-ledger.ts';
import { MemoryJournal } from '../matcher/memory-journal.ts';
import { accounts, base, benchedOrder, groupId, market, quote } from './matcher-orders.ts';

const leaseMs = 600_000;
const ports = { store: new MemoryLeases().connect().store, clock, timers };
const doubted = (cause: Error) => { throw cause; };
const wish = { groupId, owner: 'bench', host: '127.0.0.1', port: 1, durationMs: leaseMs };
const lease = keepLease(await takeLease(wish, ports), ports, { leaseMs, doubted });
const ledger = new MemoryLedger();
ledger.policy = 'sticky';
for (const account of accounts) for (const { id } of [base, quote]) ledger.fund(account, id, 10n ** 14n);
let bytes = 0;
const memory = new MemoryJournal(timers);
const line = memory.connect();
let shard = 0n;
let quick = false;
const writer = {
  put: async (data: Uint8Array, after: string) => {
    bytes += data.length;
    if (!quick) return line.writer.put(data, after);
    await new Promise((resolve) => setTimeout(resolve, 3));
    shard += 1n;
    return (10n ** 30n + shard).toString();
  },
};
const leader = await lead({
  ...{ groupId, lease, clock, timers, doubted, hashSecret: 7 },
  nonce: `0x${'07'.repeat(16)}`,
  markets: [{ market, base, quote }],
  writer, reader: line.reader,
  ledger: ledger.ports(),
  cleared: async () => ledger.cleared(groupId),
  publisher: createFeedPublisher({ clock, interestOf: async () => [], fanOut: async () => {} }),
  demandElsewhere: async () => 0,
  tallies: { frame: () => () => {}, putTook: () => {} },
  faulted: (what: string, error?: Error) => console.error(what, error ?? ''),
} as any);
const door = { groupId, leader: () => leader, isAlive: () => true };
const per = Number(process.argv[2] ?? 20);
const total = Number(process.argv[3] ?? 100_000);
const rounds = Number(process.argv[4] ?? 4);
let nth = 0;
quick = true;
for (let round = 0; round < rounds; round += 1) {
  const bodies: string[] = [];
  const atMs = Date.now();
  for (let at = 0; at < total; at += per) {
    bodies.push(JSON.stringify({ commands: Array.from({ length: per }, () => commandJson(benchedOrder(nth++, randomBytes(105), atMs))) }));
  }
  let next = 0;
  const began = process.cpuUsage();
  const wall = performance.now();
  await Promise.all(Array.from({ length: round === 0 ? 1 : Math.min(512, 4000 / per) }, async () => {
    while (next < bodies.length) {
      const body = bodies[next++] as string;
      const reply = await answerRequest({ method: 'POST', path: '/commands', body }, door as any);
      const text = JSON.stringify(reply.body);
      if (text.split('"status":"accepted"').length - 1 !== per) { if (round > 0) throw new Error(text.slice(0, 500)); };
    }
  }));
  const { user, system } = process.cpuUsage(began);
  console.log(round, 'cpu µs/order', ((user + system) / total).toFixed(1), 'wall', (((performance.now() - wall) * 1000) / total).toFixed(1));
}
process.exit(0);
