import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CrossbookError } from '#client/crossbook-error.ts';
import type { MarketState } from '#domain/market.ts';
import { notionalUnits } from '#domain/order.ts';
import { type Bot, runBot, waitUnless } from '../../containers/bots/bot.ts';
import { assetsToAskFor, fundsOf } from '../../containers/bots/funding.ts';
import { nextPrice } from '../../containers/bots/random-walk.ts';
import { seededRandom } from '../../containers/bots/seeded-random.ts';
import { decideTake } from '../../containers/bots/taking.ts';
import { createTally } from '../../containers/bots/tally.ts';
import { walletOf } from '../../containers/bots/wallets.ts';
import { ethUsdc } from '../client/listed-market.ts';

const { market } = ethUsdc;

describe('a random walk', () => {
  const walk = (seed: string, steps: number) => {
    const random = seededRandom(seed);
    const prices = [3_000];
    for (let step = 0; step < steps; step += 1)
      prices.push(nextPrice(prices.at(-1) as number, 3_000, random));
    return prices;
  };

  test('is the same for the same seed and another for another', () => {
    expect(walk('a', 50)).toEqual(walk('a', 50));
    expect(walk('a', 50)).not.toEqual(walk('b', 50));
  });

  test('moves, but stays about its anchor over a day of steps', () => {
    const prices = walk('a day', 86_400);
    expect(new Set(prices).size).toBeGreaterThan(80_000);
    expect(Math.min(...prices)).toBeGreaterThan(2_500);
    expect(Math.max(...prices)).toBeLessThan(3_600);
  });

  test('draws numbers evenly from 0 to 1', () => {
    const random = seededRandom('even');
    const buckets = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw += 1) {
      const bucket = Math.floor(random() * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe('wallets', () => {
  test('are the same for the same seed, and each bot has its own', () => {
    const seed = 'a seed of enough characters';
    expect(walletOf(seed, 'taker').address).toBe(walletOf(seed, 'taker').address);
    expect(walletOf(seed, 'taker').address).not.toBe(walletOf(seed, 'maker').address);
    expect(walletOf(`${seed}!`, 'taker').address).not.toBe(walletOf(seed, 'taker').address);
    expect(() => walletOf('short', 'taker')).toThrow('shorter than 16');
  });
});

describe('a taker', () => {
  const top = { bidTicks: 299_900, askTicks: 300_100 };
  const state = 'open';
  const rich = { baseUnits: 10e8, quoteUnits: 30_000e6 };

  test('never spends more than it has, and never trades less than the market takes', () => {
    const anyFunds = fc.record({
      baseUnits: fc.integer({ min: 0, max: 10e8 }),
      quoteUnits: fc.integer({ min: 0, max: 30_000e6 }),
    });
    fc.assert(
      fc.property(anyFunds, fc.string(), (funds, seed) => {
        const random = seededRandom(seed);
        const take = decideTake({ top, state, funds, listed: ethUsdc, random });
        if (!take) return;
        const notional = notionalUnits(take.worstTicks, take.sizeLots, market);
        expect(take.sizeLots).toBeGreaterThanOrEqual(market.minSizeLots);
        expect(notional).toBeLessThanOrEqual(260e6);
        if (take.side === 'buy') expect(notional * 1.001).toBeLessThanOrEqual(funds.quoteUnits);
        else expect(take.sizeLots * market.baseUnitsPerLot).toBeLessThanOrEqual(funds.baseUnits);
      }),
    );
  });

  test('takes nothing where there is nobody or nothing', () => {
    const random = seededRandom('any');
    expect(decideTake({ top: {}, state, funds: rich, listed: ethUsdc, random })).toBeUndefined();
    const poor = { baseUnits: 0, quoteUnits: 0 };
    expect(decideTake({ top, state, funds: poor, listed: ethUsdc, random })).toBeUndefined();
  });

  test('sells when it has only base, buys when it has only quote', () => {
    const random = seededRandom('sides');
    const takes = (funds: { baseUnits: number; quoteUnits: number }) =>
      Array.from({ length: 40 }, () => decideTake({ top, state, funds, listed: ethUsdc, random }));
    const sells = takes({ baseUnits: 10e8, quoteUnits: 0 });
    const buys = takes({ baseUnits: 0, quoteUnits: 30_000e6 });

    expect(new Set(sells.map((take) => take?.side))).toEqual(new Set(['sell']));
    expect(new Set(buys.map((take) => take?.side))).toEqual(new Set(['buy']));
  });

  const draws = (state: MarketState) => {
    const random = seededRandom('kinds');
    const draw = () => decideTake({ top, state, funds: rich, listed: ethUsdc, random });
    return Array.from({ length: 600 }, draw);
  };

  test('sends every type and time in force that takes, by size and by money', () => {
    const kinds = new Set(draws('open').map((take) => `${take?.type} ${take?.timeInForce}`));
    expect(kinds).toEqual(
      new Set([
        ...['market ioc', 'market fok', 'limit ioc', 'limit fok'],
        ...['stop ioc', 'take_profit ioc', 'stop_limit gtd', 'take_profit_limit gtd'],
      ]),
    );
    const byMoney = draws('open').filter((take) => take?.spendUnits);
    expect(new Set(byMoney.map((take) => take?.side))).toEqual(new Set(['buy']));
  });

  test('sets triggers where the price is not yet: worse for a stop, better for a take-profit', () => {
    const waiting = draws('open').filter((take) => take?.triggerTicks !== undefined);
    expect(waiting.length).toBeGreaterThan(20);
    for (const { type, side, triggerTicks = 0 } of waiting.filter((take) => take !== undefined)) {
      const rises = type.startsWith('stop') === (side === 'buy');
      if (rises) expect(triggerTicks).toBeGreaterThan(side === 'buy' ? top.askTicks : top.bidTicks);
      else expect(triggerTicks).toBeLessThan(side === 'buy' ? top.askTicks : top.bidTicks);
    }
  });

  test('sends limit orders that wait into an auction, and nothing into a market that is not open', () => {
    for (const take of draws('auction'))
      expect(take).toMatchObject({ type: 'limit', timeInForce: 'gtc' });
    for (const state of ['pre_open', 'cancel_only', 'halted', 'closed'] as const)
      expect(draws(state).filter(Boolean)).toEqual([]);
  });
});

describe('funding', () => {
  const balance = (asset: string, total: string) => ({
    ...{ asset, free: total, held: '0', withdrawing: '0', total },
  });

  test('asks for what runs low and for nothing else', () => {
    const balances = [balance('ETH', '2.5'), balance('USDC', '45000'), balance('NEW', '1')];
    expect(assetsToAskFor(balances, ['ETH', 'USDC', 'NEW', 'BTC'])).toEqual(['ETH', 'BTC']);
  });

  test('a quote asset is shared by the markets that trade in it', () => {
    const other = {
      ...ethUsdc,
      market: { ...market, id: 'SOL-USDC' },
      base: { ...ethUsdc.base, id: 'SOL' },
    };
    const balances = [balance('ETH', '10'), balance('USDC', '30000')];
    expect(fundsOf(balances, ethUsdc, [ethUsdc, other])).toEqual({
      baseUnits: 10e8,
      quoteUnits: 15_000e6,
    });
    expect(fundsOf([], ethUsdc, [ethUsdc])).toEqual({ baseUnits: 0, quoteUnits: 0 });
  });
});

describe('a running bot', () => {
  /** Runs a bot whose actions do as the list says, until the list is done. */
  async function run(acts: ('fine' | 'outage' | 'bug')[], prepares: ('fine' | 'outage')[] = []) {
    const stop = new AbortController();
    const tally = createTally();
    const waits: number[] = [];
    const done: string[] = [];
    const outage = () => new CrossbookError('unavailable', 'no');
    const bot: Bot = {
      name: 'test',
      paceMs: 1_000,
      async prepare() {
        done.push('prepare');
        if (prepares.shift() === 'outage') throw outage();
      },
      async act() {
        const next = acts.shift();
        done.push(next ?? 'end');
        if (acts.length === 0) stop.abort();
        if (next === 'outage') throw outage();
      },
      withdraw: async () => undefined,
    };
    const wait = async (ms: number) => void waits.push(ms);
    await runBot(bot, { signal: stop.signal, tally, random: () => 0.5, wait });
    return { done, waits, report: tally.take() };
  }

  test('survives an outage, waits longer each time, and goes on at its pace afterwards', async () => {
    const { done, waits, report } = await run(
      ['fine', 'outage', 'outage', 'outage', 'fine'],
      ['outage'],
    );

    expect(done).toEqual(['prepare', 'prepare', 'fine', 'outage', 'outage', 'outage', 'fine']);
    expect(waits).toEqual([275, 1_000, 275, 550, 1_100, 1_000]);
    expect(report?.errors).toEqual({ unavailable: 4 });
  });

  test('a wait ends with the signal', async () => {
    const stop = new AbortController();
    const waiting = waitUnless(60_000, stop.signal);
    stop.abort();
    await waiting;
    await waitUnless(60_000, stop.signal);
    expect(stop.signal.aborted).toBe(true);
  });

  test('a minute without anything is not reported', () => {
    const tally = createTally();
    expect(tally.take()).toBeUndefined();
    tally.placed('limit gtc');
    tally.traded(1);
    tally.refused('market_not_open');
    tally.refused('balance_too_low');
    expect(tally.take()).toEqual({
      ...{ placed: { 'limit gtc': 1 }, replaced: 0, amended: 0, cancelled: 0, trades: 1 },
      ...{ missed: { market_not_open: 1 }, errors: { balance_too_low: 1 } },
    });
    expect(tally.take()).toBeUndefined();
  });
});
