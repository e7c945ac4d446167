/**
 * Hash of what future trading depends on: book in price-time order, credit, settings. Sequence numbers to come, the clock
 * and the remembered ids are left out, so that a refusal leaves it unchanged.
 */
import type { BookOrder } from './book-order.ts';
import type { EngineState } from './engine-state.ts';
import { HashLanes } from './hash-lanes.ts';
import { foldTerms, type Listing } from './listing.ts';
import type { BookSide } from './order-book.ts';

export function hashState(state: EngineState): string {
  const into = new HashLanes();
  for (const listing of sortedBy([...state.listings.values()], ({ market }) => market.id)) {
    foldListing(into, listing);
  }
  // A line that was never granted and is empty is no credit: nothing tells it from none.
  const lines = [...state.credit.lines()].filter(
    (line) => line.freeUnits + line.heldUnits + line.grantNumber + line.returnNumber > 0,
  );
  into.integer(lines.length);
  for (const line of sortedBy(lines, ({ account, asset }) => `${account} ${asset}`)) {
    into.text(line.account);
    into.text(line.asset);
    into.integer(line.freeUnits);
    into.integer(line.heldUnits);
    into.integer(line.grantNumber);
    into.integer(line.returnNumber);
    into.integer(line.returnedUnits);
  }
  return into.digest();
}

function foldListing(into: HashLanes, listing: Listing): void {
  foldTerms(into, listing);
  foldSide(into, listing.book.bids);
  foldSide(into, listing.book.asks);
}

function foldSide(into: HashLanes, side: BookSide): void {
  into.text(side.side);
  for (const level of side.fromBest()) {
    into.integer(level.priceTicks);
    into.integer(level.sizeLots);
    for (let order = level.head; order; order = order.next) foldOrder(into, order);
  }
}

function foldOrder(into: HashLanes, order: BookOrder): void {
  into.text(order.digest);
  into.text(order.clientOrderId ?? '');
  into.text(order.account);
  into.text(order.orderType);
  into.text(order.timeInForce);
  into.integer(order.sizeLots);
  into.integer(order.spendUnits);
  into.integer(order.createdAtMs);
  into.integer(order.expiresAtMs);
  into.integer(order.makerFeeBps);
  into.integer(order.takerFeeBps);
  into.integer(order.admitted);
  into.integer(order.filledLots);
  into.integer(order.filledQuoteUnits);
  into.integer(order.feeUnits);
  into.integer(order.heldUnits);
}

/** By code units: a locale's order differs between machines. */
function sortedBy<T>(items: T[], key: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, key: key(item) }))
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    .map(({ item }) => item);
}
