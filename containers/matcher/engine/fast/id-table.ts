/**
 * Every id that the engine must know again: digests of orders, and what commands were answered. An id is a row; digests
 * are found through an open-addressing table whose hash is keyed by a secret, so that nobody can sign orders whose digests
 * collide in it. The few ids that are no digests (grants', operators', random ones) are found through a `Map`.
 */
import { digestWords, readDigest, writeDigest } from '../name-words.ts';
import { copiedInts, grownInts } from './grown.ts';
import { HandleRing } from './handle-ring.ts';
import { none } from './order-table.ts';

/** `code` of an id whose command was accepted. */
export const accepted = -1;
const startCapacity = 1_024;

/** A row is a cache line: 8 words of the digest, its live order, the result's code, then sequence and time as doubles, then its ended order. */
const rowWords = 16;
const orderAt = 8;
const codeAt = 9;
const endedAt = 14;
const rowDoubles = 8;
const sequenceAt = 5;
const timeAt = 6;

export class IdTable {
  #words = new Int32Array(startCapacity * rowWords);
  /** The same memory. */
  #doubles = new Float64Array(this.#words.buffer);
  /** Free rows form a chain through their order. */
  #free: number = none;
  #end = 0;
  #used = 0;

  /** Pairs of a hash and a row + 1; a row of 0 is an empty place. */
  #index = new Int32Array(startCapacity * 4);
  readonly #keys: Int32Array;
  /** The words of a row that is looked for. */
  readonly #found = new Int32Array(digestWords);
  readonly #rowOfText = new Map<string, number>();
  readonly #textOfRow = new Map<number, string>();
  remembered = new HandleRing();

