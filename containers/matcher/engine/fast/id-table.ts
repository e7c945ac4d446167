/**
 * Every id that the engine must know again: digests of orders, and what commands were answered. An id is a row; digests
 * are found through an open-addressing table whose hash is keyed by a secret, so that nobody can sign orders whose digests
 * collide in it. The few ids that are no digests (grants', operators', random ones) are found through a `Map`.
 */
import { digestWords, readDigest } from '../name-words.ts';
import { grownFloats, grownInts } from './grown.ts';
import { HandleRing } from './handle-ring.ts';
import { none } from './order-table.ts';

/** `code` of an id whose command was accepted. */
export const accepted = -1;
const startCapacity = 1_024;

export class IdTable {
  /** The command's first result; 0 where none is remembered. */
  sequence = new Float64Array(startCapacity);
  code = new Int32Array(startCapacity);
  atMs = new Float64Array(startCapacity);
  /** The order of that digest, live or remembered; `none` where there is none. */
  order = new Int32Array(startCapacity);
  /** The 8 words of a digest. */
  #words = new Int32Array(startCapacity * digestWords);
  /** Free rows form a chain through `order`. */
  #free: number = none;
  #end = 0;
  #used = 0;

  /** Pairs of a hash and a row + 1; a row of 0 is an empty place. */
  #index = new Int32Array(startCapacity * 4);
  readonly #keys: Int32Array;
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

  /** The row of a digest; `none` where it is not known. */
  find(words: Int32Array): number {
    const hash = this.#hash(words);
    const index = this.#index;
    const mask = (index.length >> 1) - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = (index[at * 2 + 1] as number) - 1;
      if (row < 0) return none;
      if (index[at * 2] === hash && this.#has(row, words)) return row;
    }
  }

  /** A new row for a digest that is not known. */
  add(words: Int32Array): number {
    const row = this.#take();
    this.#words.set(words, row * digestWords);
    if (this.#used * 4 > this.#index.length) this.#rebuild();
    this.#insert(this.#hash(words), row);
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

  /** Forgets an id that neither an order nor a result needs. */
  remove(row: number): void {
    const text = this.#textOfRow.get(row);
    if (text === undefined) this.#unindex(row);
    else {
      this.#textOfRow.delete(row);
      this.#rowOfText.delete(text);
    }
    this.order[row] = this.#free;
    this.#free = row;
    this.#used -= 1;
  }

  /** An id as it was written. */
  text(row: number): string {
    const text = this.#textOfRow.get(row);
    if (text !== undefined) return text;
    let digest = '0x';
    for (let at = 0; at < digestWords; at += 1) {
      const word = this.#words[row * digestWords + at] as number;
      digest += (word >>> 0).toString(16).padStart(8, '0');
    }
    return digest;
  }

  /** The row of an id in text, whatever its form; `none` where it is not known. */
  rowOf(text: string): number {
    const words = new Int32Array(digestWords);
    return readDigest(text, words) ? this.find(words) : this.findText(text);
  }

  /** What was remembered, good for reading by row: nothing is found in it. */
  copy(): IdTable {
    const copy = new IdTable(0);
    copy.sequence = this.sequence.slice(0, this.#end);
    copy.code = this.code.slice(0, this.#end);
    copy.atMs = this.atMs.slice(0, this.#end);
    copy.#words = this.#words.slice(0, this.#end * digestWords);
    for (const [row, text] of this.#textOfRow) copy.#textOfRow.set(row, text);
    copy.remembered = this.remembered.copy();
    return copy;
  }

  #hash(words: Int32Array): number {
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
    const from = row * digestWords;
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
    const words = this.#words.subarray(row * digestWords, (row + 1) * digestWords);
    let hole = this.#hash(words) & mask;
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
      if (this.#end === this.sequence.length) this.#grow(this.#end * 2);
      row = this.#end;
      this.#end += 1;
    } else this.#free = this.order[row] as number;
    this.sequence[row] = 0;
    this.order[row] = none;
    return row;
  }

  #grow(length: number): void {
    this.sequence = grownFloats(this.sequence, length);
    this.code = grownInts(this.code, length);
    this.atMs = grownFloats(this.atMs, length);
    this.order = grownInts(this.order, length);
    this.#words = grownInts(this.#words, length * digestWords);
  }
}
