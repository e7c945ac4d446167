/**
 * A snapshot's records as bytes, in parts that can be read alone and in any order.
 *
 * A record is a kind byte and what that kind has. An order is one word (which of its numbers are not zero, its traits, its
 * place), its digest, its market and account, and its numbers as 64-bit floats: a third of the time that digits of
 * variable length take. Texts are written once a part; later mentions are an index. What is rare is JSON.
 */
import { assert } from '#domain/assertion.ts';
import type { OrderProgress } from '#domain/order.ts';
import { type EngineRefusal, numberedRefusals } from '#domain/refusal.ts';
import {
  clientIdBit,
  delegationBit,
  endedNumbers,
  recordKinds as kinds,
  orderNumbers,
} from '#wire/snapshot-part.ts';
import { digestWords, readDigest } from './engine/name-words.ts';
import type {
  EndedRecord,
  OrderPlace,
  OrderRecord,
  RememberedRecord,
  SnapshotRecord,
} from './engine/snapshot-record.ts';
import type { LateRecord } from './late-memory.ts';

export type StoredRecord = SnapshotRecord | LateRecord;

// On disk as well: lists grow at their ends only.
const sides = ['buy', 'sell'] as const;
const types = [
  'limit',
  'market',
  'stop',
  'stop_limit',
  'take_profit',
  'take_profit_limit',
] as const;
const times = ['gtc', 'gtd', 'ioc', 'fok'] as const;
const modes = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'] as const;
const places: readonly OrderPlace[] = ['book', 'untriggered', 'triggered', 'incoming'];
const reasons = ['filled', 'cancelled', 'expired', 'self_trade', 'halted'] as const;

// The word: bits 0 to 14 the numbers, `clientIdBit`, then these, and `delegationBit`.
const sideBit = 16;
const typeBit = 17;
const timeBit = 20;
const postOnlyBit = 22;
const modeBit = 23;
const whereBit = 25;

/** More than any record but a market's takes. */
const roomBytes = 1_024;

export class PartWriter {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #view = viewOf(this.#bytes);
  #at = 0;
  readonly #texts = new Map<string, number>();
  readonly #words = new Int32Array(digestWords);
  readonly #numbers = new Float64Array(orderNumbers);

  get length(): number {
    return this.#at;
  }

  /** The part so far; the next record begins another one. */
  take(): Uint8Array {
    const part = new Uint8Array(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    this.#texts.clear();
    return part;
  }

  append(record: StoredRecord): void {
    this.#reserve(roomBytes);
    switch (record.kind) {
      case 'order':
        this.#order(record);
        return;
      case 'ended':
        this.#ended(record);
        return;
      case 'remembered':
        this.#remembered(record);
        return;
      case 'buried':
        this.#byte(kinds.buried);
        this.#id(record.digest);
        this.#name(record.account);
        this.#float(record.atMs);
        return;
      default:
        this.#byte(kinds.other);
        this.#text(JSON.stringify(record));
    }
  }

  #order(record: OrderRecord): void {
    const numbers = this.#numbers;
    numbers[10] = record.makerFeeBps;
    numbers[11] = record.takerFeeBps;
    numbers[12] = record.admitted;
    numbers[13] = record.heldUnits;
    numbers[14] = record.shownLots;
    this.#byte(kinds.order);
    const { delegation } = record;
    const more = delegation === undefined ? 0 : 1 << delegationBit;
    this.#progress(record, orderNumbers, (indexOf(places, record.place) << whereBit) | more);
    if (delegation !== undefined) this.#id(delegation);
  }

  #ended(record: EndedRecord): void {
    this.#numbers[10] = record.atMs;
    this.#byte(kinds.ended);
    this.#progress(record, endedNumbers, indexOf(reasons, record.status) << whereBit);
  }

  /** `more`: the bits of its word that only its kind has. */
  #progress(record: OrderProgress, count: number, more: number): void {
    const numbers = this.#numbers;
    numbers[0] = record.limitTicks;
    numbers[1] = record.triggerTicks;
    numbers[2] = record.sizeLots;
    numbers[3] = record.displayLots;
    numbers[4] = record.spendUnits;
    numbers[5] = record.filledLots;
    numbers[6] = record.filledQuoteUnits;
    numbers[7] = record.feeUnits;
    numbers[8] = record.createdAtMs;
    numbers[9] = record.expiresAtMs;
    let word = traitsOf(record) | more;
    for (let nth = 0; nth < count; nth += 1) if (numbers[nth] !== 0) word |= 1 << nth;
    if (record.clientOrderId !== undefined) word |= 1 << clientIdBit;
    this.#word(word);
    this.#id(record.digest);
    this.#name(record.marketId);
    this.#name(record.account);
    for (let nth = 0; nth < count; nth += 1)
      if (numbers[nth] !== 0) this.#float(numbers[nth] as number);
    if (record.clientOrderId !== undefined) this.#text(record.clientOrderId);
  }

  #remembered({ commandId, sequence, code, atMs }: RememberedRecord): void {
    this.#byte(kinds.remembered);
    this.#id(commandId);
    this.#float(sequence);
    this.#float(atMs);
    this.#byte(code === undefined ? 0 : indexOf(numberedRefusals, code) + 1);
  }

  /** A digest as 32 bytes behind a 1, any other text behind a 0. */
  #id(id: string): void {
    const isDigest = readDigest(id, this.#words);
    this.#byte(isDigest ? 1 : 0);
    if (!isDigest) this.#text(id);
    else for (const word of this.#words) this.#bigEndian(word);
  }

  #name(text: string): void {
    const known = this.#texts.get(text);
    this.#word(known ?? this.#texts.size);
    if (known !== undefined) return;
    this.#texts.set(text, this.#texts.size);
    this.#text(text);
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#reserve(length + roomBytes);
    this.#word(length);
    this.#at += this.#bytes.write(text, this.#at);
  }

  #byte(value: number): void {
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  #word(value: number): void {
    this.#view.setInt32(this.#at, value, true);
    this.#at += 4;
  }

  #bigEndian(value: number): void {
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  #float(value: number): void {
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + count));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}

