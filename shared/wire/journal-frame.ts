/**
 * The journal's two records as bytes: a frame (commands and what they did) and an epoch (a leader begins).
 * Layout, both: version byte, kind byte, fields, CRC-32C of everything before it (little-endian).
 */
import { sha256 } from 'ethers';
import type { Command } from '#domain/command.ts';
import type { EngineEvent, Outcome } from '#domain/event.ts';
import { ByteReader, ByteWriter, fromHex, toHex } from './bytes.ts';
import { command, event } from './command-codec.ts';
import { crc32c } from './crc32c.ts';

const formatVersion = 1;
const frameKind = 1;
const epochKind = 2;

/** A 32-byte hash as lower-case hex. */
export type Hash = string;

/** The chain before the first record of a journal. */
export const genesisHash: Hash = `0x${'00'.repeat(32)}`;

export type FrameHeader = {
  groupId: string;
  epoch: number;
  /** Counts accepted frames of the group from 1, over all epochs. */
  frame: number;
  /** Sequence numbers of the first and last event; last = first - 1 in an empty frame. */
  firstSequence: number;
  lastSequence: number;
  /** Orders settlement across groups: max(previous frame's, the grants') + 1. */
  clock: number;
  /** Engine time when the frame was opened: times inside are relative to it. */
  atMs: number;
  /** Selects the engine's behaviour, so that a deployment cannot make a replay differ. */
  rulesVersion: number;
  /** The chain value that the frame continues. */
  previousHash: Hash;
};

/** What the writer's engine was at the end of a frame: whoever replays compares. */
export type StateCheck = {
  /** This frame or an earlier one: the writer counts the hash while it goes on. */
  frame: number;
  /** 16 hex digits. */
  stateHash: string;
};

export type Frame = FrameHeader & {
  kind: 'frame';
  outcomes: Outcome<Command>[];
  stateCheck?: StateCheck;
};

export type EpochRecord = {
  kind: 'epoch';
  groupId: string;
  epoch: number;
  /** 16 random bytes: tells two processes that took one epoch apart. */
  nonce: string;
};

/** Collects outcomes of one frame; its size is known at any time, so that the writer can close it by bytes. */
export class FrameBuilder {
  #body = new ByteWriter();
  #count = 0;

  constructor(atMs: number) {
    this.#body.baseMs = atMs;
  }

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#body.length;
  }

  append(taken: Command, events: readonly EngineEvent[]): void {
    command.write(this.#body, taken);
    this.#body.uint(events.length);
    for (const each of events) event.write(this.#body, each);
    this.#count += 1;
  }

  /** The finished record. `atMs` must be the time that the builder was opened with. */
  close(header: FrameHeader, stateCheck?: StateCheck): Uint8Array {
    if (stateCheck) {
      this.#body.uint(header.frame - stateCheck.frame);
      this.#body.hex(`0x${stateCheck.stateHash}`, 8);
    }
    const head = new ByteWriter();
    head.byte(formatVersion);
    head.byte(frameKind);
    head.text(header.groupId);
    head.uint(header.epoch);
    head.uint(header.frame);
    head.uint(header.firstSequence);
    head.uint(header.lastSequence);
    head.uint(header.clock);
    head.uint(header.atMs);
    head.uint(header.rulesVersion);
    head.hex(header.previousHash, 32);
    head.uint(this.#count);
    head.raw(this.#body.take());
    return sealed(head);
  }
}

/** A whole frame at once. */
export function encodeFrame(frame: Omit<Frame, 'kind'>): Uint8Array {
  const builder = new FrameBuilder(frame.atMs);
  for (const { command: taken, events } of frame.outcomes) builder.append(taken, events);
  return builder.close(frame, frame.stateCheck);
}

export function encodeEpoch(record: Omit<EpochRecord, 'kind'>): Uint8Array {
  const head = new ByteWriter();
  head.byte(formatVersion);
  head.byte(epochKind);
  head.text(record.groupId);
  head.uint(record.epoch);
  head.hex(record.nonce, 16);
  return sealed(head);
}

function sealed(head: ByteWriter): Uint8Array {
  head.uint32(crc32c(head.take()));
  return head.take();
}

export type Decoded = Frame | EpochRecord | BadRecord;

/** `rulesVersion` is that of a frame whose body does not read: other rules may have had other records. */
type BadRecord = { kind: 'bad'; reason: 'crc' | 'version' | 'body'; rulesVersion?: number };

/** Reads a record. Whatever is wrong with the bytes is an answer, never an exception: the reader decides to stop. */
export function decodeRecord(bytes: Uint8Array): Decoded {
  if (bytes.length < 6 || !sealHolds(bytes)) return { kind: 'bad', reason: 'crc' };
  if (bytes[0] !== formatVersion) return { kind: 'bad', reason: 'version' };
  const all = bytes.subarray(2, bytes.length - 4);
  const from = new ByteReader(all);
  let header: FrameHeader | undefined;
  try {
    if (bytes[1] === frameKind) {
      header = readHeader(from);
      return readFrame(header, from, all);
    }
    if (bytes[1] === epochKind) {
      return { kind: 'epoch', groupId: from.text(), epoch: from.uint(), nonce: from.hex(16) };
    }
    return { kind: 'bad', reason: 'version' };
  } catch {
    const { rulesVersion } = header ?? {};
    return { kind: 'bad', reason: 'body', ...(rulesVersion === undefined ? {} : { rulesVersion }) };
  }
}

function sealHolds(bytes: Uint8Array): boolean {
  const at = bytes.length - 4;
  const stated = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
  return stated === crc32c(bytes.subarray(0, at));
}

function readHeader(from: ByteReader): FrameHeader {
  return {
    groupId: from.text(),
    epoch: from.uint(),
    frame: from.uint(),
    firstSequence: from.uint(),
    lastSequence: from.uint(),
    clock: from.uint(),
    atMs: from.uint(),
    rulesVersion: from.uint(),
    previousHash: from.hex(32),
  };
}

function readFrame(header: FrameHeader, from: ByteReader, all: Uint8Array): Frame {
  const count = from.uint();
  const body = new ByteReader(all.subarray(all.length - from.left));
  body.baseMs = header.atMs;
  const outcomes: Outcome<Command>[] = [];
  let sequence = header.firstSequence;
  for (let index = 0; index < count; index += 1) {
    const taken = command.read(body);
    const events: EngineEvent[] = [];
    for (let left = body.uint(); left > 0; left -= 1) {
      const did = event.read(body) as EngineEvent;
      did.sequence = sequence;
      sequence += 1;
      events.push(did);
    }
    outcomes.push({ command: taken, events });
  }
  const stateCheck = body.left > 0 ? readStateCheck(header, body) : undefined;
  if (sequence !== header.lastSequence + 1 || body.left !== 0)
    throw new RangeError('the count is off');
  return { kind: 'frame', ...header, outcomes, ...(stateCheck ? { stateCheck } : {}) };
}

function readStateCheck(header: FrameHeader, body: ByteReader): StateCheck {
  const frame = header.frame - body.uint();
  if (frame < 1) throw new RangeError('a state before the first frame');
  return { frame, stateHash: body.hex(8).slice(2) };
}

/** H(chain ‖ record): the chain value after a record. */
export function chainAfter(chain: Hash, record: Uint8Array): Hash {
  const joined = new Uint8Array(32 + record.length);
  joined.set(fromHex(chain), 0);
  joined.set(record, 32);
  return sha256(joined);
}

/** 16 random bytes as a nonce; the bytes are the caller's, so that tests can choose them. */
export const nonceFrom = (bytes: Uint8Array): string => toHex(bytes.subarray(0, 16));
