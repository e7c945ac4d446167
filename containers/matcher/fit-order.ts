/** An order's amounts in ticks and lots by the market's terms of this moment. */
import { type FittedAmounts, fitRaw } from '#domain/order.ts';
import type { RawOrder } from '#domain/raw-order.ts';
import type { Engine } from './engine/engine.ts';

export const unfitted: FittedAmounts = {
  limitTicks: 0,
  sizeLots: 0,
  spendUnits: 0,
  triggerTicks: 0,
  displayLots: 0,
};

export function fitOrder(order: RawOrder, engine: Pick<Engine, 'market'>): FittedAmounts {
  const listed = engine.market(order.terms.marketId);
  // The engine refuses an unknown market before it looks at an amount.
  return listed ? fitRaw(order, listed.market, listed.base, listed.quote) : unfitted;
}
