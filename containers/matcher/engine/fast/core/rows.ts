/**
 * Every row of the engine's memory. A row never moves, so who needs it holds its address; address 0 is nobody.
 * TypeScript reads the same rows by the offsets that the build writes down (core-layout.ts).
 * Amounts are doubles: whole numbers below 2^53, exactly as TypeScript and the naive twin have them.
 */

/**
 * What an account is known by, and its live orders (account-orders.ts). Its first credit line follows, then the slots of its first eight orders
 * and its second credit line: two cache lines are all that most orders need of it, and the first all that they wait for.
 */
@unmanaged
export class Account {
  /** Its place among the names that TypeScript keeps. */
  index: i32;
  /** The two words that event hashes know the account by. */
  nameLeft: i32;
  nameRight: i32;
  /** 0: each market's own rates. */
  feeTier: i32;
  past: AccountPast;
  /** Its slots. */
  orders: usize;
  openOrders: u16;
  /** So many slots were used, of so many as a power of two; the first that is free again, + 1. */
  ordersEnd: u16;
  freeSlot: u16;
  ordersLog: u8;
  /** 1 where slots may not be in the order of age. */
  isMixed: u8;
}

/** What few orders ask of an account. */
@unmanaged
export class AccountPast {
  /** When its dead man's switch fires. */
  switchDueMs: f64;
  /** Its place among the armed switches + 1; 0 where it has none. */
  switchPlace: i32;
  delegations: Delegation;
  /** The account that was known before it. */
  next: Account;
}

/** What counts against the limit of one of an account's delegations. */
@unmanaged
export class Delegation {
  id: Id;
  /** The UTC day of what was matched. */
  day: i32;
  openUnits: f64;
  matchedUnits: f64;
  /** What `validate` finds open. */
  foundUnits: f64;
  next: Delegation;
}

@unmanaged
export class Asset {
  index: i32;
  nameLeft: i32;
  nameRight: i32;
  unused: i32;
  /** All that is free or held of it, whoever's. */
  insideUnits: f64;
}

/** What an account may spend of one asset. Those of an account's first two assets lie behind its row: who reads one has the others near. */
@unmanaged
export class CreditLine {
  account: Account;
  asset: Asset;
  freeUnits: f64;
  heldUnits: f64;
  /** The line that was opened after it. */
  next: CreditLine;
  past: CreditPast;
}

/** What orders and trades never ask of a line. */
@unmanaged
export class CreditPast {
  grantNumber: f64;
  returnNumber: f64;
  returnedUnits: f64;
  /** What `validate` finds held. */
  foundUnits: f64;
}

/** A market: its terms as numbers, its two sides, and those that wait for their trigger. */
@unmanaged
export class Market {
  index: i32;
  nameLeft: i32;
  nameRight: i32;
  /** See market-state.ts. */
  state: i32;
  base: Asset;
  quote: Asset;
  bids: Ladder;
  asks: Ladder;
  /** By trigger, the next to be reached first: those that wait for a rise, and for a fall. */
  rising: Ladder;
  falling: Ladder;
  /** Triggered orders in the order in which they will enter, linked like a level. */
  firstTriggered: Order;
  lastTriggered: Order;
  liveOrders: i32;
  /** Of the newest trade; 0 before the first. */
  lastTicks: i32;
  makerFeeBps: i32;
  takerFeeBps: i32;
  baseUnitsPerLot: f64;
  quoteUnitsPerTickLot: f64;
  minSizeLots: f64;
  minNotionalUnits: f64;
  maxNotionalUnits: f64;
  /** What bands count from; 0 where there is none. */
  referenceTicks: f64;
  bandBps: f64;
  auctionBandBps: f64;
  haltBps: f64;
  haltWindowMs: f64;
  haltMs: f64;
  auctionMs: f64;
  /** When the state ends by itself; 0 where only an operator ends it. */
  untilMs: f64;
  /** The volatility window's newest part, and the sums of all. */
  newestPart: f64;
  windowLots: f64;
  windowTickLots: f64;
  window: WindowPart;
  /** Amid closing: addresses of those that still wait for their trigger, the oldest last. */
  untriggered: usize;
  untriggeredCount: i32;
  untriggeredLog: i32;
  next: Market;
}

