/** Listing a market, changing its terms and its state, in the naive engine. */
import { assert } from '#domain/assertion.ts';
import type { ListMarket } from '#domain/command.ts';
import type { StateChangeReason } from '#domain/event.ts';
import type { Market, MarketState } from '#domain/market.ts';
import { marketOf, type NaiveMarket, type NaiveState } from './naive-state.ts';
import { beginCascade } from './naive-stops.ts';

/** "A new market begins in the state that the listing names; a listed one keeps its state." */
export function listMarket(state: NaiveState, command: ListMarket): void {
  const { base, quote } = command;
  assertSound(state, command);
  const known = marketOf(state, command.market.id);
  const market = { ...command.market, state: known?.market.state ?? command.market.state };
  if (known) changeTerms(known, command);
  else {
    state.markets.push({
      market,
      base,
      quote,
      untilMs: untilOf(market, { nowMs: state.nowMs, reason: 'operator' }),
      lastTicks: 0,
      referenceTicks: market.referenceTicks,
      window: [],
    });
  }
  state.emit({ type: 'market_listed', market, base, quote });
}

function changeTerms(listed: NaiveMarket, { market, base, quote }: ListMarket): void {
  const before = listed.market;
  listed.market = { ...market, state: before.state };
  listed.base = base;
  listed.quote = quote;
  // "Changing them forgets last price, reference and window."
  if (changesTickOrLot(before, market)) {
    listed.lastTicks = 0;
    listed.referenceTicks = market.referenceTicks;
    listed.window = [];
  }
  // "An operator who lists another `referenceTicks` sets it anew."
  if (market.referenceTicks !== before.referenceTicks)
    listed.referenceTicks = market.referenceTicks;
  // "Changing `haltBps` or `haltWindowMs` empties the window."
  if (market.haltBps !== before.haltBps || market.haltWindowMs !== before.haltWindowMs) {
    listed.window = [];
  }
}

export function changesTickOrLot(one: Market, other: Market): boolean {
  return (
    one.baseUnitsPerLot !== other.baseUnitsPerLot ||
    one.quoteUnitsPerTickLot !== other.quoteUnitsPerTickLot
  );
}

/** Puts a market into a state, tells, and lets happen what the state brings with it. */
export function changeState(
  state: NaiveState,
  listed: NaiveMarket,
  { to, reason }: { to: MarketState; reason: StateChangeReason },
): void {
  const { nowMs } = state;
  listed.market = { ...listed.market, state: to };
  listed.untilMs = untilOf(listed.market, { nowMs, reason });
  const marketId = listed.market.id;
  const { untilMs } = listed;
  state.emit({ type: 'market_state_changed', marketId, state: to, reason, atMs: nowMs, untilMs });
  if (to === 'closed') state.work.push({ work: 'close', marketId });
  beginCascade(state, marketId);
}

/** "An auction lasts `auctionMs`, a halt by volatility `haltMs`; 0, or a halt by an operator, lasts until an operator ends it." */
function untilOf(
  market: Market,
  { nowMs, reason }: { nowMs: number; reason: StateChangeReason },
): number {
  if (market.state === 'auction' && market.auctionMs > 0) return nowMs + market.auctionMs;
  const isHaltedByVolatility = market.state === 'halted' && reason === 'volatility';
  return isHaltedByVolatility && market.haltMs > 0 ? nowMs + market.haltMs : 0;
}

/** Whoever sends terms has checked them against the catalog's schema: anything else here is a bug. */
function assertSound({ groupId }: NaiveState, { market, base, quote }: ListMarket): void {
  const { id } = market;
  assert(id === `${base.id}-${quote.id}`, `${id} names other assets`);
  assert(!groupId || market.groupId === groupId, `${id} belongs to ${market.groupId}`);
  const least = {
    baseUnitsPerLot: 1,
    quoteUnitsPerTickLot: 1,
    minSizeLots: 1,
    minNotionalUnits: 1,
    maxNotionalUnits: 0,
    bandBps: 0,
    auctionBandBps: 0,
    haltBps: 0,
    haltWindowMs: market.haltBps > 0 ? 1 : 0,
    haltMs: 0,
    auctionMs: 0,
    referenceTicks: 0,
  } as const;
  for (const name of Object.keys(least) as (keyof typeof least)[]) {
    const value = market[name];
    assert(Number.isSafeInteger(value) && value >= least[name], `${id}: bad ${name}`);
  }
  assert(areSoundFees(market), `${id}: bad fee`);
}

/** Whole basis points below 100 %; only a maker may be paid. */
export function areSoundFees(rates: { makerFeeBps: number; takerFeeBps: number }): boolean {
  const { makerFeeBps, takerFeeBps } = rates;
  const areWhole = Number.isInteger(makerFeeBps) && Number.isInteger(takerFeeBps);
  return areWhole && Math.abs(makerFeeBps) < 10_000 && takerFeeBps >= 0 && takerFeeBps < 10_000;
}
