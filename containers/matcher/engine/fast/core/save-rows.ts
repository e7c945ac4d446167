/** Rows as a snapshot's records: hashed, and written where there is a part to write into. */
import { noOrder } from './engine-state.ts';
import { foldOrder } from './fold-order.ts';
import { inTextOrder } from './id-table.ts';
import { shownInBook } from './level-queue.ts';
import { isDelegated } from './order-extras.ts';
import { placeEnded, placeIncoming } from './order-place.ts';
import {
  digestBytes,
  hasText,
  kindEnded,
  kindOrder,
  kindRemembered,
  mostAhead,
  noteAhead,
  numberOfAccount,
  numberOfMarket,
  part,
  rememberedBytes,
  rowAhead,
  traitsBit,
  whereBit,
} from './part-cursor.ts';
import { nextLevel, noLevel } from './price-ladder.ts';
import { Id, Order } from './rows.ts';
import { touch } from './touch.ts';

/** Begins a part: nothing has a number in it. */
export function beginPart(accounts: i32, markets: i32): void {
  memory.fill(part.accountNumbers, 0xff, (<usize>accounts) << 2);
  memory.fill(part.marketNumbers, 0xff, (<usize>markets) << 2);
}

/** Saves an order and those behind it in its ladder; answers the first that is TypeScript's to save or whose names have no number yet, or where there was no more room. */
export function saveLadder(first: Order): Order {
  let order = first;
  while (order !== noOrder) {
    const next = findAhead(order);
    const count = readAhead();
    for (let nth = 0; nth < count; nth += 1) {
      order = changetype<Order>(rowAhead(nth));
      if (!saveOrder(order)) return order;
    }
    order = next;
  }
  return noOrder;
}

/** How many orders were found. */
let found: i32 = 0;

/** Finds the next orders; answers the one behind them. */
function findAhead(first: Order): Order {
  let order = first;
  found = 0;
  for (; found < mostAhead && order !== noOrder; found += 1) {
    noteAhead(found, changetype<usize>(order));
    order = nextInLadder(order);
  }
  return order;
}

/** Reads the rest of their rows, and of their ids; answers how many they are. */
function readAhead(): i32 {
  for (let nth = 0; nth < found; nth += 1) {
    touch<usize>(rowAhead(nth), 1);
  }
  for (let nth = 0; nth < found; nth += 1) touch<Id>(changetype<Order>(rowAhead(nth)).id, 0);
  return found;
}

/** The order behind another in its level, or the first of the next. */
function nextInLadder(order: Order): Order {
  const behind = order.behind;
  if (behind !== noOrder) return behind;
  const level = nextLevel(order.level);
  return level === noLevel ? noOrder : level.head;
}

export function saveOrder(order: Order): bool {
  if (part.left === 0 || hasText(order) || isDelegated(order)) return false;
  if (part.at !== 0 && !writeOrder(order)) return false;
  foldOrder(order);
  part.left -= 1;
  return true;
}

/** The same of orders that ended; nothing that ended is hashed. */
export function saveEnded(first: Order): Order {
  let ended = first;
  for (; ended !== noOrder; ended = ended.nextEnded) {
    if (part.left === 0 || hasText(ended)) return ended;
    if (part.at !== 0 && !writeEnded(ended)) return ended;
    part.left -= 1;
  }
  return ended;
}

/** The same of ids whose results are remembered. */
export function saveRemembered(first: Id): Id {
  let id = first;
  for (; changetype<usize>(id) !== 0; id = id.next) {
    if (part.left === 0 || id.isText) return id;
    if (part.at !== 0) writeRemembered(id);
    part.left -= 1;
  }
  return id;
}

/** What is written now: its word, and where its next number belongs. */
let word: i32 = 0;
let nextAt: usize = 0;

function writeOrder(order: Order): bool {
  const place = order.place;
  // `places` of the part's form: the one at hand comes last.
  const where = place === placeIncoming ? 3 : place - placeIncoming - 1;
  if (!beginRecord(order, kindOrder, where)) return false;
  putNumber(10, order.makerFeeBps);
  putNumber(11, order.takerFeeBps);
  putNumber(12, order.admitted);
  putNumber(13, order.heldUnits);
  putNumber(14, shownInBook(order));
  endRecord();
  return true;
}

function writeEnded(ended: Order): bool {
  if (!beginRecord(ended, kindEnded, ended.place - placeEnded)) return false;
  putNumber(10, ended.endedAtMs);
  endRecord();
  return true;
}

/** What a live order and one that ended have in common; false where a name has no number yet. */
function beginRecord(order: Order, kind: i32, where: i32): bool {
  const account = numberOfAccount(order.account);
  const market = numberOfMarket(order.market);
  if (account < 0 || market < 0) return false;
  const at = part.at;
  store<u8>(at, kind);
  word = ((<i32>order.traits) << traitsBit) | (where << whereBit);
  putDigest(at + 5, order.id);
  store<i32>(at + 6 + digestBytes, market);
  store<i32>(at + 10 + digestBytes, account);
  nextAt = at + 14 + digestBytes;
  putNumber(0, order.limitTicks);
  const extras = order.extras;
  putNumber(1, extras.triggerTicks);
  putNumber(2, order.sizeLots);
  putNumber(3, extras.displayLots);
  putNumber(4, extras.spendUnits);
  putNumber(5, order.filledLots);
  putNumber(6, order.filledQuoteUnits);
  putNumber(7, order.feeUnits);
  putNumber(8, order.createdAtMs);
  putNumber(9, order.expiresAtMs);
  return true;
}

function endRecord(): void {
  store<i32>(part.at, word, 1);
  part.at = nextAt;
}

function putNumber(nth: i32, value: f64): void {
  if (value === 0) return;
  word |= 1 << nth;
  store<f64>(nextAt, value);
  nextAt += 8;
}

function writeRemembered(id: Id): void {
  const at = part.at;
  store<u8>(at, kindRemembered);
  putDigest(at + 1, id);
  const numbers = at + 2 + digestBytes;
  store<f64>(numbers, id.sequence);
  store<f64>(numbers, id.atMs, 8);
  // 0 where it was accepted, which is −1 here.
  store<u8>(numbers, id.code + 1, 16);
  part.at = at + rememberedBytes;
}

/** A mark that it is a digest, and its bytes in the order in which they are written out. */
function putDigest(at: usize, id: Id): void {
  store<u8>(at, 1);
  store<u64>(at, inTextOrder(id.digestA), 1);
  store<u64>(at, inTextOrder(id.digestB), 9);
  store<u64>(at, inTextOrder(id.digestC), 17);
  store<u64>(at, inTextOrder(id.digestD), 25);
}
