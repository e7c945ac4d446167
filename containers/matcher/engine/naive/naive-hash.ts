/** The naive engine's state hash: the same fields in the same order as the production engine's, read from its own arrays. */
import { HashLanes } from '../hash-lanes.ts';
import { foldTerms } from '../listing.ts';
import {
  heldUnitsOf,
  holdFor,
  levelsOf,
  type NaiveMarket,
  type NaiveOrder,
  type NaiveState,
  queueOf,
} from './naive-state.ts';

export function hashOf(state: NaiveState): string {
  const into = new HashLanes();
  for (const listed of inOrderOf(state.markets, ({ market }) => market.id)) {
    foldTerms(into, listed);
    for (const side of ['buy', 'sell'] as const) {
      into.text(side);
      for (const [priceTicks, sizeLots] of levelsOf(state, listed.market.id, side)) {
        into.integer(priceTicks);
        into.integer(sizeLots);
        for (const order of queueOf(state, listed.market.id, side)) {
          if (order.limitTicks === priceTicks) foldOrder(into, order, listed);
        }
      }
    }
  }
  foldCredit(into, state);
  return into.digest();
}

function foldOrder(into: HashLanes, order: NaiveOrder, { market }: NaiveMarket): void {
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
  into.integer(holdFor(order, market));
}

function foldCredit(into: HashLanes, state: NaiveState): void {
  const lines = state.lines
    .map((line) => ({ ...line, heldUnits: heldUnitsOf(state, line.account, line.asset) }))
    .filter((line) => line.freeUnits + line.heldUnits + line.grantNumber + line.returnNumber > 0);
  into.integer(lines.length);
  for (const line of inOrderOf(lines, ({ account, asset }) => `${account} ${asset}`)) {
    into.text(line.account);
    into.text(line.asset);
    into.integer(line.freeUnits);
    into.integer(line.heldUnits);
    into.integer(line.grantNumber);
    into.integer(line.returnNumber);
    into.integer(line.returnedUnits);
  }
}

/** By code units: a locale's order differs between machines. */
function inOrderOf<T>(items: T[], key: (item: T) => string): T[] {
  return [...items].sort((one, other) =>
    key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0,
  );
}
