/**
 * A growing byte buffer: variable-length integers, and texts and hashes that are written once and mentioned by an index later. One
 * that goes on `beside` another mentions that one's as well: theirs are the odd indexes, its own the even ones.
 */
import { assert } from '#domain/assertion.ts';
import { digitAt, notHex } from './hex-digits.ts';
import { HexMentions } from './hex-mentions.ts';
import { mostUintBytes, putInt, putUint, putWords } from './put-bytes.ts';

const utf8 = new TextEncoder();

const mostBits64 = 0xffff_ffff_ffff_ffffn;

/** Writes one journal record. Reusable: `clear()` keeps the memory. */
export class ByteWriter {
  /** Times are written relative to this. */
  baseMs = 0;
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** What was written, by the place in which it was the first time. */
  readonly #texts = new Map<string, number>();
  readonly #hexes: HexMentions;
  readonly #beside: ByteWriter | undefined;
  readonly #words = new Int32Array(8);
  /** What the words are of. */
  #lastHex = '';

  /** `hashSecret`: of who writes what strangers chose (see HexMentions). */
  constructor({ beside, hashSecret = 0 }: { beside?: ByteWriter; hashSecret?: number } = {}) {
    this.#beside = beside;
    this.#hexes = new HexMentions(hashSecret);
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    this.#texts.clear();
    this.#hexes.clear();
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Puts what was written at a place of other bytes; answers the place behind it. */
  copyTo(bytes: Uint8Array, at: number): number {
    bytes.set(this.#bytes.subarray(0, this.#length), at);
    return at + this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  uint32(value: number): void {
    this.#reserve(4);
    for (let shift = 0; shift < 32; shift += 8)
      this.#bytes[this.#length++] = (value >>> shift) & 0xff;
  }

  /** A safe non-negative integer, seven bits a byte, low bits first (LEB128). */
  uint(value: number): void {
    this.#reserve(mostUintBytes);
    this.#length = putUint(this.#view, this.#length, value);
  }

  /** A signed integer as sign byte and magnitude folded together: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
  int(value: number): void {
    this.#reserve(mostUintBytes);
    this.#length = putInt(this.#view, this.#length, value);
  }

  /** A time in ms, relative to the record's own: two bytes for anything within a minute of it. */
  timeMs(value: number): void {
    this.int(value - this.baseMs);
  }

  /** A non-negative bigint: byte count, then big-endian bytes. */
  bigUint(value: bigint): void {
    assert(value >= 0n, 'not an unsigned integer');
    if (value <= mostBits64) {
      this.#bigUint64(value);
      return;
    }
    const hex = value.toString(16);
    const even = hex.length % 2 ? `0${hex}` : hex;
    this.uint(even.length / 2);
    this.#hexDigits(even, 0);
  }

  /** As nearly all are: no text is made of it. */
  #bigUint64(value: bigint): void {
    this.#reserve(9);
    whole64.setBigUint64(0, value);
    const high = whole64.getUint32(0);
    const low = whole64.getUint32(4);
    const bits = high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(low);
    const count = (bits + 7) >>> 3;
    this.#bytes[this.#length++] = count;
    for (let at = 8 - count; at < 8; at += 1)
      this.#bytes[this.#length++] = (at < 4 ? high : low) >>> (24 - 8 * (at & 3));
  }

  /** Text, written once a record: later mentions are an index. */
  text(value: string): void {
    const mention = this.#textMention(value);
    this.uint(mention);
    if (mention > 0 || this.#asciiText(value)) return;
    const bytes = utf8.encode(value);
    this.uint(bytes.length);
    this.raw(bytes);
  }

  /** As nearly all are; nothing is written, and false the answer, where it is another one. */
  #asciiText(value: string): boolean {
    const count = value.length;
    const view = this.room(mostUintBytes + count);
    const from = putUint(view, this.#length, count);
    let all = 0;
    for (let at = 0; at < count; at += 1) {
      const code = value.charCodeAt(at);
      all |= code;
      view.setUint8(from + at, code);
    }
    if (all > 0x7f) return false;
    this.#length = from + count;
    return true;
  }

  /** By what a text is mentioned; 0 where it was not written yet: whoever asks writes it. */
  #textMention(value: string): number {
    const beside = this.#beside;
    const other = beside === undefined ? undefined : beside.#texts.get(value);
    if (other !== undefined) return 2 * other + 1;
    const own = this.#texts.get(value);
    if (own === undefined) this.#texts.set(value, this.#texts.size);
    return own === undefined ? 0 : this.#ownMention(own);
  }

  /** 0x-prefixed hex of a known byte length of whole words, written once a record: later mentions are an index. */
  hex(value: string, byteLength: number): void {
    assertLength(value, byteLength);
    const count = byteLength >>> 2;
    // An order's account is its owner, its account and its signer, one after the other.
    if (value !== this.#lastHex) {
      this.#lastHex = '';
      readWords(value, this.#words, count);
      this.#lastHex = value;
    }
    this.words(this.#words, 0, count);
  }

  /** The same of words that lie somewhere, the first digits in their high bits. */
  words(words: Int32Array, from: number, count: number): void {
    this.#reserve(mostUintBytes + 4 * count);
    this.#length = this.putWords(this.#length, words, from, count);
  }

  /** The same in a stretch that is written from `at` on; answers the place behind. */
  putWords(at: number, words: Int32Array, from: number, count: number): number {
    const mention = this.wordsMention(words, from, count);
    const behind = putUint(this.#view, at, mention);
    return mention > 0 ? behind : putWords(this.#view, behind, words, from, count);
  }

  /** By what an address or a digest is mentioned; 0 where it was not written yet: whoever asks writes it. */
  wordsMention(words: Int32Array, from: number, count: number): number {
    const beside = this.#beside;
    const other = beside === undefined ? -1 : beside.#hexes.find(words, from, count);
    if (other >= 0) return 2 * other + 1;
    const own = this.#hexes.mention(words, from, count);
    return own < 0 ? 0 : this.#ownMention(own);
  }

  #ownMention(place: number): number {
    return this.#beside === undefined ? place + 1 : 2 * (place + 1);
  }

  /** Hex that nothing mentions again. */
  bareHex(value: string, byteLength: number): void {
    assertLength(value, byteLength);
    this.#hexDigits(value, 2);
  }

  #hexDigits(text: string, from: number): void {
    this.#reserve((text.length - from) / 2);
    // Most of an order is hex: the loop runs on locals.
    const bytes = this.#bytes;
    let to = this.#length;
    let invalid = 0;
    for (let at = from; at < text.length; at += 2) {
      const high = digitAt(text, at);
      const low = digitAt(text, at + 1);
      invalid |= high | low;
      bytes[to++] = (high << 4) | low;
    }
    if (invalid > 15) throw new RangeError(notHex);
    this.#length = to;
  }

  /** For who writes a stretch of so many bytes at most by himself, from `length` on; `end` says where it ends. */
  room(most: number): DataView {
    this.#reserve(most);
    return this.#view;
  }

  end(length: number): void {
    this.#length = length;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

const whole64 = new DataView(new ArrayBuffer(8));

/** Reads 0x-prefixed hex into words. */
function readWords(text: string, into: Int32Array, count: number): void {
  let invalid = 0;
  for (let word = 0; word < count; word += 1) {
    const from = 2 + word * 8;
    let value = 0;
    for (let at = from; at < from + 8; at += 1) {
      const digit = digitAt(text, at);
      invalid |= digit;
      value = (value << 4) | digit;
    }
    into[word] = value;
  }
  if (invalid > 15) throw new RangeError(notHex);
}

function assertLength(value: string, byteLength: number): void {
  if (value.length !== 2 + byteLength * 2)
    assert(false, `not ${byteLength} bytes of hex: ${value}`);
}
