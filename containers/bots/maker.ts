/** A market maker: visits one market after the other and brings its quotes there in line with its wish. */
import type { Crossbook } from '#client/crossbook.ts';
import { formatPrice } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { Bot } from './bot.ts';
import { carryOut, quoteOf } from './carry-out.ts';
import { createDeadMan } from './dead-man.ts';
import { createPurse, fundsOf, type PurseOptions } from './funding.ts';
import { decideQuotes, type LiveQuote, type Style } from './quoting.ts';
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
  deposit: PurseOptions['deposit'];
};

/** Should even the dead man's switch fail, quotes of a bot that died are gone after this time. */
const quoteLifeMs = 600_000;
/** In the others nothing may rest anew; what rests there waits with its market. */
const quoted = new Set(['pre_open', 'open', 'auction']);
/** Fills happen unseen between these looks. */
const lookEveryVisits = 5;
const balanceAgeMs = 20_000;

export function createMaker(options: MakerOptions): Bot {
  const { name, exchange, paceMs } = options;
  const live = new Map<string, LiveQuote[]>();
  const purse = createPurse(options);
  const deadMan = createDeadMan(options);
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
      await deadMan.keep();
      const { state } = await exchange.rest.depth(id, { levels: 1 });
      if (!quoted.has(state)) return;
      if (round % lookEveryVisits === 0) live.set(id, await quotesOnBook(exchange, listed));
      const funds = fundsOf(await purse.balances(balanceAgeMs), listed, all);
      const { style } = options;
      const nowMs = await exchange.nowMs();
      const quotes = (live.get(id) ?? []).filter(({ expiresAtMs }) => expiresAtMs > nowMs);
      const plan = decideQuotes({
        fairTicks: ticksOf(await options.fairPrice(listed), listed),
        funds,
        live: quotes,
        nowMs,
        market: listed.market,
        style: { ...style, layerQuoteUnits: style.layerQuote * 10 ** listed.quote.decimals },
      });
      // An auction takes no post-only orders: there is nothing to cross before its uncross.
      const terms = { listed, postOnly: state !== 'auction', expiresAtMs: nowMs + quoteLifeMs };
      live.set(id, await carryOut(plan, quotes, terms, options));
    },
    async withdraw() {
      const { cancelled } = await exchange.cancelAll();
      options.tally.cancelled(cancelled);
      await deadMan.disarm();
    },
  };
}

async function quotesOnBook(exchange: Crossbook, listed: ListedMarket): Promise<LiveQuote[]> {
  const orders = await exchange.openOrders(listed.market.id);
  return orders.flatMap((order) => quoteOf(order, listed));
}

function ticksOf(price: number, { market, base, quote }: ListedMarket): number {
  return Math.round(price / Number(formatPrice(1, market, base, quote)));
}
