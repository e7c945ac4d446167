/**
 * Addresses and digests that a record has already, in the order in which they were written. They are found by their words, so that
 * nobody needs their texts: whoever has one in memory hands it over as it lies there.
 */
import { SecretHash } from './secret-hash.ts';

/** Of a digest, the longest of them. */
const mostWords = 8;
const firstSlots = 512;
/** What earlier records had is counted up to here, far from what a slot holds; then the slots are emptied once. */
const mostBefore = 2 ** 16;

export class HexMentions {
  readonly #hash: SecretHash;
  /** Place + 1 + `before` of the one that hashes to there or to a slot before; not above `before` where none does. Less than half of them are taken. */
  #slots = new Int32Array(firstSlots);
  /** How many the records before this one had: to clear takes no look at the slots. */
  #before = 0;
  #shift = 32 - Math.log2(firstSlots);
  #words = new Int32Array((firstSlots / 2) * mostWords);
  #lengths = new Uint8Array(firstSlots / 2);
  #size = 0;

  /** Places do not depend on the secret. */
  constructor(hashSecret: number) {
    this.#hash = new SecretHash(hashSecret);
  }

  clear(): void {
    this.#before += this.#size;
    this.#size = 0;
    if (this.#before <= mostBefore) return;
    this.#slots.fill(0);
    this.#before = 0;
  }

  /** Where the one of so many words from a place on stands; -1 where it was not written. */
  find(words: Int32Array, from: number, count: number): number {
    const known = this.#slots[this.#slotOf(words, from, count)] as number;
    return known > this.#before ? known - this.#before - 1 : -1;
  }

  /** The same; one that was not there is taken. */
  mention(words: Int32Array, from: number, count: number): number {
    const slot = this.#slotOf(words, from, count);
    const known = this.#slots[slot] as number;
    if (known > this.#before) return known - this.#before - 1;
    const to = this.#size * mostWords;
    for (let at = 0; at < count; at += 1) this.#words[to + at] = words[from + at] as number;
    this.#lengths[this.#size] = count;
    this.#size += 1;
    this.#slots[slot] = this.#before + this.#size;
    if (2 * this.#size === this.#slots.length) this.#grow();
    return -1;
  }

  /** Its slot, or the empty one where it would be. */
  #slotOf(words: Int32Array, from: number, count: number): number {
    const slots = this.#slots;
    const before = this.#before;
    const hash = this.#hash.of(words[from] as number, words[from + count - 1] as number);
    let slot = hash >>> this.#shift;
    for (let known = slots[slot] as number; known > before; known = slots[slot] as number) {
      if (this.#isAt(known - before - 1, words, from, count)) break;
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }

  #isAt(place: number, words: Int32Array, from: number, count: number): boolean {
    if (this.#lengths[place] !== count) return false;
    const own = this.#words;
    const start = place * mostWords;
    for (let at = 0; at < count; at += 1) if (own[start + at] !== words[from + at]) return false;
    return true;
  }

  #grow(): void {
    const { length } = this.#slots;
    const [words, lengths] = [this.#words, this.#lengths];
    this.#slots = new Int32Array(2 * length);
    this.#shift -= 1;
    this.#words = new Int32Array(length * mostWords);
    this.#lengths = new Uint8Array(length);
    this.#words.set(words);
    this.#lengths.set(lengths);
    for (let place = 0; place < this.#size; place += 1) {
      const slot = this.#slotOf(words, place * mostWords, lengths[place] as number);
      this.#slots[slot] = this.#before + place + 1;
    }
  }
}
