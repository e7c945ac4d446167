/** Ten million operations on an engine whose memory is full: what they allocate, and what the garbage collector does meanwhile. */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { requestAt } from '../../containers/matcher/engine/fast/core-layout.ts';
import { seeded } from './engine-flow.ts';
import { benchState, fillRequest } from './engine-runners.ts';
import { alone, type Measured } from './figure.ts';

const live = 10_000;
/** Fewer are remembered than in a matcher, so that ids and slots come and go all the time. */
const operationsPerMs = 1;
const startMs = 1_790_000_000_000;

/** Places, cancels and crosses in turn; nothing but numbers is made for it, so that what is allocated is the engine's. */
export async function steadyOperations(operations: number): Promise<Measured[]> {
  const bench = benchState();
  const { calls } = bench.state.core;
  const random = seeded(7);
  const ids = new Int32Array(live);
  let done = 0;
  const apply = async (from: number, count: number) => {
    for (let at = from; at < from + count; at += 1) {
      // The collector's entries come between turns.
      if (at % 100_000 === 0) await setImmediate();
      const nowMs = startMs + Math.floor(at / operationsPerMs);
      const nth = at % live;
      const isCancel = ids[nth] !== 0;
      const cross = !isCancel && random() < 0.1;
      fillRequest(bench, {
        nowMs,
        id: at + 1,
        cancels: isCancel ? (ids[nth] as number) : 0,
        away: cross ? -40 : 1 + Math.floor(300 * random() ** 3),
        size: 1 + Math.floor(random() * 20),
      });
      calls.apply(requestAt);
      ids[nth] = isCancel ? 0 : at + 1;
      done += 1;
      if (at % 100 === 0) calls.takeChanges();
    }
  };
  await apply(0, operations / 10);
  const collections = { minor: 0, major: 0 };
  const observer = new PerformanceObserver((list) =>
    count(list.getEntries() as Entry[], collections),
  );
  observer.observe({ entryTypes: ['gc'], buffered: false });
  const before = process.memoryUsage();
  const began = performance.now();
  await apply(operations / 10, operations);
  await setImmediate();
  const elapsedMs = performance.now() - began;
  const after = process.memoryUsage();
  observer.disconnect();
  return [
    alone('operations', '1', done),
    alone('opsPerSec', '1/s', (operations * 1_000) / elapsedMs),
    alone('heapGrowthBytes', 'B', after.heapUsed - before.heapUsed),
    alone('arrayBuffersGrowthBytes', 'B', after.arrayBuffers - before.arrayBuffers),
    alone('minorCollections', '1', collections.minor),
    alone('majorCollections', '1', collections.major),
  ];
}

function count(entries: Entry[], into: { minor: number; major: number }): void {
  for (const { detail } of entries) {
    const { kind } = detail as { kind: number };
    if (kind === constants.NODE_PERFORMANCE_GC_MINOR) into.minor += 1;
    else into.major += 1;
  }
}

/** Node's types leave out what an entry of the collector carries. */
type Entry = { detail?: unknown };
