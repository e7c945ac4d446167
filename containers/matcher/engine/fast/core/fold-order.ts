/** Folds live orders into the state hash, as ../../state-hash.ts says it of their records. */
import { orderNamesAt } from './engine-state.ts';
import { chainOne, chainOther, sumsOfEight, wordOf } from './event-chain.ts';
import { shownInBook } from './level-queue.ts';
import { hasNames } from './order-extras.ts';
import { placeIncoming } from './order-place.ts';
import { isPostOnly, isSell, selfTradeMode } from './order-traits.ts';
import { part } from './part-cursor.ts';
import { Id, Order } from './rows.ts';

let left: i32 = 0;
let right: i32 = 0;

/** One that has neither a client's id nor a delegation, and whose id is a digest. */
export function foldOrder(order: Order): void {
  assert(!hasNames(order), 'an order with names is hashed elsewhere');
  left = part.hashLeft;
  right = part.hashRight;
  // "order" as text: its length and its characters, two a word.
  fold(5);
  fold(0x006f_0072);
  fold(0x0064_0065);
  fold(0x0072_0000);
  foldDigest(order.id);
  // No client's id.
  fold(0);
  foldNames(order);
  foldNumbers(order);
  part.hashLeft = left;
  part.hashRight = right;
  part.hashCount += wordsOfOrder;
}

/** Kind, digest, no client's id; ten words of names, and what is post-only; its numbers. */
const wordsOfOrder: i32 = 4 + 8 + 1 + 15 + 15;

function fold(word: i32): void {
  left = chainOne(left, word);
  right = chainOther(right, word);
}

/** All its words at once, each with multipliers of its own. */
function foldDigest(id: Id): void {
  const words = changetype<usize>(id);
  const sums = sumsOfEight(v128.load(words), v128.load(words, 16));
  left = chainOne(left, <i32>sums);
  right = chainOther(right, <i32>(sums >> 32));
}

/** Where an order may be, as `orderNames` of TypeScript has them in turn. */
const places = 4;
const sides = 2;
const orderTypes = 6;
const timesInForce = 4;

function foldNames(order: Order): void {
  const traits = order.traits;
  fold(order.account.nameLeft);
  fold(order.account.nameRight);
  fold(order.market.nameLeft);
  fold(order.market.nameRight);
  let first = 0;
  foldName(first + order.place - placeIncoming);
  first += places;
  foldName(first + (isSell(traits) ? 1 : 0));
  first += sides;
  foldName(first + ((traits >> 1) & 7));
  first += orderTypes;
  foldName(first + ((traits >> 4) & 3));
  first += timesInForce;
  fold(isPostOnly(traits) ? 1 : 0);
  foldName(first + selfTradeMode(traits));
}

function foldName(nth: i32): void {
  const words = orderNamesAt + ((<usize>nth) << 3);
  fold(load<i32>(words));
  fold(load<i32>(words, 4));
}

function foldNumbers(order: Order): void {
  const extras = order.extras;
  fold(order.limitTicks);
  fold(extras.triggerTicks);
  fold(wordOf(order.sizeLots));
  fold(wordOf(extras.displayLots));
  fold(wordOf(extras.spendUnits));
  fold(wordOf(order.filledLots));
  fold(wordOf(order.filledQuoteUnits));
  fold(wordOf(order.feeUnits));
  fold(wordOf(order.createdAtMs));
  fold(wordOf(order.expiresAtMs));
  fold(order.makerFeeBps);
  fold(order.takerFeeBps);
  fold(wordOf(order.admitted));
  fold(wordOf(order.heldUnits));
  fold(wordOf(shownInBook(order)));
}
