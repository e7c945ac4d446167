import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { createHistoryStore } from '#cloud/history-store.ts';
import { readJournalRange } from '#cloud/journal-range.ts';
import { createJournalReader, type JournalReader } from '#cloud/journal-reader.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import type { Units } from '#domain/amount.ts';
import { settingNames } from '#wire/setting-names.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { putAll, startKinesis } from '../twins/kinesis-twin.ts';
import { account, type BareEvent, HandWrittenJournal, startMs, trade } from './clearing-journal.ts';
import { allItems, killedAt } from './ledger-twin.ts';
import { streamEvent } from './stream-event.ts';

const groupId = 'g1';
const stream = 'journal-g1';
/** Enough that the one run of the journal below takes three transactions. */
const pairs = 30;

let dynamo: DynamoTwin;
let kinesis: Awaited<ReturnType<typeof startKinesis>>;
let reader: JournalReader;
let records: JournalRecord[];
let ledgerTable: string;
let historyTable: string;
let outboxTable: string;

beforeAll(async () => {
  dynamo = await startDynamo('unused');
  kinesis = await startKinesis(stream);
  reader = createJournalReader({ client: kinesis.client, stream });
  ledgerTable = await newTable();
  historyTable = await newTable();
  outboxTable = await newTable();
  Object.assign(process.env, {
    [settingNames.journalStreams]: JSON.stringify({ [groupId]: stream }),
    [settingNames.ledgerTable]: ledgerTable,
    [settingNames.historyTable]: historyTable,
    [settingNames.outboxTable]: outboxTable,
  });
  records = await putAll(kinesis.client, stream, (await tradedJournal()).records);
});
afterAll(async () => {
  await kinesis.stop();
  await dynamo.stop();
});

/** Each even account sells ETH to the next one, with money that the ledger really granted. */
async function tradedJournal(): Promise<HandWrittenJournal> {
  const ledger = createLedgerStore({ client: dynamo.client, table: ledgerTable });
  const journal = new HandWrittenJournal(groupId);
  const grants: BareEvent[] = [];
  const trades: BareEvent[] = [];
  for (let owner = 0; owner < 2 * pairs; owner += 1) {
    const name = { account: account(owner), asset: owner % 2 ? 'USDC' : 'ETH' };
    const units = 100n as Units;
    await ledger.deposit({ operationId: `d${owner}`, ...name, units, atMs: startMs });
    await ledger.grant({ ...name, groupId, least: units, most: units, atMs: startMs });
    grants.push({ type: 'credit_granted', ...name, grantNumber: 1, units: 100 });
    if (owner % 2 === 0) {
      const sizes = { baseUnits: 10, quoteUnits: 60, takerFeeUnits: 2 };
      trades.push(trade({ maker: owner, taker: owner + 1, takerSide: 'buy', ...sizes }));
    }
  }
  journal.epoch();
  journal.frame(grants);
  for (const each of trades) journal.frame([each]);
  return journal;
}

test('a range of the journal is read whole, from its beginning or after a record', async () => {
  const numbers = async (after: string, through: string) =>
    (await readJournalRange(reader, after, through)).map((each) => each.shardSequence);
  const all = records.map((record) => record.shardSequence);
  expect(await numbers('', all[3] ?? '')).toEqual(all.slice(0, 4));
  expect(await numbers(all[3] ?? '', all[9] ?? '')).toEqual(all.slice(4, 10));
});

describe('the functions behind the journal, as Lambda runs them', () => {
  test('settlement finishes the run that a dead process left, though its batches are shorter now', async () => {
    const dying = createClearingStore({
      client: killedAt(dynamo.client, 4, 'after'),
      table: ledgerTable,
    });
    const readRange = (_: string, after: string, through: string) =>
      readJournalRange(reader, after, through);
    await expect(clearJournal({ store: dying, readRange }, groupId, records)).rejects.toThrow();
    const store = createClearingStore({ client: dynamo.client, table: ledgerTable });
    const left = await store.position(groupId);
    expect(left.run?.toFrame).toBe(pairs + 1);

    const { handler } = await import('../../functions/settlement/handler.ts');
    expect(await handler(streamEvent(stream, records.slice(0, 5)))).toEqual({
      batchItemFailures: [],
    });
    const { watermark, run } = await store.position(groupId);
    expect({ frame: watermark.frame, run }).toEqual({ frame: pairs + 1, run: undefined });
    expect(await handler(streamEvent(stream, records.slice(5)))).toEqual({ batchItemFailures: [] });

    const ledger = createLedgerStore({ client: dynamo.client, table: ledgerTable });
    expect(await ledger.balances(account(1))).toMatchObject([
      { asset: 'ETH', available: 0n, credit: [{ groupId, frozen: 10n, pending: 0n }] },
      { asset: 'USDC', available: 0n, credit: [{ groupId, frozen: 38n, pending: 0n }] },
    ]);
    expect(await ledger.balances('house:fees')).toMatchObject([
      { asset: 'USDC', credit: [{ frozen: BigInt(2 * pairs) }] },
    ]);
    expect(await ledger.sums()).toEqual([
      { asset: 'ETH', units: 0n },
      { asset: 'USDC', units: 0n },
    ]);
    const rows = await allItems(dynamo.client, outboxTable);
    expect(rows.map((row) => row['topic'])).toEqual(['notify', 'reconcile']);
  });

  test('market-history writes what happened, once', async () => {
    const { handler } = await import('../../functions/market-history/handler.ts');
    for (const batch of [records.slice(0, 9), records.slice(4), records])
      expect(await handler(streamEvent(stream, batch))).toEqual({ batchItemFailures: [] });
    const history = createHistoryStore({ client: dynamo.client, table: historyTable });
    expect(await history.ticker('ETH-USDC', startMs)).toMatchObject({ trades: pairs });
  });
});
