/** Decides a market maker's quotes: layers around a fair price, shifted against its inventory, within its funds. */
import { feeUnits } from '#domain/fee.ts';
import type { Market } from '#domain/market.ts';
import { notionalUnits, type Side } from '#domain/order.ts';

export type Style = {
  layers: number;
  /** Distance of the first layer from the fair price, and of each further one from the one before. */
  halfSpreadBps: number;
  layerBps: number;
  /** Notional of the first layer in quote units; layer n has n times as much. */
  layerQuoteUnits: number;
  /** How far the fair price is shifted when all funds are on one side. */
  skewBps: number;
  /** A quote that is no further from where it should be stays, and keeps its place in the queue. */
  toleranceBps: number;
  /** Quotes that are moved or cancelled in one round at most: a burst of them would cost more than a stale quote. */
  moves: number;
  /** The outermost layer is an iceberg that shows one part of so many; 1 shows it whole. */
  icebergParts: number;
};

/** Funds that this market's quotes may use, whether free or held by them. */
export type Funds = { baseUnits: number; quoteUnits: number };

export type LiveQuote = {
  digest: string;
  side: Side;
  priceTicks: number;
  /** The whole size, and what is left of it. */
  sizeLots: number;
  leftLots: number;
  expiresAtMs: number;
};
export type Quote = {
  side: Side;
  priceTicks: number;
  sizeLots: number;
  /** What an iceberg shows of it; absent where it is shown whole. */
  displayLots?: number;
};
export type Move = { quote: LiveQuote; wish: Quote };
export type QuotePlan = {
  /** To be placed first and in this order, each in the place of its quote: none then meets an own one. */
  move: Move[];
  /** At the right price but too large: lowered to this whole size, they keep their place in the queue. */
  lower: { quote: LiveQuote; sizeLots: number }[];
  cancel: LiveQuote[];
  place: Quote[];
};

/** A quote that ends sooner is renewed now: a market without quotes would be seen. */
const leastLifeMs = 60_000;
/** Kept back for fees and for what was traded since the balance was read. */
const usable = 0.9;

export function decideQuotes(given: {
  fairTicks: number;
  funds: Funds;
  live: LiveQuote[];
  nowMs: number;
  market: Market;
  style: Style;
}): QuotePlan {
  const { nowMs, style } = given;
  const live = given.live.filter((quote) => quote.expiresAtMs > nowMs);
  const unmet = wishedQuotes(given);
  const lower: QuotePlan['lower'] = [];
  const stale: LiveQuote[] = [];
  for (const quote of live) {
    const lasts = quote.expiresAtMs > nowMs + leastLifeMs;
    const met = lasts ? unmet.findIndex((wish) => meets(quote, wish, style)) : -1;
    const [wish] = met >= 0 ? unmet.splice(met, 1) : [];
    if (!wish) stale.push(quote);
    else if (isTooLarge(quote, wish))
      lower.push({ quote, sizeLots: quote.sizeLots - quote.leftLots + wish.sizeLots });
  }
  stale.sort(mostExposedFirst(given.fairTicks)).splice(style.moves);
  const { move, cancel, standing } = moveQuotes(stale, unmet, live);
  // What a stale quote that stays for another round stands for is not placed a second time.
  const room = Math.max(0, 2 * style.layers - standing.length);
  const place = unmet.filter((wish) => !standing.some((own) => crosses(wish, own)));
  return { move, lower, cancel, place: place.slice(0, room) };
}

/** Gives each stale quote the place of a wish on its side, which is taken from `unmet`; one that nobody wants is cancelled. */
function moveQuotes(stale: LiveQuote[], unmet: Quote[], live: LiveQuote[]) {
  let standing: Pick<Quote, 'side' | 'priceTicks'>[] = live;
  const move: Move[] = [];
  const cancel: LiveQuote[] = [];
  for (const quote of stale) {
    standing = standing.filter((each) => each !== quote);
    const at = unmet.findIndex(
      (wish) => wish.side === quote.side && !standing.some((own) => crosses(wish, own)),
    );
    const [wish] = at >= 0 ? unmet.splice(at, 1) : [];
    if (wish) {
      move.push({ quote, wish });
      standing = [...standing, wish];
    } else cancel.push(quote);
  }
  return { move, cancel, standing };
}

