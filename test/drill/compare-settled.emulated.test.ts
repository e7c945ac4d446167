import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Item } from '#cloud/batch-items.ts';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { writeHistory } from '#cloud/history-writer.ts';
import { tradesIn } from '#cloud/ledger-entry.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import type { Units } from '#domain/amount.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import {
  account,
  type BareEvent,
  HandWrittenJournal,
  startMs,
  trade,
} from '../cloud/clearing-journal.ts';
import { allItems } from '../cloud/ledger-twin.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import type { Differences } from './compare.ts';
import { type Books, compareSettled } from './compare-settled.ts';
import { journalOf, tellStory } from './journal-story.ts';

const groupId = 'main';
const maker = 0;
const taker = 1;
const given = 1_000n as Units;
const lent = 600n as Units;
const none = { lost: [], doubled: [], unsettled: [] };

let twin: DynamoTwin;
let books: Books;
let journal: HandWrittenJournal;
const deposits = new Map<string, bigint>();

beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

/** Both get funds and credit; the taker buys 5 for 500, and 1 for 90 with fees. */
beforeEach(async () => {
  books = { client: twin.client, ledger: await newTable(), history: await newTable() };
  journal = new HandWrittenJournal(groupId);
  journal.epoch();
  const ledger = createLedgerStore({ client: twin.client, table: books.ledger });
  const grants: BareEvent[] = [];
  for (const owner of [maker, taker])
    for (const asset of ['ETH', 'USDC']) {
      const name = { account: account(owner), asset };
      deposits.set(`${name.account}#${asset}`, given);
      await ledger.deposit({ operationId: `${owner}-${asset}`, ...name, units: given, atMs: 1 });
      await ledger.grant({ ...name, groupId, least: lent, most: lent, atMs: 2 });
      grants.push({ type: 'credit_granted', ...name, grantNumber: 1, units: Number(lent) });
    }
  journal.frame(grants);
  const traded = { maker, taker, takerSide: 'buy' as const };
  journal.frame([trade({ ...traded, baseUnits: 5, quoteUnits: 500 })]);
  const fees = { makerFeeUnits: 1, takerFeeUnits: 2 };
  journal.frame([trade({ ...traded, baseUnits: 1, quoteUnits: 90, ...fees })], startMs + 1);
});

async function settle(records = journal.records): Promise<void> {
  const store = createClearingStore({ client: twin.client, table: books.ledger });
  const readRange = async () => [...records];
  await clearJournal({ store, readRange }, groupId, records);
  await writeHistory({ client: twin.client, table: books.history }, groupId, records);
}

async function differences(): Promise<Differences> {
  const found: Differences = { lost: [], doubled: [], unsettled: [] };
  const journals = [journalOf(journal.records)];
  await compareSettled({ books, journals, story: tellStory(journals), deposits }, found);
  return found;
}

/** The first item of a partition that is of a trade. */
async function itemOf(table: string, partition: string): Promise<Item> {
  const items = await allItems(twin.client, table);
  const ofTrade = (item: Item) => !partition.startsWith('ENTRIES#') || tradesIn(item).length > 0;
  const item = items.find((each) => each['pk'] === partition && ofTrade(each));
  if (!item) throw new Error(`no item in ${partition}`);
  return item;
}

const keyOf = ({ pk, sk }: Item) => ({ pk, sk });

test('a journal that is settled shows no difference', async () => {
  await settle();
  expect(await differences()).toEqual(none);
});

test('a trade that settlement has not seen is unsettled, on every side', async () => {
  await settle(journal.records.slice(0, -1));
  const { unsettled, doubled } = await differences();
  expect(doubled).toEqual([]);
  const sentences = [
    'the ledger stands at frame 2 of 3',
    'frozen',
    'has no entry',
    'not in the history',
  ];
  for (const sentence of sentences)
    expect(unsettled).toContainEqual(expect.stringContaining(sentence));
});

test('one unit too much in a balance is unsettled, there and in the sum', async () => {
  await settle();
  const add = (Key: Record<string, unknown>, attribute: string) =>
    twin.client.send(
      new UpdateCommand({
        TableName: books.ledger,
        Key,
        UpdateExpression: 'ADD #attribute :one',
        ExpressionAttributeNames: { '#attribute': attribute },
        ExpressionAttributeValues: { ':one': 1n },
      }),
    );
  await add(ledgerKeys.credit(account(maker), 'ETH', groupId), 'frozen');
  await add(ledgerKeys.balance(account(taker), 'USDC'), 'available');
  expect((await differences()).unsettled).toEqual([
    `${account(maker)}#ETH#${groupId} has 595 frozen; by the journal it is 594`,
    `${account(taker)}#USDC has 401 available; by deposits and journal it is 400`,
    'ETH sums to 1 units over all accounts',
    'USDC sums to 1 units over all accounts',
  ]);
});

test('a trade without its entry is unsettled, one with two entries is doubled', async () => {
  await settle();
  const entry = await itemOf(books.ledger, `ENTRIES#${account(maker)}`);
  const twice = { ...(await itemOf(books.ledger, `ENTRIES#${account(taker)}`)), sk: '9' };
  await twin.client.send(new DeleteCommand({ TableName: books.ledger, Key: keyOf(entry) }));
  await twin.client.send(new PutCommand({ TableName: books.ledger, Item: twice }));
  const { unsettled, doubled } = await differences();
  expect(unsettled).toContainEqual(expect.stringContaining('has no entry'));
  expect(doubled).toContainEqual(expect.stringContaining('has 2 entries'));
});

test('a fill that the history lacks is unsettled, one that it has twice is doubled', async () => {
  await settle();
  const fill = await itemOf(books.history, `FILLS#${account(maker)}`);
  const other = await itemOf(books.history, `FILLS#${account(taker)}`);
  const twice = { ...other, sk: `${other['sk']}-again` };
  await twin.client.send(new DeleteCommand({ TableName: books.history, Key: keyOf(fill) }));
  await twin.client.send(new PutCommand({ TableName: books.history, Item: twice }));
  const { unsettled, doubled } = await differences();
  expect(unsettled).toEqual([expect.stringContaining(`fill of ${account(maker)} is not in the`)]);
  expect(doubled).toEqual([expect.stringContaining(`fill of ${account(taker)}: 1 are in the`)]);
});
