/**
 * The hash over all events, as ../event-hash.ts and ../hash-lanes.ts say: an event's words are multiplied apart and added, then
 * folded into two lanes.
 */
import { state } from './engine-state.ts';
import { Order } from './rows.ts';

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

/** Folds in the next event, of so many words: its tag with what else it is, its number, and up to eleven more. */
export function foldEvent(
  count: i32,
  first: i32,
  a: i32 = 0,
  b: i32 = 0,
  c: i32 = 0,
  d: i32 = 0,
  e: i32 = 0,
  f: i32 = 0,
  g: i32 = 0,
  h: i32 = 0,
  i: i32 = 0,
  j: i32 = 0,
  k: i32 = 0,
): void {
  const sequence = state.sequence + 1;
  state.sequence = sequence;
  const number = wordOf(sequence);
  const firstLeft = first * l0 + number * l1 + a * l2 + b * l3 + c * l4 + d * l5 + e * l6;
  const restLeft = f * l7 + g * l8 + h * l9 + i * l10 + j * l11 + k * l12;
  state.chainLeft = chainOne(state.chainLeft, firstLeft + restLeft);
  const firstRight = first * r0 + number * r1 + a * r2 + b * r3 + c * r4 + d * r5 + e * r6;
  const restRight = f * r7 + g * r8 + h * r9 + i * r10 + j * r11 + k * r12;
  state.chainRight = chainOther(state.chainRight, firstRight + restRight);
  state.chainCount += count;
}

/** Writes down an order's terms that never change, eleven words of them, as events know them. */
export function foldTerms(
  order: Order,
  a: i32,
  b: i32,
  c: i32,
  d: i32,
  e: i32,
  f: i32,
  g: i32,
  h: i32,
  i: i32,
  j: i32,
  k: i32,
): void {
  const firstLeft = a * l0 + b * l1 + c * l2 + d * l3 + e * l4 + f * l5;
  const restLeft = g * l6 + h * l7 + i * l8 + j * l9 + k * l10;
  order.termsLeft = chainOne(startLeft, firstLeft + restLeft);
  const firstRight = a * r0 + b * r1 + c * r2 + d * r3 + e * r4 + f * r5;
  const restRight = g * r6 + h * r7 + i * r8 + j * r9 + k * r10;
  order.termsRight = chainOther(startRight, firstRight + restRight);
}