/** What the book should hold of this maker if it began with nothing. */
export function wishedQuotes(given: {
  fairTicks: number;
  funds: Funds;
  market: Market;
  style: Style;
}): Quote[] {
  const { funds, market, style } = given;
  const centre = given.fairTicks * (1 + skewOf(given) / 10_000);
  const quotes: Quote[] = [];
  let lotsLeft = Math.floor((funds.baseUnits * usable) / market.baseUnitsPerLot);
  let quoteLeft = funds.quoteUnits * usable;
  for (let layer = 0; layer < style.layers; layer += 1) {
    const distance = (style.halfSpreadBps + layer * style.layerBps) / 10_000;
    const bidTicks = Math.floor(centre * (1 - distance));
    const askTicks = Math.max(bidTicks + 1, Math.ceil(centre * (1 + distance)));
    const sizeLots = lotsFor(style.layerQuoteUnits * (layer + 1), askTicks, market);
    const shown = { sizeLots, ...icebergOf(sizeLots, layer, given) };

    const costUnits = (lots: number) => withFee(notionalUnits(bidTicks, lots, market), market);
    if (isQuotable(bidTicks, sizeLots, market) && costUnits(sizeLots) <= quoteLeft) {
      quotes.push({ side: 'buy', priceTicks: bidTicks, ...shown });
      quoteLeft -= costUnits(sizeLots);
    }
    if (isQuotable(askTicks, sizeLots, market) && sizeLots <= lotsLeft) {
      quotes.push({ side: 'sell', priceTicks: askTicks, ...shown });
      lotsLeft -= sizeLots;
    }
  }
  return quotes;
}

function icebergOf(
  sizeLots: number,
  layer: number,
  { market, style }: { market: Market; style: Style },
): { displayLots?: number } {
  if (layer < style.layers - 1) return {};
  const displayLots = Math.max(market.minSizeLots, Math.ceil(sizeLots / style.icebergParts));
  return displayLots < sizeLots ? { displayLots } : {};
}

/** Basis points by which the fair price is shifted: too much base lowers it, so that others buy it off us. */
export function skewOf(given: {
  fairTicks: number;
  funds: Funds;
  market: Market;
  style: Style;
}): number {
  const { funds, market, fairTicks, style } = given;
  const baseValue = notionalUnits(fairTicks, funds.baseUnits / market.baseUnitsPerLot, market);
  const total = baseValue + funds.quoteUnits;
  if (total === 0) return 0;
  return style.skewBps * (1 - (2 * baseValue) / total);
}

const withFee = (notional: number, market: Market): number =>
  notional + feeUnits(notional, market.takerFeeBps) + 1;

const lotsFor = (quoteUnits: number, ticks: number, market: Market): number =>
  Math.max(market.minSizeLots, Math.round(quoteUnits / (ticks * market.quoteUnitsPerTickLot)));

const isQuotable = (ticks: number, lots: number, market: Market): boolean =>
  ticks > 0 && lots > 0 && notionalUnits(ticks, lots, market) >= market.minNotionalUnits;

function meets(quote: LiveQuote, wish: Quote, style: Style): boolean {
  const offTicks = Math.abs(quote.priceTicks - wish.priceTicks);
  return (
    quote.side === wish.side &&
    offTicks * 10_000 <= wish.priceTicks * style.toleranceBps &&
    quote.leftLots * 2 >= wish.sizeLots
  );
}

/** Too much is at stake where more than half as much again is left as was wished. */
const isTooLarge = (quote: LiveQuote, wish: Quote): boolean =>
  quote.leftLots * 2 > wish.sizeLots * 3;

/** Bids that are too high and asks that are too low lose money; the others only wait in vain. */
const mostExposedFirst = (fairTicks: number) => {
  const exposure = ({ side, priceTicks }: LiveQuote) =>
    side === 'buy' ? priceTicks - fairTicks : fairTicks - priceTicks;
  return (left: LiveQuote, right: LiveQuote) => exposure(right) - exposure(left);
};

const crosses = (wish: Quote, own: Pick<Quote, 'side' | 'priceTicks'>): boolean =>
  wish.side === 'buy'
    ? own.side === 'sell' && wish.priceTicks >= own.priceTicks
    : own.side === 'buy' && wish.priceTicks <= own.priceTicks;
