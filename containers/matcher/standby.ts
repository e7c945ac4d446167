/** Keeps a warm engine: takes the journal as it grows, so that this process can lead at once when the lease is its own. */
import type { Clock } from '#cloud/clock.ts';
import type { JournalReader } from '#cloud/journal-reader.ts';
import type { StandbyView } from '#wire/matcher-api.ts';
import { caughtUpMs, standbyPaceMs } from './bounds.ts';
import { asError, type Doubted } from './doubt.ts';
import { follow, type Replica } from './replica.ts';
import type { Timers } from './timers.ts';

export type Standby = {
  /** Resolves when the end of the journal was reached for the first time. */
  readonly ready: Promise<void>;
  /** Whether the end of the journal was seen lately. */
  isCaughtUp(): boolean;
  view(): StandbyView;
  /** Takes nothing more from now on, and gives the replica to whoever leads with it, or lets it go. */
  end(): Replica;
};

export function standBy(options: {
  groupId: string;
  replica: Replica;
  reader: JournalReader;
  clock: Pick<Clock, 'monotonicMs'>;
  timers: Timers;
  /** Told when the journal cannot be followed, or the state is not the one that was written: this process must not lead. */
  failed: Doubted;
}): Standby {
  const { groupId, replica, reader, clock, timers } = options;
  const ready = Promise.withResolvers<void>();
  let tipAtMs: number | undefined;
  let isOver = false;
  const atTip = () => {
    tipAtMs = clock.monotonicMs();
    ready.resolve();
  };
  const isCaughtUp = () => tipAtMs !== undefined && clock.monotonicMs() - tipAtMs < caughtUpMs;
  const after = replica.watermark.shardSequence;
  follow(replica, {
    records: reader.follow(after, { paceMs: standbyPaceMs, atTip }),
    timers,
    // Until the tip is reached somebody waits for it; from then on there is time to look at every event.
    closely: () => tipAtMs !== undefined,
    isOver: () => isOver,
  }).catch((error) => {
    if (!isOver) options.failed(asError(error));
  });
  return {
    ready: ready.promise,
    isCaughtUp,
    view() {
      const { watermark, engine, compared } = replica;
      return {
        ...{ groupId, leading: false, epoch: watermark.epoch, frame: watermark.frame },
        ...{ sequence: engine.sequence, stateHash: engine.stateHash() },
        ...{ caughtUp: isCaughtUp(), compared },
      };
    },
    end() {
      isOver = true;
      return replica;
    },
  };
}
