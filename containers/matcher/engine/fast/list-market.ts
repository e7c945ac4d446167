/** Listing a market and changing its terms and its state. */
import { assert } from '#domain/assertion.ts';
import type { Asset } from '#domain/asset.ts';
import type { ListMarket, SetMarketState } from '#domain/command.ts';
import type { MarketListed } from '#domain/event.ts';
import type { Market, MarketState } from '#domain/market.ts';
import { endAuction, isOutsideAuctionBand, uncrossingOf } from './auction.ts';
import { changeState, setUntil } from './change-state.ts';
import type { FastState } from './fast-state.ts';
import { accepted } from './id-table.ts';
import { MarketBook, type Terms } from './market-book.ts';
import { refusal } from './refusal-code.ts';

export function listRefusal(state: FastState, { market, base, quote }: ListMarket): number {
  const book = state.bookOf(market.id);
  if (book && book.liveOrders > 0 && changesTickOrLot(book.market, market)) {
    return refusal.market_has_orders;
  }
  const changesAsset = state.markets
    .flatMap((each) => [each.base, each.quote])
    .some((known) => contradicts(known, base) || contradicts(known, quote));
  if (changesAsset) return refusal.asset_has_other_terms;
  return book?.market.state === 'closed' ? refusal.state_not_reachable : accepted;
}

/** An asset's decimals and chain asset stand for ever. */
function contradicts(known: Asset, asset: Asset): boolean {
  if (known.id !== asset.id) return false;
  const { decimals, chainDecimals, chainAsset } = known;
  const isSame = decimals === asset.decimals && chainDecimals === asset.chainDecimals;
  return !isSame || chainAsset !== asset.chainAsset;
}

function changesTickOrLot(one: Market, other: Market): boolean {
  return (
    one.baseUnitsPerLot !== other.baseUnitsPerLot ||
    one.quoteUnitsPerTickLot !== other.quoteUnitsPerTickLot
  );
}

/** A new market begins in the state that the listing names; a listed one keeps its state. */
export function listMarket(state: FastState, { market, base, quote }: ListMarket): void {
  assertSound(state, { market, base, quote });
  const known = state.bookOf(market.id);
  const book = known ?? openBook(state, { market, base, quote });
  if (known) changeTerms(known, { market, base, quote });
  else setUntil(state, book, 'operator');
  state.events.rare<MarketListed>({ type: 'market_listed', market: book.market, base, quote });
}

export function openBook(state: FastState, terms: Terms): MarketBook {
  const { markets, marketHandles } = state;
  const base = state.assetHandle(terms.base.id);
  const quote = state.assetHandle(terms.quote.id);
  const handles = { market: markets.length, base, quote };
  const book = new MarketBook(terms, handles, state.pages);
  marketHandles.set(book.id, book.handle);
  markets.push(book);
  return book;
}

function changeTerms(book: MarketBook, { market, base, quote }: Terms): void {
  const before = book.market;
  book.market = { ...market, state: before.state };
  book.base = base;
  book.quote = quote;
  const isAnew = changesTickOrLot(before, market);
  if (isAnew) book.lastTicks = 0;
  if (isAnew || market.referenceTicks !== before.referenceTicks) {
    book.referenceTicks = market.referenceTicks;
  }
  const changesWindow =
    market.haltBps !== before.haltBps || market.haltWindowMs !== before.haltWindowMs;
  if (isAnew || changesWindow) book.window.clear();
}

/** Whoever sends terms has checked them against the catalog's schema: anything else here is a bug. */
function assertSound({ groupId }: FastState, { market, base, quote }: Terms): void {
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
  assertSoundFees(market, id);
}

/** Whole basis points below 100 %; only a maker may be paid. */
export function assertSoundFees(
  { makerFeeBps, takerFeeBps }: { makerFeeBps: number; takerFeeBps: number },
  name: string,
): void {
  const areWhole = Number.isInteger(makerFeeBps) && Number.isInteger(takerFeeBps);
  const areSound = Math.abs(makerFeeBps) < 10_000 && takerFeeBps >= 0 && takerFeeBps < 10_000;
  assert(areWhole && areSound, `${name}: bad fee`);
}

/** The table of market states; whatever is not in it is not reachable. */
const reachable: Record<MarketState, MarketState[]> = {
  pre_open: ['open', 'auction', 'cancel_only', 'halted', 'closed'],
  open: ['auction', 'cancel_only', 'halted', 'closed'],
  auction: ['open', 'halted', 'closed'],
  cancel_only: ['open', 'auction', 'halted', 'closed'],
  halted: ['auction', 'closed'],
  closed: [],
};

const endsAuction = (book: MarketBook, to: MarketState) =>
  book.market.state === 'auction' && to === 'open';

export function stateRefusal(state: FastState, command: SetMarketState): number {
  const book = state.bookOf(command.marketId) as MarketBook;
  const uncrossing = endsAuction(book, command.state) ? uncrossingOf(state, book) : undefined;
  if (uncrossing && isOutsideAuctionBand(book, uncrossing)) return refusal.price_outside_band;
  const isReachable = reachable[book.market.state].includes(command.state);
  return isReachable ? accepted : refusal.state_not_reachable;
}

export function setMarketState(state: FastState, command: SetMarketState): void {
  const book = state.bookOf(command.marketId) as MarketBook;
  if (endsAuction(book, command.state)) endAuction(state, book, 'operator');
  else changeState(state, book, command.state, 'operator');
}
