/** All that the naive engine knows: plain arrays, searched from the front. Whatever can be derived is derived anew each time. */
import type { Asset } from '#domain/asset.ts';
import type { EngineEvent } from '#domain/event.ts';
import { feeUnits } from '#domain/fee.ts';
import type { Market, MarketId } from '#domain/market.ts';
import { type DoneReason, notionalUnits, type OrderProgress, type Side } from '#domain/order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import type { HashLanes } from '../hash-lanes.ts';

export type NaiveMarket = { market: Market; base: Asset; quote: Asset };

export type NaiveOrder = OrderProgress & {
  status: 'open' | DoneReason;
  /** Sequence number of its `accepted`: the order of time. */
  admitted: number;
  makerFeeBps: number;
  takerFeeBps: number;
};

/** What is held is no field of it: it is the sum over the live orders. */
export type NaiveLine = {
  account: string;
  asset: string;
  freeUnits: number;
  grantNumber: number;
  returnNumber: number;
  returnedUnits: number;
};

export type SeenCommand = {
  commandId: string;
  atMs: number;
  result: { sequence: number; code?: EngineRefusal };
};

export type NaiveState = {
  readonly groupId: string | undefined;
  nowMs: number;
  sequence: number;
  markets: NaiveMarket[];
  /** Resting orders of every market, oldest first. */
  live: NaiveOrder[];
  ended: { order: NaiveOrder; atMs: number }[];
  lines: NaiveLine[];
  seen: SeenCommand[];
  touched: { marketId: MarketId; side: Side; priceTicks: number }[];
  readonly events: HashLanes;
  /** Numbers an event, chains it into the hash and gives it out; counts those of this command. */
  emit: (event: Unnumbered) => number;
  emitted: number;
};

/** An event whose number is still to come. */
export type Unnumbered = EngineEvent extends infer E
  ? E extends EngineEvent
    ? Omit<E, 'sequence'>
    : never
  : never;

export function marketOf(state: NaiveState, marketId: MarketId): NaiveMarket | undefined {
  return state.markets.find(({ market }) => market.id === marketId);
}

export function listedMarket(state: NaiveState, marketId: MarketId): NaiveMarket {
  const listed = marketOf(state, marketId);
  if (!listed) throw new Error(`${marketId} is not listed`);
  return listed;
}

/** An account's line of an asset; made where there is none. */
export function lineOf(state: NaiveState, account: string, asset: string): NaiveLine {
  const found = state.lines.find((line) => line.account === account && line.asset === asset);
  if (found) return found;
  const none = { freeUnits: 0, grantNumber: 0, returnNumber: 0, returnedUnits: 0 };
  const line = { account, asset, ...none };
  state.lines.push(line);
  return line;
}

export function freeUnitsOf(state: NaiveState, account: string, asset: string): number {
  const found = state.lines.find((line) => line.account === account && line.asset === asset);
  return found ? found.freeUnits : 0;
}

/** What the account's live orders hold of an asset. */
export function heldUnitsOf(state: NaiveState, account: string, asset: string): number {
  let heldUnits = 0;
  for (const order of state.live) {
    const listed = listedMarket(state, order.marketId);
    if (order.account !== account || holdAsset(order.side, listed) !== asset) continue;
    heldUnits += holdFor(order, listed.market);
  }
  return heldUnits;
}

export function holdAsset(side: Side, { base, quote }: NaiveMarket): string {
  return side === 'buy' ? quote.id : base.id;
}

/** "Buy: holds notional at the limit price plus the fee (the higher of maker and taker rate). Sell: holds the lots." Of what is left. */
export function holdFor(
  order: Pick<
    NaiveOrder,
    | 'side'
    | 'limitTicks'
    | 'sizeLots'
    | 'spendUnits'
    | 'filledLots'
    | 'filledQuoteUnits'
    | 'makerFeeBps'
    | 'takerFeeBps'
  >,
  market: Market,
): number {
  const leftLots = order.sizeLots - order.filledLots;
  if (order.side === 'sell') return leftLots * market.baseUnitsPerLot;
  const notional =
    order.spendUnits > 0
      ? order.spendUnits - order.filledQuoteUnits
      : notionalUnits(order.limitTicks, leftLots, market);
  return notional + feeUnits(notional, Math.max(order.makerFeeBps, order.takerFeeBps));
}

export function otherSide(side: Side): Side {
  return side === 'buy' ? 'sell' : 'buy';
}

/** One side of a market in the order in which it trades: best price first, then oldest first. */
export function queueOf(state: NaiveState, marketId: MarketId, side: Side): NaiveOrder[] {
  return state.live
    .filter((order) => order.marketId === marketId && order.side === side)
    .sort((one, other) => {
      const byPrice =
        side === 'buy' ? other.limitTicks - one.limitTicks : one.limitTicks - other.limitTicks;
      return byPrice || one.admitted - other.admitted;
    });
}

/** A side's levels, best first: each price once with the sum of its orders' open lots. */
export function levelsOf(state: NaiveState, marketId: MarketId, side: Side): [number, number][] {
  const levels: [number, number][] = [];
  for (const order of queueOf(state, marketId, side)) {
    const last = levels.at(-1);
    const openLots = order.sizeLots - order.filledLots;
    if (last && last[0] === order.limitTicks) last[1] += openLots;
    else levels.push([order.limitTicks, openLots]);
  }
  return levels;
}

/** Notes that a price level's total may have changed. */
export function touch(state: NaiveState, { marketId, side, limitTicks }: NaiveOrder): void {
  const known = state.touched.some(
    (level) =>
      level.marketId === marketId && level.side === side && level.priceTicks === limitTicks,
  );
  if (!known) state.touched.push({ marketId, side, priceTicks: limitTicks });
}

/** An order as others see it. */
export function progressOf(order: NaiveOrder): OrderProgress {
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
