import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Item } from '#cloud/batch-items.ts';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { groupCredit } from '#cloud/ledger-audit.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import type { Units } from '#domain/amount.ts';
import { feeAccount, ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import {
  account,
  type BareEvent,
  HandWrittenJournal,
  seeded,
  startMs,
  trade,
} from './clearing-journal.ts';
import { allItems, copyOf, killedAt, watched } from './ledger-twin.ts';

let twin: DynamoTwin;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

const groupId = 'g1';
/** Accounts × assets × 2 to 4 items each: a run of the market below takes three transactions. */
const accounts = 30;
const assets = ['ETH', 'USDC'];
const seed = 20_261;

/** Feeds records as a stream would, in batches of a size; what is missing is read from the whole journal. */
async function feed(
  table: string,
  journal: HandWrittenJournal,
  batch: number,
  client = twin.client,
): Promise<void> {
  const store = createClearingStore({ client, table });
  for (let at = 0; at < journal.records.length; at += batch) {
    const records = journal.records.slice(at, at + batch);
    const consumed = await clearJournal({ store, readRange: rangeOf(journal) }, groupId, records);
    expect(consumed.status).toBe('done');
  }
}

const rangeOf =
  (journal: HandWrittenJournal) =>
  async (_: string, after: string, through: string): Promise<JournalRecord[]> =>
    journal.records.filter(
      (record) => record.shardSequence > after && record.shardSequence <= through,
    );

/** A market of many accounts: everybody is granted, trades and gives some back, over two leaders. */
async function market(): Promise<{ journal: HandWrittenJournal; items: Item[]; expected: Money }> {
  const table = await newTable();
  const ledger = createLedgerStore({ client: twin.client, table });
  const journal = new HandWrittenJournal(groupId);
  const expected: Money = new Map();
  const draw = seeded(seed);
  journal.epoch();
  const grants: BareEvent[] = [];
  for (let owner = 0; owner < accounts; owner += 1) {
    for (const asset of assets) {
      const units = 1_000_000n as Units;
      const name = { account: account(owner), asset };
      await ledger.deposit({ operationId: `${owner}-${asset}`, ...name, units, atMs: startMs });
      const least = 600_000n as Units;
      await ledger.grant({ ...name, groupId, least, most: least, atMs: startMs });
      grants.push({ type: 'credit_granted', ...name, grantNumber: 1, units: Number(least) });
      expected.set(`${account(owner)}#${asset}`, { available: 400_000n, frozen: 600_000n });
    }
  }
  journal.frame(grants);
  for (let frame = 0; frame < 10; frame += 1) {
    const events = Array.from({ length: 12 }, () => anyEvent(draw));
    for (const event of events) post(expected, event);
    if (frame === 6) journal.zombieAfter(() => journal.epoch(), events.slice(0, 3));
    journal.frame(events, startMs + frame);
  }
  return { journal, items: await allItems(twin.client, table), expected };
}

type Money = Map<string, { available: bigint; frozen: bigint }>;

function anyEvent(draw: (below: number) => number): BareEvent {
  const maker = draw(accounts);
  if (draw(5) === 0) {
    const name = { account: account(maker), asset: assets[draw(2)] ?? '' };
    return { type: 'credit_returned', ...name, returnNumber: 1, units: 1 + draw(20_000) };
  }
  return trade({
    maker,
    taker: (maker + 1 + draw(accounts - 1)) % accounts,
    takerSide: draw(2) ? 'buy' : 'sell',
    baseUnits: 1 + draw(1_000),
    quoteUnits: 1 + draw(5_000),
    makerFeeUnits: draw(3),
    takerFeeUnits: draw(9),
  });
}

/** The obvious way: one event after the other. */
function post(money: Money, event: BareEvent): void {
  const add = (owner: string, asset: string, frozen: number, available = 0) =>
    addMoney(money, `${owner}#${asset}`, { available: BigInt(available), frozen: BigInt(frozen) });
  if (event.type === 'credit_returned') add(event.account, event.asset, -event.units, event.units);
  if (event.type !== 'trade') return;
  const way = event.takerSide === 'buy' ? 1 : -1;
  add(event.takerAccount, 'ETH', way * event.baseUnits);
  add(event.makerAccount, 'ETH', -way * event.baseUnits);
  add(event.takerAccount, 'USDC', -way * event.quoteUnits - event.takerFeeUnits);
  add(event.makerAccount, 'USDC', way * event.quoteUnits - event.makerFeeUnits);
  add(feeAccount, 'USDC', event.takerFeeUnits + event.makerFeeUnits);
}

/** What balances and credits say. */
function moneyIn(items: readonly Item[]): Money {
  const money: Money = new Map();
  for (const item of items) {
    const [kind, asset] = String(item['sk']).split('#');
    const owner = String(item['pk']).slice('ACCOUNT#'.length);
    if ((kind !== 'BALANCE' && kind !== 'CREDIT') || owner === vaultAccount) continue;
    const available = (item['available'] as bigint | undefined) ?? 0n;
    const frozen = (item['frozen'] as bigint | undefined) ?? 0n;
    addMoney(money, `${owner}#${asset}`, { available, frozen });
  }
  return money;
}

/** What entries say in sum; it must be what the balances say. */
function entriesIn(items: readonly Item[]): Money {
  const money: Money = new Map();
  for (const item of items) {
    if (!String(item['pk']).startsWith('ENTRIES#') || item['account'] === vaultAccount) continue;
    const available = item['availableUnits'] as bigint;
    const frozen = item['frozenUnits'] as bigint;
    addMoney(money, `${item['account']}#${item['asset']}`, { available, frozen });
  }
  return money;
}

function addMoney(money: Money, key: string, more: { available: bigint; frozen: bigint }): void {
  const sum = money.get(key) ?? { available: 0n, frozen: 0n };
  money.set(key, { available: sum.available + more.available, frozen: sum.frozen + more.frozen });
}

async function expectMoney(table: string, expected: Money): Promise<void> {
  const ledger = createLedgerStore({ client: twin.client, table });
  const items = await allItems(twin.client, table);
  expect(moneyIn(items)).toEqual(expected);
  expect(entriesIn(items)).toEqual(expected);
  expect((await ledger.sums()).every(({ units }) => units === 0n)).toBe(true);
  expect(await ledger.pendingGrants(groupId)).toEqual([]);
}

describe(`clearing a journal of ${accounts} accounts (seed ${seed})`, () => {
  let journal: HandWrittenJournal;
  let items: Item[];
  let expected: Money;
  let whole: Item[];
  let calls = 0;
  beforeAll(async () => {
    ({ journal, items, expected } = await market());
    const table = await copyOf(twin.client, items);
    const client = watched(twin.client, { before: (call) => (calls = call) });
    await feed(table, journal, journal.records.length, client);
    whole = await allItems(twin.client, table);
    await expectMoney(table, expected);
  });

  test('takes more than one transaction for its one run', () => {
    expect(whole.find((item) => item['sk'] === 'CURSOR')?.['version']).toBeGreaterThan(2n);
  });

  test('the credit of a group is there to compare with its engine', async () => {
    const table = await copyOf(twin.client, whole);
    const credits = await groupCredit({ client: twin.client, table }, groupId);
    const frozen = credits.map((credit) => [
      `${credit.account}#${credit.asset}`,
      credit.frozenUnits,
    ]);
    const wanted = [...expected].map(([key, balance]) => [key, balance.frozen]);
    expect(new Map(frozen as [string, bigint][])).toEqual(new Map(wanted as [string, bigint][]));
  });

  test.each([1, 2, 3, 5, 8])('in batches of %i records ends with the same money', async (batch) => {
    const table = await copyOf(twin.client, items);
    await feed(table, journal, batch);
    await expectMoney(table, expected);
  });

  test('fed twice, whole or in parts, changes nothing the second time', async () => {
    const table = await copyOf(twin.client, whole);
    await feed(table, journal, journal.records.length);
    await feed(table, journal, 4);
    expect(await allItems(twin.client, table)).toEqual(whole);
  });

  test('killed at any call, and fed anew in other batches, ends with the same ledger', async () => {
    let halfPosted = 0;
    for (let call = 1; call <= calls; call += 1) {
      for (const moment of ['before', 'after'] as const) {
        const table = await copyOf(twin.client, items);
        const dying = killedAt(twin.client, call, moment);
        await expect(feed(table, journal, journal.records.length, dying)).rejects.toThrow('killed');
        const { run } = await createClearingStore({ client: twin.client, table }).position(groupId);
        await feed(table, journal, 1 + (call % 4));
        await expectMoney(table, expected);
        if (!run) continue;
        halfPosted += 1;
        // The open run is finished as it was begun, entry by entry, whatever the new batches are.
        expect(await allItems(twin.client, table)).toEqual(whole);
      }
    }
    expect(halfPosted).toBeGreaterThan(3);
  });

  test('a process that slept after reading its position posts nothing that was posted since', async () => {
    const table = await copyOf(twin.client, items);
    const store = createClearingStore({ client: twin.client, table });
    const postFirst = (count: number) => {
      const records = journal.records.slice(0, count);
      return clearJournal({ store, readRange: rangeOf(journal) }, groupId, records);
    };
    await postFirst(4);
    // Its run ends elsewhere than the other's, so that nothing but the position can tell.
    const client = watched(twin.client, {
      before: (call) => (call === 2 ? postFirst(8) : undefined),
    });
    await feed(table, journal, journal.records.length, client);
    await expectMoney(table, expected);
  });

  test('two processes at once post everything once', async () => {
    const table = await copyOf(twin.client, items);
    await Promise.all([feed(table, journal, 3), feed(table, journal, journal.records.length)]);
    await expectMoney(table, expected);
  });
});

test('a process that finds credit spent by the run that it was about to post leaves that to the other', async () => {
  const table = await newTable();
  const ledger = createLedgerStore({ client: twin.client, table });
  const spent = new HandWrittenJournal(groupId);
  spent.epoch();
  const grants = [
    { account: account(1), asset: 'ETH', units: 10n as Units },
    { account: account(2), asset: 'USDC', units: 10n as Units },
  ].map(async ({ units, ...name }): Promise<BareEvent> => {
    await ledger.deposit({ operationId: name.account, ...name, units, atMs: startMs });
    await ledger.grant({ ...name, groupId, least: units, most: units, atMs: startMs });
    return { type: 'credit_granted', ...name, grantNumber: 1, units: Number(units) };
  });
  spent.frame(await Promise.all(grants));
  await feed(table, spent, 2);
  spent.frame([trade({ maker: 1, taker: 2, takerSide: 'buy', baseUnits: 8, quoteUnits: 8 })]);
  // Between its reading of the position and of the credit the other posts the same trade: 2 are left, 8 would go.
  const client = watched(twin.client, {
    before: (call) => (call === 2 ? feed(table, spent, 3) : undefined),
  });
  await feed(table, spent, 3, client);
  await expectMoney(
    table,
    new Map([
      [`${account(1)}#ETH`, { available: 0n, frozen: 2n }],
      [`${account(1)}#USDC`, { available: 0n, frozen: 8n }],
      [`${account(2)}#ETH`, { available: 0n, frozen: 8n }],
      [`${account(2)}#USDC`, { available: 0n, frozen: 2n }],
    ]),
  );
});

describe('what clearing refuses to guess', () => {
  const setUp = async () => {
    const { journal, items } = await market();
    const table = await copyOf(twin.client, items);
    const tamper = (key: Item, UpdateExpression: string, values?: Item) =>
      twin.client.send(
        new UpdateCommand({
          TableName: table,
          Key: key,
          UpdateExpression,
          ...(values ? { ExpressionAttributeValues: values } : {}),
        }),
      );
    return { journal, table, tamper };
  };

  test('a grant that is not pending in the ledger stops it, with nothing of the transaction posted', async () => {
    const { journal, table, tamper } = await setUp();
    await tamper(ledgerKeys.credit(account(0), 'ETH', groupId), 'SET pendingUnits = :units', {
      ':units': 1n,
    });
    const before = await allItems(twin.client, table);
    await expect(feed(table, journal, 2)).rejects.toThrow(
      /run to frame 1: the condition of ACCOUNT#0x0+1 CREDIT#ETH#g1 does not hold/,
    );
    expect(await allItems(twin.client, table)).toEqual(before);
  });

  test('spending more than is frozen stops it', async () => {
    const { table } = await setUp();
    const journal = new HandWrittenJournal(groupId);
    journal.epoch();
    journal.frame([trade({ maker: 1, taker: 2, takerSide: 'buy', baseUnits: 1, quoteUnits: 1 })]);
    await expect(feed(table, journal, 2)).rejects.toThrow('would have -1 frozen');
  });

  test('frames before a record that cannot be accepted are posted, that record and what follows never', async () => {
    const { journal, table } = await setUp();
    const records = [...journal.records];
    const broken = Uint8Array.from(records[5]?.data ?? []);
    broken[20] = (broken[20] ?? 0) ^ 1;
    records[5] = { data: broken, shardSequence: records[5]?.shardSequence ?? '' };
    const store = createClearingStore({ client: twin.client, table });
    const readRange = rangeOf(journal);
    for (let tries = 0; tries < 3; tries += 1) {
      const consumed = await clearJournal({ store, readRange }, groupId, records);
      expect(consumed).toMatchObject({
        status: 'stopped',
        stop: { reason: 'bad_crc', shardSequence: records[5]?.shardSequence },
      });
      expect((await store.position(groupId)).watermark.frame).toBe(4);
    }
  });
});

test('a frame of a replaced leader is not posted, wherever the batches are cut', async () => {
  const journal = new HandWrittenJournal(groupId);
  const give = (units: number): BareEvent[] => [
    { type: 'credit_granted', account: account(1), asset: 'ETH', grantNumber: 1, units },
  ];
  journal.epoch();
  journal.frame([]);
  journal.zombieAfter(() => journal.epoch(), give(99));
  journal.frame(give(40));
  for (let batch = 1; batch <= journal.records.length; batch += 1) {
    const table = await newTable();
    const ledger = createLedgerStore({ client: twin.client, table });
    const name = { account: account(1), asset: 'ETH' };
    const units = 40n as Units;
    await ledger.deposit({ operationId: 'd', ...name, units, atMs: startMs });
    await ledger.grant({ ...name, groupId, least: units, most: units, atMs: startMs });
    await feed(table, journal, batch);
    const [balance] = await ledger.balances(account(1));
    expect(balance?.credit).toEqual([{ groupId, frozen: 40n, pending: 0n }]);
  }
});

test('the next grant follows once the one before is cleared, with the clock of the last return', async () => {
  const table = await newTable();
  const ledger = createLedgerStore({ client: twin.client, table });
  const name = { account: account(1), asset: 'ETH' };
  const request = { ...name, groupId, least: 40n as Units, most: 40n as Units, atMs: startMs };
  await ledger.deposit({ operationId: 'd', ...name, units: 60n as Units, atMs: startMs });
  await ledger.grant(request);
  const journal = new HandWrittenJournal(groupId);
  journal.epoch();
  journal.frame([{ type: 'credit_granted', ...name, grantNumber: 1, units: 40 }]);
  journal.frame([{ type: 'credit_returned', ...name, returnNumber: 1, units: 25 }]);
  journal.frame([]);
  await feed(table, journal, 10);
  expect(await ledger.grant(request)).toEqual({
    status: 'granted',
    grant: { ...name, groupId, grantNumber: 2, units: 40n, clock: 2 },
  });
  const { entries } = await ledger.entries(account(1), { limit: 5 });
  expect(entries.find((entry) => entry.business === 'clearing')).toMatchObject({
    businessId: 'g1#3',
    availableUnits: -15n,
    frozenUnits: 15n,
    frozenAfterUnits: 15n,
  });
});
