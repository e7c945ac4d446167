/** Chain atoms as they lie in an order, in units of the exchange: a division of 128 bits in plain numbers, several times as fast as in bigints. */
import { type Asset, unitDigits } from './asset.ts';

/** The amount that is being divided, 16 bits each, the highest first. */
const pieces = new Uint16Array(8);
const pieceSize = 0x1_0000;

/** What a division leaves of one piece and the next one behind it are a safe integer together: 10^11 × 2^16 < 2^53. */
const mostDigits = 11;
const powersOfTen = Array.from({ length: mostDigits + 1 }, (_, digits) => 10 ** digits);

/** Of 16 big-endian bytes from a place on; undefined where they are no whole units, or more than safe integers count. */
export function wholeUnits(bytes: Uint8Array, at: number, asset: Asset): number | undefined {
  const first = readPieces(bytes, at);
  for (let digits = unitDigits(asset); digits > 0; digits -= mostDigits) {
    const divisor = powersOfTen[Math.min(digits, mostDigits)] as number;
    if (dividePieces(first, divisor) !== 0) return undefined;
  }
  let units = 0;
  for (let nth = first; nth < 8; nth += 1) units = units * pieceSize + (pieces[nth] as number);
  return units <= Number.MAX_SAFE_INTEGER ? units : undefined;
}

/** Answers which is the first that is not nothing. */
function readPieces(bytes: Uint8Array, at: number): number {
  let first = 0;
  while (first < 8 && bytes[at + 2 * first] === 0 && bytes[at + 2 * first + 1] === 0) first += 1;
  for (let nth = first; nth < 8; nth += 1)
    pieces[nth] = ((bytes[at + 2 * nth] as number) << 8) | (bytes[at + 2 * nth + 1] as number);
  return first;
}

/** As on paper, piece by piece; answers what is left. */
function dividePieces(first: number, divisor: number): number {
  let left = 0;
  for (let nth = first; nth < 8; nth += 1) {
    const dividend = left * pieceSize + (pieces[nth] as number);
    const quotient = Math.floor(dividend / divisor);
    pieces[nth] = quotient;
    left = dividend - quotient * divisor;
  }
  return left;
}
