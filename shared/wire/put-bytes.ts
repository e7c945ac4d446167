/**
 * Puts what records are made of at a place of bytes that have room for it, and answers the place behind: whoever writes a whole record
 * keeps the place in a local.
 */
import { assert } from '#domain/assertion.ts';

/** The largest integer that bitwise operators take as it is. */
const mostBits31 = 0x7fff_ffff;
/** Of four bytes of a variable-length integer. */
const bits28 = 0x1000_0000;
/** The most that an integer takes. */
export const mostUintBytes = 8;

/** A safe non-negative integer, seven bits a byte, low bits first (LEB128). */
export function putUint(view: DataView, at: number, value: number): number {
  if ((value & 0x7f) !== value) return putLongUint(view, at, value);
  view.setUint8(at, value);
  return at + 1;
}

function putLongUint(view: DataView, from: number, value: number): number {
  // The text of a message is made where it is needed.
  if (!(Number.isSafeInteger(value) && value >= 0))
    assert(false, `not an unsigned safe integer: ${value}`);
  let at = from;
  let bits = value;
  if (value > mostBits31) {
    const low = value & (bits28 - 1);
    view.setInt32(at, spread28(low) | 0x8080_8080, true);
    at += 4;
    bits = (value - low) / bits28;
  }
  for (; bits >= 0x80; bits >>= 7) view.setUint8(at++, bits | 0x80);
  view.setUint8(at, bits);
  return at + 1;
}

/** 28 bits as the low seven of four bytes. */
const spread28 = (bits: number): number =>
  (bits & 0x7f) | ((bits & 0x3f80) << 1) | ((bits & 0x1f_c000) << 2) | ((bits & 0xfe0_0000) << 3);

/** A signed integer as sign byte and magnitude folded together: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
export function putInt(view: DataView, at: number, value: number): number {
  const bits = value | 0;
  const isShort = bits === value && (bits << 1) >> 1 === bits;
  if (isShort) return putUint(view, at, ((bits << 1) ^ (bits >> 31)) >>> 0);
  return putUint(view, at, value < 0 ? -value * 2 - 1 : value * 2);
}

/** Words, their first digits in their high bits. */
export function putWords(
  view: DataView,
  at: number,
  words: Int32Array,
  from: number,
  count: number,
): number {
  for (let nth = 0; nth < count; nth += 1) view.setInt32(at + 4 * nth, words[from + nth] as number);
  return at + 4 * count;
}

/** Bytes that lie somewhere. By words: few are copied, and a native copy takes longer to begin than these to be copied. */
export function putBytes(
  view: DataView,
  at: number,
  bytes: DataView,
  from: number,
  count: number,
): number {
  let done = 0;
  for (; done + 4 <= count; done += 4) view.setInt32(at + done, bytes.getInt32(from + done));
  for (; done < count; done += 1) view.setUint8(at + done, bytes.getUint8(from + done));
  return at + count;
}

/** A non-negative integer of so many big-endian bytes that lie somewhere: byte count, then those from the first that is not 0. */
export function putBigUint(
  view: DataView,
  at: number,
  bytes: DataView,
  from: number,
  byteLength: number,
): number {
  let zeros = 0;
  while (zeros + 4 <= byteLength && bytes.getInt32(from + zeros) === 0) zeros += 4;
  while (zeros < byteLength && bytes.getUint8(from + zeros) === 0) zeros += 1;
  view.setUint8(at, byteLength - zeros);
  return putBytes(view, at + 1, bytes, from + zeros, byteLength - zeros);
}
