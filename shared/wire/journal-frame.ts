/**
 * The journal's two records as bytes: a frame (commands and what they did) and an epoch (a leader begins).
 * Layout, both: version byte, kind byte, fields, CRC-32C of everything before it (little-endian).
 */
import { sha256 } from 'ethers';
import { assert } from '#domain/assertion.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent, Outcome } from '#domain/event.ts';
import type { RawEvent } from '#domain/raw-event.ts';
import type { RawPlacement } from '#domain/raw-order.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { command, event } from './command-codec.ts';
import { crc32c } from './crc32c.ts';
import { writeCommand, writeEvent } from './frequent-records.ts';
import { fromHex, toHex } from './hex-digits.ts';
import { writeRawEvent } from './raw-event-record.ts';
import { PlacementWriter } from './raw-order-record.ts';

const formatVersion = 2;
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
  /** The writer's hash over every event so far, 16 hex digits: whoever does the commands again need not look at the events. */
  eventHash: string;
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

/** What one command did, as the engine has it: how many events, and each of them in its order. */
type Doings = { readonly count: number; each(visit: (event: RawEvent) => void): void };

/** Collects outcomes of one frame; its size is known at any time, so that the writer can close it by bytes. Then it takes the next one's. */
export class FrameBuilder {
  readonly #head = new ByteWriter();
  readonly #commands: ByteWriter;
  readonly #events: ByteWriter;
  readonly #placements: PlacementWriter;
  readonly #writeRaw = (event: RawEvent) => {
    this.#rawEvents += 1;
    writeRawEvent(this.#events, event);
    this.#noted?.(event);
  };
  #noted: ((event: RawEvent) => void) | undefined;
  /** Of the newest placement. */
  #rawEvents = 0;
  #count = 0;

