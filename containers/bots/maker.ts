/** A market maker: visits one market after the other and brings its quotes there in line with its wish. */
import type { Crossbook } from '#client/crossbook.ts';
import { CrossbookError } from '#client/crossbook-error.ts';
import type { OrderWish } from '#client/signing.ts';
import { formatPrice, formatSize, parsePrice, parseSize } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { OrderJson } from '#wire/feed-message.ts';
import type { Bot } from './bot.ts';
import { createPurse, fundsOf } from './funding.ts';
import { decideQuotes, type LiveQuote, type Quote, type Style } from './quoting.ts';
import type { Tally } from './tally.ts';

export type MakerOptions = {
  name: string;
  exchange: Crossbook;
  /** The imagined fair price of a market, in quote per base. */
  fairPrice(listed: ListedMarket): Promise<number>;
  /** In whole quote where the style counts in units. */
  style: Omit<Style, 'layerQuoteUnits'> & { layerQuote: number };
  paceMs: number;
  tally: Tally;
  now: () => number;
};

/** Quotes of a bot that died are gone after this time. */
const quoteLifeMs = 120_000;
/** Fills happen unseen between these looks. */
const lookEveryVisits = 5;
const balanceAgeMs = 20_000;

export function createMaker(options: MakerOptions): Bot {
  const { name, exchange, paceMs, now } = options;
  const live = new Map<string, LiveQuote[]>();
  const purse = createPurse(exchange, now);
  let visits = 0;

  return {
    name,
    paceMs,
    async prepare() {
      await exchange.changeSettings({ creditPolicy: 'sticky' });
      await purse.balances(0);
    },
    async act() {
      const { markets } = await exchange.venue();
      const all = [...markets.values()];
      const listed = all[visits % all.length];
      const round = Math.floor(visits / Math.max(1, all.length));
      visits += 1;
      if (!listed) return;
      const { id } = listed.market;
      if (round % lookEveryVisits === 0) live.set(id, await quotesOnBook(exchange, listed));
      const funds = fundsOf(await purse.balances(balanceAgeMs), listed, all);
      const { style } = options;
      const plan = decideQuotes({
        fairTicks: ticksOf(await options.fairPrice(listed), listed),
        funds,
        live: live.get(id) ?? [],
        nowMs: await exchange.nowMs(),
        market: listed.market,
        style: { ...style, layerQuoteUnits: style.layerQuote * 10 ** listed.quote.decimals },
      });
      live.set(id, await cancelQuotes(plan.cancel, live.get(id) ?? [], id, options));
      live.get(id)?.push(...(await placeQuotes(plan.place, listed, options)));
    },
    async withdraw() {
      const all = [...live].flatMap(([market, quotes]) =>
        quotes.map((quote) => exchange.cancel(quote.digest, market)),
      );
      const done = await Promise.allSettled(all);
      options.tally.cancelled(done.filter(({ status }) => status === 'fulfilled').length);
    },
  };
}

async function quotesOnBook(exchange: Crossbook, listed: ListedMarket): Promise<LiveQuote[]> {
  const orders = await exchange.openOrders(listed.market.id);
  return orders.flatMap((order) => quoteOf(order, listed));
}

function quoteOf(order: OrderJson, { market, base, quote }: ListedMarket): LiveQuote[] {
  const priceTicks = parsePrice(order.price, market, base, quote);
  const sizeLots = parseSize(order.size ?? '', market, base);
  const filledLots = parseSize(order.filledSize, market, base);
  if (order.status !== 'open' || !priceTicks || !sizeLots || filledLots === undefined) return [];
  const { digest, side, expiresAtMs } = order;
  return [{ digest, side, priceTicks, leftLots: sizeLots - filledLots, expiresAtMs }];
}

/** Cancels, and answers what is left on the book. An order that is gone already is as good as cancelled. */
async function cancelQuotes(
  cancel: LiveQuote[],
  live: LiveQuote[],
  market: string,
  { exchange, tally }: MakerOptions,
): Promise<LiveQuote[]> {
  for (const { digest } of cancel) {
    try {
      await exchange.cancel(digest, market);
      tally.cancelled(1);
    } catch (error) {
      if (!(error instanceof CrossbookError) || error.code !== 'unknown_order') throw error;
    }
  }
  const nowMs = await exchange.nowMs();
  return live.filter((quote) => !cancel.includes(quote) && quote.expiresAtMs > nowMs);
}

async function placeQuotes(
  place: Quote[],
  listed: ListedMarket,
  { exchange, tally }: MakerOptions,
): Promise<LiveQuote[]> {
  if (place.length === 0) return [];
  const { market, base, quote } = listed;
  const expiresAtMs = (await exchange.nowMs()) + quoteLifeMs;
  const wishes = place.map(
    ({ side, priceTicks, sizeLots }): OrderWish => ({
      market: market.id,
      side,
      price: formatPrice(priceTicks, market, base, quote),
      size: formatSize(sizeLots, market, base),
      expiresAtMs,
    }),
  );
  const results = await exchange.placeBatch(wishes);
  return results.flatMap((result) => {
    if (result.status !== 'accepted') {
      tally.failed(result.code);
      return [];
    }
    tally.placed(1);
    tally.traded(result.fills.length);
    return result.order ? quoteOf(result.order, listed) : [];
  });
}

function ticksOf(price: number, { market, base, quote }: ListedMarket): number {
  return Math.round(price / Number(formatPrice(1, market, base, quote)));
}
