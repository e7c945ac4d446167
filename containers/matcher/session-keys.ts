/** What a session key may do to orders: change those that it signed by a Delegation which it still has, and no others of its owner's. */
import type { Digest } from '#domain/order.ts';
import type { RawOrder } from '#domain/raw-order.ts';
import type { CommandRequest } from '#wire/matcher-api.ts';
import type { Engine } from './engine/engine.ts';

type Orders = Pick<Engine, 'order'>;
type Change = { digest: Digest; delegations?: readonly Digest[] | undefined };

/** Whether a key asks to change an order that lives or waits, and is not its own. Of those that are over or unknown, the engine says so itself. */
export function isNotOfKey(
  { digest, delegations }: Change,
  engine: Orders,
  waiting?: RawOrder,
): boolean {
  if (delegations === undefined) return false;
  const isBy = (delegation: Digest | undefined) =>
    delegation !== undefined && delegations.includes(delegation);
  if (waiting) return !isBy(waiting.delegation?.digest);
  const order = engine.order(digest);
  const isLive = order?.status === 'open' || order?.status === 'untriggered';
  return isLive && !isBy(order.delegation);
}

/** The account's live orders by a Delegation, of the market and side that are named. */
export function ordersOfKey(
  { account, delegation, market, side }: Extract<CommandRequest, { type: 'cancel_all' }>,
  engine: Pick<Engine, 'ordersOf'>,
): Digest[] {
  return engine
    .ordersOf(account)
    .filter((order) => order.delegation === delegation)
    .filter((order) => market === undefined || order.marketId === market)
    .filter((order) => side === undefined || order.side === side)
    .map(({ digest }) => digest);
}

/** Whether an order of a key would take the place of one that is not its own: that ends it like a cancel. */
export function replacesAnother(
  { delegation, delegations, terms: { replaces: digest } }: RawOrder,
  engine: Orders,
): boolean {
  if (delegation === undefined || digest === undefined) return false;
  return isNotOfKey({ digest, delegations: delegations ?? [delegation.digest] }, engine);
}
