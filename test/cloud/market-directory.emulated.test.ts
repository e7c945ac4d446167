/** The directory of markets: what functions read is what the journal said last, however often and by whom it was written. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeHistory } from '#cloud/history-writer.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import type { Asset } from '#domain/asset.ts';
import { type Market, type MarketState, noProtections } from '#domain/market.ts';
import type { Catalog } from '#wire/catalog.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { type BareEvent, HandWrittenJournal, startMs } from './clearing-journal.ts';
import { allItems, killedAt } from './ledger-twin.ts';

const eth: Asset = { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: '0xe1' };
const doge: Asset = { id: 'DOGE', decimals: 4, chainDecimals: 8, chainAsset: '0xd0' };
const usdc: Asset = { id: 'USDC', decimals: 6, chainDecimals: 6, chainAsset: '0xd1' };
const ethMarket: Market = {
  ...noProtections,
  id: 'ETH-USDC',
  groupId: 'majors',
  baseUnitsPerLot: 100_000,
  quoteUnitsPerTickLot: 10,
  minSizeLots: 1,
  minNotionalUnits: 1_000_000,
  makerFeeBps: 5,
  takerFeeBps: 10,
  state: 'open',
};
const dogeMarket: Market = { ...ethMarket, id: 'DOGE-USDC', makerFeeBps: -1 };
const catalog: Catalog = { assets: [eth, usdc], markets: [ethMarket] };

let twin: DynamoTwin;
let table: string;
let clockMs: number;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());
beforeEach(async () => {
  table = await newTable();
  clockMs = 0;
});

const listed = (market: Market, base: Asset): BareEvent => ({
  type: 'market_listed',
  market,
  base,
  quote: usdc,
});
const state = (marketId: string, to: MarketState, untilMs = 0): BareEvent => ({
  type: 'market_state_changed',
  marketId,
  state: to,
  reason: 'operator',
  atMs: startMs,
  untilMs,
});

const directory = (client = twin.client) =>
  createMarketDirectory({ client, table, catalog, clock: { monotonicMs: () => clockMs } });

const consume = (journal: HandWrittenJournal, from = 0, client = twin.client) =>
  writeHistory({ client, table }, journal.groupId, journal.records.slice(from));

/** Lists two markets, halts one, changes its terms, reopens it by an auction and closes the other. */
function story(): HandWrittenJournal {
  const journal = new HandWrittenJournal('majors');
  journal.epoch();
  journal.frame([listed(ethMarket, eth)]);
  journal.frame([
    listed({ ...dogeMarket, state: 'pre_open' }, doge),
    state('ETH-USDC', 'halted', 17),
  ]);
  journal.frame([listed({ ...ethMarket, takerFeeBps: 7 }, eth), state('DOGE-USDC', 'open')]);
  journal.frame([state('ETH-USDC', 'auction', 18), state('DOGE-USDC', 'closed')]);
  return journal;
}

