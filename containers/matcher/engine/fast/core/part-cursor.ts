/**
 * Where a part of a snapshot is written or read, and the state hash of what was: at a fixed place, for TypeScript to set and to look at.
 * A part's bytes are as shared/wire/snapshot-part.ts says. The core writes and reads live and ended orders and remembered ids that have
 * no texts; names, and all that has texts, are TypeScript's.
 */
import { aheadAt, noClient } from './engine-state.ts';
import { Account, Market, Order } from './rows.ts';

@unmanaged
export class PartCursor {
  /** The next byte; 0 where records are only hashed. */
  at: usize;
  /** Of a part that is read: behind its last byte. */
  end: usize;
  /** How many records more at most. */
  left: i32;
  hashLeft: i32;
  hashRight: i32;
  hashCount: i32;
  /** Writing: the numbers that names have in the part, by their index among accounts and markets; −1 where they have none yet. */
  accountNumbers: usize;
  marketNumbers: usize;
  /** Reading: how many names the part has told so far, and the rows that they name as far as anybody asked. */
  names: i32;
  accounts: usize;
  markets: usize;
  /** The number of a name whose row TypeScript is asked for; −1 where none is. */
  wantedAccount: i32;
  wantedMarket: i32;
}

/** Rows that are read together, so that they are waited for together; more would push the first out of the nearest cache. */
export const mostAhead: i32 = 16;
/** Behind what look-ahead.ts notes there: room for three places of each of sixteen requests, see resolve-ids.ts. */
const rowsAheadAt: usize = aheadAt + 1_024;

export const partCursorAt: usize = 16_128;
export const part: PartCursor = changetype<PartCursor>(partCursorAt);

// On disk, see recordKinds.
export const kindOrder: i32 = 1;
export const kindEnded: i32 = 2;
export const kindRemembered: i32 = 3;

/** An order's word: a bit for each of its numbers that is not 0, from here on its traits, from there on where it is or why it ended. */
export const traitsBit: i32 = 16;
export const whereBit: i32 = 25;
export const delegationBit: i32 = 28;
export const clientIdBit: i32 = 15;

/** Behind a digest's mark. */
export const digestBytes: usize = 32;
/** An order with all its numbers is the longest record: kind, word, id, two names. */
export const mostRecordBytes: usize = 1 + 4 + 1 + 32 + 8 + 15 * 8;
/** A remembered id: kind, id, number, time, code. */
export const rememberedBytes: usize = 1 + 1 + 32 + 8 + 8 + 1;

export function rowAhead(nth: i32): usize {
  return load<usize>(rowsAheadAt + ((<usize>nth) << 2));
}

export function noteAhead(nth: i32, row: usize): void {
  store<usize>(rowsAheadAt + ((<usize>nth) << 2), row);
}

export function numberOfAccount(account: Account): i32 {
  return load<i32>(part.accountNumbers + ((<usize>account.index) << 2));
}

export function numberOfMarket(market: Market): i32 {
  return load<i32>(part.marketNumbers + ((<usize>market.index) << 2));
}

export function hasText(order: Order): bool {
  return order.extras.client !== noClient || order.id.isText !== 0;
}
