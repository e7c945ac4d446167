/** Tables of one market's money on the local twin, cleared as settlement does, with the accounts' other doings beside it. */
import { strict as assert } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { groupCredit } from '#cloud/ledger-audit.ts';
import { createLedgerStore, type LedgerStore, type PendingGrant } from '#cloud/ledger-store.ts';
import type { Units } from '#domain/amount.ts';
import { account, seeded, startMs } from '../cloud/clearing-journal.ts';
import { newTable } from '../twins/dynamo-twin.ts';
import { assets, type ClearedMarket, groupId } from './cleared-market.ts';
import { ConflictMeter } from './conflict-meter.ts';

export type ClearingRig = {
  table: string;
  ledger: LedgerStore;
  meter: ConflictMeter;
  /** Grants made and not yet told of by the journal. */
  granted: PendingGrant[];
  /** Clears what a stream would give at once. */
  clear(records: readonly JournalRecord[]): Promise<void>;
  /** Grants and deposits by turns, at a pace, until `isOver`. */
  beside(side: { accounts: number; perSec: number; isOver: () => boolean }): Promise<void>;
};

export async function clearingRig(
  client: DynamoDBDocumentClient,
  market: ClearedMarket,
): Promise<ClearingRig> {
  const [table, outboxTable] = [await newTable(), await newTable({ streamed: true })];
  await market.fill({ client, table });
  const meter = new ConflictMeter();
  const metered = meter.around(client);
  const store = createClearingStore({ client: metered, table, outboxTable });
  const ledger = createLedgerStore({ client: metered, table, outboxTable });
  const readRange = async () => assert.fail('nothing is left half posted');
  const draw = seeded(11);
  const granted: PendingGrant[] = [];
  return {
    ...{ table, ledger, meter, granted },
    async clear(records) {
      const consumed = await clearJournal({ store, readRange }, groupId, records);
      assert.equal(consumed.status, 'done');
    },
    async beside({ accounts, perSec, isOver }) {
      const began = performance.now();
      for (let nth = 0; !isOver(); nth += 1) {
        const name = { account: account(draw(accounts)), asset: assets[draw(2)] as string };
        const units = BigInt(1 + draw(1_000)) as Units;
        const atMs = startMs + nth;
        if (nth % 2) await ledger.deposit({ operationId: `beside-${nth}`, ...name, units, atMs });
        else {
          const wanted = { ...name, groupId, least: units, most: units, atMs };
          const given = await ledger.grant(wanted);
          if (given.status === 'granted') granted.push(given.grant);
        }
        const dueMs = began + ((nth + 1) * 1_000) / perSec;
        await pause(Math.max(0, dueMs - performance.now()));
      }
    },
  };
}

/** Every asset sums to zero, and what is frozen is what the trades come to one by one. */
export async function assertSums(
  client: DynamoDBDocumentClient,
  { table, ledger }: Pick<ClearingRig, 'table' | 'ledger'>,
  market: ClearedMarket,
): Promise<void> {
  const credits = await groupCredit({ client, table }, groupId);
  const frozen = credits.map(
    (each) => [`${each.account}#${each.asset}`, each.frozenUnits] as const,
  );
  assert.deepEqual(new Map(frozen), sorted(market.frozen));
  for (const { asset, units } of await ledger.sums())
    assert.equal(units, 0n, `${asset} is made or lost`);
}

const sorted = (money: ReadonlyMap<string, bigint>) =>
  new Map([...money].sort(([one], [other]) => (one < other ? -1 : 1)));
