/** Reads the bytes of a journal record as `ByteWriter` writes them. */
import { assert } from '#domain/assertion.ts';
import { toHex } from './hex-digits.ts';

const fromUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws on anything that runs past the end. */
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
