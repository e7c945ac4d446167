/**
 * A snapshot's records as bytes, in parts that can be read alone and in any order.
 *
 * A record is a kind byte and what that kind has. An order is one word (which of its numbers are not zero, its traits, its
 * place), its digest, its market and account, and its numbers as 64-bit floats: a third of the time that digits of
 * variable length take. A name is written once a part; records name it by number. What is rare is JSON. The fast engine makes and
 * reads the same bytes of what there is most of by itself (engine/fast/core/part-cursor.ts).
 */
import type { OrderProgress } from '#domain/order.ts';
import { numberedRefusals } from '#domain/refusal.ts';
import { placeIn } from '#wire/closed-list.ts';
import {
  clientIdBit,
  delegationBit,
  endedNumbers,
  recordKinds as kinds,
  orderNumbers,
} from '#wire/snapshot-part.ts';
import { digestWords, readDigest } from './engine/name-words.ts';
import type { EndedRecord, OrderRecord, RememberedRecord } from './engine/snapshot-record.ts';
import type { PartSink } from './engine/state-reading.ts';
import type { BuriedRecord } from './late-memory.ts';
import {
  type StoredRecord,
  viewOf,
  wordOfPlace,
  wordOfStatus,
  wordOfTraits,
} from './snapshot-words.ts';

/** More than any record but a market's takes. */
const roomBytes = 1_024;

export class PartWriter implements PartSink {
  #bytes: Buffer;
  #view: DataView;
  #at = 0;
  readonly #numbersOf = new Map<string, number>();
  readonly #words = new Int32Array(digestWords);
  readonly #numbers = new Float64Array(orderNumbers);

  /** `roomBytes`: what is expected; more may come. */
  constructor(roomBytes = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafe(roomBytes);
    this.#view = viewOf(this.#bytes);
  }

  get length(): number {
    return this.#at;
  }

  /** The part, once nothing more comes. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
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
        this.#buried(record);
        return;
      default:
        this.#byte(kinds.other);
        this.#text(JSON.stringify(record));
    }
  }

  numberOf(name: string): number {
    const known = this.#numbersOf.get(name);
    if (known !== undefined) return known;
    const number = this.#numbersOf.size;
    this.#numbersOf.set(name, number);
    this.#reserve(roomBytes);
    this.#byte(kinds.name);
    this.#text(name);
    return number;
  }

  copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #buried({ digest, account, atMs }: BuriedRecord): void {
    const number = this.numberOf(account);
    this.#byte(kinds.buried);
    this.#id(digest);
    this.#word(number);
    this.#float(atMs);
  }

  #order(record: OrderRecord): void {
    const numbers = this.#numbers;
    numbers[10] = record.makerFeeBps;
    numbers[11] = record.takerFeeBps;
    numbers[12] = record.admitted;
    numbers[13] = record.heldUnits;
    numbers[14] = record.shownLots;
    const { delegation } = record;
    const more = delegation === undefined ? 0 : 1 << delegationBit;
    const where = wordOfPlace(record.place);
    this.#progress(record, { kind: kinds.order, count: orderNumbers, more: where | more });
    if (delegation !== undefined) this.#id(delegation);
  }

  #ended(record: EndedRecord): void {
    this.#numbers[10] = record.atMs;
    const more = wordOfStatus(record.status);
    this.#progress(record, { kind: kinds.ended, count: endedNumbers, more });
  }

  /** `more`: the bits of its word that only its kind has. */
  #progress(
    record: OrderProgress,
    { kind, count, more }: { kind: number; count: number; more: number },
  ): void {
    const market = this.numberOf(record.marketId);
    const account = this.numberOf(record.account);
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
    let word = wordOfTraits(record) | more;
    for (let nth = 0; nth < count; nth += 1) if (numbers[nth] !== 0) word |= 1 << nth;
    if (record.clientOrderId !== undefined) word |= 1 << clientIdBit;
    this.#byte(kind);
    this.#word(word);
    this.#id(record.digest);
    this.#word(market);
    this.#word(account);
    for (let nth = 0; nth < count; nth += 1)
      if (numbers[nth] !== 0) this.#float(numbers[nth] as number);
    if (record.clientOrderId !== undefined) this.#text(record.clientOrderId);
  }

  #remembered({ commandId, sequence, code, atMs }: RememberedRecord): void {
    this.#byte(kinds.remembered);
    this.#id(commandId);
    this.#float(sequence);
    this.#float(atMs);
    this.#byte(code === undefined ? 0 : placeIn(numberedRefusals, code) + 1);
  }

  /** A digest as 32 bytes behind a 1, any other text behind a 0. */
  #id(id: string): void {
    const isDigest = readDigest(id, this.#words);
    this.#byte(isDigest ? 1 : 0);
    if (!isDigest) this.#text(id);
    else for (const word of this.#words) this.#bigEndian(word);
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
