/**
 * The hash over all events, as ../event-hash.ts and ../hash-lanes.ts say: an event's words are multiplied apart and added, then
 * folded into two lanes. Words come in pairs, a number's as they lie in memory; two pairs at a time are one vector.
 */
import { state } from './engine-state.ts';

/** Multipliers of the words, in turn, those of `HashLanes`. Read from memory: as constants each would be put together anew. */
const leftAt: usize = memory.data<i32>(
  [
    0xf19f7c09, 0x5d8db3b1, 0xd6bb9015, 0x822e3ea1, 0x74adf0b7, 0x5c9cc111, 0x4bc45c79, 0x802fd19d,
    0xbfc53819, 0xa6183ef7, 0xb91fdebf, 0x83d0171f, 0xef589e3b, 0xd8d15421, 0x22a326a7, 0x12328a7d,
    0x9e2f9e5d, 0x1bcb43c3, 0xf6d51337, 0x75ea6ca3,
  ],
  16,
);
const rightAt: usize = memory.data<i32>(
  [
    0x553db217, 0xcbd097c9, 0x5d8675e3, 0x65dabead, 0x995a5d35, 0x39c344d7, 0xa2ff5b7f, 0x6067eeb1,
    0x020a5ba7, 0xa77c8cb3, 0x91e3001d, 0xcfede59f, 0x49e963a1, 0x18581de1, 0xd5db757d, 0x4ade3111,
    0xccc44663, 0xddee60bf, 0xadc97d65, 0xbeb42d8b,
  ],
  16,
);
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

/** Two 32-bit words as a pair. */
export function pair(first: i32, second: i32): i64 {
  return ((<i64>second) << 32) | <i64>(<u32>first);
}

/** Two pairs of words, where not both lie in memory. */
export function pairAndPair(one: i64, other: i64): v128 {
  return i64x2.replace_lane(i64x2.splat(one), 1, other);
}

/** A pair of words, and a number. */
export function pairAndNumber(words: i64, number: f64): v128 {
  return f64x2.replace_lane(i64x2.splat(words), 1, number);
}

export function numbers(one: f64, other: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(one), 1, other);
}

/** Two pairs that lie in memory. */
export function pairsAt(one: usize, other: usize): v128 {
  return v128.load64_lane(other, v128.load64_zero(one), 1);
}

/** What opens an event: its first pair, and its number, which is the next. */
function opening(head: i64): v128 {
  const sequence = state.sequence + 1;
  state.sequence = sequence;
  return pairAndNumber(head, sequence);
}

/** Folds in the next event of so many words: its first pair, and up to two more. */
export function foldShort(count: i32, head: i64, rest: v128): void {
  chain(count, sumsOfEight(opening(head), rest));
}

/** The same, with up to four more. */
export function foldMiddle(count: i32, head: i64, a: v128, b: v128): void {
  chain(count, sumsOfTwelve(opening(head), a, b));
}

/** The same, with up to eight more. */
export function foldLong(count: i32, head: i64, a: v128, b: v128, c: v128, d: v128): void {
  const first = opening(head);
  const left = i32x4.add(leftOf(first, 0), leftSum(a, b, c, d, 1));
  const right = i32x4.add(rightOf(first, 0), rightSum(a, b, c, d, 1));
  chain(count, sumsOf(left, right));
}

/** Six pairs folded by themselves: the left lane below, the right one above. */
export function foldApart(a: v128, b: v128, c: v128): i64 {
  return start(sumsOfTwelve(a, b, c));
}

/** The same of eight pairs. */
export function foldLongApart(a: v128, b: v128, c: v128, d: v128): i64 {
  return start(sumsOf(leftSum(a, b, c, d, 0), rightSum(a, b, c, d, 0)));
}

/** A chain of nothing before. */
function start(sums: i64): i64 {
  return pair(chainOne(startLeft, <i32>sums), chainOther(startRight, <i32>(sums >> 32)));
}

/** The sums of eight words by themselves: the left lane's below, the right one's above. */
export function sumsOfEight(a: v128, b: v128): i64 {
  const left = i32x4.add(leftOf(a, 0), leftOf(b, 1));
  return sumsOf(left, i32x4.add(rightOf(a, 0), rightOf(b, 1)));
}

/** The same of twelve. */
function sumsOfTwelve(a: v128, b: v128, c: v128): i64 {
  const left = i32x4.add(i32x4.add(leftOf(a, 0), leftOf(b, 1)), leftOf(c, 2));
  return sumsOf(left, i32x4.add(i32x4.add(rightOf(a, 0), rightOf(b, 1)), rightOf(c, 2)));
}

function leftOf(words: v128, nth: usize): v128 {
  return i32x4.mul(words, v128.load(leftAt + (nth << 4)));
}

function rightOf(words: v128, nth: usize): v128 {
  return i32x4.mul(words, v128.load(rightAt + (nth << 4)));
}

function leftSum(a: v128, b: v128, c: v128, d: v128, first: usize): v128 {
  const ab = i32x4.add(leftOf(a, first), leftOf(b, first + 1));
  return i32x4.add(ab, i32x4.add(leftOf(c, first + 2), leftOf(d, first + 3)));
}

function rightSum(a: v128, b: v128, c: v128, d: v128, first: usize): v128 {
  const ab = i32x4.add(rightOf(a, first), rightOf(b, first + 1));
  return i32x4.add(ab, i32x4.add(rightOf(c, first + 2), rightOf(d, first + 3)));
}

/** The sum of each vector's four words, side by side. */
function sumsOf(left: v128, right: v128): i64 {
  const low = v128.shuffle<i32>(left, right, 0, 4, 1, 5);
  const high = v128.shuffle<i32>(left, right, 2, 6, 3, 7);
  const halves = i32x4.add(low, high);
  return i64x2.extract_lane(i32x4.add(halves, v128.shuffle<i64>(halves, halves, 1, 1)), 0);
}

function chain(count: i32, sums: i64): void {
  state.chainLeft = chainOne(state.chainLeft, <i32>sums);
  state.chainRight = chainOther(state.chainRight, <i32>(sums >> 32));
  state.chainCount += count;
}
