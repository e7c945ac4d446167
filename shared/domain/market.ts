/** A market's terms: its two assets and the exact integers that tie ticks and lots to units. */
import { formatDecimal, parseDecimal } from './amount.ts';
import { assert } from './assertion.ts';
import type { Asset, AssetId } from './asset.ts';

/** `BASE-QUOTE`, such as "ETH-USDC": the two assets can be read off it everywhere. */
export type MarketId = string;
/** Markets of one pair group share one matcher, one journal and one pool of granted credit. */
export type GroupId = string;

export type MarketState = 'pre_open' | 'open' | 'cancel_only' | 'halted' | 'closed' | 'auction';

export type Market = {
  id: MarketId;
  groupId: GroupId;
  /** Base units in one lot. */
  baseUnitsPerLot: number;
  /** Quote units that one lot costs per tick of price: notional = ticks × lots × this, exactly. */
  quoteUnitsPerTickLot: number;
  minSizeLots: number;
  minNotionalUnits: number;
  /** What one order may be worth at most; 0: no bound but that of exact arithmetic. */
  maxNotionalUnits: number;
  /** Whole basis points; fixed into an order when it is admitted. A negative maker fee is a rebate. */
  makerFeeBps: number;
  takerFeeBps: number;
  /** How far from the reference price an order may be; 0: no band. */
  bandBps: number;
  /** How far from the reference price an auction may end; 0: anywhere. */
  auctionBandBps: number;
  /** How far from the mean of the last `haltWindowMs` a fill may be; 0: volatility halts nothing. */
  haltBps: number;
  haltWindowMs: number;
  /** How long a halt by volatility lasts before its auction; 0: until an operator ends it. */
  haltMs: number;
  /** How long an auction collects orders; 0: until an operator ends it. */
  auctionMs: number;
  /** The reference price before the first trade; 0: none. */
  referenceTicks: number;
  state: MarketState;
};

/** A market without bands, halts or bounds: what each market may leave out of its listing. */
export const noProtections = {
  maxNotionalUnits: 0,
  bandBps: 0,
  auctionBandBps: 0,
  haltBps: 0,
  haltWindowMs: 0,
  haltMs: 0,
  auctionMs: 0,
  referenceTicks: 0,
} as const;

/** Prices fit 31 bits: finer ticks than a two-billionth of the price have no use, and engines index by them. */
export const maxPriceTicks = 2_147_483_647;

/** Splits "ETH-USDC" into its assets. */
export function assetsOf(marketId: MarketId): { base: AssetId; quote: AssetId } {
  const [base, quote, ...rest] = marketId.split('-');
  assert(base && quote && rest.length === 0, `${marketId} is not BASE-QUOTE`);
  return { base, quote };
}

/** Whether prices of the market have a decimal text: a tick of a third has none. */
export const tickIsDecimal = (market: Market, base: Asset, quote: Asset): boolean =>
  scaleOf(market, base, quote) !== undefined;

/** Digits after the point that a price of this market can need: price = ticks × tickSize. */
function priceScale(market: Market, base: Asset, quote: Asset) {
  const scale = scaleOf(market, base, quote);
  if (!scale) throw new Error(`${market.id}: the tick is not a decimal number`);
  return scale;
}

function scaleOf(market: Market, base: Asset, quote: Asset) {
  // price = ticks × quoteUnitsPerTickLot / 10^quoteDecimals ÷ (baseUnitsPerLot / 10^baseDecimals)
  const numerator = BigInt(market.quoteUnitsPerTickLot) * 10n ** BigInt(base.decimals);
  const denominator = BigInt(market.baseUnitsPerLot) * 10n ** BigInt(quote.decimals);
  for (let decimals = 0; decimals <= 18; decimals += 1) {
    const scaled = numerator * 10n ** BigInt(decimals);
    if (scaled % denominator === 0n) return { decimals, perTick: scaled / denominator };
  }
  return undefined;
}

/** A price in quote per base, as exact decimal text. */
export function formatPrice(priceTicks: number, market: Market, base: Asset, quote: Asset): string {
  const { decimals, perTick } = priceScale(market, base, quote);
  return formatDecimal(BigInt(priceTicks) * perTick, decimals);
}

/** Reads a decimal price as ticks, however many; undefined where it is no decimal text or not on a tick. */
export function ticksIn(
  text: string,
  market: Market,
  base: Asset,
  quote: Asset,
): bigint | undefined {
  const { decimals, perTick } = priceScale(market, base, quote);
  const scaled = parseDecimal(text, decimals);
  return scaled === undefined || scaled % perTick !== 0n ? undefined : scaled / perTick;
}

/** The same as a safe integer; undefined beyond. */
export function parsePrice(
  text: string,
  market: Market,
  base: Asset,
  quote: Asset,
): number | undefined {
  const ticks = Number(ticksIn(text, market, base, quote));
  return Number.isSafeInteger(ticks) ? ticks : undefined;
}

/** A size in base, as exact decimal text. */
export function formatSize(sizeLots: number, market: Market, base: Asset): string {
  return formatDecimal(BigInt(sizeLots) * BigInt(market.baseUnitsPerLot), base.decimals);
}

/** Reads a decimal size as lots, however many; undefined where it is no decimal text or not whole lots. */
export function lotsIn(text: string, market: Market, base: Asset): bigint | undefined {
  const perLot = BigInt(market.baseUnitsPerLot);
  const baseUnits = parseDecimal(text, base.decimals);
  return baseUnits === undefined || baseUnits % perLot !== 0n ? undefined : baseUnits / perLot;
}

/** The same as a safe integer; undefined beyond. */
export function parseSize(text: string, market: Market, base: Asset): number | undefined {
  const lots = Number(lotsIn(text, market, base));
  return Number.isSafeInteger(lots) ? lots : undefined;
}
