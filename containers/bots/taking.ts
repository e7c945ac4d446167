/** Decides what the taker does next: a small order that crosses the spread, or waits for a price, on the side that its funds allow. */
import type { MarketState } from '#domain/market.ts';
import { notionalUnits, type OrderType, type Side, type TimeInForce } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { Funds } from './quoting.ts';
import type { Random } from './seeded-random.ts';

export type Top = { bidTicks?: number | undefined; askTicks?: number | undefined };
export type Take = {
  side: Side;
  type: OrderType;
  timeInForce: TimeInForce;
  worstTicks: number;
  /** Of stops and take-profits. */
  triggerTicks?: number;
  sizeLots: number;
  /** An amount of money in quote units, instead of the size. */
  spendUnits?: number;
};

type Kind = { share: number; type: OrderType; timeInForce: TimeInForce; byMoney?: true };
/** What it sends how often. All together are 1. */
const kinds: Kind[] = [
  { share: 0.3, type: 'market', timeInForce: 'ioc' },
  { share: 0.28, type: 'limit', timeInForce: 'ioc' },
  { share: 0.12, type: 'market', timeInForce: 'ioc', byMoney: true },
  { share: 0.1, type: 'limit', timeInForce: 'fok' },
  { share: 0.06, type: 'market', timeInForce: 'fok' },
  { share: 0.04, type: 'stop', timeInForce: 'ioc' },
  { share: 0.04, type: 'take_profit', timeInForce: 'ioc' },
  { share: 0.03, type: 'stop_limit', timeInForce: 'gtd' },
  { share: 0.03, type: 'take_profit_limit', timeInForce: 'gtd' },
];
/** An auction collects limit orders only. */
const auctionKind: Kind = { share: 1, type: 'limit', timeInForce: 'gtc' };

/** Notional of one order in whole quote, and how much worse than the best price it may go. */
const notional = { least: 20, most: 250 };
const slipBps = 30;
/** How far from the best price a trigger is set. */
const triggerBps = { least: 15, most: 80 };

/** Undefined where the market takes no such order now, there is nobody to trade with, or no funds for the smallest order. */
export function decideTake(given: {
  top: Top;
  state: MarketState;
  funds: Funds;
  listed: ListedMarket;
  random: Random;
}): Take | undefined {
  const { top, state, funds, random } = given;
  const { market, quote } = given.listed;
  if (state !== 'open' && state !== 'auction') return undefined;
  const side = decideSide(given);
  const kind = state === 'auction' ? auctionKind : drawKind(random());
  const wished = notional.least + random() * (notional.most - notional.least);
  const bestTicks = side === 'buy' ? top.askTicks : top.bidTicks;
  if (!bestTicks) return undefined;
  const prices = pricesOf(kind, side, bestTicks, random());

  const perLot = notionalUnits(prices.worstTicks, 1, market);
  const baseLots = Math.floor(funds.baseUnits / market.baseUnitsPerLot);
  // The fee is outside the notional; two percent is more than any fee.
  const mostLots = side === 'buy' ? Math.floor(funds.quoteUnits / (perLot * 1.02)) : baseLots;
  const wishedLots = Math.round((wished * 10 ** quote.decimals) / perLot);
  const sizeLots = Math.min(mostLots, Math.max(wishedLots, market.minSizeLots));
  const lowestTicks = Math.min(bestTicks, prices.worstTicks);
  const tooSmall =
    sizeLots < market.minSizeLots ||
    notionalUnits(lowestTicks, sizeLots, market) < market.minNotionalUnits;
  if (sizeLots < 1 || tooSmall) return undefined;
  const { type, timeInForce } = kind;
  const money = kind.byMoney && side === 'buy' ? { spendUnits: perLot * sizeLots } : {};
  return { side, type, timeInForce, ...prices, sizeLots, ...money };
}

/** The fuller side is the likelier to be given: funds swing around their middle and last. */
function decideSide(given: { top: Top; funds: Funds; listed: ListedMarket; random: Random }): Side {
  const { top, funds, random } = given;
  const { market } = given.listed;
  const midTicks = top.bidTicks && top.askTicks ? (top.bidTicks + top.askTicks) / 2 : undefined;
  const baseLots = Math.floor(funds.baseUnits / market.baseUnitsPerLot);
  const baseValue = notionalUnits(midTicks ?? 0, baseLots, market);
  const share = baseValue / (baseValue + funds.quoteUnits || 1);
  return random() < share ? 'sell' : 'buy';
}

function drawKind(drawn: number): Kind {
  let left = drawn;
  // Whatever rounding leaves over falls to the first.
  const kind = kinds.find(({ share }) => {
    left -= share;
    return left < 0;
  });
  return kind ?? { share: 0, type: 'market', timeInForce: 'ioc' };
}

/** The worst price, and the trigger of an order that waits for one: a stop's where the price gets worse, a take-profit's where it gets better. */
function pricesOf(kind: Kind, side: Side, bestTicks: number, drawn: number) {
  const { type } = kind;
  const waits = type !== 'limit' && type !== 'market';
  if (!waits) return { worstTicks: worseBy(slipBps, bestTicks, side) };
  const isStop = type === 'stop' || type === 'stop_limit';
  const away = triggerBps.least + drawn * (triggerBps.most - triggerBps.least);
  const opposite = side === 'buy' ? 'sell' : 'buy';
  const triggerTicks = worseBy(away, bestTicks, isStop ? side : opposite);
  return { triggerTicks, worstTicks: worseBy(slipBps, triggerTicks, side) };
}

/** A price that is so much higher for a buyer, lower for a seller. */
function worseBy(bps: number, ticks: number, side: Side): number {
  const off = Math.ceil((ticks * bps) / 10_000);
  return side === 'buy' ? ticks + off : Math.max(1, ticks - off);
}
