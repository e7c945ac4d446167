/** Reconciles accounts page by page, adds them to the totals of a pass and keeps their sums at the end of a day. */
import type { AccountBook } from '#domain/account-book.ts';
import type { AssetId } from '#domain/asset.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import type { GroupId } from '#domain/market.ts';
import type { AssetTotals, Difference, Reconciliation } from '#domain/reconciliation.ts';
import { directoryShards, ledgerKeys } from '#wire/table-keys.ts';
import { accountsAfter, dayMs, dayOf, putSums } from './account-sums.ts';
import { type EngineCredits, engineCredits } from './engine-credits.ts';
import { type AccountReconciling, reconcileAccount } from './reconcile-account.ts';
import type { Reconciling } from './reconcile-pass.ts';
import { presentPass } from './reconciliation-store.ts';
import { sideBySide } from './side-by-side.ts';

/** Accounts between two checkpoints: at some 30 ms each, eight at a time, half a second. */
const accountsPerPage = 100;
const accountsAtOnce = 8;
/** Names of unsettled accounts that are kept. */
const namedAtMost = 50;

export type AccountPages = {
  looking: AccountReconciling;
  /** Accounts of the directory and of the engines, in order. */
  page(shard: number, after: string): Promise<{ accounts: string[]; isLast: boolean }>;
};

/** Reads the engines' snapshots, so that every account of this invocation is compared with them. */
export async function nextAccounts(
  ports: Reconciling,
  pass: Reconciliation,
  settledMs: number,
): Promise<AccountPages> {
  const engines = new Map<GroupId, EngineCredits>();
  for (const totals of pass.groups) {
    const credits = await engineCredits(ports, totals.groupId);
    delete totals.uncompared;
    if (typeof credits === 'string') {
      totals.uncompared = credits;
      continue;
    }
    engines.set(totals.groupId, credits);
    const { snapshotFrame: frame, frame: comparedAtFrame, lines } = credits;
    totals.snapshot = { frame, comparedAtFrame, lines: lines.size };
  }
  const inEngines = accountsByShard(engines);
  const { client, table, groups, pause } = ports;
  return {
    looking: { client, table, groups, pause, settledMs, engines },
    async page(shard, after) {
      const directory = await accountsAfter(ports, shard, after, accountsPerPage);
      const isLast = directory.length < accountsPerPage;
      const end = isLast ? undefined : directory.at(-1);
      // An account that no operation ever named, and yet an engine knows it.
      const strangers = (inEngines.get(ledgerKeys.directoryShard(shard)) ?? []).filter(
        (account) => account > after && (end === undefined || account <= end),
      );
      return { accounts: [...new Set([...directory, ...strangers])].sort(), isLast };
    },
  };
}

function accountsByShard(engines: ReadonlyMap<GroupId, EngineCredits>): Map<string, string[]> {
  const byShard = new Map<string, string[]>();
  for (const { lines } of engines.values())
    for (const account of lines.keys()) {
      const { pk } = ledgerKeys.directory(account);
      byShard.set(pk, [...(byShard.get(pk) ?? []), account]);
    }
  return byShard;
}

/** What is wrong with these accounts; the pass counts them. */
export async function reconcilePage(
  ports: Reconciling,
  pass: Reconciliation,
  accounts: readonly string[],
  looking: AccountReconciling,
): Promise<Difference[]> {
  const { startMs, endMs, isWhole = false } = pass;
  const through = startMs === 0 ? {} : { sumsThrough: dayOf(startMs - 1) };
  const period = { startMs, endMs, ...through, isWhole };
  const isInTurn = inTurn(pass);
  const looked = await sideBySide(accounts, accountsAtOnce, async (account) => {
    const found = await reconcileAccount(looking, account, {
      ...period,
      isInTurn: isInTurn(account),
    });
    if (pass.name !== presentPass && found.hasMoved) await putSums(ports, pass.name, found.book);
    return { account, ...found };
  });
  for (const { account, book, entries, runEntries, isSettled } of looked) {
    pass.accounts += 1;
    pass.entries += entries;
    pass.runEntries += runEntries;
    addTotals(pass.totals, book);
    if (isSettled) continue;
    pass.unsettled.accounts += 1;
    if (pass.unsettled.some.length < namedAtMost) pass.unsettled.some.push(account);
  }
  return looked.flatMap(({ differences }) => differences);
}

/**
 * Each day all entries of a sixteenth of the users are read: whoever changes a balance and the sums of its entries alike is
 * found within that many days, without anybody asking for a whole pass.
 */
function inTurn({ name, endMs }: Reconciliation): (account: string) => boolean {
  if (name === presentPass) return () => false;
  const shard = ledgerKeys.directoryShard(Math.floor(endMs / dayMs) % directoryShards);
  return (account) => !isHouse(account) && ledgerKeys.directory(account).pk === shard;
}

function addTotals(totals: AssetTotals[], { account, assets }: AccountBook): void {
  for (const book of assets.values()) {
    const total = totalOf(totals, book.asset);
    let frozenUnits = 0n;
    for (const [groupId, group] of book.groups) {
      frozenUnits += group.frozenUnits;
      if (isHouse(account)) continue;
      total.users.frozen[groupId] = (total.users.frozen[groupId] ?? 0n) + group.frozenUnits;
    }
    const units = book.availableUnits + book.withdrawingUnits + frozenUnits;
    total.sum += units;
    if (isHouse(account)) total.house[account] = units;
    else {
      total.users.available += book.availableUnits;
      total.users.withdrawing += book.withdrawingUnits;
    }
  }
}

function totalOf(totals: AssetTotals[], asset: AssetId): AssetTotals {
  const known = totals.find((each) => each.asset === asset);
  if (known) return known;
  const users = { available: 0n, withdrawing: 0n, frozen: {} };
  const fresh: AssetTotals = { asset, users, house: {}, sum: 0n };
  totals.push(fresh);
  totals.sort((one, other) => (one.asset < other.asset ? -1 : 1));
  return fresh;
}
