/** The state of a moment, to be read later while commands go on: a copy of the core's memory, which is as fast as memory is (docs/decisions/0017). */
import type { SnapshotRecord } from '../snapshot-record.ts';
import { FastState } from './fast-state.ts';
import { recordsOf } from './save.ts';

/** Copies, and keeps the memory of one that was read to its end for the next. */
export function createFreezer(state: FastState): () => Generator<SnapshotRecord, void> {
  let kept: FastState | undefined;
  return () => {
    const copy = kept ?? new FastState({ groupId: state.groupId, hashSecret: 0 });
    kept = undefined;
    state.copyTo(copy);
    return read(copy, () => {
      kept = copy;
    });
  };
}

function* read(copy: FastState, done: () => void): Generator<SnapshotRecord, void> {
  try {
    yield* recordsOf(copy);
  } finally {
    done();
  }
}
