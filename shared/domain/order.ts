/** An order as the engine sees it, and the exact conversion from the amounts that its owner signed. */
import type { Asset } from './asset.ts';
import { atomsPerUnit } from './asset.ts';
import { feeUnits } from './fee.ts';
import { lotsIn, type Market, type MarketId, maxPriceTicks, ticksIn } from './market.ts';
import { type RawOrder, rawOrderAt } from './raw-order.ts';
import { wholeUnits } from './whole-units.ts';

export type Side = 'buy' | 'sell';
/** The last four stay hidden until the last trade price crosses their trigger; then they enter as a market or a limit order. */
export type OrderType =
  | 'limit'
  | 'market'
  | 'stop'
  | 'stop_limit'
  | 'take_profit'
  | 'take_profit_limit';
export type TimeInForce = 'gtc' | 'ioc' | 'fok' | 'gtd';
/** What happens where an order meets one of its owner's: the incoming order's mode decides. */
export type SelfTradePrevention = 'expire_taker' | 'expire_maker' | 'expire_both' | 'decrement';
/** Which asset's amount bounds the order: base (a size) or quote (an amount of money). */
export type Cap = 'base' | 'quote';

/** Why an order left the book or never entered it. */
export type DoneReason = 'filled' | 'cancelled' | 'expired' | 'self_trade' | 'halted';

/** Lower-case 0x-prefixed 20-byte address. */
export type Address = string;
/** Lower-case 0x-prefixed 32-byte EIP-712 digest: the order's identity on every side. */
export type Digest = string;

/** An order's terms and how far it has come, as every room shows it. */
export type OrderProgress = {
  digest: Digest;
  clientOrderId?: string;
  account: Address;
  marketId: MarketId;
  side: Side;
  orderType: OrderType;
  timeInForce: TimeInForce;
  postOnly: boolean;
  selfTrade: SelfTradePrevention;
  limitTicks: number;
  /** 0 where the order has no trigger. */
  triggerTicks: number;
  /** 0 where the order is bound by an amount of money. */
  sizeLots: number;
  /** The slice that an iceberg shows; 0 where the order is shown whole. */
  displayLots: number;
  /** 0 where the order is bound by a size. */
  spendUnits: number;
  filledLots: number;
  filledQuoteUnits: number;
  feeUnits: number;
  createdAtMs: number;
  expiresAtMs: number;
};

/** What a signed order says of price and size, in chain atoms. */
export type SignedAmounts = {
  side: Side;
  orderType: OrderType;
  cap: Cap;
  baseAtoms: bigint;
  quoteAtoms: bigint;
  /** Decimal text of the terms; absent where the order has none. */
  trigger?: string;
  display?: string;
  /** A session key signed. Its delegation's limit counts a size at the price as it was signed, here and in the contract: no rounding may come between. */
  isDelegated?: boolean;
};

/** The same in ticks and lots; `misfit` names the first rule that the amounts break, the numbers are then 0. */
export type FittedAmounts = {
  limitTicks: number;
  /** 0 where the cap is quote. */
  sizeLots: number;
  /** Quote units to spend at most, fee outside; 0 where the cap is base. */
  spendUnits: number;
  /** 0 where there is none. */
  triggerTicks: number;
  displayLots: number;
  misfit?: 'price_off_tick' | 'size_off_lot' | 'notional_too_large';
};

const safe = BigInt(Number.MAX_SAFE_INTEGER);
/** Twice the notional bounds notional plus any fee (fees are below 100 %), so no sum of a hold leaves safe integers. */
const mostNotionalUnits = Math.floor(Number.MAX_SAFE_INTEGER / 2);

/** Whether an order executes as a market order: its price is a bound, not a place in the book. */
export const isMarketLike = (orderType: OrderType): boolean =>
  orderType === 'market' || orderType === 'stop' || orderType === 'take_profit';

/**
 * Converts what was signed to ticks and lots. What is misfit is told in the order of the refusals' list.
 *
 * A limit order must convert exactly. A market order's worst price is rounded to the tick that is
 * better for its owner: a bound on price may be tightened, never loosened. A session key's order by size must convert exactly too.
 */
export function fitAmounts(
  signed: SignedAmounts,
  market: Market,
  base: Asset,
  quote: Asset,
): FittedAmounts {
  const { cap, baseAtoms, quoteAtoms } = signed;
  const lotAtoms = BigInt(market.baseUnitsPerLot) * atomsPerUnit(base);
  const unitAtoms = atomsPerUnit(quote);
  const trigger = signed.trigger === undefined ? 0n : ticksIn(signed.trigger, market, base, quote);
  const display = signed.display === undefined ? 0n : lotsIn(signed.display, market, base);

  // Without a size there is no price to judge: the size is at fault.
  const ticks = baseAtoms > 0n ? worstTicks(signed, market, base, quote) : 1n;
  if (ticks <= 0n || quoteAtoms <= 0n || !isGiven(trigger, signed.trigger))
    return misfit('price_off_tick');
  const isWhole = cap === 'base' ? baseAtoms % lotAtoms === 0n : quoteAtoms % unitAtoms === 0n;
  if (baseAtoms <= 0n || !isWhole || !isGiven(display, signed.display))
    return misfit('size_off_lot');

  const lots = cap === 'base' ? baseAtoms / lotAtoms : 0n;
  const spend = cap === 'quote' ? quoteAtoms / unitAtoms : 0n;
  const notional = spend || ticks * lots * BigInt(market.quoteUnitsPerTickLot);
  const mostTicks = ticks > trigger ? ticks : trigger;
  const mostLots = lots > display ? lots : display;
  const isCountable =
    notional <= mostNotionalUnits && mostLots * BigInt(market.baseUnitsPerLot) <= safe;
  if (!isCountable || mostTicks > maxPriceTicks) return misfit('notional_too_large');
  return {
    limitTicks: Number(ticks),
    sizeLots: Number(lots),
    spendUnits: Number(spend),
    triggerTicks: Number(trigger),
    displayLots: Number(display),
  };
}

