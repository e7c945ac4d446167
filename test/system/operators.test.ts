/** Markets under their operators' hands, over the whole exchange: halted, reopened, listed, changed, killed in between, closed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ledgerSums } from './audit.ts';
import { type Exchange, startExchange } from './local-exchange.ts';
import { operatorOf } from './operator.ts';
import { createToken } from './token.ts';
import { Trader } from './trader.ts';
import { eventually } from './waiting.ts';

const eth = 'ETH-USDC';
const doge = 'DOGE-USDC';
const stateFolder = mkdtempSync(join(tmpdir(), 'crossbook-operators-'));
const operator = operatorOf(stateFolder);
let exchange: Exchange;
let maker: Trader;
let taker: Trader;

const start = async () => {
  const flags = ['--port', '0', '--without', 'bots'];
  exchange = await startExchange({ stateFolder, assembly: inject('assembly'), flags });
  await eventually('health', async () => (await fetch(`${exchange.apiUrl}/v1/health`)).ok, 20_000);
};

/** The same users, with the terms of now. */
const arriveAgain = async () => {
  const [first, second] = [maker.wallet.privateKey, taker.wallet.privateKey];
  for (const trader of [maker, taker]) trader.leave();
  [maker, taker] = await Promise.all([
    Trader.arrive(exchange.apiUrl, first),
    Trader.arrive(exchange.apiUrl, second),
  ]);
};

beforeAll(async () => {
  await start();
  maker = await Trader.arrive(exchange.apiUrl);
  taker = await Trader.arrive(exchange.apiUrl);
  await Promise.all([maker, taker].map((trader) => trader.fund()));
});

