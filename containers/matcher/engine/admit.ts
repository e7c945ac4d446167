/** Decides whether a command may act. The first broken rule, in the list's order, is the answer; nothing is changed here. */
import type { AssetId } from '#domain/asset.ts';
import type { CancelOrder, GrantCredit, ListMarket, PlaceOrder } from '#domain/command.ts';
import { holdUnits, notionalUnits } from '#domain/order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import { type BookOrder, holdFeeBps } from './book-order.ts';
import type { EngineState } from './engine-state.ts';
import { admissionAheadMs, admissionWindowMs, openOrdersPerAccount } from './limits.ts';
import type { Listing } from './listing.ts';

/** What a placement was admitted to do. */
export type Admission = { listing: Listing; holdAsset: AssetId; holdUnits: number };

export function admitOrder(command: PlaceOrder, state: EngineState): Admission | EngineRefusal {
  const { account, amounts, clientOrderId, createdAtMs, nowMs } = command;
  const listing = state.listings.get(command.marketId);
  if (!listing) return 'unknown_market';
  const { market } = listing;
  if (market.state !== 'open') return 'market_not_open';
  if (createdAtMs < nowMs - admissionWindowMs) return 'order_too_late';
  if (createdAtMs > nowMs + admissionAheadMs) return 'order_from_the_future';
  if (command.expiresAtMs <= nowMs) return 'order_expired';
  if (state.remembered.has(command.commandId)) return 'duplicate_order';
  if (clientOrderId !== undefined && state.live.hasClientOrderId(account, clientOrderId)) {
    return 'duplicate_client_order_id';
  }
  const { misfit } = amounts;
  if (misfit === 'price_off_tick') return 'price_off_tick';
  if (misfit === 'size_off_lot' || isMisbound(command)) return 'size_off_lot';
  if (!misfit && isTooSmall(command, listing)) return 'size_too_small';
  if (!misfit && isWorthTooLittle(command, listing)) return 'notional_too_small';
  const hold = misfit ? Number.NaN : placementHold(command, listing);
  if (!Number.isSafeInteger(hold)) return 'notional_too_large';
  if (market.takerFeeBps > command.maxFeeBps) return 'fee_above_signed';
  if (market.makerFeeBps > command.maxFeeBps) return 'fee_above_signed';
  if (mayRest(command) && state.live.countOf(account) >= openOrdersPerAccount) {
    return 'too_many_open_orders';
  }
  const holdAsset = holdAssetOf(command, listing);
  if (state.credit.freeUnits(account, holdAsset) < hold) return 'balance_too_low';
  return { listing, holdAsset, holdUnits: hold };
}

/** Whether a cancel may act: its order must be live and its owner's. */
export function admitCancel(command: CancelOrder, state: EngineState): BookOrder | EngineRefusal {
  if (state.remembered.has(command.commandId)) return 'duplicate_order';
  const order = state.live.find(command.digest);
  if (order?.status !== 'open') return 'unknown_order';
  if (order.account !== command.account) return 'not_owner';
  return order;
}

/** Whether a market's terms may become these: ticks and lots stand while orders count in them, an asset's precision stands for ever. */
export function admitListing(command: ListMarket, state: EngineState): EngineRefusal | undefined {
  const { market } = command;
  const listing = state.listings.get(market.id);
  if (listing && !listing.book.isEmpty) {
    if (listing.market.quoteUnitsPerTickLot !== market.quoteUnitsPerTickLot)
      return 'market_not_open';
    if (listing.market.baseUnitsPerLot !== market.baseUnitsPerLot) return 'market_not_open';
  }
  for (const asset of [command.base, command.quote]) {
    const known = state.assets.get(asset.id);
    if (known && known.decimals !== asset.decimals) return 'market_not_open';
  }
  if (state.remembered.has(command.commandId)) return 'duplicate_order';
  return undefined;
}

/**
 * Whether a grant fits beside what is inside already: sums stay safe integers. Users' funds decide on that, so it is no
 * bug, and as one it would end every leader that submits the pending grant again.
 */
export function admitGrant(
  command: GrantCredit,
  { credit }: EngineState,
): EngineRefusal | undefined {
  const { account, asset, grantNumber, units } = command;
  if (grantNumber <= (credit.find(account, asset)?.grantNumber ?? 0)) return undefined;
  const isTooMuch = credit.insideUnits(asset) > Number.MAX_SAFE_INTEGER - units;
  return isTooMuch ? 'notional_too_large' : undefined;
}

/** The credit that a placement needs: its asset, and its units if it passes every check before the credit's. */
export function placementHold(command: PlaceOrder, { market }: Listing): number {
  return holdUnits(
    { side: command.side, ...command.amounts, takerFeeBps: holdFeeBps(market) },
    market,
  );
}

export function holdAssetOf(command: PlaceOrder, { base, quote }: Listing): AssetId {
  return command.side === 'buy' ? quote.id : base.id;
}

/** A market order never rests, whatever its time in force says. */
export function mayRest(order: Pick<PlaceOrder, 'orderType' | 'timeInForce'>): boolean {
  return order.orderType === 'limit' && order.timeInForce === 'gtc';
}

/** An amount of money bounds market buys only: anything else has no lots to hold or to rest. */
function isMisbound({ cap, orderType, side, amounts }: PlaceOrder): boolean {
  const { sizeLots, spendUnits, misfit } = amounts;
  if (cap === 'quote' && (orderType !== 'market' || side !== 'buy')) return true;
  // Nothing more is known of amounts that did not convert.
  if (misfit) return false;
  return cap === 'base' ? sizeLots === 0 || spendUnits > 0 : sizeLots > 0 || spendUnits === 0;
}

function isTooSmall({ amounts }: PlaceOrder, { market }: Listing): boolean {
  return amounts.spendUnits === 0 && amounts.sizeLots < market.minSizeLots;
}

/** A market order by size is bound by its size alone: what it is worth is known only when it trades. */
function isWorthTooLittle({ amounts, orderType }: PlaceOrder, { market }: Listing): boolean {
  if (amounts.spendUnits > 0) return amounts.spendUnits < market.minNotionalUnits;
  if (orderType === 'market') return false;
  const notional = notionalUnits(amounts.limitTicks, amounts.sizeLots, market);
  return notional < market.minNotionalUnits;
}
