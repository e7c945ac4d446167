/** Times a runner: operations a second, each operation on its own, and what they allocate. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Runner, readyTogether } from './engine-runners.ts';

export type Timing = { perSecond: number; p50: number; p99: number; p999: number; max: number };
export type Memory = { bytesPerOp: number; heapAfter: number };

/** Flags may be set at run time, and a new context then has the function. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export function inBatches(
  runner: Runner,
  operations: number,
  run: (count: number, from: number) => void,
): void {
  for (let from = 0; from < operations; from += readyTogether) {
    const count = Math.min(readyTogether, operations - from);
    runner.prepare(from, count);
    run(count, from);
    runner.settle();
  }
}

/** Operations a second, with one clock around a batch: one around each would cost as much as a fast operation, and hide it. */
export function throughput(runner: Runner, operations: number): number {
  collectGarbage();
  // The first leaves some of its work to another thread, which would then read memory while few milliseconds are timed.
  collectGarbage();
  let nanos = 0;
  inBatches(runner, operations, (count) => {
    const before = performance.now();
    runner.runAll(count);
    nanos += (performance.now() - before) * 1e6;
  });
  return operations / (nanos / 1e9);
}

/** Each operation timed on its own; the clock's own cost is in every engine's figures. */
export function latencies(runner: Runner, operations: number): Omit<Timing, 'perSecond'> {
  const nanos = new Float64Array(operations);
  collectGarbage();
  inBatches(runner, operations, (count, from) => {
    for (let nth = 0; nth < count; nth += 1) {
      const before = performance.now();
      runner.run(nth);
      nanos[from + nth] = (performance.now() - before) * 1e6;
    }
  });
  nanos.sort();
  const at = (share: number) =>
    nanos[Math.min(nanos.length - 1, Math.floor(share * nanos.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

const heapUsed = () => process.memoryUsage().heapUsed;

/** Bytes that the operations allocate on the JavaScript heap; a batch in which it shrank was collected and does not count. */
export function memory(runner: Runner, operations: number): Memory {
  let bytes = 0;
  let counted = 0;
  collectGarbage();
  inBatches(runner, operations, (count) => {
    const before = heapUsed();
    for (let nth = 0; nth < count; nth += 1) runner.run(nth);
    const risen = heapUsed() - before;
    if (risen < 0) return;
    bytes += risen;
    counted += count;
  });
  collectGarbage();
  return { bytesPerOp: bytes / counted, heapAfter: heapUsed() };
}
