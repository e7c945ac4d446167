/** A taker: now and then buys or sells a little at the best price there is, or leaves an order that waits for its price. */
import type { Crossbook } from '#client/crossbook.ts';
import { CrossbookError } from '#client/crossbook-error.ts';
import type { OrderWish } from '#client/signing.ts';
import { formatDecimal } from '#domain/amount.ts';
import { formatPrice, formatSize, type MarketState, parsePrice } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { TextLevel } from '#wire/feed-message.ts';
import type { Bot } from './bot.ts';
import { createPurse, fundsOf, type PurseOptions } from './funding.ts';
import { kindOf } from './order-kind.ts';
import type { Random } from './seeded-random.ts';
import { decideTake, type Take } from './taking.ts';
import type { Tally } from './tally.ts';

export type TakerOptions = {
  name: string;
  exchange: Crossbook;
  paceMs: number;
  random: Random;
  tally: Tally;
  now: () => number;
  deposit: PurseOptions['deposit'];
};

const balanceAgeMs = 20_000;
/** How long an order may wait for its price or its auction: at the taker's pace only a few ever wait at a time. */
const waitMs = 120_000;

export function createTaker(options: TakerOptions): Bot {
  const { name, exchange, paceMs, random, tally } = options;
  const purse = createPurse(options);
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
      const depth = await exchange.rest.depth(listed.market.id, { levels: 1 });
      const state = depth.state as MarketState;
      const top = { bidTicks: bestOf(depth.bids, listed), askTicks: bestOf(depth.asks, listed) };
      const funds = fundsOf(await purse.balances(balanceAgeMs), listed, all);
      const take = decideTake({ top, state, funds, listed, random });
      if (!take) return;
      const wish = wishOf(take, listed, (await exchange.nowMs()) + waitMs);
      try {
        const { fills } = await exchange.place(wish);
        tally.placed(kindOf(wish));
        tally.traded(fills.length);
      } catch (error) {
        // What the market or the funds refuse today is no outage: count it and go on at the usual pace.
        const isRefusal = error instanceof CrossbookError && [409, 422].includes(error.status);
        if (!isRefusal) throw error;
        tally.refused(error.code);
      }
    },
    async withdraw() {
      const { cancelled } = await exchange.cancelAll();
      tally.cancelled(cancelled);
    },
  };
}

/** What is left of an order that waited may meet one of its owner's that still waits: both then give way. */
function wishOf(take: Take, { market, base, quote }: ListedMarket, expiresAtMs: number): OrderWish {
  const { side, type, timeInForce, worstTicks, triggerTicks, sizeLots, spendUnits } = take;
  const price = (ticks: number) => formatPrice(ticks, market, base, quote);
  return {
    market: market.id,
    side,
    type,
    timeInForce,
    price: price(worstTicks),
    ...(triggerTicks === undefined ? {} : { trigger: price(triggerTicks), stp: 'decrement' }),
    ...(spendUnits === undefined
      ? { size: formatSize(sizeLots, market, base) }
      : { spend: formatDecimal(BigInt(spendUnits), quote.decimals) }),
    expiresAtMs,
  };
}

function bestOf(levels: TextLevel[], { market, base, quote }: ListedMarket): number | undefined {
  const best = levels[0];
  return best && parsePrice(best[0], market, base, quote);
}