/** The same of amounts as they lie in an order. */
export function fitRaw(order: RawOrder, market: Market, base: Asset, quote: Asset): FittedAmounts {
  return fitWhole(order, market, base, quote) ?? fitAmounts(signedOf(order), market, base, quote);
}

/** As nearly all are: whole units and lots whose products safe integers hold. Undefined where bigints are to decide. */
function fitWhole(
  { bytes, at, side, cap, terms, delegation }: RawOrder,
  market: Market,
  base: Asset,
  quote: Asset,
): FittedAmounts | undefined {
  if (terms.trigger !== undefined || terms.display !== undefined) return undefined;
  const baseUnits = wholeUnits(bytes, at + rawOrderAt.baseAmount, base);
  const quoteUnits = wholeUnits(bytes, at + rawOrderAt.quoteAmount, quote);
  if (!baseUnits || !quoteUnits || quoteUnits > mostNotionalUnits) return undefined;
  const lots = Math.floor(baseUnits / market.baseUnitsPerLot);
  if (lots * market.baseUnitsPerLot !== baseUnits) return undefined;

  const tickUnits = lots * market.quoteUnitsPerTickLot;
  if (tickUnits > mostNotionalUnits) return undefined;
  const whole = Math.floor(quoteUnits / tickUnits);
  const isExact = whole * tickUnits === quoteUnits;
  const isCountedAtPrice = delegation !== undefined && cap === 'base';
  if (!isExact && (isCountedAtPrice || !isMarketLike(terms.orderType))) return undefined;
  const ticks = !isExact && side === 'sell' ? whole + 1 : whole;
  const spendUnits = cap === 'quote' ? quoteUnits : 0;
  const notional = spendUnits || ticks * tickUnits;
  if (ticks === 0 || ticks > maxPriceTicks || notional > mostNotionalUnits) return undefined;
  return {
    limitTicks: ticks,
    sizeLots: cap === 'base' ? lots : 0,
    spendUnits,
    triggerTicks: 0,
    displayLots: 0,
  };
}

function signedOf({ bytes, at, side, cap, terms, delegation }: RawOrder): SignedAmounts {
  const signed: SignedAmounts = {
    side,
    orderType: terms.orderType,
    cap,
    baseAtoms: atomsAt(bytes, at + rawOrderAt.baseAmount),
    quoteAtoms: atomsAt(bytes, at + rawOrderAt.quoteAmount),
    isDelegated: delegation !== undefined,
  };
  if (terms.trigger !== undefined) signed.trigger = terms.trigger;
  if (terms.display !== undefined) signed.display = terms.display;
  return signed;
}

function atomsAt(bytes: Uint8Array, at: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 16);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}

/** The signed price in ticks; 0 where it is on none. */
function worstTicks(signed: SignedAmounts, market: Market, base: Asset, quote: Asset): bigint {
  const lotAtoms = BigInt(market.baseUnitsPerLot) * atomsPerUnit(base);
  const tickLotAtoms = BigInt(market.quoteUnitsPerTickLot) * atomsPerUnit(quote);
  // ticks = (quoteAtoms / tickLotAtoms) / (baseAtoms / lotAtoms)
  const numerator = signed.quoteAtoms * lotAtoms;
  const denominator = signed.baseAtoms * tickLotAtoms;
  const isExact = numerator % denominator === 0n;
  const isCountedAtPrice = signed.isDelegated === true && signed.cap === 'base';
  if (!isExact && (isCountedAtPrice || !isMarketLike(signed.orderType))) return 0n;
  const roundsUp = !isExact && signed.side === 'sell';
  return numerator / denominator + (roundsUp ? 1n : 0n);
}

/** Whether a text that was given reads as more than nothing. */
const isGiven = (value: bigint | undefined, text: string | undefined): value is bigint =>
  value !== undefined && (text === undefined || value > 0n);

function misfit(code: NonNullable<FittedAmounts['misfit']>): FittedAmounts {
  return {
    limitTicks: 0,
    sizeLots: 0,
    spendUnits: 0,
    triggerTicks: 0,
    displayLots: 0,
    misfit: code,
  };
}

/** Quote units that a size costs at a price, exactly. */
export function notionalUnits(priceTicks: number, sizeLots: number, market: Market): number {
  return priceTicks * sizeLots * market.quoteUnitsPerTickLot;
}

/**
 * What an order must hold before it may match: a buy its notional at the limit plus the taker fee,
 * a sell its lots. In units of quote for a buy, of base for a sell.
 */
export function holdUnits(
  order: {
    side: Side;
    limitTicks: number;
    sizeLots: number;
    spendUnits: number;
    takerFeeBps: number;
  },
  market: Market,
): number {
  if (order.side === 'sell') return order.sizeLots * market.baseUnitsPerLot;
  const notional = order.spendUnits || notionalUnits(order.limitTicks, order.sizeLots, market);
  return notional + feeUnits(notional, order.takerFeeBps);
}
