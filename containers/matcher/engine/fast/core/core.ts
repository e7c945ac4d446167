/**
 * The engine's core, compiled to WebAssembly: what TypeScript calls. To read it in order: rows.ts and engine-state.ts are what it knows;
 * apply-request.ts (repeat.ts for many), place-refusal.ts, place-order.ts, match.ts with trade.ts and resting.ts are the way of an order; then what is special:
 * self-trade.ts, fill-or-kill.ts, set-off.ts, enter-triggered.ts, auction.ts, volatility.ts, closing.ts, work-off.ts. Below them lie the tables:
 * id-table.ts, price-ladder.ts, level-queue.ts, credit-lines.ts, expiry-queue.ts, switches.ts, level-changes.ts, over row-pool.ts and regions.ts.
 * No command may take longer the more strangers have put in its way.
 */
import { nextOwn, oldestOwn, openSlots } from './account-orders.ts';
import { enlistAddress, openAccountTable } from './account-table.ts';
import { apply } from './apply-request.ts';
import { uncrossing } from './auction.ts';
import { findNextDue, setUntil } from './change-state.ts';
import { findLine, lineOf, openCreditLines, reserveLines } from './credit-lines.ts';
import { delegationFor } from './delegations.ts';
import { dueMs, feeTiersAt, isUnfinished, noOrder, state } from './engine-state.ts';
import { startLeft, startRight } from './event-chain.ts';
import { tellListed } from './event-rows.ts';
import { openExpiries, reserveExpiries } from './expiry-queue.ts';
import { addTextId, findId, openIdTable, reserveIndex } from './id-table.ts';
import { openChanges, takeChanges } from './level-changes.ts';
import { shownInBook } from './level-queue.ts';
import { lookAhead } from './look-ahead.ts';
import { newExtras } from './order-extras.ts';
import { lackingUnits, makerRate, placeRefusal, replacedBy, takerRate } from './place-refusal.ts';
import { findLevel, laddersBytes, nextLevel, openLadder } from './price-ladder.ts';
import { readPart } from './read-rows.ts';
import { releaseRegion, takeRegion, takeRoom } from './regions.ts';
import { repeat } from './repeat.ts';
import {
  readCancelTexts,
  resolveClient,
  resolveDelegation,
  resolveId,
  resolveLines,
  resolveRaw,
  resolveTarget,
  resolveTextDelegation,
  resolveTextId,
  resolveTextTarget,
  settleRequest,
} from './resolve-ids.ts';
import {
  idFor,
  newEnded,
  newOrder,
  restoreEnded,
  restoreOrder,
  restoreResult,
  restoreWork,
} from './restore-rows.ts';
import { enlistRestored } from './restored-orders.ts';
import {
  accountPool,
  endedPool,
  idPool,
  openPools,
  orderPool,
  pastPool,
  releaseRow,
  reserveRows,
  smallPool,
  takeRow,
} from './row-pool.ts';
import { Account, AccountPast, Asset, ClientId, Id, Market, WindowPart } from './rows.ts';
import { beginPart, saveEnded, saveLadder, saveOrder, saveRemembered } from './save-rows.ts';
import { armSwitch, openSwitches } from './switches.ts';
import { validate } from './validate.ts';
import { addUpWindow, clearWindow } from './volatility.ts';

export {
  addTextId,
  addUpWindow,
  apply,
  armSwitch,
  beginPart,
  clearWindow,
  delegationFor,
  dueMs,
  enlistAddress,
  enlistRestored,
  findId,
  findLevel,
  findLine,
  findNextDue,
  idFor,
  isUnfinished,
  lackingUnits,
  lineOf,
  lookAhead,
  makerRate,
  newEnded,
  newExtras,
  newOrder,
  nextLevel,
  nextOwn,
  oldestOwn,
  placeRefusal,
  readCancelTexts,
  readPart,
  releaseRegion,
  repeat,
  replacedBy,
  reserveIndex,
  resolveClient,
  resolveDelegation,
  resolveId,
  resolveLines,
  resolveRaw,
  resolveTarget,
  resolveTextDelegation,
  resolveTextId,
  resolveTextTarget,
  restoreEnded,
  restoreOrder,
  restoreResult,
  restoreWork,
  saveEnded,
  saveLadder,
  saveOrder,
  saveRemembered,
  settleRequest,
  setUntil,
  shownInBook,
  takeChanges,
  takeRegion,
  takeRoom,
  takerRate,
  tellListed,
  uncrossing,
  validate,
};

export function open(secret: i32): void {
  state.memoryEnd = __heap_base;
  state.marketsDueMs = Infinity;
  state.chainLeft = startLeft;
  state.chainRight = startRight;
  for (let tier: usize = 0; tier < 256; tier += 1) store<i32>(feeTiersAt + (tier << 3), -1, 4);
  openPools();
  openIdTable(secret);
  openAccountTable();
  openCreditLines();
  openExpiries();
  openSwitches();
  openChanges();
}

/** Makes room for what is expected, so that it need not be made while commands wait; more may come. */
export function reserve(orders: i32, ids: i32): void {
  assert(state.nowMs === 0, 'room is made before the first command');
  reserveRows(orderPool, orders);
  reserveRows(idPool, ids);
  reserveRows(endedPool, ids);
  reserveIndex(ids);
  reserveExpiries(orders);
  reserveLines(orders);
}

export function addAccount(nameLeft: i32, nameRight: i32): Account {
  const account = changetype<Account>(takeRow(accountPool));
  account.index = state.accountCount;
  account.nameLeft = nameLeft;
  account.nameRight = nameRight;
  account.past = changetype<AccountPast>(takeRow(pastPool));
  account.past.next = state.newestAccount;
  openSlots(account);
  state.newestAccount = account;
  state.accountCount += 1;
  return account;
}

export function addAsset(nameLeft: i32, nameRight: i32): Asset {
  const asset = changetype<Asset>(takeRoom(offsetof<Asset>()));
  asset.index = state.assetCount;
  asset.nameLeft = nameLeft;
  asset.nameRight = nameRight;
  state.assetCount += 1;
  return asset;
}

/** Its terms are then to be written. */
export function addMarket(nameLeft: i32, nameRight: i32, base: Asset, quote: Asset): Market {
  const market = changetype<Market>(takeRoom(offsetof<Market>()));
  market.index = state.marketCount;
  market.nameLeft = nameLeft;
  market.nameRight = nameRight;
  market.base = base;
  market.quote = quote;
  market.window = changetype<WindowPart>(takeRoom(8 * offsetof<WindowPart>()));
  const index = market.index;
  const ladders = takeRoom(laddersBytes);
  market.bids = openLadder(ladders, 0, index, true);
  market.asks = openLadder(ladders, 1, index, false);
  market.rising = openLadder(ladders, 2, index, false);
  market.falling = openLadder(ladders, 3, index, true);
  if (state.marketCount === 0) state.firstMarket = market;
  else state.lastMarket.next = market;
  state.lastMarket = market;
  state.marketCount += 1;
  return market;
}

/** A client id that nobody has yet; the words of its text. */
export function addClient(nameLeft: i32, nameRight: i32): ClientId {
  const client = changetype<ClientId>(takeRow(smallPool));
  client.live = noOrder;
  client.orders = 0;
  client.pending = 0;
  client.nameLeft = nameLeft;
  client.nameRight = nameRight;
  return client;
}

/** Rows whose texts TypeScript has forgotten are free. */
export function releaseClient(client: ClientId): void {
  releaseRow(smallPool, changetype<usize>(client));
}

export function releaseText(id: Id): void {
  releaseRow(idPool, changetype<usize>(id));
}
