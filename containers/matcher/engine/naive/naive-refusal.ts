/** Why the naive engine says no: each rule of docs/market-rules.md as one line, in the order of precedence. */
import { assert } from '#domain/assertion.ts';
import type {
  AmendOrder,
  AssignFeeTier,
  CancelOrder,
  Command,
  GrantCredit,
  ListMarket,
  SetMarketState,
} from '#domain/command.ts';
import type { MarketState } from '#domain/market.ts';
import { notionalUnits } from '#domain/order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import { isOutsideAuctionBand, uncrossingOf } from './naive-auction.ts';
import { isMarketLike } from './naive-bounds.ts';
import { insideUnitsOf } from './naive-credit.ts';
import { changesTickOrLot } from './naive-market.ts';
import { placeRefusal } from './naive-place-refusal.ts';
import { listedMarket, liveOrder, marketOf, type NaiveState } from './naive-state.ts';

export function refusalOf(state: NaiveState, command: Command): EngineRefusal | undefined {
  switch (command.type) {
    case 'place':
      return placeRefusal(state, command);
    case 'cancel':
      return cancelRefusal(state, command);
    case 'amend':
      return amendRefusal(state, command);
    case 'list_market':
      return listRefusal(state, command);
    case 'set_market_state':
      return stateRefusal(state, command);
    case 'assign_fee_tier':
      return tierRefusal(state, command);
    case 'grant':
      return grantRefusal(state, command);
    case 'cancel_all':
    case 'cancel_all_after':
    case 'define_fee_tier':
    case 'return':
      return isKnown(state, command.commandId) ? 'duplicate_order' : undefined;
    case 'tick':
    case 'continue':
      return undefined;
  }
}

function isKnown(state: NaiveState, commandId: string): boolean {
  return state.seen.some((seen) => seen.commandId === commandId);
}

function cancelRefusal(state: NaiveState, cancel: CancelOrder): EngineRefusal | undefined {
  if (isKnown(state, cancel.commandId)) return 'duplicate_order';
  const order = liveOrder(state, cancel.digest);
  if (!order) return 'unknown_order';
  if (order.account !== cancel.account) return 'not_owner';
  return undefined;
}

/** "The new amount counts what is filled already. It must be smaller, leave something, and keep to the market's smallest size and notional." */
function amendRefusal(state: NaiveState, amend: AmendOrder): EngineRefusal | undefined {
  if (isKnown(state, amend.commandId)) return 'duplicate_order';
  if (amend.misfit) return 'size_off_lot';
  const order = liveOrder(state, amend.digest);
  // Whose order it is not learns nothing of it.
  if (!order) return 'unknown_order';
  if (order.account !== amend.account) return 'not_owner';
  const { market } = listedMarket(state, order.marketId);
  const isByMoney = order.spendUnits > 0;
  const ofTheOtherKind = isByMoney ? amend.sizeLots : amend.spendUnits;
  const [amount, now, filled] = isByMoney
    ? [amend.spendUnits, order.spendUnits, order.filledQuoteUnits]
    : [amend.sizeLots, order.sizeLots, order.filledLots];
  const worth = isByMoney ? amount : notionalUnits(order.limitTicks, amount, market);
  const hasLeastNotional = isByMoney || !isMarketLike(order.orderType);
  if (ofTheOtherKind > 0) return 'size_off_lot';
  if (amount <= filled || (!isByMoney && amount < market.minSizeLots)) return 'size_too_small';
  if (hasLeastNotional && worth < market.minNotionalUnits) return 'notional_too_small';
  if (amount >= now) return 'size_not_smaller';
  return undefined;
}

function listRefusal(state: NaiveState, command: ListMarket): EngineRefusal | undefined {
  const listed = marketOf(state, command.market.id);
  const hasOrders = state.live.some(({ marketId }) => marketId === command.market.id);
  if (isKnown(state, command.commandId)) return 'duplicate_order';
  if (listed && hasOrders && changesTickOrLot(listed.market, command.market)) {
    return 'market_has_orders';
  }
  if (changesAsset(state, command)) return 'asset_has_other_terms';
  if (listed?.market.state === 'closed') return 'state_not_reachable';
  return undefined;
}

/** "An asset's decimals and chain asset stand for ever." */
function changesAsset(state: NaiveState, { base, quote }: ListMarket): boolean {
  const known = state.markets.flatMap((each) => [each.base, each.quote]);
  return [base, quote].some((asset) =>
    known.some(
      (each) =>
        each.id === asset.id &&
        (each.decimals !== asset.decimals ||
          each.chainDecimals !== asset.chainDecimals ||
          each.chainAsset !== asset.chainAsset),
    ),
  );
}

/** The table of market states; whatever is not in it is not reachable. */
const reachable: Record<MarketState, MarketState[]> = {
  pre_open: ['open', 'auction', 'cancel_only', 'halted', 'closed'],
  open: ['auction', 'cancel_only', 'halted', 'closed'],
  auction: ['open', 'halted', 'closed'],
  cancel_only: ['open', 'auction', 'halted', 'closed'],
  halted: ['auction', 'closed'],
  closed: [],
};

function stateRefusal(state: NaiveState, command: SetMarketState): EngineRefusal | undefined {
  const listed = marketOf(state, command.marketId);
  if (!listed) return 'unknown_market';
  if (isKnown(state, command.commandId)) return 'duplicate_order';
  const endsAuction = listed.market.state === 'auction' && command.state === 'open';
  const uncrossing = endsAuction ? uncrossingOf(state, listed) : undefined;
  if (uncrossing && isOutsideAuctionBand(listed, uncrossing)) return 'price_outside_band';
  if (!reachable[listed.market.state].includes(command.state)) return 'state_not_reachable';
  return undefined;
}

function tierRefusal(state: NaiveState, command: AssignFeeTier): EngineRefusal | undefined {
  assert(Number.isInteger(command.tier) && command.tier >= 0, 'a fee tier is no number of one');
  if (isKnown(state, command.commandId)) return 'duplicate_order';
  const isDefined = state.feeTiers.some(({ tier }) => tier === command.tier);
  return command.tier === 0 || isDefined ? undefined : 'unknown_fee_tier';
}

/** "A grant that would bring all credit of its asset over 2^53 − 1 units is refused and may be sent again." */
function grantRefusal(state: NaiveState, grant: GrantCredit): EngineRefusal | undefined {
  const { account, asset, grantNumber, units } = grant;
  const isApplied = state.lines.some(
    (line) => line.account === account && line.asset === asset && line.grantNumber >= grantNumber,
  );
  if (isApplied) return undefined;
  const isTooMuch = insideUnitsOf(state, asset) + BigInt(units) > BigInt(Number.MAX_SAFE_INTEGER);
  return isTooMuch ? 'notional_too_large' : undefined;
}
