/**
 * What few orders have: an owner's name, a session key, a trigger, slices, a bound in money. All others have those of nobody, which lie
 * at address 0, where all is 0: whoever reads them asks nothing first. Nobody may write there.
 */
import { noClient, noDelegation } from './engine-state.ts';
import { releaseRow, smallPool, takeRow } from './row-pool.ts';
import { Order, OrderExtras, Request } from './rows.ts';

export const noExtras: OrderExtras = changetype<OrderExtras>(0);

/** Extras that say nothing yet. */
export function newExtras(): OrderExtras {
  const extras = changetype<OrderExtras>(takeRow(smallPool));
  memory.fill(changetype<usize>(extras), 0, offsetof<OrderExtras>());
  return extras;
}

/** Those of a request's order; its delegation is entered by delegations.ts. */
export function extrasOf(request: Request): OrderExtras {
  const client = request.client;
  const triggerTicks = request.triggerTicks;
  const displayLots = request.displayLots;
  const spendUnits = request.spendUnits;
  const names = changetype<usize>(client) | changetype<usize>(request.delegation);
  if (names === 0 && !isAny(triggerTicks, displayLots, spendUnits)) return noExtras;
  const extras = filledExtras(triggerTicks, displayLots, spendUnits);
  extras.client = client;
  return extras;
}

/** Those that have these numbers; nobody's where all are 0. */
export function extrasWith(triggerTicks: i32, displayLots: f64, spendUnits: f64): OrderExtras {
  const isPlain = !isAny(triggerTicks, displayLots, spendUnits);
  return isPlain ? noExtras : filledExtras(triggerTicks, displayLots, spendUnits);
}

function isAny(triggerTicks: i32, displayLots: f64, spendUnits: f64): bool {
  const amounts = reinterpret<u64>(displayLots) | reinterpret<u64>(spendUnits);
  return (amounts | triggerTicks) !== 0;
}

function filledExtras(triggerTicks: i32, displayLots: f64, spendUnits: f64): OrderExtras {
  const extras = newExtras();
  extras.triggerTicks = triggerTicks;
  extras.displayLots = displayLots;
  extras.spendUnits = spendUnits;
  return extras;
}

export function releaseExtras(extras: OrderExtras): void {
  if (extras !== noExtras) releaseRow(smallPool, changetype<usize>(extras));
}

/** Its level shows slices of it. */
export function isIceberg(order: Order): bool {
  const extras = order.extras;
  return extras !== noExtras && extras.displayLots > 0;
}

/** Money bounds it, not its size. */
export function isByMoney(order: Order): bool {
  const extras = order.extras;
  return extras !== noExtras && extras.spendUnits > 0;
}

/** A session key signed it, and it has not ended. */
export function isDelegated(order: Order): bool {
  const extras = order.extras;
  return extras !== noExtras && extras.delegation !== noDelegation;
}

/** Whether its owner named it, or a session key signed it. */
export function hasNames(order: Order): bool {
  const extras = order.extras;
  return extras.client !== noClient || extras.delegation !== noDelegation;
}
