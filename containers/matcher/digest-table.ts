/**
 * What is found by 32 bytes that strangers chose. It holds each for milliseconds, and many thousands a second: so it keeps one piece of
 * memory, where a map makes itself anew again and again, and its older selves hold for the collector what was long taken out of them.
 */
import { SecretHash } from '#wire/secret-hash.ts';

/** What tells one from another: 32 bytes that lie somewhere. `hash` is what the table says of them. */
export type Digested = {
  readonly digestBytes: Uint8Array;
  readonly digestAt: number;
  readonly hash: number;
};

const digestLength = 32;
const firstSlots = 1_024;

export class DigestTable<T extends Digested> {
  readonly #hash: SecretHash;
  /** Each at the slot of its hash's high bits, or at a slot behind it with none free between. Less than half of them are taken. */
  #items: (T | undefined)[] = new Array(firstSlots).fill(undefined);
  /** Of the items, so that others need not be looked at. */
  #hashes = new Int32Array(firstSlots);
  #shift = 32 - Math.log2(firstSlots);
  #size = 0;

  constructor(hashSecret: number) {
    this.#hash = new SecretHash(hashSecret);
  }

  get size(): number {
    return this.#size;
  }

  /** Of the digest that lies at a place. */
  hashOf(bytes: Uint8Array, at: number): number {
    return this.#hash.of(wordAt(bytes, at), wordAt(bytes, at + digestLength - 4));
  }

  find(digest: Digested): T | undefined {
    const items = this.#items;
    const { hash } = digest;
    for (let slot = hash >>> this.#shift; ; slot = (slot + 1) & (items.length - 1)) {
      const item = items[slot];
      if (item === undefined) return undefined;
      if (this.#hashes[slot] === hash && areSame(item, digest)) return item;
    }
  }

  /** Of one that is not found. */
  add(item: T): void {
    this.#put(item);
    this.#size += 1;
    if (2 * this.#size === this.#items.length) this.#grow();
  }

  /** Those behind it move up, so that each is still found from where its hash says. */
  remove(item: T): void {
    const items = this.#items;
    const hashes = this.#hashes;
    const mask = items.length - 1;
    let hole = item.hash >>> this.#shift;
    for (; items[hole] !== item; hole = (hole + 1) & mask) if (items[hole] === undefined) return;
    for (let slot = (hole + 1) & mask; items[slot] !== undefined; slot = (slot + 1) & mask) {
      const hash = hashes[slot] as number;
      const isFurther = ((slot - (hash >>> this.#shift)) & mask) >= ((slot - hole) & mask);
      if (!isFurther) continue;
      items[hole] = items[slot];
      hashes[hole] = hash;
      hole = slot;
    }
    items[hole] = undefined;
    this.#size -= 1;
  }

  /** In no order. */
  *[Symbol.iterator](): Generator<T> {
    for (const item of this.#items) if (item !== undefined) yield item;
  }

  #put(item: T): void {
    const items = this.#items;
    let slot = item.hash >>> this.#shift;
    while (items[slot] !== undefined) slot = (slot + 1) & (items.length - 1);
    items[slot] = item;
    this.#hashes[slot] = item.hash;
  }

  #grow(): void {
    const items = this.#items;
    const { length } = items;
    this.#items = new Array(2 * length).fill(undefined);
    this.#hashes = new Int32Array(2 * length);
    this.#shift -= 1;
    for (const item of items) if (item !== undefined) this.#put(item);
  }
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 24) |
  ((bytes[at + 1] as number) << 16) |
  ((bytes[at + 2] as number) << 8) |
  (bytes[at + 3] as number);

function areSame(one: Digested, other: Digested): boolean {
  for (let at = 0; at < digestLength; at += 1)
    if (one.digestBytes[one.digestAt + at] !== other.digestBytes[other.digestAt + at]) return false;
  return true;
}
