/** The state of a moment, to be read later while commands go on: a copy of the core's memory, which is as fast as memory is (docs/decisions/0017). */
import type { StateReading } from '../state-reading.ts';
import { FastState } from './fast-state.ts';
import { readState } from './read-state.ts';

export type Freezer = {
  freeze(): StateReading;
  /** Makes some of the room that the next copy will need; called often, a copy takes no longer than the state is large. */
  makeRoom(): void;
};

/** Copies, and keeps the memory of one that nobody reads any more for the next. */
export function createFreezer(state: FastState): Freezer {
  const create = () => new FastState({ groupId: state.groupId, hashSecret: 0 });
  let kept: FastState | undefined;
  let isRead = false;
  return {
    freeze() {
      const copy = kept ?? create();
      kept = undefined;
      isRead = true;
      state.copyTo(copy);
      return readState(copy, () => {
        kept = copy;
        isRead = false;
      });
    },
    makeRoom() {
      if (isRead) return;
      kept ??= create();
      state.core.makeRoomIn(kept.core);
    },
  };
}
