/** Listing a market and changing its terms. */
import { assert } from '#domain/assertion.ts';
import type { Asset } from '#domain/asset.ts';
import type { ListMarket } from '#domain/command.ts';
import type { Market } from '#domain/market.ts';
import { numberedRefusals } from '#domain/refusal.ts';
import { foldTerms } from '../fold-terms.ts';
import { HashLanes } from '../hash-lanes.ts';
import { engineState, marketRow, stateAt } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import {
  type ListedMarket,
  marketOf,
  marketStates,
  stateOf,
  stateReasons,
  type Terms,
  writeTerms,
} from './market-terms.ts';
import { accepted } from './request.ts';
import { assertSoundFees } from './resolve.ts';

/** The code, or `accepted`. */
export function listRefusal(state: FastState, { market, base, quote }: ListMarket): number {
  const { core } = state;
  const known = state.market(market.id);
  const hasOrders = known !== undefined && core.int(known.row, marketRow.liveOrders) > 0;
  if (hasOrders && changesTickOrLot(known.terms.market, market)) {
    return numberedRefusals.indexOf('market_has_orders');
  }
  const changesAsset = state.markets
    .flatMap(({ terms }) => [terms.base, terms.quote])
    .some((each) => contradicts(each, base) || contradicts(each, quote));
  if (changesAsset) return numberedRefusals.indexOf('asset_has_other_terms');
  const isClosed = known !== undefined && stateOf(core, known) === 'closed';
  return isClosed ? numberedRefusals.indexOf('state_not_reachable') : accepted;
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
  const { core } = state;
  assertSound(state, { market, base, quote });
  const known = state.market(market.id);
  const listed = known ?? openMarket(state, { market, base, quote });
  if (known) changeTerms(state, known, { market, base, quote });
  else core.calls.setUntil(listed.row, stateReasons.indexOf('operator'));
  core.calls.tellListed(listed.row);
  foldListing(state, listed);
}

/** The core has folded what opens the event; its texts follow. */
function foldListing({ core }: FastState, listed: ListedMarket): void {
  const at = (stateAt + engineState.chainLeft) >>> 2;
  const [left = 0, right = 0, count = 0] = core.ints.subarray(at, at + 3);
  const lanes = new HashLanes([left, right, count]);
  foldTerms(lanes, { ...listed.terms, market: marketOf(core, listed) });
  core.ints.set(lanes.state(), at);
}

export function openMarket(state: FastState, terms: Terms): ListedMarket {
  const { market, base, quote } = terms;
  const { core } = state;
  assert(base.id !== quote.id, `${market.id} trades an asset for itself`);
  const listed = state.addMarket(terms);
  writeTerms(core, listed.row, market);
  core.setInt(listed.row, marketRow.state, marketStates.indexOf(market.state));
  core.setDouble(listed.row, marketRow.referenceTicks, market.referenceTicks);
  return listed;
}

function changeTerms({ core }: FastState, listed: ListedMarket, terms: Terms): void {
  const before = listed.terms.market;
  const { market } = terms;
  const { row } = listed;
  listed.terms = terms;
  writeTerms(core, row, market);
  const isAnew = changesTickOrLot(before, market);
  if (isAnew) core.setInt(row, marketRow.lastTicks, 0);
  if (isAnew || market.referenceTicks !== before.referenceTicks) {
    core.setDouble(row, marketRow.referenceTicks, market.referenceTicks);
  }
  const changesWindow =
    market.haltBps !== before.haltBps || market.haltWindowMs !== before.haltWindowMs;
  if (isAnew || changesWindow) core.calls.clearWindow(row);
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
