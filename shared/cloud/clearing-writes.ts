/** What clearing writes: for each change of a run, and at the run's end. */
import { assert } from '#domain/assertion.ts';
import { type CreditChange, frozenChange } from '#domain/clearing.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import { type OutboxTopic, outboxIdOf } from '#wire/outbox.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { type ClearedRun, runItem } from './cleared-run.ts';
import { clearingEntry } from './ledger-entry.ts';
import { outboxWrite } from './outbox-store.ts';
import { storedUnits } from './stored-number.ts';
import type { Write } from './transaction.ts';

/**
 * Accounts of users in one run, each 45 bytes of an outbox row: 405 KB, where an item holds 400 KiB (409.6 KB). A run ends with the
 * frame that brings it to 1,000 movements of money, of two accounts at most (`clear-journal.ts`); that frame closes with the
 * command that brings it to 256 KiB, which may still make 1,000 events: some 3,200 trades of 118 bytes. Together 8,400.
 */
const accountsPerRun = 9_000;

/** What a change makes of its credit. */
export const frozenAfter = (change: CreditChange, credit: Item): bigint =>
  storedUnits(credit['frozen']) + frozenChange(change);

/** How many writes `changeWrites` makes of it. */
export const writesOf = (change: CreditChange): number =>
  2 + (change.granted ? 1 : 0) + (change.returnedUnits > 0n ? 1 : 0);

/** Everything that one change writes: its credit and its entry, the end of a grant, the gain of a return. */
export function changeWrites(
  table: string,
  change: CreditChange,
  credit: Item,
  run: { groupId: string; toFrame: number; atMs: number },
): Write[] {
  const frozenAfterUnits = frozenAfter(change, credit);
  const entry = clearingEntry(change, { ...run, frozenAfterUnits });
  const writes: Write[] = [
    creditWrite(table, change, credit, { groupId: run.groupId, frozenAfterUnits }),
    {
      Put: { TableName: table, Item: entry, ConditionExpression: 'attribute_not_exists(pk)' },
    },
  ];
  if (change.granted) {
    writes.push({
      Delete: {
        TableName: table,
        Key: ledgerKeys.pendingGrant(run.groupId, change.account, change.asset),
        ConditionExpression: 'grantNumber = :number',
        ExpressionAttributeValues: { ':number': change.granted.grantNumber },
      },
    });
  }
  if (change.returnedUnits > 0n) writes.push(returnWrite(table, change, run.groupId));
  return writes;
}

function creditWrite(
  table: string,
  change: CreditChange,
  credit: Item,
  after: { groupId: string; frozenAfterUnits: bigint },
): Write {
  const { granted } = change;
  const known = credit['frozen'] !== undefined;
  return {
    Update: {
      TableName: table,
      Key: ledgerKeys.credit(change.account, change.asset, after.groupId),
      UpdateExpression: `SET frozen = :after${granted ? ' REMOVE pendingNumber, pendingUnits, pendingClock' : ''} ADD version :one`,
      ConditionExpression: [
        known ? 'frozen = :before' : 'attribute_not_exists(frozen)',
        ...(granted ? ['pendingNumber = :number AND pendingUnits = :granted'] : []),
      ].join(' AND '),
      ExpressionAttributeValues: {
        ':after': after.frozenAfterUnits,
        ':one': 1n,
        ...(known ? { ':before': credit['frozen'] } : {}),
        ...(granted ? { ':number': granted.grantNumber, ':granted': granted.units } : {}),
      },
    },
  };
}

function returnWrite(table: string, change: CreditChange, groupId: string): Write {
  return {
    Update: {
      TableName: table,
      Key: ledgerKeys.balance(change.account, change.asset),
      // Only this group writes this clock, and its frames' clocks grow: nothing needs comparing.
      UpdateExpression:
        'SET #clock = :clock, #returnNumber = :number ADD available :units, grantable :units, #returnedUnits :units, #returns :one, version :one',
      ExpressionAttributeNames: {
        '#clock': `clock#${groupId}`,
        '#returns': 'returns',
        '#returnNumber': `returnNumber#${groupId}`,
        '#returnedUnits': `returnedUnits#${groupId}`,
      },
      ExpressionAttributeValues: {
        ':clock': change.returnedClock,
        ':number': change.returnNumber,
        ':units': change.returnedUnits,
        ':one': 1n,
      },
    },
  };
}

/** Topics that hear of a run, the last one only of trades, and only where there is a chain to settle them on. */
const topics = ['notify', 'reconcile', 'settle'] as const satisfies readonly OutboxTopic[];

/** What the last transaction of a run writes beside its changes. */
export function endWrites(
  { table, outboxTable, settles }: { table: string; outboxTable?: string; settles?: boolean },
  run: ClearedRun,
  changes: readonly CreditChange[],
): Write[] {
  const written: Write = {
    Put: { TableName: table, Item: runItem(run), ConditionExpression: 'attribute_not_exists(pk)' },
  };
  if (outboxTable === undefined) return [written];
  const accounts = [...new Set(changes.map(({ account }) => account))].filter(
    (account) => !isHouse(account),
  );
  assert(accounts.length <= accountsPerRun, `a run of ${accounts.length} accounts`);
  const { groupId, toFrame, atMs } = run;
  const hearing = topics.filter((topic) => topic !== 'settle' || (settles && run.trades > 0));
  const rows = hearing.map((topic) => {
    // Whoever reconciles nets the frames again, and finds the accounts there.
    const told = topic === 'notify' ? accounts : [];
    const body = { type: 'run' as const, groupId, toFrame, atMs, accounts: told };
    return outboxWrite(outboxTable, { topic, outboxId: outboxIdOf(body), atMs, body });
  });
  return [written, ...rows];
}

/** So many writes has the end of a run at most. */
export const endWritesAtMost = 1 + topics.length;
