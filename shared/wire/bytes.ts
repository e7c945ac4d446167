/**
 * A growing byte buffer and its reader: variable-length integers, and texts and hashes that are written once and mentioned by an
 * index later. One that goes on `beside` another mentions that one's as well: theirs are the odd indexes, its own the even ones.
 */
import { assert } from '#domain/assertion.ts';

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What was written, by the place in which it was the first time. */
type Mentions = { texts: Map<string, number>; hexes: Map<string, number> };

/** Writes one journal record. Reusable: `clear()` keeps the memory. */
export class ByteWriter {
  /** Times are written relative to this. */
  baseMs = 0;
  #bytes = new Uint8Array(4096);
  #length = 0;
  readonly #mentions: Mentions = { texts: new Map(), hexes: new Map() };
  readonly #beside: ByteWriter | undefined;

  constructor(beside?: ByteWriter) {
    this.#beside = beside;
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    this.#mentions.texts.clear();
    this.#mentions.hexes.clear();
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
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
    // The text of a message is made where it is needed: half of what is written comes through here.
    if (!(Number.isSafeInteger(value) && value >= 0))
      assert(false, `not an unsigned safe integer: ${value}`);
    this.#reserve(8);
    if (value < 0x80) {
      this.#bytes[this.#length++] = value;
      return;
    }
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A signed integer as sign byte and magnitude folded together: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
  int(value: number): void {
    this.uint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** A non-negative bigint: byte count, then big-endian bytes. */
  bigUint(value: bigint): void {
    assert(value >= 0n, 'not an unsigned integer');
    const hex = value === 0n ? '' : value.toString(16);
    const even = hex.length % 2 ? `0${hex}` : hex;
    this.uint(even.length / 2);
    this.#hexDigits(even, 0);
  }

  /** Text, written once a record: later mentions are an index. */
  text(value: string): void {
    if (this.#mentioned(value, 'texts')) return;
    const bytes = utf8.encode(value);
    this.uint(bytes.length);
    this.raw(bytes);
  }

  /** 0x-prefixed hex of a known byte length, written once a record: later mentions are an index. */
  hex(value: string, byteLength: number): void {
    assertLength(value, byteLength);
    if (this.#mentioned(value, 'hexes')) return;
    this.#hexDigits(value, 2);
  }

  /** The same of what nothing mentions again. */
  bareHex(value: string, byteLength: number): void {
    assertLength(value, byteLength);
    this.#hexDigits(value, 2);
  }

  #mentioned(value: string, kind: keyof Mentions): boolean {
    const beside = this.#beside;
    const other = beside === undefined ? undefined : beside.#mentions[kind].get(value);
    if (other !== undefined) {
      this.uint(2 * other + 1);
      return true;
    }
    const own = this.#mentions[kind];
    const known = own.get(value);
    if (known === undefined) own.set(value, own.size);
    this.uint(known === undefined ? 0 : (beside === undefined ? 1 : 2) * (known + 1));
    return known !== undefined;
  }

  #hexDigits(text: string, from: number): void {
    this.#reserve((text.length - from) / 2);
    // Most of an order is hex: the loop runs on locals.
    const bytes = this.#bytes;
    let to = this.#length;
    for (let at = from; at < text.length; at += 2) {
      bytes[to++] = (nibble(text.charCodeAt(at)) << 4) | nibble(text.charCodeAt(at + 1));
    }
    this.#length = to;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Reads what ByteWriter wrote; throws on anything that runs past the end. */
export class ByteReader {
  baseMs = 0;
  readonly #bytes: Uint8Array;
  #at = 0;
  readonly #texts: string[] = [];
  /** Where the bytes of a hex text lie, and how many; what nobody asked for as a text has none yet. */
  readonly #hexStarts: number[] = [];
  readonly #hexLengths: number[] = [];
  readonly #hexTexts: (string | undefined)[] = [];
  readonly #beside: ByteReader | undefined;

  constructor(bytes: Uint8Array, beside?: ByteReader) {
    this.#bytes = bytes;
    this.#beside = beside;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new RangeError('the record ends too early');
    return value;
  }

  /** The next byte, which stays to be read. */
  peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  raw(count: number): Uint8Array {
    this.pass(count);
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** Leaves so many bytes unread. */
  pass(count: number): void {
    if (count > this.left) throw new RangeError('the record ends too early');
    this.#at += count;
  }

  uint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 0x80; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError('an integer passes 2^53 - 1');
    return value;
  }

  int(): number {
    const folded = this.uint();
    return folded % 2 ? -(folded + 1) / 2 : folded / 2;
  }

  bigUint(): bigint {
    const bytes = this.raw(this.uint());
    return bytes.length === 0 ? 0n : BigInt(toHex(bytes));
  }

  text(): string {
    const mention = this.uint();
    if (mention > 0) return this.#holder(mention).#textAt(this.#placeOf(mention));
    const value = fromUtf8.decode(this.raw(this.uint()));
    this.#texts.push(value);
    return value;
  }

  hex(byteLength: number): string {
    const mention = this.uint();
    const holder = this.#holder(mention);
    const place = mention > 0 ? this.#placeOf(mention) : this.#newHex(byteLength);
    return holder.#hexTextAt(place, byteLength);
  }

  /** Hex bytes as they lie: where they begin in what is read. */
  hexAt(byteLength: number): number {
    const mention = this.uint();
    if (this.#beside) assert(false, 'what is mentioned may lie in other bytes');
    const place = mention > 0 ? mention - 1 : this.#newHex(byteLength);
    return this.#hexStart(place, byteLength);
  }

  bareHex(byteLength: number): string {
    return toHex(this.raw(byteLength));
  }

  #holder(mention: number): ByteReader {
    return this.#beside !== undefined && mention % 2 === 1 ? this.#beside : this;
  }

  #placeOf(mention: number): number {
    if (this.#beside === undefined) return mention - 1;
    return mention % 2 === 1 ? (mention - 1) / 2 : mention / 2 - 1;
  }

  #textAt(place: number): string {
    const value = this.#texts[place];
    if (value === undefined) throw new RangeError(unwritten);
    return value;
  }

  #newHex(byteLength: number): number {
    this.#hexStarts.push(this.#at);
    this.#hexLengths.push(byteLength);
    this.pass(byteLength);
    return this.#hexStarts.length - 1;
  }

  #hexStart(place: number, byteLength: number): number {
    const start = this.#hexStarts[place];
    if (start === undefined || this.#hexLengths[place] !== byteLength)
      throw new RangeError(unwritten);
    return start;
  }

  #hexTextAt(place: number, byteLength: number): string {
    const start = this.#hexStart(place, byteLength);
    const known = this.#hexTexts[place];
    if (known !== undefined) return known;
    const text = toHex(this.#bytes.subarray(start, start + byteLength));
    this.#hexTexts[place] = text;
    return text;
  }
}

const unwritten = 'a mention of what was not written';

const digits = '0123456789abcdef';
const pairs = Array.from({ length: 256 }, (_, byte) => `${digits[byte >> 4]}${digits[byte & 15]}`);

/** Bytes as 0x-prefixed lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = '0x';
  for (const byte of bytes) text += pairs[byte];
  return text;
}

/** 0x-prefixed hex as bytes. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = (nibble(text.charCodeAt(2 + at * 2)) << 4) | nibble(text.charCodeAt(3 + at * 2));
  }
  return bytes;
}

function assertLength(value: string, byteLength: number): void {
  if (value.length !== 2 + byteLength * 2)
    assert(false, `not ${byteLength} bytes of hex: ${value}`);
}

function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  throw new RangeError('not lower-case hex');
}
