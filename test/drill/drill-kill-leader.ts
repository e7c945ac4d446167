/** The process that leads the busiest pair group is killed, as by a host that dies, while its frames are on their way to the journal. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import { kill } from './drilled-exchange.ts';
import { epochRises, groupUnderHarm } from './leader-change.ts';

/** Longer than the local twin takes, so that something is in flight at almost any moment; it is lost with its sender. */
const onTheWayMs = 100;
const beforeMs = 1_000;

export const drill: Drill = {
  about:
    'kill -9 of the leading matcher with a frame on its way: another process leads after the lease, with every acknowledged command.',
  faultyKinesis: true,
  async harm({ exchange, kinesis, say }) {
    const { pid, name } = await exchange.leader(groupUnderHarm);
    kinesis?.choose((operation) =>
      operation === 'PutRecord' ? { type: 'held', ms: onTheWayMs } : undefined,
    );
    await sleep(beforeMs);
    await epochRises(exchange, groupUnderHarm, say, async () => {
      kill(pid);
      say(`killed ${name}, process ${pid}`);
      kinesis?.choose(undefined);
    });
  },
};