describe('the directory of markets', () => {
  test('is the catalog before the journal speaks', async () => {
    expect([...(await directory().listed()).values()]).toEqual([
      { market: ethMarket, base: eth, quote: usdc, untilMs: 0, sequence: 0 },
    ]);
    expect(await directory().find('DOGE-USDC')).toBeUndefined();
  });

  test('takes the terms of a market whose listing was read before there was a directory from the catalog', async () => {
    const journal = new HandWrittenJournal('majors');
    journal.epoch();
    journal.frame([state('ETH-USDC', 'halted'), state('DOGE-USDC', 'halted')]);
    await consume(journal);
    const markets = await directory().listed();
    expect([...markets.keys()]).toEqual(['ETH-USDC']);
    expect(markets.get('ETH-USDC')?.market).toEqual({ ...ethMarket, state: 'halted' });
  });

  test('shows the newest terms and states, of markets listed at run time and of closed ones too', async () => {
    await consume(story());
    const markets = await directory().listed();
    expect([...markets.keys()]).toEqual(['ETH-USDC', 'DOGE-USDC']);
    expect(markets.get('ETH-USDC')).toEqual({
      market: { ...ethMarket, takerFeeBps: 7, state: 'auction' },
      base: eth,
      quote: usdc,
      untilMs: 18,
      sequence: 6,
    });
    expect(markets.get('DOGE-USDC')?.market).toEqual({ ...dogeMarket, state: 'closed' });
    expect((await directory().assets()).map(({ id }) => id)).toEqual(['ETH', 'USDC', 'DOGE']);
  });

  test('a change of terms keeps the state', async () => {
    const journal = new HandWrittenJournal('majors');
    journal.epoch();
    journal.frame([listed(ethMarket, eth), state('ETH-USDC', 'halted', 9)]);
    journal.frame([listed({ ...ethMarket, bandBps: 300 }, eth)]);
    await consume(journal);
    const entry = await directory().find('ETH-USDC');
    expect(entry?.market).toEqual({ ...ethMarket, bandBps: 300, state: 'halted' });
    expect(entry?.untilMs).toBe(9);
  });

  test('a change that is written is news once', async () => {
    const heard: string[] = [];
    const listen = () =>
      writeHistory({ client: twin.client, table }, 'majors', story().records, (event) =>
        heard.push(event.type === 'market_listed' ? event.market.id : event.state),
      );
    await listen();
    await listen();
    expect(heard).toEqual([
      ...['ETH-USDC', 'DOGE-USDC', 'halted', 'ETH-USDC'],
      ...['open', 'auction', 'closed'],
    ]);
  });
});

describe("the directory's rows", () => {
  test('are the same after a kill at any call, and an older process cannot set it back', async () => {
    await consume(story());
    const whole = await allItems(twin.client, table);
    for (let call = 1, died = true; died; call += 1) {
      table = await newTable();
      const dying = killedAt(twin.client, call, call % 2 ? 'after' : 'before');
      died = await consume(story(), 0, dying).then(
        () => false,
        () => true,
      );
      await consume(story());
      expect(await allItems(twin.client, table)).toEqual(whole);
    }
  });

  test('are the same from two processes that consume the same journal', async () => {
    await Promise.all([consume(story()), consume(story()), consume(story(), 2)]);
    const markets = await directory().listed();
    expect(markets.get('ETH-USDC')?.market.state).toBe('auction');
    expect(markets.get('DOGE-USDC')?.market.state).toBe('closed');
  });

  test('belong to the group that listed the market first', async () => {
    await consume(story());
    const alts = new HandWrittenJournal('alts');
    alts.epoch();
    for (let frame = 0; frame < 9; frame += 1)
      alts.frame([{ type: 'accepted', commandId: `c${frame}` }]);
    alts.frame([listed({ ...ethMarket, groupId: 'alts' }, eth)]);
    await consume(alts);
    expect((await directory().find('ETH-USDC'))?.market.groupId).toBe('majors');
  });

  test('are read again after two seconds, and an old answer stands in for a minute of outage', async () => {
    let calls = 0;
    let down = false;
    const client = new Proxy(twin.client, {
      get(target, name) {
        if (name !== 'send') return Reflect.get(target, name);
        return (command: Parameters<typeof target.send>[0]) => {
          calls += 1;
          return down ? Promise.reject(new Error('no table')) : target.send(command);
        };
      },
    });
    const reader = directory(client);
    await Promise.all([reader.listed(), reader.listed(), reader.find('ETH-USDC')]);
    expect(calls).toBe(1);
    await consume(story());
    clockMs = 1_999;
    expect((await reader.find('DOGE-USDC'))?.market).toBeUndefined();
    clockMs = 2_000;
    expect((await reader.find('DOGE-USDC'))?.market.state).toBe('closed');
    expect(calls).toBe(2);
    down = true;
    clockMs = 61_999;
    expect((await reader.find('DOGE-USDC'))?.market.state).toBe('closed');
    clockMs = 62_000;
    await expect(reader.listed()).rejects.toThrow('no table');
  });
});
