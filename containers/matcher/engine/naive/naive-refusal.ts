/** Why the naive engine says no: each rule of docs/market-rules.md as one line, in the order of precedence. */
import { assert } from '#domain/assertion.ts';
import type { CancelOrder, Command, GrantCredit, ListMarket, PlaceOrder } from '#domain/command.ts';
import { notionalUnits } from '#domain/order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import { admissionAheadMs, admissionWindowMs, openOrdersPerAccount } from '../limits.ts';
import {
  freeUnitsOf,
  heldUnitsOf,
  holdAsset,
  holdFor,
  marketOf,
  type NaiveState,
} from './naive-state.ts';

export function refusalOf(state: NaiveState, command: Command): EngineRefusal | undefined {
  switch (command.type) {
    case 'place':
      return placeRefusal(state, command);
    case 'cancel':
      return cancelRefusal(state, command);
    case 'list_market':
      return listRefusal(state, command);
    case 'grant':
      return grantRefusal(state, command);
    case 'return':
    case 'tick':
      return isKnown(state, command.commandId) ? 'duplicate_order' : undefined;
  }
}

/** "A grant's identity is its number, not its id", and one that would bring an asset's sum over 2^53 − 1 units is refused. */
function grantRefusal(state: NaiveState, grant: GrantCredit): EngineRefusal | undefined {
  const { account, asset, grantNumber, units } = grant;
  const isApplied = state.lines.some(
    (line) => line.account === account && line.asset === asset && line.grantNumber >= grantNumber,
  );
  if (isApplied) return undefined;
  let insideUnits = 0n;
  for (const line of state.lines) {
    if (line.asset !== asset) continue;
    insideUnits += BigInt(line.freeUnits) + BigInt(heldUnitsOf(state, line.account, asset));
  }
  const isTooMuch = insideUnits + BigInt(units) > BigInt(Number.MAX_SAFE_INTEGER);
  return isTooMuch ? 'notional_too_large' : undefined;
}

function isKnown(state: NaiveState, commandId: string): boolean {
  return state.seen.some((seen) => seen.commandId === commandId);
}

function placeRefusal(state: NaiveState, order: PlaceOrder): EngineRefusal | undefined {
  const listed = marketOf(state, order.marketId);
  if (!listed) return 'unknown_market';
  const { market } = listed;
  const { misfit } = order.amounts;
  if (market.state !== 'open') return 'market_not_open';
  if (order.createdAtMs < order.nowMs - admissionWindowMs) return 'order_too_late';
  if (order.createdAtMs > order.nowMs + admissionAheadMs) return 'order_from_the_future';
  if (order.expiresAtMs <= order.nowMs) return 'order_expired';
  if (isKnown(state, order.commandId)) return 'duplicate_order';
  if (isClientIdLive(state, order)) return 'duplicate_client_order_id';
  if (misfit === 'price_off_tick') return 'price_off_tick';
  if (misfit === 'size_off_lot' || isMisboundByMoney(order)) return 'size_off_lot';
  // What did not convert because it is too large breaks no rule about the least.
  if (!misfit && isTooSmall(order, market.minSizeLots)) return 'size_too_small';
  if (!misfit && leastNotional(order, market) < market.minNotionalUnits) {
    return 'notional_too_small';
  }
  if (misfit === 'notional_too_large') return 'notional_too_large';
  if (Math.max(market.makerFeeBps, market.takerFeeBps) > order.maxFeeBps) return 'fee_above_signed';
  if (couldRest(order) && openOrders(state, order.account) >= openOrdersPerAccount) {
    return 'too_many_open_orders';
  }
  if (shortfallOf(state, order).units > 0) return 'balance_too_low';
  return undefined;
}

/** "A `clientOrderId` is unique among its owner's live orders." */
function isClientIdLive(state: NaiveState, { account, clientOrderId }: PlaceOrder): boolean {
  if (clientOrderId === undefined) return false;
  return state.live.some(
    (order) => order.account === account && order.clientOrderId === clientOrderId,
  );
}

/** "On anything but a market buy an amount of money is refused `size_off_lot`." So is one beside a size. */
function isMisboundByMoney({ cap, amounts, orderType, side }: PlaceOrder): boolean {
  if (cap === 'base' && amounts.spendUnits === 0) return false;
  return orderType !== 'market' || side !== 'buy' || amounts.sizeLots > 0;
}

function isTooSmall({ amounts }: PlaceOrder, minSizeLots: number): boolean {
  return amounts.spendUnits === 0 && amounts.sizeLots < minSizeLots;
}

/** "At the limit price for limit orders and on the money of orders by money; a market order by size is bound by its size alone." */
function leastNotional(
  { orderType, amounts }: PlaceOrder,
  market: Parameters<typeof notionalUnits>[2],
): number {
  if (amounts.spendUnits > 0) return amounts.spendUnits;
  if (orderType === 'market') return Number.POSITIVE_INFINITY;
  return notionalUnits(amounts.limitTicks, amounts.sizeLots, market);
}

export function couldRest(order: { orderType: string; timeInForce: string }): boolean {
  return order.orderType === 'limit' && order.timeInForce === 'gtc';
}

function openOrders(state: NaiveState, account: string): number {
  return state.live.filter((order) => order.account === account).length;
}

/** What a placement would hold beyond what its owner has free; of a listed market only. */
export function shortfallOf(
  state: NaiveState,
  command: PlaceOrder,
): { asset: string; units: number } {
  const listed = marketOf(state, command.marketId);
  assert(listed, `${command.marketId} is not listed`);
  const { makerFeeBps, takerFeeBps } = listed.market;
  const hold = holdFor(
    {
      ...command.amounts,
      side: command.side,
      filledLots: 0,
      filledQuoteUnits: 0,
      makerFeeBps,
      takerFeeBps,
    },
    listed.market,
  );
  const asset = holdAsset(command.side, listed);
  return { asset, units: Math.max(0, hold - freeUnitsOf(state, command.account, asset)) };
}

function cancelRefusal(state: NaiveState, cancel: CancelOrder): EngineRefusal | undefined {
  if (isKnown(state, cancel.commandId)) return 'duplicate_order';
  const order = state.live.find(({ digest }) => digest === cancel.digest);
  if (!order) return 'unknown_order';
  if (order.account !== cancel.account) return 'not_owner';
  return undefined;
}

/** "A market's tick or lot cannot change while orders rest in it, an asset's decimals never." */
function listRefusal(state: NaiveState, command: ListMarket): EngineRefusal | undefined {
  const { market, base, quote } = command;
  const listed = marketOf(state, market.id);
  const rests = state.live.some(({ marketId }) => marketId === market.id);
  const changesTerms =
    listed &&
    (listed.market.baseUnitsPerLot !== market.baseUnitsPerLot ||
      listed.market.quoteUnitsPerTickLot !== market.quoteUnitsPerTickLot);
  if (rests && changesTerms) return 'market_not_open';
  const assets = state.markets.flatMap((each) => [each.base, each.quote]);
  const changesDecimals = assets.some((known) =>
    [base, quote].some((asset) => asset.id === known.id && asset.decimals !== known.decimals),
  );
  if (changesDecimals) return 'market_not_open';
  if (isKnown(state, command.commandId)) return 'duplicate_order';
  return undefined;
}
