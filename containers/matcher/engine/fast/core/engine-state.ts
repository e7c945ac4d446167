/**
 * What the engine knows beside its rows, at a fixed place: a copy of the memory is a copy of the engine.
 * Below lie, each at its place: pools and free regions, names of traits, fee tiers, the request at hand, the events of the command at
 * hand; from `__heap_base` on, rows and regions.
 */
import {
  Account,
  Asset,
  ClientId,
  CreditLine,
  Delegation,
  Id,
  Market,
  Order,
  PricePage,
  Work,
} from './rows.ts';

@unmanaged
export class EngineState {
  nowMs: f64;
  sequence: f64;
  /** When the next market's state ends by itself; infinite where none does. */
  marketsDueMs: f64;
  /** When the next live order expires, and when the next armed switch fires; infinite where none does. */
  expiriesDueMs: f64;
  switchesDueMs: f64;
  /** The event hash; see event-chain.ts. */
  chainLeft: i32;
  chainRight: i32;
  chainCount: i32;
  eventCount: i32;
  /** 1 where the newest command was refused or changed a market's state: what a replay must know beside the hash. */
  isWorthTelling: i32;
  /** What the placement would hold that was looked at last. */
  placingUnits: f64;
  /** The order at hand. */
  incoming: Order;
  /** How far it may trade, fixed when it began to match. */
  bandLowTicks: i32;
  bandHighTicks: i32;
  haltLowTicks: i32;
  haltHighTicks: i32;
  firstWork: Work;
  lastWork: Work;
  /** Ids by the age of their remembered results, and orders that ended. */
  oldestRemembered: Id;
  newestRemembered: Id;
  oldestEnded: Order;
  newestEnded: Order;
  /** Until then none of them is forgotten. */
  forgetAfterMs: f64;
  /** Rows that TypeScript keeps texts for and that nothing needs any more. */
  droppedTexts: Id;
  droppedClients: ClientId;
  firstLine: CreditLine;
  lastLine: CreditLine;
  newestAccount: Account;
  firstMarket: Market;
  lastMarket: Market;
  accountCount: i32;
  assetCount: i32;
  marketCount: i32;
  lineCount: i32;
  question: i32;

  /** Where ids are found: pairs of a hash and an address; a power of two of them. */
  idIndex: usize;
  idIndexLog: i32;
  idsIndexed: i32;
  /** Keys of that hash. */
  keyA: i32;
  keyB: i32;
  keyC: i32;
  keyD: i32;
  keyE: i32;
  keyF: i32;
  keyG: i32;
  keyH: i32;
  keyStart: i32;
  /** Where accounts are found by their addresses: see account-table.ts. */
  addressIndex: usize;
  addressIndexLog: i32;
  addressCount: i32;
  /** Where credit lines are found: addresses. */
  lineIndex: usize;
  lineIndexLog: i32;
  /** Live orders by expiry, in so many bytes as a power of two. */
  expiries: usize;
  expiriesLog: i32;
  expiryCount: i32;
  /** Armed dead man's switches. */
  switches: usize;
  switchesLog: i32;
  switchCount: i32;
  /** Pages with levels that changed since somebody asked, and what was told of such levels last. */
  notedPages: PricePage;
  changes: usize;
  changesLog: i32;
  /** The first byte that was never used. */
  memoryEnd: usize;
  /** What an auction would come to, answered by `uncrossing`. */
  uncrossTicks: i32;
  uncrossLots: f64;
  uncrossImbalanceLots: f64;
  /** The part of the clock that was asked for last, of that moment and window. */
  partNowMs: f64;
  partWindowMs: f64;
  partNow: f64;
}

export const stateAt: usize = 1024;
/** Heads of the lists of free regions, by the power of two of their bytes. */
export const freeRegionsAt: usize = 1792;
export const poolsAt: usize = 2048;
export const traitNamesAt: usize = 4096;
export const feeTiersAt: usize = 8192;
/** 8 words of a digest to look for. */
export const digestAt: usize = 12_224;
/** 20 bytes of an address to look for. */
export const addressAt: usize = 12_256;
/** The request that `apply` of the engine fills again and again. */
export const requestAt: usize = 12_288;
/** As far as requests in a row lie from each other. */
export const requestBytes: usize = 192;
/** Names of the command that `requestAt` is of, see `RawNames`. */
export const namesAt: usize = 12_480;
/** The texts of what a cancel names, one behind the other: its own id, its account and its order's digest. */
export const cancelTextsAt: usize = 12_600;
/** What a fill-or-kill order asks for, while that is looked at. */
export const wantingAt: usize = 12_800;
/** The two words of the empty name. */
export const noNameAt: usize = 12_928;
/** Two words of each market state. */
export const stateNamesAt: usize = 12_944;
/** What the requests that are looked at before their turn will meet. */
export const aheadAt: usize = 13_056;
/** Two words of each name that the state hash knows an order's place and traits by. */
export const orderNamesAt: usize = 15_872;
export const eventsAt: usize = 16_384;

export const state: EngineState = changetype<EngineState>(stateAt);

export const noAccount: Account = changetype<Account>(0);
export const noAsset: Asset = changetype<Asset>(0);
export const noLine: CreditLine = changetype<CreditLine>(0);
export const noMarket: Market = changetype<Market>(0);
export const noOrder: Order = changetype<Order>(0);
export const noId: Id = changetype<Id>(0);
export const noDelegation: Delegation = changetype<Delegation>(0);
export const noClient: ClientId = changetype<ClientId>(0);
export const noWork: Work = changetype<Work>(0);

/** When the next live order expires, switch fires or market's time ends; infinite where nothing ever does. */
export function dueMs(): f64 {
  return min(state.marketsDueMs, min(state.expiriesDueMs, state.switchesDueMs));
}

/** Whether it has come. The least of three doubles would cost twice as much as asking each. */
export function isDue(): bool {
  const nowMs = state.nowMs;
  return (
    state.expiriesDueMs <= nowMs || state.switchesDueMs <= nowMs || state.marketsDueMs <= nowMs
  );
}

export function isUnfinished(): bool {
  return state.incoming !== noOrder || state.firstWork !== noWork;
}