/** Lots and ticks × lots of the trades in one part of the clock. Eight lie behind each other, by part number modulo 8. */
@unmanaged
export class WindowPart {
  part: f64;
  lots: f64;
  tickLots: f64;
}

/** One side's levels by price; see price-ladder.ts. A market's four lie behind each other, its two sides in one cache line. */
@unmanaged
export class Ladder {
  best: Level;
  /** Its price: most orders ask for no more of the other side. */
  bestTicks: i32;
  /** Entries of its pages from the worst to the best: the best come and go at the end. */
  pages: usize;
  pageCount: i32;
  /** Where the page was that `nextLevel` came to. */
  cursor: i32;
  /** How its changes are told: market × 2, + 1 for asks; −1 where nobody is told. */
  side: i32;
  /** Prices by this, bit by bit exclusive, are the smaller the better they are. */
  turn: i32;
  /** Room for so many pages, as a power of two of bytes. */
  pagesLog: u8;
}

/** A page among its ladder's: who looks for one reads no other. */
@unmanaged
export class PageEntry {
  /** Which 64 prices, counted from the best possible price. */
  number: i32;
  page: PricePage;
}

/** 64 neighbouring prices: a bit for each that has a level, and behind these fields the 64 levels' addresses. */
@unmanaged
export class PricePage {
  bits: u64;
  /** Those whose level changed since somebody asked, or went. */
  noted: u64;
  ladder: Ladder;
  /** Which 64 prices; see `PageEntry`. */
  number: i32;
  /** The page that was noted before it. */
  nextNoted: PricePage;
}

/** A price: its orders form a queue. */
@unmanaged
export class Level {
  ticks: i32;
  /** Where an order has who is before it and behind it: a level is the neighbour of its own ends, see level-queue.ts. */
  tail: Order;
  head: Order;
  orders: i32;
  /** The page that it stands in. */
  page: PricePage;
  /** Its bit there. */
  bit: i32;
  shownLots: f64;
  /** What its icebergs hide. */
  hiddenLots: f64;
  /** Of the fill-or-kill question that is asked now: its number, and what the asking account has here. */
  question: i32;
  ownOrders: i32;
  ownShownLots: f64;
  ownLeftLots: f64;
}

/**
 * An order: two cache lines. Of one that ended only what stands from its account on is kept, elsewhere, so that live orders stay close
 * together: the address of an ended order is `liveBytes` before what is kept of it.
 */
@unmanaged
export class Order {
  /** The level that it rests in, or waits in for its trigger. */
  level: Level;
  /** Neighbours in its level, or among those triggered. */
  before: Order;
  behind: Order;
  /** The credit line that it holds from. */
  holdLine: CreditLine;
  /** The credit line that its trades pay into; nobody before the first. */
  receiveLine: CreditLine;
  makerFeeBps: i16;
  takerFeeBps: i16;
  /** Its place among its account's slots. */
  slot: u16;
  /** What stays with the row: when its entry among the expiries says that it expires, in 48 bits; see expiry-queue.ts. */
  expectedLow: i16;
  expectedHigh: i32;
  /** Its digest, owner and market, as event hashes know them. */
  partyLeft: i32;
  partyRight: i32;
  heldUnits: f64;
  /** Its place in time. */
  admitted: f64;

  account: Account;
  market: Market;
  id: Id;
  extras: OrderExtras;
  /** Where it is; see order-place.ts. */
  place: u8;
  /** See order-traits.ts. */
  traits: u16;
  limitTicks: i32;
  sizeLots: f64;
  filledLots: f64;
  filledQuoteUnits: f64;
  feeUnits: f64;
  createdAtMs: f64;
  expiresAtMs: f64;

  /** What only one that ended has, and the order that ended next. */
  endedAtMs: f64;
  nextEnded: Order;
}