afterAll(async () => {
  for (const trader of [maker, taker]) trader?.leave();
  await exchange?.killNine();
  rmSync(stateFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

const stateOf = async (market: string) => (await maker.rest.depth(market, { levels: 1 })).state;

test('a halted market takes no orders and every cancel, and everybody hears of it', async () => {
  await maker.listen(exchange.webSocketUrl, [`market:${eth}`]);
  const resting = await maker.place({ market: eth, side: 'sell', price: '2000', size: '2' });
  await taker.place({ market: eth, side: 'buy', price: '2000', size: '0.5' });
  await operator.orders(`halt ${eth}`);
  await maker.hears('market', ({ market, state }) => market === eth && state === 'halted');
  const wish = { market: eth, side: 'buy', price: '1990', size: '0.1' } as const;
  await expect(taker.place(wish)).rejects.toMatchObject({ code: 'market_not_open' });
  await maker.cancel(resting.digest);
  expect(await stateOf(eth)).toBe('halted');
  expect(await operator.tries(`open ${eth}`)).toBe('state_not_reachable');
});

test('it reopens by an auction, in which orders cross at one price', async () => {
  await operator.orders(`auction ${eth}`);
  await maker.place({ market: eth, side: 'sell', price: '1990', size: '1' });
  const bought = await taker.place({ market: eth, side: 'buy', price: '2010', size: '1.5' });
  expect(bought.fills).toEqual([]);
  const { auction } = await taker.rest.depth(eth, { levels: 5 });
  // The same trades anywhere between the two: the price nearest to the last one counts.
  expect(auction).toEqual({ price: '2000', size: '1', imbalance: '0.5' });
  await operator.orders(`open ${eth}`);
  await maker.hears('market', ({ state }) => state === 'open');
  const fill = await eventually('the fill of the auction', async () => {
    const { fills } = await taker.rest.fills(await taker.token());
    return fills.find(({ size }) => size === '1');
  });
  expect(fill.price).toBe('2000');
});

test('a market and its asset are listed while the exchange runs, and trade at once', async () => {
  const terms = '--tick 0.00001 --lot 1 --reference 0.1 --begin open';
  const token = await createToken(maker, { symbol: 'DOGE', decimals: 8 });
  const asset = `--base-decimals 4 --base-chain-decimals 8 --base-chain-asset ${token}`;
  await operator.orders(`list ${doge} --group alts ${terms} ${asset}`);
  await arriveAgain();
  await eventually('the new asset where funds are paid in', async () => {
    const { tokens } = await maker.rest.chain();
    return tokens.some(({ asset: id }) => id === 'DOGE');
  });
  await maker.fund('DOGE');
  await maker.place({ market: doge, side: 'sell', price: '0.1', size: '800' });
  const bought = await taker.place({ market: doge, side: 'buy', price: '0.1', size: '100' });
  // 100 × 0.1 = 10 USDC, 10 bps of it.
  expect(bought.fills).toMatchObject([{ price: '0.1', size: '100', fee: '0.01' }]);
  expect((await taker.balances())['DOGE']?.total).toBe('100');
  const wide = { market: doge, side: 'buy', price: '0.12', size: '100' } as const;
  await expect(taker.place(wide)).rejects.toMatchObject({ code: 'price_outside_band' });
});

test('changed fees are for orders from then on, and a fee tier is for its accounts', async () => {
  await operator.orders(`change ${doge} --taker-fee-bps 20 --maker-fee-bps 0`);
  const wish = { market: doge, side: 'buy', price: '0.1', size: '100' } as const;
  const cheap = { ...wish, maxFeeBps: 10 };
  await expect(taker.place(cheap)).rejects.toMatchObject({ code: 'fee_above_signed' });
  // A door may tell the old terms for two seconds more, and whoever signs by them is refused.
  const bought = await eventually('an order by the new fees', async () => {
    await arriveAgain();
    return taker.place(wish);
  });
  expect(bought.fills).toMatchObject([{ fee: '0.02' }]);

  await operator.orders('fee-tier define 1 --maker-bps -2 --taker-bps 5');
  await operator.orders(`fee-tier assign ${maker.account} 1`);
  await maker.place({ market: doge, side: 'sell', price: '0.099', size: '100' });
  await taker.place({ ...wish, price: '0.099' });
  const rebate = await eventually('a rebate', async () => {
    const { fills } = await maker.rest.fills(await maker.token());
    return fills.find(({ price }) => price === '0.099');
  });
  // 100 × 0.099 = 9.9 USDC, 2 bps of it.
  expect(rebate.fee).toBe('-0.00198');
});

test('all of it survives a kill -9 of every process: the deployment lists only what nobody changed', async () => {
  await operator.orders(`halt ${eth}`);
  await operator.orders(`change ${eth} --band-bps 444`);
  for (const trader of [maker, taker]) trader.leave();
  await exchange.killNine();
  await start();
  await arriveAgain();
  const markets = await operator.markets();
  expect(markets.get(eth)).toMatchObject({ market: { bandBps: 444 }, now: { state: 'halted' } });
  expect(markets.get(doge)).toMatchObject({
    market: { takerFeeBps: 20, makerFeeBps: 0, groupId: 'alts' },
    now: { state: 'open', lastTicks: 9_900 },
  });
  const { orders } = await maker.rest.openOrders(await maker.token());
  expect(orders.find(({ market }) => market === doge)).toMatchObject({ filledSize: '200' });
  await maker.place({ market: doge, side: 'sell', price: '0.098', size: '20' });
  const bought = await taker.place({ market: doge, side: 'buy', price: '0.098', size: '20' });
  expect(bought.fills).toMatchObject([{ price: '0.098', fee: '0.00392' }]);
});

test('an adjustment takes three people, and the account sees it', async () => {
  const before = Number((await taker.balances())['USDC']?.total);
  const adjust = async (id: string, account: string, amount: string) => {
    await operator.orders(`adjust ${account} USDC ${amount} --from house:insurance --id ${id}`);
    for (const by of ['bea', 'cyd']) await operator.orders(`approve ${id} --by ${by}`);
  };
  await adjust('adj-give', taker.account, '40.5');
  // The vault takes nothing of a user's without his signature.
  const take = `adjust ${maker.account} USDC -100 --from house:insurance --id adj-take`;
  expect(await operator.tries(take)).toBe('vault_cannot_follow');
  expect(Number((await taker.balances())['USDC']?.total)).toBeCloseTo(before + 40.5, 6);
  const { entries } = await taker.rest.entries(await taker.token());
  expect(entries.find(({ business }) => business === 'adjust')).toMatchObject({
    ...{ businessId: 'adj-give', available: '40.5', counterparty: 'house:insurance' },
  });
});

test('a closed market has cancelled every order and stays closed for ever', async () => {
  await operator.orders(`close ${doge} --yes`);
  await eventually('no order of it', async () => {
    const { orders } = await maker.rest.openOrders(await maker.token());
    return orders.every(({ market }) => market !== doge);
  });
  const wish = { market: doge, side: 'buy', price: '0.1', size: '100' } as const;
  await expect(taker.place(wish)).rejects.toMatchObject({ code: 'market_not_open' });
  expect(await operator.tries(`open ${doge}`)).toBe('state_not_reachable');
  expect(await operator.tries(`change ${doge} --taker-fee-bps 1`)).toBe('state_not_reachable');
  const { DOGE } = await maker.balances();
  expect(DOGE).toMatchObject({ held: '0', total: '9680' });
  const { trades } = await maker.rest.trades(doge, { limit: 10 });
  expect(trades).toHaveLength(4);
});

test('every asset sums to zero, the new one too', async () => {
  const sums = await ledgerSums(exchange);
  expect(Object.keys(sums)).toContain('DOGE');
  expect(Object.values(sums).every((sum) => sum === '0')).toBe(true);
});
