/**
 * The hash over all events, as ../event-hash.ts and ../hash-lanes.ts say: an event's words are multiplied apart and added, then
 * folded into two lanes.
 */
import { state } from './engine-state.ts';

/** Multipliers of the words, those of `HashLanes`: seven are enough for most, so each word's stands with its place. */
export const l0: i32 = 0xf19f7c09;
export const l1: i32 = 0x5d8db3b1;
export const l2: i32 = 0xd6bb9015;
export const l3: i32 = 0x822e3ea1;
export const l4: i32 = 0x74adf0b7;
export const l5: i32 = 0x5c9cc111;
export const l6: i32 = 0x4bc45c79;
export const l7: i32 = 0x802fd19d;
const l8: i32 = 0xbfc53819;
const l9: i32 = 0xa6183ef7;
const l10: i32 = 0xb91fdebf;
const l11: i32 = 0x83d0171f;
const l12: i32 = 0xef589e3b;
export const r0: i32 = 0x553db217;
export const r1: i32 = 0xcbd097c9;
export const r2: i32 = 0x5d8675e3;
export const r3: i32 = 0x65dabead;
export const r4: i32 = 0x995a5d35;
export const r5: i32 = 0x39c344d7;
export const r6: i32 = 0xa2ff5b7f;
export const r7: i32 = 0x6067eeb1;
const r8: i32 = 0x20a5ba7;
const r9: i32 = 0xa77c8cb3;
const r10: i32 = 0x91e3001d;
const r11: i32 = 0xcfede59f;
const r12: i32 = 0x49e963a1;
export const startLeft: i32 = 0x2545f491;
export const startRight: i32 = 0x4f6cdd1d;

/** Both lanes of what is folded now. */
let left: i32 = 0;
let right: i32 = 0;

export function chainOne(left: i32, word: i32): i32 {
  return rotl<i32>((left ^ word) * 0x2c1b3c6d, 13);
}

export function chainOther(right: i32, word: i32): i32 {
  return rotl<i32>((right + word) * 0x297a2d39, 17);
}

/** A safe integer as 32 bits, of both halves of its double as they lie in memory; never −0. */
export function wordOf(value: f64): i32 {
  const bits = reinterpret<u64>(value);
  return <i32>bits ^ (<i32>(bits >> 32) * 0x5bd1e995);
}

/** Begins an event: its tag with what else it is, and its number. */
export function beginWords(first: i32): void {
  const sequence = wordOf(state.sequence);
  left = first * l0 + sequence * l1;
  right = first * r0 + sequence * r1;
}

/** The third word and the fourth. */
export function words2(a: i32, b: i32): void {
  left += a * l2 + b * l3;
  right += a * r2 + b * r3;
}

/** The fifth and the sixth. */
export function words4(a: i32, b: i32): void {
  left += a * l4 + b * l5;
  right += a * r4 + b * r5;
}

/** The seventh to the tenth. */
export function words6(a: i32, b: i32, c: i32, d: i32): void {
  left += a * l6 + b * l7 + c * l8 + d * l9;
  right += a * r6 + b * r7 + c * r8 + d * r9;
}

/** The eleventh to the thirteenth. */
export function words10(a: i32, b: i32, c: i32): void {
  left += a * l10 + b * l11 + c * l12;
  right += a * r10 + b * r11 + c * r12;
}

/** Folds in the event's words: so many. */
export function endWords(count: i32): void {
  state.chainLeft = chainOne(state.chainLeft, left);
  state.chainRight = chainOther(state.chainRight, right);
  state.chainCount += count;
}

/** Eleven words of an order's terms that never change: the first six. */
export function beginTerms(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32): void {
  left = a * l0 + b * l1 + c * l2 + d * l3 + e * l4 + f * l5;
  right = a * r0 + b * r1 + c * r2 + d * r3 + e * r4 + f * r5;
}

/** And the last five; both lanes are then to be read. */
export function endTerms(a: i32, b: i32, c: i32, d: i32, e: i32): void {
  left += a * l6 + b * l7 + c * l8 + d * l9 + e * l10;
  right += a * r6 + b * r7 + c * r8 + d * r9 + e * r10;
}

export function termsLeft(): i32 {
  return chainOne(startLeft, left);
}

export function termsRight(): i32 {
  return chainOther(startRight, right);
}
