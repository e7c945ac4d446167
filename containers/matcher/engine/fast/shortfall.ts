/** How much credit a placement lacks right now. */
import type { PlaceOrder } from '#domain/command.ts';
import type { RawPlacement } from '#domain/raw-order.ts';
import { numberedRefusals } from '#domain/refusal.ts';
import type { AnnouncedPlacements } from './announced-placements.ts';
import { requestAt, requestRow } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import type { ListedMarket } from './market-terms.ts';
import { resolve } from './resolve.ts';

/** In units of the asset that it would hold; 0 units where it would not be refused for lack of it; no asset where its market is unknown. */
export type Shortfall = { asset: string; units: number };

const balanceTooLow = numberedRefusals.indexOf('balance_too_low');

export function shortfallOf(state: FastState, command: PlaceOrder): Shortfall {
  const listed = state.market(command.marketId);
  if (!listed) return { asset: '', units: 0 };
  resolve(command, state, requestAt);
  const units = lackingUnits(state, listed, requestAt);
  state.core.calls.settleRequest(requestAt);
  state.dropTexts();
  if (command.clientOrderId !== undefined) {
    state.dropUnusedClient(state.core.int(requestAt, requestRow.client));
  }
  return { asset: heldBy(command, listed), units };
}

/** The same of a new order as it came. */
export function lackOf(
  state: FastState,
  placement: RawPlacement,
  announced: AnnouncedPlacements,
): Shortfall {
  const { order } = placement;
  const listed = state.market(order.terms.marketId);
  if (!listed) return { asset: '', units: 0 };
  const request = announced.look(placement);
  const units = lackingUnits(state, listed, request);
  announced.letGo(request);
  return { asset: heldBy(order, listed), units };
}

function heldBy({ side }: Pick<PlaceOrder, 'side'>, { terms }: ListedMarket): string {
  return (side === 'sell' ? terms.base : terms.quote).id;
}

function lackingUnits({ core: { calls } }: FastState, listed: ListedMarket, request: number) {
  if (calls.placeRefusal(request) !== balanceTooLow) return 0;
  return calls.lackingUnits(request, listed.row, calls.replacedBy(request));
}
