/** Brings a maker's quotes on the book in line with its plan: cancels, lowers in place, moves by replacement, places. */
import type { Crossbook } from '#client/crossbook.ts';
import { CrossbookError } from '#client/crossbook-error.ts';
import type { OrderWish } from '#client/signing.ts';
import { formatPrice, formatSize, parsePrice, parseSize } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { OrderJson } from '#wire/feed-message.ts';
import type { BatchResultJson } from '#wire/rest-api.ts';
import { kindOf } from './order-kind.ts';
import type { LiveQuote, Quote, QuotePlan } from './quoting.ts';
import type { Tally } from './tally.ts';

export type QuotePorts = {
  exchange: Pick<Crossbook, 'cancel' | 'amend' | 'placeBatch'>;
  tally: Tally;
};

/** How quotes of this visit are written. */
export type QuoteTerms = { listed: ListedMarket; postOnly: boolean; expiresAtMs: number };

/** Answers what then lives. What has gone meanwhile is as good as cancelled; what the market refuses is counted. */
export async function carryOut(
  plan: QuotePlan,
  live: LiveQuote[],
  terms: QuoteTerms,
  ports: QuotePorts,
): Promise<LiveQuote[]> {
  const standing = new Set(live);
  const cancel = async (quote: LiveQuote) => {
    standing.delete(quote);
    await cancelQuote(quote, terms, ports);
  };
  for (const quote of plan.cancel) await cancel(quote);
  for (const { quote, sizeLots } of plan.lower) {
    standing.delete(quote);
    const lowered = await lowerQuote(quote, sizeLots, terms, ports);
    if (lowered) standing.add(lowered);
  }

  const moves = plan.move.map(({ wish, quote }) => wishOf(wish, terms, quote));
  const wishes = [...moves, ...plan.place.map((wish) => wishOf(wish, terms))];
  if (wishes.length === 0) return [...standing];
  const results = await ports.exchange.placeBatch(wishes);
  for (const [at, result] of results.entries()) {
    const moved = plan.move[at]?.quote;
    tallyResult(result, wishes[at], ports.tally);
    if (result.status === 'accepted') {
      if (moved) standing.delete(moved);
      for (const quote of result.order ? quoteOf(result.order, terms.listed) : [])
        standing.add(quote);
    } else if (moved && result.code === 'unknown_order') standing.delete(moved);
    // The price has passed it by: where the new quote cannot stand, the old one stands worse.
    else if (moved && result.code === 'post_only_would_cross') await cancel(moved);
  }
  return [...standing];
}

/** An order on the book as a quote; none where it has ended. */
export function quoteOf(order: OrderJson, { market, base, quote }: ListedMarket): LiveQuote[] {
  const priceTicks = parsePrice(order.price, market, base, quote);
  const sizeLots = parseSize(order.size ?? '', market, base);
  const filledLots = parseSize(order.filledSize, market, base);
  if (order.status !== 'open' || !priceTicks || !sizeLots || filledLots === undefined) return [];
  const { digest, side, expiresAtMs } = order;
  return [{ digest, side, priceTicks, sizeLots, leftLots: sizeLots - filledLots, expiresAtMs }];
}

/** An order that is gone already is as good as cancelled. */
async function cancelQuote(
  { digest }: LiveQuote,
  { listed }: QuoteTerms,
  { exchange, tally }: QuotePorts,
): Promise<void> {
  try {
    await exchange.cancel(digest, listed.market.id);
    tally.cancelled(1);
  } catch (error) {
    if (!(error instanceof CrossbookError) || error.code !== 'unknown_order') throw error;
  }
}

/** The quote with its new size; undefined where it is gone, the quote as it was where it was filled beyond that size meanwhile. */
async function lowerQuote(
  quote: LiveQuote,
  sizeLots: number,
  { listed }: QuoteTerms,
  { exchange, tally }: QuotePorts,
): Promise<LiveQuote | undefined> {
  const { market, base } = listed;
  try {
    const size = formatSize(sizeLots, market, base);
    const { order } = await exchange.amend(quote.digest, { market: market.id, size });
    tally.amended(1);
    return order && quoteOf(order, listed)[0];
  } catch (error) {
    if (!(error instanceof CrossbookError) || error.status >= 500 || error.status === 0)
      throw error;
    tally.refused(error.code);
    return error.code === 'unknown_order' ? undefined : quote;
  }
}

function wishOf(quote: Quote, terms: QuoteTerms, replaced?: LiveQuote): OrderWish {
  const { market, base, quote: quoteAsset } = terms.listed;
  const { side, priceTicks, sizeLots, displayLots } = quote;
  return {
    market: market.id,
    side,
    timeInForce: 'gtd',
    price: formatPrice(priceTicks, market, base, quoteAsset),
    size: formatSize(sizeLots, market, base),
    ...(displayLots === undefined ? {} : { display: formatSize(displayLots, market, base) }),
    ...(terms.postOnly ? { postOnly: true } : {}),
    ...(replaced ? { replaces: replaced.digest } : {}),
    expiresAtMs: terms.expiresAtMs,
  };
}

function tallyResult(result: BatchResultJson, wish: OrderWish | undefined, tally: Tally): void {
  if (result.status !== 'accepted') {
    tally.refused(result.code);
    return;
  }
  if (wish) tally.placed(kindOf(wish));
  if (wish?.replaces) tally.replaced(1);
  tally.traded(result.fills.length);
}
