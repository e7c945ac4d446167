/**
 * A 64-bit hash of a stream of integers and texts, the same on every machine: two 32-bit lanes with different
 * multipliers. It tells states apart that differ by a bug; it withstands no forger (the journal's chain, which
 * must, uses SHA-256).
 */

/** What a hash has come to, to go on with: the two lanes and the count of words. */
export type LanesState = [left: number, right: number, count: number];

const startLeft = 0x2545f491;
const startRight = 0x4f6cdd1d;

export class HashLanes {
  #left: number;
  #right: number;
  #count: number;

  constructor([left, right, count]: LanesState = [startLeft, startRight, 0]) {
    this.#left = left;
    this.#right = right;
    this.#count = count;
  }

  get left(): number {
    return this.#left;
  }

  get right(): number {
    return this.#right;
  }

  /** Begins anew. */
  restart(): void {
    this.#left = startLeft;
    this.#right = startRight;
    this.#count = 0;
  }

  /** Folds in 32 bits. */
  word(value: number): void {
    this.#left = rotate(Math.imul(this.#left ^ value, 0x2c1b3c6d), 13);
    this.#right = rotate(Math.imul((this.#right + value) | 0, 0x297a2d39), 17);
    this.#count = (this.#count + 1) | 0;
  }

  /** Folds in a safe integer; one that fits 32 bits may be a word. */
  integer(value: number): void {
    this.word(wordOf(value));
  }

  /** Folds in the first so many words at once: each has multipliers of its own, so that none waits for the one before. */
  words(words: Int32Array, count: number): void {
    let left = 0;
    let right = 0;
    for (let at = 0; at < count; at += 1) {
      const word = words[at] as number;
      left = (left + Math.imul(word, leftMultipliers[at] as number)) | 0;
      right = (right + Math.imul(word, rightMultipliers[at] as number)) | 0;
    }
    this.#left = rotate(Math.imul(this.#left ^ left, 0x2c1b3c6d), 13);
    this.#right = rotate(Math.imul((this.#right + right) | 0, 0x297a2d39), 17);
    this.#count = (this.#count + count) | 0;
  }

  /** Folds in a text with its length, so that neighbouring texts cannot run into each other. */
  text(value: string): void {
    const { length } = value;
    this.word(length);
    for (let at = 0; at < length; at += 2) {
      this.word((value.charCodeAt(at) << 16) | (at + 1 < length ? value.charCodeAt(at + 1) : 0));
    }
  }

  /** What a snapshot keeps; `new HashLanes(state)` goes on with it. */
  state(): LanesState {
    return [this.#left, this.#right, this.#count];
  }

  /** The hash so far as 16 hex digits; folding may go on. */
  digest(): string {
    const left = finish(this.#left ^ this.#count);
    const right = finish(this.#right ^ left);
    return hex(left) + hex(right);
  }
}

/** A safe integer as 32 bits, of both halves of the double that it is: an engine has those at hand, and converts nothing. */
export function wordOf(value: number): number {
  const { low, high } = halvesOf(value);
  return low ^ Math.imul(high, 0x5bd1e995);
}

/** The halves of the double that a safe integer is. */
export function halvesOf(value: number): { low: number; high: number } {
  // A sum that came down to nothing may be −0.
  double[0] = value + 0;
  return { low: halves[0] as number, high: halves[1] as number };
}

const double = new Float64Array(1);
/** Lower half first, as in the core's memory. */
const halves = new Int32Array(double.buffer);

/** Odd, so that a change of one word always shows. */
function multipliers(seed: number): Int32Array {
  let state = seed;
  return Int32Array.from({ length: mostWords }, () => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    return Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39) | 1;
  });
}

/** As many as the longest event has. */
export const mostWords = 20;
const leftMultipliers = multipliers(1);
const rightMultipliers = multipliers(2);

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

function finish(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
