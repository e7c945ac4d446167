/** Decides what the taker does next: a small order that crosses the spread, on the side that its funds allow. */
import { notionalUnits, type Side } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { Funds } from './quoting.ts';
import type { Random } from './seeded-random.ts';

export type Top = { bidTicks?: number | undefined; askTicks?: number | undefined };
export type Take = { side: Side; type: 'limit' | 'market'; worstTicks: number; sizeLots: number };

/** Notional of one order in whole quote, and how much worse than the best price it may go. */
const notional = { least: 20, most: 250 };
const slipBps = 30;

/** Undefined where there is nobody to trade with, or no funds for the smallest order. */
export function decideTake(given: {
  top: Top;
  funds: Funds;
  listed: ListedMarket;
  random: Random;
}): Take | undefined {
  const { top, funds, random } = given;
  const { market, quote } = given.listed;
  const midTicks = top.bidTicks && top.askTicks ? (top.bidTicks + top.askTicks) / 2 : undefined;
  const baseLots = Math.floor(funds.baseUnits / market.baseUnitsPerLot);
  // The fuller side is the likelier to be given: funds swing around their middle and last.
  const baseValue = notionalUnits(midTicks ?? 0, baseLots, market);
  const share = baseValue / (baseValue + funds.quoteUnits || 1);
  const side: Side = random() < share ? 'sell' : 'buy';
  const type = random() < 0.5 ? 'market' : 'limit';
  const wished = notional.least + random() * (notional.most - notional.least);

  const bestTicks = side === 'buy' ? top.askTicks : top.bidTicks;
  if (!bestTicks) return undefined;
  const slip = Math.ceil((bestTicks * slipBps) / 10_000);
  const worstTicks = side === 'buy' ? bestTicks + slip : Math.max(1, bestTicks - slip);
  const perLot = notionalUnits(worstTicks, 1, market);
  // The fee is outside the notional; two percent is more than any fee.
  const mostLots = side === 'buy' ? Math.floor(funds.quoteUnits / (perLot * 1.02)) : baseLots;
  const wishedLots = Math.round((wished * 10 ** quote.decimals) / perLot);
  const sizeLots = Math.min(mostLots, Math.max(wishedLots, market.minSizeLots));
  const tooSmall =
    sizeLots < market.minSizeLots ||
    notionalUnits(Math.min(bestTicks, worstTicks), sizeLots, market) < market.minNotionalUnits;
  return sizeLots < 1 || tooSmall ? undefined : { side, type, worstTicks, sizeLots };
}
