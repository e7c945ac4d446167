/** A taker: now and then buys or sells a little at the best price there is. */
import type { Crossbook } from '#client/crossbook.ts';
import { CrossbookError } from '#client/crossbook-error.ts';
import { formatPrice, formatSize, parsePrice } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { TextLevel } from '#wire/feed-message.ts';
import type { Bot } from './bot.ts';
import { createPurse, fundsOf } from './funding.ts';
import type { Random } from './seeded-random.ts';
import { decideTake } from './taking.ts';
import type { Tally } from './tally.ts';

export type TakerOptions = {
  name: string;
  exchange: Crossbook;
  paceMs: number;
  random: Random;
  tally: Tally;
  now: () => number;
};

const balanceAgeMs = 20_000;

export function createTaker(options: TakerOptions): Bot {
  const { name, exchange, paceMs, random, tally } = options;
  const purse = createPurse(exchange, options.now);
  return {
    name,
    paceMs,
    async prepare() {
      await exchange.changeSettings({ creditPolicy: 'sticky' });
      await purse.balances(0);
    },
    async act() {
      const all = [...(await exchange.venue()).markets.values()];
      const listed = all[Math.floor(random() * all.length)];
      if (!listed) return;
      const { market, base, quote } = listed;
      const depth = await exchange.rest.depth(market.id, { levels: 1 });
      const top = { bidTicks: bestOf(depth.bids, listed), askTicks: bestOf(depth.asks, listed) };
      const funds = fundsOf(await purse.balances(balanceAgeMs), listed, all);
      const take = decideTake({ top, funds, listed, random });
      if (!take) return;
      try {
        const { fills } = await exchange.place({
          market: market.id,
          side: take.side,
          type: take.type,
          timeInForce: 'ioc',
          price: formatPrice(take.worstTicks, market, base, quote),
          size: formatSize(take.sizeLots, market, base),
        });
        tally.placed(1);
        tally.traded(fills.length);
      } catch (error) {
        // What the market or the funds refuse today is no outage: count it and go on at the usual pace.
        if (!(error instanceof CrossbookError) || error.status !== 422) throw error;
        tally.failed(error.code);
      }
    },
    // Its orders never rest.
    withdraw: async () => undefined,
  };
}

function bestOf(levels: TextLevel[], { market, base, quote }: ListedMarket): number | undefined {
  const best = levels[0];
  return best && parsePrice(best[0], market, base, quote);
}
