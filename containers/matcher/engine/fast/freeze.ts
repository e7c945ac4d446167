/** The state of a moment, to be read later while commands go on: a copy of the core's memory, which is as fast as memory is (docs/decisions/0017). */
import type { StateReading } from '../state-reading.ts';
import { FastState } from './fast-state.ts';
import { readState } from './read-state.ts';

/** Copies, and keeps the memory of one that nobody reads any more for the next. */
export function createFreezer(state: FastState): () => StateReading {
  let kept: FastState | undefined;
  return () => {
    const copy = kept ?? new FastState({ groupId: state.groupId, hashSecret: 0 });
    kept = undefined;
    state.copyTo(copy);
    return readState(copy, () => {
      kept = copy;
    });
  };
}
