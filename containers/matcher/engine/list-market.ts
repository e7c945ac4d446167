/** Lists a market or changes its terms; the book stays. */
import { assert } from '#domain/assertion.ts';
import type { ListMarket } from '#domain/command.ts';
import type { Market } from '#domain/market.ts';
import type { EngineState } from './engine-state.ts';
import { OrderBook } from './order-book.ts';

export function listMarket(command: ListMarket, state: EngineState): void {
  const { market, base, quote } = command;
  assertSound(command, state);
  const listing = state.listings.get(market.id);
  if (listing) Object.assign(listing, { market, base, quote });
  else state.listings.set(market.id, { market, base, quote, book: new OrderBook() });
  state.assets.set(base.id, base);
  state.assets.set(quote.id, quote);
  state.out.emit({ type: 'market_listed', sequence: state.out.next, market, base, quote });
}

/** Whoever sends terms has checked them against the catalog's schema: anything else here is a bug. */
function assertSound({ market, base, quote }: ListMarket, { groupId }: EngineState): void {
  assert(market.id === `${base.id}-${quote.id}`, `${market.id} names other assets`);
  assert(
    groupId === undefined || market.groupId === groupId,
    `${market.id} belongs to ${market.groupId}`,
  );
  const counts: (keyof Market)[] = [
    'baseUnitsPerLot',
    'quoteUnitsPerTickLot',
    'minSizeLots',
    'minNotionalUnits',
  ];
  for (const name of counts) {
    const value = market[name] as number;
    assert(Number.isSafeInteger(value) && value > 0, `${market.id}: bad ${name}`);
  }
  for (const feeBps of [market.makerFeeBps, market.takerFeeBps]) {
    assert(Number.isInteger(feeBps) && feeBps >= 0 && feeBps < 10_000, `${market.id}: bad fee`);
  }
}
