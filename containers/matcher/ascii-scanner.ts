/**
 * Reads JSON of a known spelling byte by byte, without a value in between: what is not spelled so is not read, and somebody else reads
 * the whole. Nothing but ASCII is.
 */
import { Buffer } from 'node:buffer';

const quote = 0x22;
const backslash = 0x5c;
const [zero, nine] = [0x30, 0x39];

/** As many as the largest safe number has. */
const safeDigits = 16;
/** Of the largest uint256. */
const bigDigits = 78;
const assetDigits = 64;

/** What each byte is: a lower-case hex digit, or a character of an owner's name for an order. */
const isHex = new Uint8Array(256);
const isWord = new Uint8Array(256);
for (const digit of '0123456789abcdef') isHex[digit.charCodeAt(0)] = 1;
for (let code = 0; code < 128; code += 1)
  isWord[code] = /[A-Za-z0-9_-]/.test(String.fromCharCode(code)) ? 1 : 0;

/**
 * Texts that come again and again (accounts, assets, terms) by their bytes: one that was read before is given again, which costs no new
 * text, and who looks it up in a map finds its hash there. Two that fall on one place take it from each other.
 */
const knownPlaces = 8_192;
const known = new Array<string>(knownPlaces).fill('');

export class AsciiScanner {
  static bytesOf(text: string): Uint8Array {
    return Uint8Array.from(text, (char) => char.charCodeAt(0));
  }

  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Whether these come next; then they are read. */
  passes(spelled: Uint8Array): boolean {
    const bytes = this.#bytes;
    const from = this.#at;
    for (let at = 0; at < spelled.length; at += 1)
      if (bytes[from + at] !== spelled[at]) return false;
    this.#at = from + spelled.length;
    return true;
  }

  /** `0x` and the digits of so many bytes. */
  hex(byteLength: number): string | undefined {
    const end = this.#endOfHex(byteLength);
    return end === undefined ? undefined : this.#text(end);
  }

  /** The same of what comes again and again. */
  knownHex(byteLength: number): string | undefined {
    const end = this.#endOfHex(byteLength);
    return end === undefined ? undefined : this.#knownText(end);
  }

  /** An asset of the chain: `0x` and hex without zeros in front. */
  asset(): string | undefined {
    if (!this.#isPrefix()) return undefined;
    const bytes = this.#bytes;
    const first = this.#at + 2;
    let end = first;
    while (isHex[bytes[end] as number] === 1) end += 1;
    const digits = end - first;
    if (digits === 0 || digits > assetDigits) return undefined;
    if (digits > 1 && bytes[first] === zero) return undefined;
    return this.#knownText(end);
  }

  /** A text of its own without anything that would have to be escaped, up to its quote. */
  knownText(lengthAtMost: number): string | undefined {
    const bytes = this.#bytes;
    let end = this.#at;
    for (; end - this.#at <= lengthAtMost; end += 1) {
      const code = bytes[end];
      if (code === undefined || code < 0x20 || code > 0x7e || code === backslash) return undefined;
      if (code === quote) return end === this.#at ? undefined : this.#knownText(end);
    }
    return undefined;
  }

  /** Letters, digits, `_` and `-`. */
  word(lengthAtMost: number): string | undefined {
    const bytes = this.#bytes;
    let end = this.#at;
    while (isWord[bytes[end] as number] === 1) end += 1;
    const length = end - this.#at;
    return length === 0 || length > lengthAtMost ? undefined : this.#text(end);
  }

  /** A whole number without sign, fraction, exponent or zeros in front; not read where it is not safe. */
  count(): number | undefined {
    const bytes = this.#bytes;
    const end = this.#endOfDigits();
    if (end === undefined || end - this.#at > safeDigits) return undefined;
    let value = 0;
    for (let at = this.#at; at < end; at += 1) value = value * 10 + ((bytes[at] as number) - zero);
    if (!Number.isSafeInteger(value)) return undefined;
    this.#at = end;
    return value;
  }

  /** The same below a limit, of any size. */
  bigCount(limit: bigint): bigint | undefined {
    const end = this.#endOfDigits();
    if (end === undefined) return undefined;
    const length = end - this.#at;
    if (length < safeDigits) return BigInt(this.count() as number);
    if (length > bigDigits) return undefined;
    const value = BigInt(this.#text(end));
    return value < limit ? value : undefined;
  }

  #isPrefix(): boolean {
    return this.#bytes[this.#at] === zero && this.#bytes[this.#at + 1] === 0x78;
  }

  #endOfHex(byteLength: number): number | undefined {
    const bytes = this.#bytes;
    const end = this.#at + 2 + byteLength * 2;
    if (end > bytes.length || !this.#isPrefix()) return undefined;
    for (let at = this.#at + 2; at < end; at += 1)
      if (isHex[bytes[at] as number] !== 1) return undefined;
    return end;
  }

  #endOfDigits(): number | undefined {
    const bytes = this.#bytes;
    let end = this.#at;
    for (;;) {
      const code = bytes[end];
      if (code === undefined || code < zero || code > nine) break;
      end += 1;
    }
    const hasZeros = end - this.#at > 1 && bytes[this.#at] === zero;
    return end === this.#at || hasZeros ? undefined : end;
  }

  /** A text of its own: a part of the body's would keep the whole body. */
  #text(end: number): string {
    const text = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end;
    return text;
  }

  #knownText(end: number): string {
    const bytes = this.#bytes;
    let place = end - this.#at;
    // Accounts and assets differ at their ends too.
    for (let at = Math.max(this.#at, end - 8); at < end; at += 1)
      place = (Math.imul(place, 31) + (bytes[at] as number)) | 0;
    place = (place ^ (place >>> 13)) & (knownPlaces - 1);
    const before = known[place] as string;
    if (this.#isNext(before, end)) {
      this.#at = end;
      return before;
    }
    const text = this.#text(end);
    known[place] = text;
    return text;
  }

  #isNext(text: string, end: number): boolean {
    const bytes = this.#bytes;
    const from = this.#at;
    if (text.length !== end - from) return false;
    for (let at = 0; at < text.length; at += 1)
      if (text.charCodeAt(at) !== bytes[from + at]) return false;
    return true;
  }
}
