/** The journal's stream refuses most of what it is asked, as a shard beyond its limits does. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';

/** A second of nothing every three: well within the lease, which must not be lost for it. */
const roundMs = 3_000;
const shutMs = 1_000;
const refusedShare = 0.5;

export const drill: Drill = {
  about:
    'Kinesis refuses half of all puts and reads, and all of them for a second every three: puts are repeated with the same bytes, nobody skips.',
  faultyKinesis: true,
  async harm({ kinesis, random, forMs, say }) {
    if (!kinesis) throw new Error('this drill needs its own Kinesis');
    const began = performance.now();
    kinesis.choose((operation) => {
      if (operation !== 'PutRecord' && operation !== 'GetRecords') return undefined;
      const isShut = (performance.now() - began) % roundMs < shutMs;
      return isShut || random() < refusedShare ? { type: 'throttled' } : undefined;
    });
    await sleep(forMs);
    kinesis.choose(undefined);
    const counts = kinesis.counts();
    say(`Kinesis throttled: ${JSON.stringify(counts)}`);
    if (!counts['PutRecord throttled']) throw new Error('no put was throttled');
  },
};