/** What few orders have; see order-extras.ts. It stays as long as anything is kept of its order. */
@unmanaged
export class OrderExtras {
  /** The owner's name for it; nobody where it has none. */
  client: ClientId;
  /** By whose leave a session key signed it; nobody where the account itself did, and where it ended. */
  delegation: Delegation;
  triggerTicks: i32;
  unused: i32;
  /** An iceberg's: its slices, and what its level counts of it; 0 outside the book. */
  displayLots: f64;
  shownLots: f64;
  /** The money that bounds it; 0 where its size does. */
  spendUnits: f64;
}

/** An id that the engine must know again: an order's digest, or a command's, with the command's first result. */
@unmanaged
export class Id {
  /** 8 words of the digest. */
  digestA: u64;
  digestB: u64;
  digestC: u64;
  digestD: u64;
  /** Its order: the row of a live one; of one that ended what is kept of it, and 1, so that nobody reads that to learn that it is over. */
  order: usize;
  /** Where it belongs in the table of ids. */
  hash: i32;
  /** The number of the first result; 0 where none is remembered. */
  sequence: f64;
  atMs: f64;
  /** The id whose result was remembered next; the next free row. */
  next: Id;
  /** Requests that were resolved and not yet applied that name it. */
  pending: u16;
  /** The code of the first result, or `accepted`. */
  code: i8;
  /** 1 where the id is no digest: TypeScript finds those. */
  isText: u8;
}

/** What an owner calls an order: unique among the account's live orders. */
@unmanaged
export class ClientId {
  live: Order;
  /** Orders, live or ended, that have it. */
  orders: i32;
  /** Requests that were resolved and not yet applied that name it. */
  pending: i32;
  nameLeft: i32;
  nameRight: i32;
  next: ClientId;
}

/** Something that a command left to do; see work.ts. */
@unmanaged
export class Work {
  kind: i32;
  market: Market;
  account: Account;
  /** 0 buy, 1 sell, −1 both. */
  side: i32;
  priceTicks: i32;
  reason: i32;
  leftLots: f64;
  next: Work;
}

/** A command as the engine works with it: two cache lines, and a third for what is rare. */
@unmanaged
export class Request {
  /** See request-kind.ts. */
  kind: i32;
  /** The command's id; nobody where it is not remembered. */
  id: Id;
  /** The two words that event hashes know the id by. */
  nameLeft: i32;
  nameRight: i32;
  /** The id of the order to cancel, amend or replace. */
  target: Id;
  account: Account;
  market: Market;
  client: ClientId;
  traits: i32;
  isByMoney: i32;
  /** See `misfits` in ../request.ts. */
  misfit: i32;
  limitTicks: i32;
  triggerTicks: i32;
  maxFeeBps: i32;
  /** The answer: a refusal's place in the closed list, or `accepted`. */
  code: i32;
  /** A side, a market's state, a fee tier: what else the command names. */
  detail: i32;
  nowMs: f64;
  createdAtMs: f64;
  expiresAtMs: f64;
  sizeLots: f64;
  displayLots: f64;
  spendUnits: f64;
  /** The credit lines that its order would hold from, and be paid into, where they were there already. */
  holdLine: CreditLine;
  receiveLine: CreditLine;
  /** By whose leave a session key signed the order; nobody where the account itself did. */
  delegation: Id;

  /** From here on, what few commands have. */
  asset: Asset;
  makerFeeBps: i32;
  takerFeeBps: i32;
  /** Of a grant. */
  grantNumber: f64;
  /** Of a switch. */
  afterMs: f64;
  /** Of the delegation. */
  limitUnits: f64;
}

/** One event of the command that was applied last. */
@unmanaged
export class EventRow {
  /** See `eventTags`. */
  tag: i32;
  /** A trade's price, an end's or a change's reason, a refusal's code. */
  detail: i32;
  /** The order that it is about; a trade's maker. */
  order: Order;
  taker: Order;
  market: Market;
  line: CreditLine;
  sizeLots: f64;
  baseUnits: f64;
  quoteUnits: f64;
  makerFeeUnits: f64;
  takerFeeUnits: f64;
}
