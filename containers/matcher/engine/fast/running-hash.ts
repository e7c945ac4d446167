/** The state hash as it goes on in the core's memory: the core folds most orders, TypeScript all other records. */
import { HashLanes } from '../hash-lanes.ts';
import type { SnapshotRecord } from '../snapshot-record.ts';
import { foldRecord } from '../state-hash.ts';
import type { CoreInstance } from './core-instance.ts';
import { partCursorAt, partCursorRow } from './core-layout.ts';

const lanesAt = (partCursorAt + partCursorRow.hashLeft) >>> 2;

export function beginHash(core: CoreInstance): void {
  core.ints.set(new HashLanes().state(), lanesAt);
}

export function foldNext(core: CoreInstance, record: SnapshotRecord): void {
  const hash = hashSoFar(core);
  foldRecord(hash, record);
  core.ints.set(hash.state(), lanesAt);
}

export function hashSoFar(core: CoreInstance): HashLanes {
  const [left = 0, right = 0, count = 0] = core.ints.subarray(lanesAt, lanesAt + 3);
  return new HashLanes([left, right, count]);
}
