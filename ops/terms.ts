/** A market's terms from what was typed: exact, or a sentence about what does not fit. */
import { formatDecimal, parseDecimal } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import { formatPrice, type Market, type MarketState, parsePrice } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { MarketShown } from '#wire/operations.ts';
import type { ListFlag, TermFlag } from './usage.ts';
import { durationMs, wholeNumber } from './whole-number.ts';
import type { Flags } from './wish.ts';
import { Wrong } from './wrong.ts';

/** What a listing has where nothing else is said: the fees and protections of the markets that a stage begins with. */
const listedWith = {
  maxNotionalUnits: 0,
  makerFeeBps: 5,
  takerFeeBps: 10,
  bandBps: 1_000,
  auctionBandBps: 1_000,
  haltBps: 700,
  haltWindowMs: 300_000,
  haltMs: 120_000,
  auctionMs: 180_000,
  referenceTicks: 0,
} as const;

const firstStates: Record<string, MarketState> = {
  'pre-open': 'pre_open',
  auction: 'auction',
  open: 'open',
  'cancel-only': 'cancel_only',
  halted: 'halted',
};

/** A new market between assets that are listed already, or described by the flags. */
export function newListing(
  marketId: string,
  flags: Flags<TermFlag>,
  listing: Flags<ListFlag>,
  known: readonly MarketShown[],
): ListedMarket {
  const [baseId = '', quoteId = ''] = marketId.split('-');
  const base = assetOf(baseId, 'base', listing, known);
  const quote = assetOf(quoteId, 'quote', listing, known);
  const begin = listing.begin ?? 'pre-open';
  const state = firstStates[begin];
  if (!state)
    throw new Wrong(`--begin takes ${Object.keys(firstStates).join(', ')}, not "${begin}".`);
  const first: Market = {
    ...listedWith,
    id: marketId,
    groupId: listing.group ?? '',
    ...steps({ tick: flags.tick ?? '', lot: flags.lot ?? '', base, quote }),
    minSizeLots: 1,
    minNotionalUnits: 10 ** quote.decimals,
    state,
  };
  return { market: withTerms(first, { base, quote, flags }), base, quote };
}

/** A listed market with the terms that were named; sizes and prices that were not named stay what they are worth. */
export function changedListing(shown: MarketShown, flags: Flags<TermFlag>): ListedMarket {
  const { market, base, quote } = shown;
  const tick = flags.tick ?? formatPrice(1, market, base, quote);
  const lot = flags.lot ?? formatDecimal(market.baseUnitsPerLot, base.decimals);
  const stepped = { ...market, ...steps({ tick, lot, base, quote }) };
  const minSize =
    flags['min-size'] ??
    formatDecimal(BigInt(market.minSizeLots) * BigInt(market.baseUnitsPerLot), base.decimals);
  // A reference price of another tick would be another price; the engine forgets its own then too.
  const keepsTick = flags.tick === undefined && flags.lot === undefined;
  const referenceTicks = keepsTick ? market.referenceTicks : 0;
  const named = { ...flags, 'min-size': minSize };
  const changed = withTerms({ ...stepped, referenceTicks }, { base, quote, flags: named });
  return { market: changed, base, quote };
}

type Steps = { tick: string; lot: string; base: Asset; quote: Asset };

/** The exact integers of a tick and a lot: a lot's cost of one tick must be whole units of quote. */
function steps({ tick, lot, base, quote }: Steps) {
  const lotUnits = parseDecimal(lot, base.decimals);
  if (!lotUnits)
    throw new Wrong(`--lot ${lot} is no size in ${base.id}, which has ${base.decimals} decimals.`);
  const tickScaled = parseDecimal(tick, 18);
  if (!tickScaled) throw new Wrong(`--tick ${tick} is no price.`);
  const cost = tickScaled * lotUnits * 10n ** BigInt(quote.decimals);
  const scale = 10n ** BigInt(18 + base.decimals);
  if (cost % scale !== 0n)
    throw new Wrong(
      `A lot of ${lot} ${base.id} at a tick of ${tick} costs less than a unit of ${quote.id} (${quote.decimals} decimals): make one of them coarser.`,
    );
  return { baseUnitsPerLot: safe(lotUnits), quoteUnitsPerTickLot: safe(cost / scale) };
}

function withTerms(
  market: Market,
  { base, quote, flags }: { base: Asset; quote: Asset; flags: Flags<TermFlag> },
): Market {
  const bps = (name: TermFlag) => flag(name, (text) => wholeNumber(`--${name}`, text));
  const time = (name: TermFlag) => flag(name, (text) => durationMs(`--${name}`, text));
  const money = (name: TermFlag) =>
    flag(name, (text) => safe(decimal(name, parseDecimal(text, quote.decimals), text)));
  function flag(name: TermFlag, read: (text: string) => number): number | undefined {
    const text = flags[name];
    return text === undefined ? undefined : read(text);
  }
  const lots = (text: string) => {
    const units = decimal('min-size', parseDecimal(text, base.decimals), text);
    if (units % BigInt(market.baseUnitsPerLot) !== 0n)
      throw new Wrong(
        `The smallest size, ${text}, is not a whole number of lots: name another by --min-size.`,
      );
    return safe(units / BigInt(market.baseUnitsPerLot));
  };
  const ticks = (text: string) =>
    Number(decimal('reference', parsePrice(text, market, base, quote), text));
  return {
    ...market,
    minSizeLots: flag('min-size', lots) ?? market.minSizeLots,
    minNotionalUnits: money('min-notional') ?? market.minNotionalUnits,
    maxNotionalUnits: money('max-notional') ?? market.maxNotionalUnits,
    makerFeeBps: bps('maker-fee-bps') ?? market.makerFeeBps,
    takerFeeBps: bps('taker-fee-bps') ?? market.takerFeeBps,
    bandBps: bps('band-bps') ?? market.bandBps,
    auctionBandBps: bps('auction-band-bps') ?? market.auctionBandBps,
    haltBps: bps('halt-bps') ?? market.haltBps,
    haltWindowMs: time('halt-window') ?? market.haltWindowMs,
    haltMs: time('halt-for') ?? market.haltMs,
    auctionMs: time('auction-for') ?? market.auctionMs,
    referenceTicks: flag('reference', ticks) ?? market.referenceTicks,
  };
}

function decimal<T>(name: TermFlag, value: T | undefined, text: string): T {
  if (value === undefined) throw new Wrong(`--${name} ${text} does not fit the market's steps.`);
  return value;
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Wrong('A number is too large.');
  return Number(value);
}

function assetOf(
  id: string,
  side: 'base' | 'quote',
  listing: Flags<ListFlag>,
  known: readonly MarketShown[],
): Asset {
  const listed = known.flatMap(({ base, quote }) => [base, quote]).find((each) => each.id === id);
  const decimals = listing[`${side}-decimals`];
  const chainDecimals = listing[`${side}-chain-decimals`];
  const chainAsset = listing[`${side}-chain-asset`];
  const given = [decimals, chainDecimals, chainAsset].filter((each) => each !== undefined);
  if (listed && given.length === 0) return listed;
  if (given.length < 3)
    throw new Wrong(
      `${id} is a new asset: say --${side}-decimals, --${side}-chain-decimals and --${side}-chain-asset.`,
    );
  return {
    id,
    decimals: wholeNumber(`--${side}-decimals`, decimals),
    chainDecimals: wholeNumber(`--${side}-chain-decimals`, chainDecimals),
    // As orders spell it: many an address begins with a zero.
    chainAsset: (chainAsset ?? '').toLowerCase().replace(/^0x0+(?=.)/, '0x'),
  };
}
