/**
 * Takes snapshots of a leading engine: a copy of its memory where a frame closes, written in slices between commands once
 * that frame is durable (W5). Due after so many commands, or so long after the first frame that no snapshot holds.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '#cloud/clock.ts';
import type { SnapshotWriter } from '#cloud/snapshot-store.ts';
import type { Watermark } from '#wire/accept-record.ts';
import type { SnapshotManifest, SnapshotPart } from '#wire/snapshot-manifest.ts';
import {
  snapshotCommands,
  snapshotMs,
  snapshotPartBytes,
  snapshotRecordBytes,
  snapshotRenewMs,
  snapshotSliceRecords,
} from './bounds.ts';
import { asError } from './doubt.ts';
import type { Engine } from './engine/engine.ts';
import { currentRulesVersion } from './engine/matching-engine.ts';
import type { StateReading } from './engine/state-reading.ts';
import type { ClosedFrame } from './journal.ts';
import type { LateMemory, LateRecord } from './late-memory.ts';
import { PartWriter } from './snapshot-writer.ts';
import type { Timers } from './timers.ts';

export type SnapshotTakerOptions = {
  groupId: string;
  /** Of the epoch that leads. */
  nonce: string;
  engine: Pick<Engine, 'freeze'>;
  /** What the journal's last minute was when the leader began: the taker keeps it up from then on. */
  late: LateMemory;
  store: SnapshotWriter;
  clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  timers: Timers;
  /** Closes a frame, even an empty one: a snapshot is taken where one ends. */
  closeFrame: () => void;
  taken: (figures: SnapshotFigures) => void;
  failed: () => void;
  faulted: (what: string, error: Error) => void;
};

/** `frozenMs`: how long the engine stood still. */
export type SnapshotFigures = { frame: number; records: number; bytes: number; frozenMs: number };

export type SnapshotTaker = {
  /** Told of each frame at the moment it closes; what it answers is run with its place in the shard once it is durable. */
  closing(frame: ClosedFrame): (shardSequence: string) => void;
  /** The journal has ended with a frame that is durable: takes the state that it left. */
  finish(): void;
  /** Resolves when nothing is being written. */
  written(): Promise<void>;
  /** What is being written is left as it is. */
  stop(): void;
};

type Frozen = {
  state: StateReading;
  late: readonly LateRecord[];
  frozenMs: number;
};

export function createSnapshotTaker(options: SnapshotTakerOptions): SnapshotTaker {
  const { clock, timers, late, engine, nonce } = options;
  /** Since the last snapshot. */
  let [commands, frames] = [0, 0];
  let takenMs = clock.monotonicMs();
  let isDue = false;
  let isStopped = false;
  let writing: Promise<void> | undefined;
  let newest: Watermark | undefined;

  // The first copy finds its memory: what was never written takes three times as long.
  engine.freeze().end();
  const look = () => {
    const isOld = clock.monotonicMs() - takenMs >= snapshotRenewMs;
    cancel = timers.after(snapshotMs, look);
    if (frames === 0 && !isOld) return;
    isDue = true;
    options.closeFrame();
  };
  let cancel = timers.after(snapshotMs, look);

  const freeze = (): Frozen => {
    takenMs = clock.monotonicMs();
    const frozen = { state: engine.freeze(), late: late.records() };
    [isDue, commands, frames] = [false, 0, 0];
    return { ...frozen, frozenMs: clock.monotonicMs() - takenMs };
  };
  const write = (frozen: Frozen, watermark: Watermark) => {
    writing = writeSnapshot(frozen, watermark, options, () => isStopped)
      .then((figures) => {
        if (figures) options.taken({ ...figures, frozenMs: frozen.frozenMs });
      })
      .catch((thrown) => {
        // The timer comes to it again.
        frames += 1;
        options.failed();
        options.faulted('a snapshot was not written', asError(thrown));
      })
      .finally(() => {
        writing = undefined;
      });
  };
  return {
    closing({ header, chain, outcomes, counts }) {
      for (const [command, events] of outcomes) late.note(command, events);
      commands += counts.commands;
      frames += 1;
      isDue ||= commands >= snapshotCommands;
      const frozen = isDue && !writing && !isStopped ? freeze() : undefined;
      return (shardSequence) => {
        const { epoch, frame, lastSequence, clock } = header;
        newest = { epoch, nonce, frame, chain, lastSequence, clock, shardSequence };
        if (frozen) write(frozen, newest);
      };
    },
    finish() {
      cancel();
      if (newest && frames > 0 && !writing && !isStopped) write(freeze(), newest);
    },
    written: async () => writing,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}

/** Writes part by part, and the manifest last; undefined where it was stopped amid it. */
export async function writeSnapshot(
  frozen: Omit<Frozen, 'frozenMs'>,
  watermark: Watermark,
  options: Pick<SnapshotTakerOptions, 'groupId' | 'store' | 'timers'> & {
    clock: Pick<Clock, 'nowMs'>;
  },
  isStopped: () => boolean = () => false,
): Promise<Omit<SnapshotFigures, 'frozenMs'> | undefined> {
  const { groupId, store, timers, clock } = options;
  const { frame } = watermark;
  const takenAtMs = clock.nowMs();
  const parts: SnapshotPart[] = [];
  const newPart = () =>
    new PartWriter(snapshotPartBytes + snapshotSliceRecords * snapshotRecordBytes);
  // Of most groups all that there is: a small state takes little memory.
  let part = new PartWriter();
  let records = 0;
  const close = async (isLast: boolean) => {
    const bytes = part.take();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    parts.push(await store.putPart({ groupId, frame }, { bytes, sha256, records }));
    records = 0;
    if (!isLast) part = newPart();
  };
  for (const record of frozen.late) part.append(record);
  records += frozen.late.length;
  for (let isDone = false; !isDone; ) {
    const read = frozen.state.read(snapshotSliceRecords, part);
    isDone = read === 0;
    records += read;
    if (isStopped()) {
      frozen.state.end();
      return undefined;
    }
    if (part.length >= snapshotPartBytes || isDone) await close(isDone);
    // Commands go on in between.
    else await new Promise<void>((resolve) => timers.soon(resolve));
  }
  const manifest: SnapshotManifest = {
    ...{ format: 2, groupId, rulesVersion: currentRulesVersion, watermark },
    ...{ stateHash: frozen.state.stateHash(), takenAtMs, parts },
  };
  await store.putManifest(manifest);
  const sum = (of: (each: SnapshotPart) => number) =>
    parts.reduce((all, each) => all + of(each), 0);
  return { frame, records: sum((each) => each.records), bytes: sum(({ bytes }) => bytes) };
}
