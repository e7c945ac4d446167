/**
 * Tells every replica what the leader's state was: now and then a frame carries the state hash of itself or of one before. The
 * state is frozen as that frame closes and hashed in slices between commands, so no command waits for a walk over the book.
 */
import type { Clock } from '#cloud/clock.ts';
import type { StateCheck } from '#wire/journal-frame.ts';
import { hashedInOneGo, stateCheckFrames, stateCheckRests } from './bounds.ts';
import type { LeadingEngine } from './engine/engine.ts';
import type { Timers } from './timers.ts';

export type StateChecks = {
  /** Told of every frame as it closes, while the engine is what the frame leaves; answers the check that the frame is to carry. */
  closing(frame: number): StateCheck | undefined;
  stop(): void;
};

export function createStateChecks(options: {
  engine: Pick<LeadingEngine, 'freeze' | 'makeRoomToFreeze'>;
  clock: Pick<Clock, 'monotonicMs'>;
  timers: Timers;
}): StateChecks {
  const { engine, clock, timers } = options;
  let isCounting = false;
  let isStopped = false;
  let restsUntilMs = 0;
  let ready: StateCheck | undefined;

  const begin = (frame: number) => {
    isCounting = true;
    let tookMs = 0;
    const timed = <T>(run: () => T): T => {
      const fromMs = clock.monotonicMs();
      const result = run();
      tookMs += clock.monotonicMs() - fromMs;
      return result;
    };
    const state = timed(() => engine.freeze());
    const slice = () => {
      if (isStopped) return;
      if (timed(() => state.read(hashedInOneGo)) > 0) return timers.soon(slice);
      ready = { frame, stateHash: state.stateHash() };
      restsUntilMs = clock.monotonicMs() + tookMs * stateCheckRests;
      isCounting = false;
    };
    timers.soon(slice);
  };
  return {
    closing(frame) {
      engine.makeRoomToFreeze();
      const carried = ready;
      ready = undefined;
      const isWanted = frame % stateCheckFrames === 0 && !isCounting;
      if (isWanted && clock.monotonicMs() >= restsUntilMs) begin(frame);
      return carried;
    },
    stop() {
      isStopped = true;
    },
  };
}