  /** `hashSecret`: a random number of this process, where commands are strangers'. */
  constructor({ hashSecret = 0 }: { hashSecret?: number } = {}) {
    this.#commands = new ByteWriter({ hashSecret });
    this.#placements = new PlacementWriter(this.#commands);
    this.#events = new ByteWriter({ beside: this.#commands, hashSecret });
  }

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#commands.length + this.#events.length;
  }

  /** Begins a frame of this time. */
  open(atMs: number): void {
    for (const part of [this.#head, this.#commands, this.#events]) {
      part.clear();
      part.baseMs = atMs;
    }
    this.#count = 0;
  }

  append(taken: Command, events: readonly EngineEvent[]): void {
    writeCommand(this.#commands, taken);
    this.#events.uint(events.length);
    for (const each of events) {
      if ('commandId' in each && each.commandId !== taken.commandId)
        assert(false, `${taken.commandId} did what ${each.commandId} was to do`);
      writeEvent(this.#events, each);
    }
    this.#count += 1;
  }

  /** The same bytes as of the command that it stands for, and of its events; `note` is told of each. */
  appendPlacement(placement: RawPlacement, did: Doings, note?: (event: RawEvent) => void): void {
    this.#noted = note;
    this.#placements.write(placement);
    this.#events.uint(did.count);
    this.#rawEvents = 0;
    did.each(this.#writeRaw);
    if (this.#rawEvents !== did.count)
      assert(false, `${did.count} events were to be written, ${this.#rawEvents} were there`);
    this.#count += 1;
  }

  /** The finished record. `atMs` must be the time that the frame was opened with. */
  close(header: FrameHeader, stateCheck?: StateCheck): Uint8Array {
    const head = this.#head;
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
    head.bareHex(header.previousHash, 32);
    head.bareHex(`0x${header.eventHash}`, 8);
    head.uint(stateCheck ? header.frame - stateCheck.frame + 1 : 0);
    if (stateCheck) head.bareHex(`0x${stateCheck.stateHash}`, 8);
    head.uint(this.#count);
    head.uint(this.#commands.length);
    return sealed(head, this.#commands, this.#events);
  }
}

/** A whole frame at once. */
export function encodeFrame(frame: Omit<Frame, 'kind'>): Uint8Array {
  const builder = new FrameBuilder();
  builder.open(frame.atMs);
  for (const { command: taken, events } of frame.outcomes) builder.append(taken, events);
  return builder.close(frame, frame.stateCheck);
}

export function encodeEpoch(record: Omit<EpochRecord, 'kind'>): Uint8Array {
  const head = new ByteWriter();
  head.byte(formatVersion);
  head.byte(epochKind);
  head.text(record.groupId);
  head.uint(record.epoch);
  head.bareHex(record.nonce, 16);
  return sealed(head);
}

/** The parts as one record, with its checksum behind them. */
function sealed(...parts: ByteWriter[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const record = new Uint8Array(length + 4);
  let at = 0;
  for (const part of parts) at = part.copyTo(record, at);
  const sum = crc32c(record.subarray(0, at));
  new DataView(record.buffer, at).setUint32(0, sum, true);
  return record;
}

export type Decoded = Frame | EpochRecord | BadRecord;

/** A frame as it lies: its header is read, its commands and what they did are not. */
export type FrameBytes = FrameHeader & {
  kind: 'frame';
  stateCheck?: StateCheck;
  /** How many commands it holds. */
  count: number;
  /** The commands one after the other: they mention nothing that is written elsewhere. */
  commands: Uint8Array;
  /** What each of them did, in their order. */
  events: Uint8Array;
};

/** `rulesVersion` is that of a frame whose body does not read: other rules may have had other records. */
export type BadRecord = { kind: 'bad'; reason: 'crc' | 'version' | 'body'; rulesVersion?: number };

/** Reads a record. Whatever is wrong with the bytes is an answer, never an exception: the reader decides to stop. */
export function decodeRecord(bytes: Uint8Array): Decoded {
  const record = openRecord(bytes);
  if (record.kind !== 'frame') return record;
  try {
    return readFrame(record);
  } catch {
    return { kind: 'bad', reason: 'body', rulesVersion: record.rulesVersion };
  }
}

/** Reads a record as far as it takes to decide whether it counts. */
export function openRecord(bytes: Uint8Array): FrameBytes | EpochRecord | BadRecord {
  if (bytes.length < 6 || !sealHolds(bytes)) return { kind: 'bad', reason: 'crc' };
  if (bytes[0] !== formatVersion) return { kind: 'bad', reason: 'version' };
  const from = new ByteReader(bytes.subarray(2, bytes.length - 4));
  try {
    if (bytes[1] === frameKind) return openFrame(from);
    if (bytes[1] === epochKind) {
      return { kind: 'epoch', groupId: from.text(), epoch: from.uint(), nonce: from.bareHex(16) };
    }
    return { kind: 'bad', reason: 'version' };
  } catch {
    return { kind: 'bad', reason: 'body' };
  }
}

function sealHolds(bytes: Uint8Array): boolean {
  const at = bytes.length - 4;
  const stated = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
  return stated === crc32c(bytes.subarray(0, at));
}

function openFrame(from: ByteReader): FrameBytes {
  const header: FrameHeader = {
    groupId: from.text(),
    epoch: from.uint(),
    frame: from.uint(),
    firstSequence: from.uint(),
    lastSequence: from.uint(),
    clock: from.uint(),
    atMs: from.uint(),
    rulesVersion: from.uint(),
    previousHash: from.bareHex(32),
    eventHash: from.bareHex(8).slice(2),
  };
  const stateCheck = readStateCheck(header, from);
  const count = from.uint();
  const commands = from.raw(from.uint());
  const events = from.raw(from.left);
  return { kind: 'frame', ...header, ...stateCheck, count, commands, events };
}

function readStateCheck({ frame }: FrameHeader, from: ByteReader): { stateCheck?: StateCheck } {
  const back = from.uint();
  if (back === 0) return {};
  if (back > frame) throw new RangeError('a state before the first frame');
  const stateHash = from.bareHex(8).slice(2);
  return { stateCheck: { frame: frame - back + 1, stateHash } };
}

function readFrame({ count, commands, events, ...header }: FrameBytes): Frame {
  return { ...header, outcomes: outcomesOf({ ...header, count, commands, events }) };
}

/** A frame's commands with what they did. Throws a RangeError where its bytes are none. */
export function outcomesOf(frame: FrameBytes): Outcome<Command>[] {
  const { atMs, count, firstSequence, lastSequence } = frame;
  const taken = new ByteReader(frame.commands);
  const did = new ByteReader(frame.events, taken);
  taken.baseMs = atMs;
  did.baseMs = atMs;
  // What they did mentions texts of all of them.
  const all: Command[] = [];
  while (all.length < count) all.push(command.read(taken));
  let sequence = firstSequence;
  const outcomes = all.map((each) => {
    const outcome = { command: each, events: readEvents(did, each, sequence) };
    sequence += outcome.events.length;
    return outcome;
  });
  if (sequence !== lastSequence + 1 || taken.left + did.left !== 0)
    throw new RangeError('the count is off');
  return outcomes;
}

function readEvents(from: ByteReader, { commandId }: Command, first: number): EngineEvent[] {
  const events: EngineEvent[] = [];
  for (let left = from.uint(); left > 0; left -= 1) {
    const did = event.read(from) as EngineEvent;
    did.sequence = first + events.length;
    if (did.type === 'accepted' || did.type === 'refused') did.commandId = commandId;
    events.push(did);
  }
  return events;
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
