/** Names as two 32-bit words, so that whoever folds a name often pays for its characters once. */
import type { RawCommand } from '#domain/raw-command.ts';
import { HashLanes } from './hash-lanes.ts';

export type NameWords = { left: number; right: number };

/** Words of a 32-byte digest that is written out as text. */
export const digestWords = 8;
const addressBytes = 20;
const digestLength = 2 + digestWords * 8;

/** Of any text; of a digest, the same as `nameOfDigest` of its words. */
export function nameWords(text: string): NameWords {
  const words = new Int32Array(digestWords);
  if (readDigest(text, words)) return nameOfDigest(words);
  const lanes = new HashLanes();
  lanes.text(text);
  const [left, right] = lanes.state();
  return { left, right };
}

/** All words count, each with multipliers of its own. */
export function nameOfDigest(words: Int32Array): NameWords {
  return { left: leftOfDigest(words), right: rightOfDigest(words) };
}

export function leftOfDigest(words: Int32Array): number {
  let left = 0x3c6ef372;
  for (let at = 0; at < digestWords; at += 1) {
    left = (left + Math.imul(words[at] as number, leftMultipliers[at] as number)) | 0;
  }
  return left;
}

export function rightOfDigest(words: Int32Array): number {
  let right = 0x510e527f;
  for (let at = 0; at < digestWords; at += 1) {
    right = (right + Math.imul(words[at] as number, rightMultipliers[at] as number)) | 0;
  }
  return right;
}

/** Which order it is, of one lane's words: a change of any of the three shows. */
export function joinNames(digest: number, account: number, market: number): number {
  // `| 0` tells the compiler that these are integers: Math.imul alone would ask each time.
  const joined = Math.imul(digest | 0, 0x2c1b3c6d) + Math.imul(account | 0, 0x297a2d39);
  return (joined + Math.imul(market | 0, 0x27d4eb2f)) | 0;
}

/** Odd, so that a change of one word always shows. */
const leftMultipliers = Int32Array.of(
  0x428a2f99,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a5,
  0xab1c5ed5,
);
const rightMultipliers = Int32Array.of(
  0xd807aa99,
  0x12835b01,
  0x243185bf,
  0x550c7dc3,
  0x72be5d75,
  0x80deb1ff,
  0x9bdc06a7,
  0xc19bf175,
);

/** Reads `0x` and 64 lower-case hex digits into 8 words, from a place on; false where the text is anything else. */
export function readDigest(text: string, into: Int32Array, from = 0): boolean {
  if (text.length !== digestLength || text.charCodeAt(1) !== 0x78 || text.charCodeAt(0) !== 0x30) {
    return false;
  }
  let invalid = 0;
  for (let word = 0; word < digestWords; word += 1) {
    let value = 0;
    for (let at = 2 + word * 8; at < 10 + word * 8; at += 1) {
      const digit = hexDigits[text.charCodeAt(at) & 0x7f] as number;
      invalid |= digit | (text.charCodeAt(at) & ~0x7f);
      value = (value << 4) | digit;
    }
    into[from + word] = value;
  }
  return invalid >= 0 && invalid < 16;
}

/** The same of a digest's 32 bytes. */
export function readDigestBytes(bytes: Uint8Array, at: number, into: Int32Array, to: number): void {
  for (let word = 0; word < digestWords; word += 1) {
    const from = at + word * 4;
    const high = ((bytes[from] as number) << 24) | ((bytes[from + 1] as number) << 16);
    const low = ((bytes[from + 2] as number) << 8) | (bytes[from + 3] as number);
    into[to + word] = high | low;
  }
}

/** A raw command's id as text. */
export function rawId({ bytes, idAt }: RawCommand): string {
  const words = new Int32Array(digestWords);
  readDigestBytes(bytes, idAt, words, 0);
  return writeDigest(words, 0);
}

/** The text of the address whose bytes begin there. */
export function addressText(bytes: Uint8Array, at: number): string {
  let text = '0x';
  for (const byte of bytes.subarray(at, at + addressBytes)) {
    text += byte.toString(16).padStart(2, '0');
  }
  return text;
}

/** The text of the 8 words from a place on. */
export function writeDigest(words: Int32Array, from: number): string {
  let text = '0x';
  for (let at = from; at < from + digestWords; at += 1) {
    const word = words[at] as number;
    text += (fourDigits[word >>> 16] as string) + (fourDigits[word & 0xffff] as string);
  }
  return text;
}

const fourDigits = Array.from({ length: 0x1_0000 }, (_, value) =>
  value.toString(16).padStart(4, '0'),
);

/** By character code; -1 where it is no lower-case hex digit. */
const hexDigits = Int32Array.from({ length: 128 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code)),
);
