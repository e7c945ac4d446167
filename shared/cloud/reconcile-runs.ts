/** A pair group's runs one after the other, and its rows of pending grants. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { GroupId } from '#domain/market.ts';
import type { Difference, GroupTotals } from '#domain/reconciliation.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { moneyAtOnce } from './account-items.ts';
import { clearedRuns } from './cleared-run.ts';
import { isAfter } from './journal-run.ts';
import { queryAll } from './query.ts';

type Where = {
  client: DynamoDBDocumentClient;
  table: string;
  pause(ms: number): Promise<void>;
};

/** Adds the runs of before `endMs` to the totals; `isThrough` once there is none left. */
export async function runOrder(
  where: Where,
  totals: GroupTotals,
  endMs: number,
  isInTime: () => boolean,
): Promise<{ differences: Difference[]; isThrough: boolean }> {
  const { groupId } = totals;
  const differences: Difference[] = [];
  let before: { clock: number; atMs: number; toShardSequence: string } | undefined;
  for await (const run of clearedRuns(where, groupId, totals.toFrame)) {
    if (run.atMs >= endMs) break;
    if (!isInTime()) return { differences, isThrough: false };
    const say = (what: string, expected: unknown, found: unknown) =>
      differences.push({
        ...{ kind: 'run_order', groupId, what: `run to frame ${run.toFrame}: ${what}` },
        ...{ expected: String(expected), found: String(found) },
      });
    if (run.fromFrame <= totals.toFrame)
      say('begins behind the run before', `behind frame ${totals.toFrame}`, run.fromFrame);
    if (run.fromFrame > run.toFrame) say('first frame', `at most ${run.toFrame}`, run.fromFrame);
    if (before && run.clock <= before.clock) say('clock', `later than ${before.clock}`, run.clock);
    if (before && run.atMs < before.atMs) say('time', `${before.atMs} or later`, run.atMs);
    if (before && isAfter(before.toShardSequence, run.fromShardSequence))
      say('record before its first', `${before.toShardSequence} or later`, run.fromShardSequence);
    totals.runs += 1;
    totals.trades += run.trades;
    totals.changes += run.changes;
    totals.toFrame = run.toFrame;
    before = run;
  }
  return { differences, isThrough: true };
}

/** As of an account: a difference is one that is seen so often in a row. */
const looks = 3;
const pauseMs = 100;

/** Rows that no credit item knows of. The other way round they are compared with each account. */
export async function pendingRowDifferences(where: Where, groupId: GroupId): Promise<Difference[]> {
  const rows = await queryAll(where, ledgerKeys.pendingGrant(groupId, '', '').pk);
  const found: Difference[] = [];
  for (const row of rows) {
    // The key says whose it is: what stands in the row may be what is wrong.
    const name = String(row['sk']);
    const at = name.lastIndexOf('#');
    const [account, asset] = [name.slice(0, at), name.slice(at + 1)];
    for (let look = 1; look <= looks; look += 1) {
      const { money } = await moneyAtOnce(where, account, asset, [groupId]);
      const credit = money.groups.get(groupId);
      if (!credit?.row || credit.pending) break;
      if (look < looks) await where.pause(pauseMs);
      else
        found.push({
          ...{ kind: 'pending_row', account, asset, groupId },
          ...{ what: 'row without a pending grant', expected: 'none' },
          found: `grant ${credit.row.grantNumber} of ${credit.row.units}`,
        });
    }
  }
  return found;
}
