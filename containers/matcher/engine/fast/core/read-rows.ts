/** Reads a part's records straight into rows, those that the core knows all of (part-cursor.ts). */
import { leftOfDigest, rightOfDigest } from './digest-names.ts';
import { foldOrder } from './fold-order.ts';
import { homeOf, readDigest, rowAt } from './id-table.ts';
import { extrasWith, isIceberg } from './order-extras.ts';
import { placeEnded, placeIncoming } from './order-place.ts';
import {
  clientIdBit,
  delegationBit,
  digestBytes,
  kindEnded,
  kindOrder,
  kindRemembered,
  mostAhead,
  mostRecordBytes,
  noteAhead,
  part,
  rememberedBytes,
  rowAhead,
  traitsBit,
  whereBit,
} from './part-cursor.ts';
import {
  idFor,
  newEnded,
  newOrder,
  restoreEnded,
  restoreOrder,
  restoreResult,
} from './restore-rows.ts';
import { Account, Id, Market, Order } from './rows.ts';
import { touch } from './touch.ts';

/**
 * Reads up to the first record that is TypeScript's, or that names somebody whose row it is asked for. The last few of a part are
 * TypeScript's as well: nothing is read beyond its end.
 */
export function readPart(): void {
  part.wantedAccount = -1;
  part.wantedMarket = -1;
  let aheadTo = part.at;
  do {
    if (part.at >= aheadTo) aheadTo = lookAhead();
  } while (part.at + mostRecordBytes <= part.end && readRecord());
}

/** Reads where the ids of the next records belong, then the rows that stand there; answers where it ended. */
function lookAhead(): usize {
  let at = part.at;
  let count: i32 = 0;
  for (; count < mostAhead && at + mostRecordBytes <= part.end; count += 1) {
    const id = digestOf(at);
    if (id === 0) break;
    noteAhead(count, homeOf(id));
    at = behind(at);
  }
  for (let nth = 0; nth < count; nth += 1) {
    noteAhead(nth, changetype<usize>(rowAt(rowAhead(nth))));
  }
  for (let nth = 0; nth < count; nth += 1) touch<usize>(rowAhead(nth), 0);
  return at;
}

/** Where a record that has no texts has its digest; 0 where it is TypeScript's. */
function digestOf(record: usize): usize {
  const kind: i32 = load<u8>(record);
  if (kind === kindRemembered) return record + 2;
  const isOurs = (kind === kindOrder || kind === kindEnded) && !namesTexts(load<i32>(record, 1));
  return isOurs ? record + 6 : 0;
}

function namesTexts(ofWord: i32): bool {
  return (ofWord & (1 << clientIdBit)) !== 0 || ofWord >>> delegationBit !== 0;
}

/** Where the next record begins. */
function behind(record: usize): usize {
  if (load<u8>(record) === kindRemembered) return record + rememberedBytes;
  const numbers = popcnt(load<i32>(record, 1) & ((1 << clientIdBit) - 1));
  return record + 14 + digestBytes + ((<usize>numbers) << 3);
}

function readRecord(): bool {
  const kind: i32 = load<u8>(part.at);
  if (kind === kindOrder) return readOrder();
  if (kind === kindEnded) return readEnded();
  return kind === kindRemembered && readRemembered();
}

/** What is read now: its word, and where its next number is. */
let word: i32 = 0;
let nextAt: usize = 0;

function readOrder(): bool {
  const limitTicks = beginRecord(4);
  if (limitTicks < 0) return false;
  const order = newOrder();
  readProgress(order, <i32>limitTicks);
  const where = (word >>> whereBit) & 7;
  order.place = <u8>(where === 3 ? placeIncoming : placeIncoming + 1 + where);
  order.makerFeeBps = <i16>numberAt(10);
  order.takerFeeBps = <i16>numberAt(11);
  order.admitted = numberAt(12);
  order.heldUnits = numberAt(13);
  const shownLots = numberAt(14);
  if (isIceberg(order)) order.extras.shownLots = shownLots;
  restoreOrder(order, leftOfDigest(order.id), rightOfDigest(order.id));
  foldOrder(order);
  part.at = nextAt;
  return true;
}

function readEnded(): bool {
  const limitTicks = beginRecord(5);
  if (limitTicks < 0) return false;
  const ended = newEnded();
  readProgress(ended, <i32>limitTicks);
  ended.place = <u8>(placeEnded + ((word >>> whereBit) & 7));
  ended.endedAtMs = numberAt(10);
  restoreEnded(ended);
  part.at = nextAt;
  return true;
}

const orderTypes = 6;

/** The record's first number, its limit; −1 where it is not for the core to read. There are so many places, or reasons. */
function beginRecord(places: i32): f64 {
  const at = part.at;
  word = load<i32>(at, 1);
  if (namesTexts(word) || load<u8>(at, 5) !== 1) return -1;
  if (((word >>> (traitsBit + 1)) & 7) >= orderTypes || ((word >>> whereBit) & 7) >= places)
    return -1;
  if (!hasRows(at)) return -1;
  nextAt = at + 14 + digestBytes;
  const limitTicks = numberAt(0);
  return limitTicks <= <f64>i32.MAX_VALUE ? limitTicks : -1;
}

/** Whether the rows of its market and account are known. */
function hasRows(at: usize): bool {
  const market = load<u32>(at, 6 + digestBytes);
  const account = load<u32>(at, 10 + digestBytes);
  if (market >= <u32>part.names || account >= <u32>part.names) return false;
  if (marketAt(at) === changetype<Market>(0)) part.wantedMarket = market;
  else if (accountAt(at) === changetype<Account>(0)) part.wantedAccount = account;
  else return true;
  return false;
}

function marketAt(at: usize): Market {
  return load<Market>(part.markets + ((<usize>load<u32>(at, 6 + digestBytes)) << 2));
}

function accountAt(at: usize): Account {
  return load<Account>(part.accounts + ((<usize>load<u32>(at, 10 + digestBytes)) << 2));
}

/** What a live order and one that ended have in common. */
function readProgress(order: Order, limitTicks: i32): void {
  const at = part.at;
  order.id = idAt(at + 5);
  order.market = marketAt(at);
  order.account = accountAt(at);
  order.traits = <u16>((word >>> traitsBit) & 0x1ff);
  order.limitTicks = limitTicks;
  const triggerTicks = <i32>numberAt(1);
  order.sizeLots = numberAt(2);
  const displayLots = numberAt(3);
  const spendUnits = numberAt(4);
  order.extras = extrasWith(triggerTicks, displayLots, spendUnits);
  order.filledLots = numberAt(5);
  order.filledQuoteUnits = numberAt(6);
  order.feeUnits = numberAt(7);
  order.createdAtMs = numberAt(8);
  order.expiresAtMs = numberAt(9);
}

function numberAt(nth: i32): f64 {
  if (((word >>> nth) & 1) === 0) return 0;
  const at = nextAt;
  nextAt = at + 8;
  return load<f64>(at);
}

function readRemembered(): bool {
  const at = part.at;
  if (load<u8>(at, 1) !== 1) return false;
  const numbers = at + 2 + digestBytes;
  // As it is written: 0 where it was accepted.
  const code = <i32>load<u8>(numbers, 16) - 1;
  restoreResult(idAt(at + 1), code, load<f64>(numbers), load<f64>(numbers, 8));
  part.at = at + rememberedBytes;
  return true;
}

/** The row of the digest behind its mark. */
function idAt(at: usize): Id {
  readDigest(at + 1);
  return idFor();
}
