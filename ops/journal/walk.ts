/** Walks a journal record by record as every reader does, from frame 1 or a later one, and says where it cannot go on. */
import {
  acceptRecord,
  type StopReason,
  startOfJournal,
  type Watermark,
} from '#wire/accept-record.ts';
import { decodeRecord, type EpochRecord, type Frame } from '#wire/journal-frame.ts';
import type { Piece } from './pieces.ts';

export type Seen = { where: string; bytes: number } & (
  | { type: 'epoch'; epoch: EpochRecord }
  | { type: 'frame'; frame: Frame }
);

export type WalkStop = {
  reason: StopReason | 'archive_damaged' | 'archive_disagrees' | 'no_such_frame';
  detail: string;
  where: string;
  shardSequence?: string;
};

export type Walk = {
  /** Behind the newest record that counted. */
  state: Watermark;
  frames: number;
  epochs: number;
  commands: number;
  events: number;
  /** Repeated puts and frames of dead leaders. */
  ignored: number;
  bytes: number;
  objects: number;
  /** The newest frame that came from the archive. */
  archivedTo: number;
  stop?: WalkStop;
};

export const newWalk = (): Walk => ({
  state: startOfJournal,
  ...{ frames: 0, epochs: 0, commands: 0, events: 0, ignored: 0, bytes: 0 },
  ...{ objects: 0, archivedTo: 0 },
});

/**
 * Gives every record that counts from frame `from` through `to`; `walk` has the sums, and the stop where there was one.
 * Beyond frame 1 the first frame is taken by what it says of the chain before it: whether that is so, nobody proves.
 */
export async function* walkThrough(
  groupId: string,
  pieces: AsyncIterable<Piece>,
  { from, to }: { from: number; to: number },
  walk: Walk,
): AsyncGenerator<Seen> {
  const entry = from > 1 ? new LaterEntry(from) : undefined;
  let isIn = !entry;
  for await (const piece of pieces) {
    if (piece.type === 'damaged') {
      walk.stop = { reason: 'archive_damaged', detail: piece.why, where: piece.where };
      return;
    }
    const { where, records, watermark } = piece;
    if (watermark) walk.objects += 1;
    for (const record of records) {
      const entered = isIn ? undefined : entry?.look(record);
      if (entered?.type === 'stop') {
        walk.stop = { ...entered.stop, where, shardSequence: record.shardSequence };
        return;
      }
      if (entered?.type === 'later') continue;
      if (entered) walk.state = entered.state;
      isIn = true;
      const seen = step(groupId, record, where, walk);
      if (walk.stop) return;
      if (seen) yield seen;
      if (walk.state.frame >= to) return;
    }
    if (!watermark || !isIn) continue;
    walk.archivedTo = walk.state.frame;
    if (isDenied(walk.state, watermark)) {
      const detail = `its watermark has the chain ${watermark.chain} after frame ${watermark.frame}, its records make ${walk.state.chain}`;
      walk.stop = { reason: 'archive_disagrees', detail, where };
      return;
    }
  }
  if (walk.frames > 0 || (from === 1 && to === Number.POSITIVE_INFINITY)) return;
  walk.stop = { reason: 'no_such_frame', detail: `there is no frame ${from}`, where: 'the end' };
}

type Given = { data: Uint8Array; shardSequence: string };

function step(groupId: string, record: Given, where: string, walk: Walk): Seen | undefined {
  let verdict = acceptRecord(groupId, walk.state, record);
  if (verdict.type === 'stop' && verdict.reason === 'rival_epoch' && walk.state.nonce === '') {
    // Entered in the middle of this epoch: its record is new to us, whatever it says.
    const again = decodeRecord(record.data);
    if (again.kind === 'epoch') walk.state = { ...walk.state, nonce: again.nonce };
    verdict = acceptRecord(groupId, walk.state, record);
  }
  if (verdict.type === 'stop') {
    const { reason, detail } = verdict;
    walk.stop = { reason, detail, where, shardSequence: record.shardSequence };
    return undefined;
  }
  walk.state = verdict.state;
  if (verdict.type === 'ignored') {
    walk.ignored += 1;
    return undefined;
  }
  const bytes = record.data.length;
  walk.bytes += bytes;
  if (verdict.type === 'epoch') {
    walk.epochs += 1;
    return { type: 'epoch', epoch: verdict.epoch, where, bytes };
  }
  const { frame } = verdict;
  walk.frames += 1;
  walk.commands += frame.outcomes.length;
  walk.events += frame.lastSequence - frame.firstSequence + 1;
  return { type: 'frame', frame, where, bytes };
}

/** Says whether the object's own word of the journal after it is another than what was read. */
const isDenied = (state: Watermark, said: Watermark): boolean =>
  state.frame === said.frame && state.epoch === said.epoch && state.chain !== said.chain;

/** Looks for the frame at which a walk begins that does not begin at frame 1. */
class LaterEntry {
  readonly #from: number;
  readonly #nonces = new Map<number, string>();
  #epoch = 0;

  constructor(from: number) {
    this.#from = from;
  }

  look(
    record: Given,
  ):
    | { type: 'later' }
    | { type: 'here'; state: Watermark }
    | { type: 'stop'; stop: Pick<WalkStop, 'reason' | 'detail'> } {
    const decoded = decodeRecord(record.data);
    if (decoded.kind === 'bad') {
      const detail = `a record before frame ${this.#from} does not read`;
      return { type: 'stop', stop: { reason: `bad_${decoded.reason}`, detail } };
    }
    const isDead = decoded.epoch < this.#epoch;
    this.#epoch = Math.max(this.#epoch, decoded.epoch);
    if (decoded.kind === 'epoch') this.#nonces.set(decoded.epoch, decoded.nonce);
    if (isDead || decoded.kind === 'epoch' || decoded.frame < this.#from) return { type: 'later' };
    if (decoded.frame > this.#from) {
      const detail = `the oldest frame that is kept is ${decoded.frame}`;
      return { type: 'stop', stop: { reason: 'no_such_frame', detail } };
    }
    const state = {
      epoch: decoded.epoch,
      nonce: this.#nonces.get(decoded.epoch) ?? '',
      frame: decoded.frame - 1,
      chain: decoded.previousHash,
      lastSequence: decoded.firstSequence - 1,
      clock: decoded.clock - 1,
      shardSequence: '',
    };
    return { type: 'here', state };
  }
}
