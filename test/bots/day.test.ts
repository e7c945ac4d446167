import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bot } from '../../containers/bots/bot.ts';
import { createFairPrices } from '../../containers/bots/fair-price.ts';
import { createMaker } from '../../containers/bots/maker.ts';
import { seededRandom } from '../../containers/bots/seeded-random.ts';
import { createTaker } from '../../containers/bots/taker.ts';
import { createTally, type Report, type Tally } from '../../containers/bots/tally.ts';
import { walletOf } from '../../containers/bots/wallets.ts';
import { wholeExchange } from '../functions/whole-exchange.ts';

const seed = 'a day of the demo traders';
const style = {
  ...{ layers: 3, halfSpreadBps: 6, layerBps: 8, layerQuote: 600, skewBps: 20 },
  ...{ toleranceBps: 4, moves: 2, icebergParts: 4 },
};
const stepMs = 2_000;

// Hundreds of signatures are made and checked, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000 });

let exchange: ReturnType<typeof wholeExchange>;
let tally: Tally;
let makers: Bot[];
let bots: Bot[];

beforeEach(async () => {
  exchange = wholeExchange();
  tally = createTally();
  const { nowMs: now } = exchange.clock;
  const clientOf = (name: string) => {
    const wallet = walletOf(seed, name);
    const account = wallet.address.toLowerCase();
    for (const groupId of ['majors', 'alts']) {
      exchange.fund(groupId, account, 'USDC', 100_000e6);
      for (const [asset, units] of Object.entries({ ETH: 10e8, BTC: 1e8, SOL: 500e8 }))
        exchange.fund(groupId, account, asset, units);
    }
    return exchange.client(wallet);
  };
  // Everybody has enough: nothing is asked for.
  const deposit = async () => expect.fail('a bot ran low');
  const shared = { paceMs: stepMs, tally, now, deposit };
  const fairPrice = createFairPrices({ exchange: clientOf('anybody'), seed, now });
  makers = ['steady', 'wide'].map((name) =>
    createMaker({ ...shared, name, exchange: clientOf(name), fairPrice, style }),
  );
  const random = seededRandom(`${seed} taker`);
  bots = [
    ...makers,
    createTaker({ ...shared, name: 'taker', exchange: clientOf('taker'), random }),
  ];
  for (const bot of bots) await bot.prepare();
});

/** Every bot acts once a step; answers what they did in all. */
async function live(steps: number, who = bots): Promise<Report> {
  for (let step = 0; step < steps; step += 1) {
    for (const bot of who) await bot.act();
    exchange.pass(stepMs);
  }
  return tally.take() ?? expect.fail('nothing happened');
}

const depthOf = (marketId: string) => exchange.matchers.client.depth('majors', marketId, 10);
const ordersOf = async (name: string) => {
  const account = walletOf(seed, name).address.toLowerCase();
  const views = ['majors', 'alts'].map((group) => exchange.matchers.client.account(group, account));
  return (await Promise.all(views)).flatMap(({ orders }) => orders);
};

describe('the demo traders', () => {
  test('use every kind of order, and nothing they do on an ordinary day is an error', async () => {
    const report = await live(120);
    expect(report.errors).toEqual({});
    expect(Object.keys(report.placed).sort()).toEqual([
      ...['limit fok', 'limit gtd post_only', 'limit gtd post_only iceberg', 'limit ioc'],
      ...['market fok', 'market ioc', 'market ioc by money'],
      ...['stop ioc decrement', 'stop_limit gtd decrement'],
      ...['take_profit ioc decrement', 'take_profit_limit gtd decrement'],
    ]);
    expect(report.replaced).toBeGreaterThan(50);
    expect(report.trades).toBeGreaterThan(50);
  });

  test('wait while a market is halted, quote its auction, and go on when it opens', async () => {
    await live(10);
    exchange.matchers.setState('ETH-USDC', 'halted');
    const halted = await live(10);
    expect(halted.errors).toEqual({});

    exchange.matchers.setState('ETH-USDC', 'auction');
    const collected = await live(15);
    expect(collected.errors).toEqual({});
    expect(collected.placed['limit gtd']).toBeGreaterThan(0);
    expect(collected.placed['limit gtc']).toBeGreaterThan(0);

    exchange.matchers.setState('ETH-USDC', 'open');
    expect((await live(10)).errors).toEqual({});
    expect((await depthOf('ETH-USDC')).bids.length).toBeGreaterThan(1);
  });

  test('leave a closed market alone and quote the others', async () => {
    await live(6);
    exchange.matchers.setState('ETH-USDC', 'closed');
    const report = await live(20);
    expect(report.errors).toEqual({});
    expect(await depthOf('ETH-USDC')).toMatchObject({ state: 'closed', bids: [], asks: [] });
    expect((await depthOf('BTC-USDC')).bids.length).toBeGreaterThan(1);
    for (const order of await ordersOf('steady')) expect(order.marketId).not.toBe('ETH-USDC');
  });

  test('trade within the bands of a market and through the halts that it makes', async () => {
    const bands = { bandBps: 100, haltBps: 5, haltWindowMs: 60_000 };
    exchange.matchers.change('ETH-USDC', { ...bands, haltMs: 10_000, auctionMs: 10_000 });
    const states = new Set<string>();
    for (let round = 0; round < 30; round += 1) {
      expect((await live(2)).errors).toEqual({});
      states.add((await depthOf('ETH-USDC')).state);
    }
    expect(states).toEqual(new Set(['open', 'halted', 'auction']));
  });
});

describe('what demo traders leave behind', () => {
  test('is nothing when they are told to stop', async () => {
    await live(9);
    for (const bot of bots) await bot.withdraw();
    for (const name of ['steady', 'wide', 'taker']) expect(await ordersOf(name)).toEqual([]);
  });

  test('is cancelled by their switch when they die', async () => {
    await live(6, makers);
    expect((await ordersOf('steady')).length).toBeGreaterThan(6);
    exchange.pass(60_000);
    expect(await ordersOf('steady')).toEqual([]);
  });

  test('stays while they live, however long', async () => {
    await live(45, makers);
    expect((await ordersOf('steady')).length).toBeGreaterThan(6);
  });
});
