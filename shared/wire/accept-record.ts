/**
 * The one rule by which every reader of a journal decides which frames count: recovery, settlement,
 * history, and whoever comes later. Never skip, never guess: what cannot be explained stops the reader.
 */
import {
  type BadRecord,
  chainAfter,
  decodeRecord,
  type EpochRecord,
  type Frame,
  type FrameHeader,
  genesisHash,
  type Hash,
} from './journal-frame.ts';

/** A reader's position, persisted with whatever it derived from the frames before it. */
export type Watermark = {
  epoch: number;
  /** The accepted epoch's nonce: tells a repeated epoch record from a rival's. */
  nonce: string;
  frame: number;
  chain: Hash;
  lastSequence: number;
  clock: number;
  /** Kinesis sequence number of the newest record that was looked at; empty before the first. */
  shardSequence: string;
};

export const startOfJournal: Watermark = {
  epoch: 0,
  nonce: '',
  frame: 0,
  chain: genesisHash,
  lastSequence: 0,
  clock: 0,
  shardSequence: '',
};

export type StopReason =
  | 'bad_crc'
  | 'bad_version'
  | 'bad_body'
  | 'other_group'
  | 'rival_epoch'
  | 'frame_of_unknown_epoch'
  | 'same_number_other_frame'
  | 'frame_gap'
  | 'broken_chain'
  | 'sequence_gap'
  | 'clock_went_back';

export type Verdict<F = Frame> =
  | { type: 'epoch'; state: Watermark; epoch: EpochRecord }
  | { type: 'frame'; state: Watermark; frame: F }
  | { type: 'ignored'; state: Watermark; why: 'zombie' | 'repeated' }
  /** `rulesVersion` is that of a frame whose body does not read. */
  | { type: 'stop'; reason: StopReason; detail: string; rulesVersion?: number };

type Given = { data: Uint8Array; shardSequence: string };
type OfFrame = FrameHeader & { kind: 'frame' };

/** Decides on one record, in shard order. `state` is what the previous verdict answered. */
export const acceptRecord = (groupId: string, state: Watermark, record: Given): Verdict =>
  acceptDecoded(groupId, state, { ...record, decoded: decodeRecord(record.data) });

/** The same of a record that was read already, be it whole or its header alone. */
export function acceptDecoded<F extends OfFrame>(
  groupId: string,
  state: Watermark,
  record: Given & { decoded: F | EpochRecord | BadRecord },
): Verdict<F> {
  const { decoded } = record;
  const seen = { ...state, shardSequence: record.shardSequence };
  if (decoded.kind === 'bad') {
    const { reason, rulesVersion } = decoded;
    const detail = `record ${record.shardSequence}`;
    if (rulesVersion === undefined) return stop(`bad_${reason}`, state, detail);
    const ofRules = `${detail} of rules version ${rulesVersion}`;
    return { ...stop(`bad_${reason}`, state, ofRules), rulesVersion };
  }
  if (decoded.groupId !== groupId)
    return stop('other_group', state, `it belongs to ${decoded.groupId}`);
  if (decoded.kind === 'epoch') return acceptEpoch(decoded, record.data, seen);
  return acceptFrame(decoded, record.data, seen);
}

function acceptEpoch(epoch: EpochRecord, data: Uint8Array, seen: Watermark): Verdict<never> {
  if (epoch.epoch < seen.epoch) return { type: 'ignored', state: seen, why: 'zombie' };
  if (epoch.epoch === seen.epoch) {
    if (epoch.nonce !== seen.nonce)
      return stop('rival_epoch', seen, `epoch ${epoch.epoch} was taken twice`);
    return { type: 'ignored', state: seen, why: 'repeated' };
  }
  const state = {
    ...seen,
    epoch: epoch.epoch,
    nonce: epoch.nonce,
    chain: chainAfter(seen.chain, data),
  };
  return { type: 'epoch', state, epoch };
}

function acceptFrame<F extends OfFrame>(frame: F, data: Uint8Array, seen: Watermark): Verdict<F> {
  if (frame.epoch < seen.epoch) return { type: 'ignored', state: seen, why: 'zombie' };
  if (frame.epoch > seen.epoch) {
    return stop('frame_of_unknown_epoch', seen, `frame ${frame.frame} is of epoch ${frame.epoch}`);
  }
  const chain = chainAfter(seen.chain, data);
  if (frame.frame <= seen.frame) {
    // Only the newest frame's hash is known; an older repeat within the epoch can only be a retried put.
    const differs =
      frame.frame === seen.frame && chainAfter(frame.previousHash, data) !== seen.chain;
    if (differs) return stop('same_number_other_frame', seen, `frame ${frame.frame}`);
    return { type: 'ignored', state: seen, why: 'repeated' };
  }
  if (frame.frame !== seen.frame + 1) return stop('frame_gap', seen, `frame ${frame.frame} came`);
  if (frame.previousHash !== seen.chain) return stop('broken_chain', seen, `frame ${frame.frame}`);
  if (frame.firstSequence !== seen.lastSequence + 1) {
    return stop('sequence_gap', seen, `frame ${frame.frame} begins at ${frame.firstSequence}`);
  }
  if (frame.clock <= seen.clock) return stop('clock_went_back', seen, `frame ${frame.frame}`);
  const state = {
    ...seen,
    frame: frame.frame,
    chain,
    lastSequence: frame.lastSequence,
    clock: frame.clock,
  };
  return { type: 'frame', state, frame };
}

function stop(reason: StopReason, state: Watermark, detail: string) {
  return {
    type: 'stop' as const,
    reason,
    detail: `after frame ${state.frame} of epoch ${state.epoch}: ${detail}`,
  };
}
