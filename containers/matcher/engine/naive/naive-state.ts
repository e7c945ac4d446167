/** All that the naive engine knows: plain arrays, searched from the front. Whatever can be derived is derived anew each time. */
import { assert } from '#domain/assertion.ts';
import type { Asset } from '#domain/asset.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { Market, MarketId } from '#domain/market.ts';
import type { Address, Digest, DoneReason, OrderProgress } from '#domain/order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import type { HashLanes } from '../hash-lanes.ts';
import type { OrderPlace, Work } from '../snapshot-record.ts';

/** Trades of one eighth of the volatility window. */
export type WindowPart = { part: number; lots: number; tickLots: number };

export type NaiveMarket = {
  /** With the state of this moment. */
  market: Market;
  base: Asset;
  quote: Asset;
  untilMs: number;
  lastTicks: number;
  referenceTicks: number;
  window: WindowPart[];
};

export type NaiveOrder = OrderProgress & {
  place: OrderPlace;
  /** By whose leave a session key signed it. */
  delegation?: Digest;
  /** Sequence number of its `accepted` or, once it was triggered, of its `order_triggered`. */
  admitted: number;
  /** Its place in its queue: the lower, the earlier. In the book within its level; of triggered orders, within all that wait. */
  queued: number;
  makerFeeBps: number;
  takerFeeBps: number;
  /** What its level counts of it; 0 outside the book. */
  shownLots: number;
};

export type EndedOrder = { order: OrderProgress; status: DoneReason; atMs: number };

/** What is held is no field of it: it is the sum over the live orders. */
export type NaiveLine = {
  account: Address;
  asset: string;
  freeUnits: number;
  grantNumber: number;
  returnNumber: number;
  returnedUnits: number;
};

/** What was matched by a delegation on a day; what is open is the sum over the live orders. */
export type NaiveDelegation = {
  account: Address;
  digest: Digest;
  matchedUnits: number;
  /** UTC days since 1970; 0 before the first match. */
  day: number;
};

export type SeenCommand = {
  commandId: string;
  atMs: number;
  result: { sequence: number; code?: EngineRefusal };
};

export type FeeRates = { makerFeeBps: number; takerFeeBps: number };

export type NaiveState = {
  readonly groupId: string | undefined;
  nowMs: number;
  sequence: number;
  markets: NaiveMarket[];
  /** Every order that is not over, wherever it is. */
  live: NaiveOrder[];
  ended: EndedOrder[];
  lines: NaiveLine[];
  feeTiers: (FeeRates & { tier: number })[];
  accountTiers: { account: Address; tier: number }[];
  switches: { account: Address; dueMs: number }[];
  delegations: NaiveDelegation[];
  /** What is left to do, first one first. */
  work: Work[];
  seen: SeenCommand[];
  /** The newest place in any queue. */
  queued: number;
  touched: { marketId: MarketId; side: 'buy' | 'sell'; priceTicks: number }[];
  readonly events: HashLanes;
  /** Numbers an event, chains it into the hash and gives it out; answers its number. */
  emit: (event: Unnumbered) => number;
  /** Events of the newest command. */
  emitted: number;
};

/** An event whose number is still to come. */
export type Unnumbered = EngineEvent extends infer E
  ? E extends EngineEvent
    ? Omit<E, 'sequence'>
    : never
  : never;

export function emptyState(groupId: string | undefined, events: HashLanes): NaiveState {
  return {
    groupId,
    nowMs: 0,
    sequence: 0,
    markets: [],
    live: [],
    ended: [],
    lines: [],
    feeTiers: [],
    accountTiers: [],
    switches: [],
    delegations: [],
    work: [],
    seen: [],
    queued: 0,
    touched: [],
    events,
    emit: () => assert(false, 'no command is under way') ?? 0,
    emitted: 0,
  };
}

export function marketOf(state: NaiveState, marketId: MarketId): NaiveMarket | undefined {
  return state.markets.find(({ market }) => market.id === marketId);
}

export function listedMarket(state: NaiveState, marketId: MarketId): NaiveMarket {
  const listed = marketOf(state, marketId);
  assert(listed, `${marketId} is not listed`);
  return listed;
}

export function liveOrder(state: NaiveState, digest: Digest): NaiveOrder | undefined {
  return state.live.find((order) => order.digest === digest);
}

/** "A tier's rates replace the market's own for the accounts in it." */
export function feesOf(state: NaiveState, account: Address, market: FeeRates): FeeRates {
  const tier = tierOf(state, account);
  const rates = state.feeTiers.find((each) => each.tier === tier) ?? market;
  return { makerFeeBps: rates.makerFeeBps, takerFeeBps: rates.takerFeeBps };
}

export function tierOf(state: NaiveState, account: Address): number {
  return state.accountTiers.find((each) => each.account === account)?.tier ?? 0;
}

/** An order as others see it. */
export function progressOf(order: OrderProgress): OrderProgress {
  return {
    digest: order.digest,
    ...(order.clientOrderId === undefined ? {} : { clientOrderId: order.clientOrderId }),
    account: order.account,
    marketId: order.marketId,
    side: order.side,
    orderType: order.orderType,
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    selfTrade: order.selfTrade,
    limitTicks: order.limitTicks,
    triggerTicks: order.triggerTicks,
    sizeLots: order.sizeLots,
    displayLots: order.displayLots,
    spendUnits: order.spendUnits,
    filledLots: order.filledLots,
    filledQuoteUnits: order.filledQuoteUnits,
    feeUnits: order.feeUnits,
    createdAtMs: order.createdAtMs,
    expiresAtMs: order.expiresAtMs,
  };
}

/** Oldest first. */
export function byAge(one: { admitted: number }, other: { admitted: number }): number {
  return one.admitted - other.admitted;
}

/** By code units: a locale's order differs between machines. */
export function byText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
