/** Admits an order: it takes its credit, then it waits for its trigger, rests, or is at hand for matching. */
import { enlist } from './account-orders.ts';
import { hold, lineOf } from './credit-lines.ts';
import { enterDelegation } from './delegations.ts';
import { noAccount, noClient, noId, noLine, noOrder, state } from './engine-state.ts';
import { expect } from './expiry-queue.ts';
import { stateAuction } from './market-state.ts';
import { extrasOf } from './order-extras.ts';
import { doneCancelled, nameLive, placeIncoming } from './order-place.ts';
import { nameParty } from './order-terms.ts';
import { isConditional, isLasting, isPlainLimit, isSell } from './order-traits.ts';
import { ratesOf, replacedBy } from './place-refusal.ts';
import { isAsGood, noLevel } from './price-ladder.ts';
import { awaitTrigger, endOrder, restOrder } from './resting.ts';
import { orderPool, takeRow } from './row-pool.ts';
import { CreditLine, Ladder, Market, Order, Request } from './rows.ts';
import { setBounds } from './volatility.ts';
import { beginCascade } from './work.ts';

/** An accepted order: nothing in here may fail. */
export function placeOrder(request: Request): void {
  const market = request.market;
  const traits = request.traits;
  const admitted = state.sequence;
  const replaced = replacedBy(request);
  if (replaced !== noOrder) endOrder(replaced, doneCancelled);
  const order = admit(request, market, admitted);
  if (isConditional(traits)) {
    awaitTrigger(order);
    return;
  }
  const isLimit = isPlainLimit(traits);
  const staysAway = isLasting(traits) && isLimit && !crosses(market, order);
  if (staysAway && market.state !== stateAuction) {
    // What `match.ts` would come to, at once: most orders do not meet any other.
    restOrder(order);
    beginCascade(market);
    return;
  }
  setBounds(market, !isLimit);
  state.incoming = order;
}

function crosses(market: Market, order: Order): bool {
  const others = select<Ladder>(market.bids, market.asks, isSell(order.traits));
  return others.best !== noLevel && isAsGood(others, others.bestTicks, order.limitTicks);
}

function admit(request: Request, market: Market, admitted: f64): Order {
  const account = request.account;
  assert(account !== noAccount, 'an order of nobody');
  const order = changetype<Order>(takeRow(orderPool));
  order.account = account;
  order.market = market;
  order.id = request.id;
  nameLive(request.id, order);
  order.extras = extrasOf(request);
  order.place = <u8>placeIncoming;
  order.traits = <u16>request.traits;
  order.limitTicks = request.limitTicks;
  order.sizeLots = request.sizeLots;
  order.filledLots = 0;
  order.filledQuoteUnits = 0;
  order.feeUnits = 0;
  const rates = ratesOf(account, market);
  order.makerFeeBps = <i16>rates.makerFeeBps;
  order.takerFeeBps = <i16>rates.takerFeeBps;
  order.receiveLine = request.receiveLine;
  order.admitted = admitted;
  order.expiresAtMs = request.expiresAtMs;
  order.createdAtMs = request.createdAtMs;

  const line = request.holdLine === noLine ? lineHeldFrom(request) : request.holdLine;
  const holdUnits = state.placingUnits;
  order.holdLine = line;
  order.heldUnits = holdUnits;
  hold(line, holdUnits);
  if (request.delegation !== noId) enterDelegation(order, request.delegation);
  nameParty(order, request.nameLeft, request.nameRight);
  enlist(order, account);
  register(order);
  return order;
}

function lineHeldFrom(request: Request): CreditLine {
  const market = request.market;
  return lineOf(request.account, isSell(request.traits) ? market.base : market.quote);
}

/** What the order is known by, beside its place in the book and among its account's. */
export function register(order: Order): void {
  expect(order);
  order.market.liveOrders += 1;
  const client = order.extras.client;
  if (client === noClient) return;
  client.live = order;
  client.orders += 1;
}