/** The records of a part. Throws where the bytes are none: a part is read only after its checksum held. */
export function* recordsIn(part: Uint8Array): Generator<StoredRecord> {
  const from = new PartReader(part);
  while (!from.isAtEnd) yield from.record();
}

class PartReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #texts: string[] = [];
  readonly #numbers = new Float64Array(orderNumbers);
  #at = 0;

  constructor(part: Uint8Array) {
    this.#bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    this.#view = viewOf(this.#bytes);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  record(): StoredRecord {
    const kind = this.#byte();
    switch (kind) {
      case kinds.order:
        return this.#order();
      case kinds.ended:
        return this.#ended();
      case kinds.remembered:
        return this.#remembered();
      case kinds.buried: {
        const digest = this.#id();
        const account = this.#name();
        return { kind: 'buried', digest, account, atMs: this.#float() };
      }
      case kinds.other:
        return JSON.parse(this.#text()) as StoredRecord;
      default:
        throw new RangeError(`a snapshot has no records of kind ${kind}`);
    }
  }

  #order(): OrderRecord {
    const word = this.#word();
    const record = this.#progress(word, orderNumbers) as OrderRecord;
    const numbers = this.#numbers;
    record.kind = 'order';
    record.place = memberOf(places, (word >>> whereBit) & 7);
    record.makerFeeBps = numbers[10] as number;
    record.takerFeeBps = numbers[11] as number;
    record.admitted = numbers[12] as number;
    record.heldUnits = numbers[13] as number;
    record.shownLots = numbers[14] as number;
    if (((word >>> delegationBit) & 1) === 1) record.delegation = this.#id();
    return record;
  }

  #ended(): EndedRecord {
    const word = this.#word();
    const progress = this.#progress(word, endedNumbers);
    const status = memberOf(reasons, (word >>> whereBit) & 7);
    return { kind: 'ended', ...progress, status, atMs: this.#numbers[10] as number };
  }

  #progress(word: number, count: number): OrderProgress {
    const numbers = this.#numbers;
    const digest = this.#id();
    const marketId = this.#name();
    const account = this.#name();
    for (let nth = 0; nth < count; nth += 1)
      numbers[nth] = (word & (1 << nth)) === 0 ? 0 : this.#float();
    const progress: OrderProgress = {
      ...{ digest, account, marketId },
      side: memberOf(sides, (word >>> sideBit) & 1),
      orderType: memberOf(types, (word >>> typeBit) & 7),
      timeInForce: memberOf(times, (word >>> timeBit) & 3),
      postOnly: ((word >>> postOnlyBit) & 1) === 1,
      selfTrade: memberOf(modes, (word >>> modeBit) & 3),
      limitTicks: numbers[0] as number,
      triggerTicks: numbers[1] as number,
      sizeLots: numbers[2] as number,
      displayLots: numbers[3] as number,
      spendUnits: numbers[4] as number,
      filledLots: numbers[5] as number,
      filledQuoteUnits: numbers[6] as number,
      feeUnits: numbers[7] as number,
      createdAtMs: numbers[8] as number,
      expiresAtMs: numbers[9] as number,
    };
    if (((word >>> clientIdBit) & 1) === 1) progress.clientOrderId = this.#text();
    return progress;
  }

  #remembered(): RememberedRecord {
    const commandId = this.#id();
    const sequence = this.#float();
    const atMs = this.#float();
    const coded = this.#byte();
    const remembered: RememberedRecord = { kind: 'remembered', commandId, sequence, atMs };
    if (coded > 0) remembered.code = memberOf<EngineRefusal>(numberedRefusals, coded - 1);
    return remembered;
  }

  #id(): string {
    if (this.#byte() === 0) return this.#text();
    const from = this.#at;
    this.#at += digestWords * 4;
    if (this.#at > this.#bytes.length) throw new RangeError('the part ends too early');
    return `0x${this.#bytes.toString('hex', from, this.#at)}`;
  }

  #name(): string {
    const index = this.#word();
    if (index === this.#texts.length) this.#texts.push(this.#text());
    return memberOf(this.#texts, index);
  }

  #text(): string {
    const length = this.#word();
    const from = this.#at;
    this.#at += length;
    if (length < 0 || this.#at > this.#bytes.length)
      throw new RangeError('the part ends too early');
    return this.#bytes.toString('utf8', from, this.#at);
  }

  #byte(): number {
    return this.#view.getUint8(this.#at++);
  }

  #word(): number {
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4, true);
  }

  #float(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }
}

function traitsOf(record: OrderProgress): number {
  return (
    (indexOf(sides, record.side) << sideBit) |
    (indexOf(types, record.orderType) << typeBit) |
    (indexOf(times, record.timeInForce) << timeBit) |
    ((record.postOnly ? 1 : 0) << postOnlyBit) |
    (indexOf(modes, record.selfTrade) << modeBit)
  );
}

function indexOf<T extends string>(list: readonly T[], value: T): number {
  const index = list.indexOf(value);
  assert(index >= 0, `${value} has no number in snapshots`);
  return index;
}

function memberOf<T extends string>(list: readonly T[], index: number): T {
  const member = list[index];
  if (member === undefined) throw new RangeError('a number that stands for nothing');
  return member;
}

const viewOf = (bytes: Buffer): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
