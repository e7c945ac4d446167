/**
 * Finds accounts by their addresses as the journal has them, as bytes, and has each account's address as words: no text is made to look
 * one up or to write it down. The table's hash is keyed by a secret, so that nobody can choose addresses that collide in it.
 */
import { nobody } from './core-instance.ts';

/** Words of an address. */
export const addressWords = 5;
/** An account's row, and its address behind it: half a cache line. */
const entryWords = 8;
const startLog = 6;

export class AddressTable {
  readonly #keys: Int32Array;
  #entries = new Int32Array(entryWords << startLog);
  #log = startLog;
  #count = 0;
  /** Of each account, whatever its name. */
  #words = new Int32Array(addressWords << startLog);
  #accounts = 0;

  constructor(secret: number) {
    this.#keys = Int32Array.from({ length: addressWords }, (_, nth) => keyOf(secret, nth));
  }

  /** The addresses of all accounts in their order, five words each; zeros where an account is none. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Takes each account. Others than addresses, such as the exchange's own, are not to be found here. */
  add(name: string, row: number): void {
    const place = this.#accounts * addressWords;
    this.#accounts += 1;
    if (place === this.#words.length) this.#growWords();
    if (!/^0x[0-9a-f]{40}$/.test(name)) return;
    this.#count += 1;
    // At most half full: a search looks at two places on average.
    if (this.#count << 1 > 1 << this.#log) this.#grow();
    const words = Array.from({ length: addressWords }, (_, nth) =>
      Number.parseInt(name.slice(2 + nth * 8, 10 + nth * 8), 16),
    );
    this.#words.set(words, place);
    this.#insert([row, ...words]);
  }

  /** The row of the address whose bytes begin there; nobody where it was never here. */
  find(bytes: Uint8Array, at: number): number {
    const a = wordAt(bytes, at);
    const b = wordAt(bytes, at + 4);
    const c = wordAt(bytes, at + 8);
    const d = wordAt(bytes, at + 12);
    const e = wordAt(bytes, at + 16);
    const entries = this.#entries;
    const mask = entries.length - 1;
    for (let from = this.#placeOf(a, b, c, d, e); ; from = (from + entryWords) & mask) {
      const row = entries[from] as number;
      const isIt =
        entries[from + 1] === a &&
        entries[from + 2] === b &&
        entries[from + 3] === c &&
        entries[from + 4] === d &&
        entries[from + 5] === e;
      if (row === nobody || isIt) return row;
    }
  }

  #insert(entry: readonly number[]): void {
    const entries = this.#entries;
    const mask = entries.length - 1;
    const [, a = 0, b = 0, c = 0, d = 0, e = 0] = entry;
    let place = this.#placeOf(a, b, c, d, e);
    while (entries[place] !== nobody) place = (place + entryWords) & mask;
    entries.set(entry, place);
  }

  #grow(): void {
    const old = this.#entries;
    this.#log += 1;
    this.#entries = new Int32Array(entryWords << this.#log);
    for (let place = 0; place < old.length; place += entryWords) {
      if (old[place] !== nobody) this.#insert([...old.subarray(place, place + entryWords)]);
    }
  }

  #growWords(): void {
    const old = this.#words;
    this.#words = new Int32Array(old.length * 2);
    this.#words.set(old);
  }

  /** Where an address belongs. */
  #placeOf(a: number, b: number, c: number, d: number, e: number): number {
    const keys = this.#keys;
    let hash = step(a, keys[0] as number);
    hash = step(hash ^ b, keys[1] as number);
    hash = step(hash ^ c, keys[2] as number);
    hash = step(hash ^ d, keys[3] as number);
    hash = step(hash ^ e, keys[4] as number);
    return (hash & ((1 << this.#log) - 1)) * entryWords;
  }
}

function step(hash: number, key: number): number {
  const mixed = Math.imul(hash, key);
  return mixed ^ (mixed >>> 15);
}

/** Odd, so that a change of one word always shows. */
function keyOf(secret: number, nth: number): number {
  const mixed = step(secret + Math.imul(nth + 1, 0x6d2b79f5), 0x2c1b3c6d);
  return step(mixed, 0x297a2d39) | 1;
}

function wordAt(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16);
  return high | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
}