  constructor(hashSecret: number) {
    let state = hashSecret | 0;
    this.#keys = Int32Array.from({ length: digestWords + 1 }, () => {
      state = (state + 0x6d2b79f5) | 0;
      const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
      return Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39) | 1;
    });
  }

  /** Makes room for so many ids, in memory that was written before. */
  reserve(count: number): void {
    while (this.#words.length < count * rowWords) this.#grow(this.#words.length * 2);
    this.#words.fill(0, this.#end * rowWords);
    while (this.#index.length < count * 4) this.#rebuild();
    if (this.#used === 0) this.#index.fill(0);
    this.remembered.reserve(count);
  }

  /** The live order of an id's digest; `none` where there is none. */
  order(row: number): number {
    return this.#words[row * rowWords + orderAt] as number;
  }

  setOrder(row: number, slot: number): void {
    this.#words[row * rowWords + orderAt] = slot;
  }

  /** The serial of that order among those that ended; `none` where it did not. */
  ended(row: number): number {
    return this.#words[row * rowWords + endedAt] as number;
  }

  /** The order of an id ended. */
  setEnded(row: number, serial: number): void {
    this.#words[row * rowWords + orderAt] = none;
    this.#words[row * rowWords + endedAt] = serial;
  }

  /** The number of the command's first result; 0 where none is remembered. */
  sequence(row: number): number {
    return this.#doubles[row * rowDoubles + sequenceAt] as number;
  }

  /** The code of that result, or `accepted`. */
  code(row: number): number {
    return this.#words[row * rowWords + codeAt] as number;
  }

  atMs(row: number): number {
    return this.#doubles[row * rowDoubles + timeAt] as number;
  }

  /** Remembers a command's first result. */
  remember(row: number, result: { sequence: number; code: number; atMs: number }): void {
    this.#words[row * rowWords + codeAt] = result.code;
    this.#doubles[row * rowDoubles + sequenceAt] = result.sequence;
    this.#doubles[row * rowDoubles + timeAt] = result.atMs;
    this.remembered.push(row);
  }

  /** Forgets the result that was remembered first, and the id with it where no order has it. */
  forgetOldest(): void {
    const row = this.remembered.oldest;
    this.remembered.drop();
    this.#doubles[row * rowDoubles + sequenceAt] = 0;
    if (this.order(row) === none && this.ended(row) === none) this.#remove(row);
  }

  /** Forgets that an order of this id ended, and the id with it where nothing else needs it. */
  forgetEnded(row: number, serial: number): void {
    if (this.ended(row) !== serial) return;
    this.#words[row * rowWords + endedAt] = none;
    if (this.order(row) === none && this.sequence(row) === 0) this.#remove(row);
  }

  /** The row of a digest; `none` where it is not known. `hash`: its `hashOf`. */
  find(words: Int32Array, hash: number): number {
    const index = this.#index;
    const mask = (index.length >> 1) - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = (index[at * 2 + 1] as number) - 1;
      if (row < 0) return none;
      if (index[at * 2] === hash && this.#has(row, words)) return row;
    }
  }

  /** A new row for a digest that is not known. */
  add(words: Int32Array, hash: number): number {
    const row = this.#take();
    const own = this.#words;
    const from = row * rowWords;
    for (let at = 0; at < digestWords; at += 1) own[from + at] = words[at] as number;
    if (this.#used * 4 > this.#index.length) this.#rebuild();
    this.#insert(hash, row);
    return row;
  }

  findText(text: string): number {
    return this.#rowOfText.get(text) ?? none;
  }

  addText(text: string): number {
    const row = this.#take();
    this.#rowOfText.set(text, row);
    this.#textOfRow.set(row, text);
    return row;
  }

  #remove(row: number): void {
    const text = this.#textOfRow.size > 0 ? this.#textOfRow.get(row) : undefined;
    if (text === undefined) this.#unindex(row);
    else {
      this.#textOfRow.delete(row);
      this.#rowOfText.delete(text);
    }
    this.setOrder(row, this.#free);
    this.#free = row;
    this.#used -= 1;
  }

  /** An id as it was written. */
  text(row: number): string {
    const text = this.#textOfRow.size > 0 ? this.#textOfRow.get(row) : undefined;
    return text ?? writeDigest(this.#words, row * rowWords);
  }

  /** The row of an id in text, whatever its form; `none` where it is not known. */
  rowOf(text: string): number {
    const words = new Int32Array(digestWords);
    if (!readDigest(text, words)) return this.findText(text);
    return this.find(words, this.hashOf(words));
  }

  /** What was remembered, good for reading by row: nothing is found in it. */
  copyTo(copy: IdTable): void {
    copy.#words = copiedInts(this.#words, copy.#words, this.#end * rowWords);
    copy.#doubles = new Float64Array(copy.#words.buffer);
    copy.#textOfRow.clear();
    for (const [row, text] of this.#textOfRow) copy.#textOfRow.set(row, text);
    this.remembered.copyTo(copy.remembered);
  }

  /** Where a digest belongs in the table; nobody can foresee it without the secret. */
  hashOf(words: Int32Array): number {
    const keys = this.#keys;
    let hash = keys[digestWords] as number;
    for (let at = 0; at < digestWords; at += 1) {
      hash = Math.imul(hash ^ (words[at] as number), keys[at] as number);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #has(row: number, words: Int32Array): boolean {
    const own = this.#words;
    const from = row * rowWords;
    for (let at = 0; at < digestWords; at += 1) {
      if (own[from + at] !== words[at]) return false;
    }
    return true;
  }

  #insert(hash: number, row: number): void {
    const index = this.#index;
    const mask = (index.length >> 1) - 1;
    let at = hash & mask;
    while (index[at * 2 + 1] !== 0) at = (at + 1) & mask;
    index[at * 2] = hash;
    index[at * 2 + 1] = row + 1;
  }

  /** Takes a row's place out and moves those behind it up, so that no search ends at a hole. */
  #unindex(row: number): void {
    const index = this.#index;
    const mask = (index.length >> 1) - 1;
    let hole = this.#hashOfRow(row) & mask;
    while (index[hole * 2 + 1] !== row + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; index[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      const home = (index[at * 2] as number) & mask;
      // It may move up where its home is not between the hole and itself.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      index[hole * 2] = index[at * 2] as number;
      index[hole * 2 + 1] = index[at * 2 + 1] as number;
      hole = at;
    }
    index[hole * 2 + 1] = 0;
  }

  #hashOfRow(row: number): number {
    const found = this.#found;
    for (let at = 0; at < digestWords; at += 1)
      found[at] = this.#words[row * rowWords + at] as number;
    return this.hashOf(found);
  }

  #rebuild(): void {
    const old = this.#index;
    this.#index = new Int32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 2) {
      const row = (old[at + 1] as number) - 1;
      if (row >= 0) this.#insert(old[at] as number, row);
    }
  }

  #take(): number {
    this.#used += 1;
    let row = this.#free;
    if (row === none) {
      if (this.#end * rowWords === this.#words.length) this.#grow(this.#words.length * 2);
      row = this.#end;
      this.#end += 1;
    } else this.#free = this.order(row);
    this.setEnded(row, none);
    this.#doubles[row * rowDoubles + sequenceAt] = 0;
    return row;
  }

  #grow(length: number): void {
    this.#words = grownInts(this.#words, length);
    this.#doubles = new Float64Array(this.#words.buffer);
  }
}
