/**
 * A 64-bit hash of a stream of integers and texts, the same on every machine: two MurmurHash3 (32-bit)
 * lanes with different seeds. It tells states apart that differ by a bug; it withstands no forger
 * (the journal's chain, which must, uses SHA-256).
 */

/** Where two lanes stand, so that a restored engine goes on with the same chain. */
export type LanesState = [left: number, right: number, count: number];

export class HashLanes {
  #left: number;
  #right: number;
  #count: number;

  constructor([left, right, count]: LanesState = [0x2545f491, 0x4f6cdd1d, 0]) {
    this.#left = left;
    this.#right = right;
    this.#count = count;
  }

  state(): LanesState {
    return [this.#left, this.#right, this.#count];
  }

  /** Folds in 32 bits. */
  word(value: number): void {
    const left = Math.imul(value, 0xcc9e2d51);
    this.#left = Math.imul(rotate(this.#left ^ Math.imul(rotate(left, 15), 0x1b873593), 13), 5);
    this.#left = (this.#left + 0xe6546b64) | 0;
    const right = Math.imul(value, 0x239b961b);
    this.#right = Math.imul(rotate(this.#right ^ Math.imul(rotate(right, 16), 0xab0e9789), 19), 5);
    this.#right = (this.#right + 0x561ccd1b) | 0;
    this.#count = (this.#count + 1) | 0;
  }

  /** Folds in a safe integer. */
  integer(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / 0x1_0000_0000));
  }

  /** Folds in a text with its length, so that neighbouring texts cannot run into each other. */
  text(value: string): void {
    const { length } = value;
    this.word(length);
    for (let at = 0; at < length; at += 2) {
      this.word((value.charCodeAt(at) << 16) | (at + 1 < length ? value.charCodeAt(at + 1) : 0));
    }
  }

  /** The hash so far as 16 hex digits; folding may go on. */
  digest(): string {
    const left = finish(this.#left ^ this.#count);
    const right = finish(this.#right ^ left);
    return hex(left) + hex(right);
  }
}

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

function finish(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
