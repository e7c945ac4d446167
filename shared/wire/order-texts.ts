/**
 * Texts that orders have in common (their assets and terms), by their bytes. One that was read before is given again: that makes no new
 * text, what it says need not be read anew, and who looks it up in a map finds its hash there.
 */
import type { OrderTerms } from '#domain/raw-order.ts';
import { parseTerms, termsLengthAtMost } from './terms.ts';

export type OrderText = {
  text: string;
  /** What it says where it is terms; undefined of an asset. */
  terms: OrderTerms | undefined;
};

type KnownText = OrderText & { bytes: Uint8Array };

/** An asset of the chain: hex without zeros in front. */
const asset = /^0x(?:0|[1-9a-f][0-9a-f]{0,63})$/;

/** Bounded, for anybody may make terms up: two that fall on one place take it from each other. */
const places = 4_096;
const known = new Array<KnownText | undefined>(places).fill(undefined);
/** Assets differ at their ends, terms at their beginnings. */
const hashedAtEachEnd = 8;

/** Undefined where the bytes are neither an asset nor canonical terms. */
export function readOrderText(bytes: Uint8Array, from: number, end: number): OrderText | undefined {
  const place = placeOf(bytes, from, end);
  const before = known[place];
  if (before !== undefined && isAt(before.bytes, bytes, from, end)) return before;
  if (end - from > termsLengthAtMost) return undefined;
  const text = asciiText(bytes, from, end);
  const terms = asset.test(text) ? undefined : parseTerms(text);
  if (terms === undefined && !asset.test(text)) return undefined;
  const read = { text, terms, bytes: bytes.slice(from, end) };
  known[place] = read;
  return read;
}

/** Bytes as characters of the same numbers; not for long texts. */
export const asciiText = (bytes: Uint8Array, from: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(from, end));

function placeOf(bytes: Uint8Array, from: number, end: number): number {
  let hash = end - from;
  const begun = Math.min(end, from + hashedAtEachEnd);
  for (let at = from; at < begun; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  for (let at = Math.max(begun, end - hashedAtEachEnd); at < end; at += 1)
    hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  return (hash ^ (hash >>> 13)) & (places - 1);
}

function isAt(text: Uint8Array, bytes: Uint8Array, from: number, end: number): boolean {
  if (text.length !== end - from) return false;
  for (let at = 0; at < text.length; at += 1) if (text[at] !== bytes[from + at]) return false;
  return true;
}
