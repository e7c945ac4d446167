/**
 * Reconciles one account: its balances, credits, pending grants, counters and withdrawals against the sum of its entries, its entries
 * against each other and their operations, and its credit against the engine's. Changes nothing.
 *
 * Others write meanwhile, so a first look compares what is read one by one; where that does not agree, an asset's items are read
 * at one moment together with how far each group is cleared, which says exactly which entries count. A difference is
 * one that three such looks in a row agree on. An account that never stands still that long is called unsettled, never wrong.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type AccountBook, copyOfBook, emptyBook, runOf } from '#domain/account-book.ts';
import type { AssetId } from '#domain/asset.ts';
import { EntryCheck } from '#domain/check-entries.ts';
import { changeKey } from '#domain/clearing.ts';
import { compareAccount, type MoneySeen } from '#domain/compare-account.ts';
import { compareOperation, compareWithdrawals } from '#domain/compare-operation.ts';
import { compareSums } from '#domain/compare-sums.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import type { GroupId } from '#domain/market.ts';
import { type Difference, differenceName } from '#domain/reconciliation.ts';
import { ledgerKeys, padded, vaultAccount } from '#wire/table-keys.ts';
import { accountMoney, type Cleared, moneyAtOnce } from './account-items.ts';
import { type AccountSums, endOfDay, sumsThrough } from './account-sums.ts';
import { getItems, keyText } from './batch-items.ts';
import type { EngineCredits } from './engine-credits.ts';
import { entriesBehind, entriesOf } from './entries-between.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import { readOperation } from './ledger-operations.ts';
import { withdrawalsOf } from './ledger-withdrawals.ts';

export type AccountReconciling = {
  client: DynamoDBDocumentClient;
  table: string;
  groups: readonly GroupId[];
  /** Entries of before this time are all there, whoever is behind. */
  settledMs: number;
  /** What engines hold, by pair group; a group is left out where no snapshot can be compared. */
  engines: ReadonlyMap<GroupId, EngineCredits>;
  pause(ms: number): Promise<void>;
};

export type Period = {
  /** Entries of runs are counted from here … */
  startMs: number;
  /** … and summed up to here, this moment excluded. */
  endMs: number;
  /** Sums of this day, or of an earlier one, are where the entries are read from. */
  sumsThrough?: string;
  /** All entries are read, and the sums are compared with them; in turn: unless they are too many. */
  isWhole: boolean;
  isInTurn?: boolean;
};

export type ReconciledAccount = {
  /** At the end of the period. */
  book: AccountBook;
  /** Whether it has moved since the sums from which it began. */
  hasMoved: boolean;
  entries: number;
  runEntries: number;
  differences: Difference[];
  isSettled: boolean;
};

/** A difference must be seen so often in a row, unchanged. */
const looksThatAgree = 3;
const looksAtMost = 12;
const firstPauseMs = 20;
const longestPauseMs = 1_000;
/** Entries of an account that are read anew from its first one on where something is wrong. */
const rereadAtMost = 200_000;

export async function reconcileAccount(
  where: AccountReconciling,
  account: string,
  period: Period,
): Promise<ReconciledAccount> {
  const sums =
    period.sumsThrough === undefined
      ? undefined
      : await sumsThrough(where, account, period.sumsThrough);
  const first = await lookAt(where, account, period, sums);
  if (!sums) return first;
  const isDoubtful = first.differences.length > 0;
  const isFew = sums.book.entries <= rereadAtMost;
  const isWhole = period.isWhole || (period.isInTurn === true && isFew);
  if (!isWhole && !(isDoubtful && isFew)) return first;
  // Which is wrong, the sums or what came since? All entries tell.
  const then = await lookAt(where, account, { ...period, endMs: endOfDay(sums.day) }, undefined);
  const wrong = compareSums(sums, then.book);
  if (wrong.length === 0 && !isWhole) return first;
  if (wrong.length === 0) {
    const old = oldOnes(first, then.differences);
    return { ...first, entries: then.entries, differences: [...first.differences, ...old] };
  }
  const again = await lookAt(where, account, period, undefined);
  const all = [...wrong, ...again.differences];
  // Wrong sums that raise a doubt are found with each pass.
  return { ...again, differences: isDoubtful ? all : oldOnes(first, all) };
}

/** What a look from the sums on does not see. */
function oldOnes(first: ReconciledAccount, differences: readonly Difference[]): Difference[] {
  const seen = new Set(first.differences.map(differenceName));
  return differences
    .filter((each) => !seen.has(differenceName(each)))
    .map((each) => ({ ...each, isOld: true }));
}

async function lookAt(
  where: AccountReconciling,
  account: string,
  period: Period,
  sums: AccountSums | undefined,
): Promise<ReconciledAccount> {
  const base = sums?.book ?? emptyBook(account);
  const fold = new Fold(where, account, period, base);
  let after = sums ? padded(endOfDay(sums.day)) : '';
  // What may still change its place in the order is read again with each look.
  for await (const page of entriesBehind(where, account, after, padded(where.settledMs))) {
    fold.add(page);
    fold.found.push(...(await compareOperations(where, account, page)));
    after = page.at(-1)?.entryId ?? after;
  }
  const { differences, isSettled, tail } = await settled(where, account, fold, after);
  for (const entry of tail) fold.count(entry);
  const atEnd = fold.atEnd ?? bookUntil(fold.check.book, tail, period.endMs);
  return {
    book: atEnd,
    hasMoved: atEnd.entries !== base.entries,
    entries: fold.entries,
    runEntries: fold.runEntries,
    differences: [...fold.found, ...differences],
    isSettled,
  };
}

/** What is read once of an account: everything that no longer changes. */
class Fold {
  readonly check: EntryCheck;
  readonly found: Difference[] = [];
  /** By asset and group, where an engine is compared. */
  readonly frozenAt = new Map<string, bigint>();
  /** The same names, where the sums from which the fold began are of a later frame than the engine's. */
  readonly passed = new Set<string>();
  entries = 0;
  runEntries = 0;
  /** The book at the end of the period; undefined while no later entry was met. */
  atEnd: AccountBook | undefined;
  readonly #period: Period;
  readonly #engines: ReadonlyMap<GroupId, EngineCredits>;

  constructor(where: AccountReconciling, account: string, period: Period, base: AccountBook) {
    this.#period = period;
    this.#engines = where.engines;
    this.check = new EntryCheck(copyOfBook({ ...base, account }));
    for (const [asset, { groups }] of base.assets)
      for (const [groupId, { frozenUnits }] of groups)
        if (where.engines.has(groupId)) this.frozenAt.set(`${asset}#${groupId}`, frozenUnits);
    for (const [asset, { groups }] of base.assets)
      for (const [groupId, { toFrame }] of groups)
        if (toFrame > (where.engines.get(groupId)?.frame ?? 0))
          this.passed.add(`${asset}#${groupId}`);
  }

  add(page: readonly LedgerEntry[]): void {
    for (const entry of page) {
      if (entry.atMs >= this.#period.endMs) this.atEnd ??= copyOfBook(this.check.book);
      this.check.add(entry);
      this.count(entry);
    }
  }

  count(entry: LedgerEntry): void {
    this.entries += 1;
    const run = runOf(entry);
    if (!run) return;
    const { startMs, endMs } = this.#period;
    if (entry.atMs >= startMs && entry.atMs < endMs) this.runEntries += 1;
    const engine = this.#engines.get(run.groupId);
    if (!engine || run.toFrame > engine.frame) return;
    const name = `${entry.asset}#${run.groupId}`;
    this.frozenAt.set(name, (this.frozenAt.get(name) ?? 0n) + entry.frozenUnits);
  }
}

/** Looks until nothing is wrong, or the same is wrong often enough. */
async function settled(
  where: AccountReconciling,
  account: string,
  fold: Fold,
  after: string,
): Promise<{ differences: Difference[]; isSettled: boolean; tail: LedgerEntry[] }> {
  let seen = '';
  let agreed = 0;
  let tail: LedgerEntry[] = [];
  for (let looks = 0; looks < looksAtMost; looks += 1) {
    if (looks > 0) await where.pause(Math.min(longestPauseMs, firstPauseMs * 2 ** (looks - 1)));
    const look =
      looks === 0
        ? await easyLook(where, account, fold, after)
        : await exactLook(where, account, fold, after);
    if (!look) {
      agreed = 0;
      continue;
    }
    tail = look.tail;
    const differences = [...look.differences, ...compareEngines(where, account, fold, tail)];
    if (differences.length === 0) return { differences, isSettled: true, tail };
    const now = differences.map((each) => `${differenceName(each)} ${each.found}`).join('\n');
    agreed = now === seen ? agreed + 1 : 1;
    seen = now;
    if (agreed === looksThatAgree) return { differences, isSettled: true, tail };
  }
  return { differences: [], isSettled: false, tail };
}

type Look = { differences: Difference[]; tail: LedgerEntry[] };

/** One thing after the other: enough where nobody writes. */
async function easyLook(
  where: AccountReconciling,
  account: string,
  fold: Fold,
  after: string,
): Promise<Look> {
  const tail = await entriesOf(where, account, after);
  const money = await accountMoney(where, account);
  return compared(where, { account, fold, money, tail, counted: tail });
}

/** Each asset at one moment; undefined where an operation came in between, whose place nobody knows. */
async function exactLook(
  where: AccountReconciling,
  account: string,
  fold: Fold,
  after: string,
): Promise<Look | undefined> {
  const before = new Set((await entriesOf(where, account, after)).map(({ entryId }) => entryId));
  const around = await accountMoney(where, account);
  const assets = new Set([...around.keys(), ...fold.check.book.assets.keys()]);
  const groups = new Set(where.groups);
  for (const { groups: lent } of around.values()) for (const each of lent.keys()) groups.add(each);
  const money = new Map<AssetId, MoneySeen>();
  const cleared = new Map<AssetId, Map<GroupId, Cleared>>();
  for (const asset of [...assets].sort()) {
    const seen = await moneyAtOnce(where, account, asset, [...groups].sort());
    money.set(asset, seen.money);
    cleared.set(asset, seen.cleared);
  }
  const tail = await entriesOf(where, account, after);
  const isOperation = (entry: LedgerEntry) => runOf(entry) === undefined;
  if (tail.some((entry) => isOperation(entry) && !before.has(entry.entryId))) return undefined;
  const counted = tail.filter((entry) => isOperation(entry) || wasThere(entry, cleared));
  return compared(where, { account, fold, money, tail, counted });
}

/** Whether a run's entry was posted at the moment at which its asset's items were read. */
function wasThere(
  entry: LedgerEntry,
  cleared: ReadonlyMap<AssetId, ReadonlyMap<GroupId, Cleared>>,
): boolean {
  const run = runOf(entry);
  const moment = run && cleared.get(entry.asset)?.get(run.groupId);
  if (!moment) return false;
  const { open } = moment;
  if (run.toFrame <= moment.frame) return true;
  return open !== undefined && run.toFrame === open.toFrame && changeKey(entry) <= open.cursor;
}

async function compared(
  where: AccountReconciling,
  look: {
    account: string;
    fold: Fold;
    money: Map<AssetId, MoneySeen>;
    /** All entries of late, and those of them that count at the moment of the items. */
    tail: LedgerEntry[];
    counted: readonly LedgerEntry[];
  },
): Promise<Look> {
  const { account, fold, money, tail, counted } = look;
  const check = fold.check.fork();
  for (const entry of counted) check.add(entry);
  const pendingUnits = (asset: AssetId, groupId: GroupId) =>
    money.get(asset)?.groups.get(groupId)?.pending?.units ?? 0n;
  return {
    tail,
    differences: [
      ...check.differences(pendingUnits, (asset) => money.get(asset)?.groups.keys() ?? []),
      ...compareAccount(account, money, check.book, vaultAccount),
      ...(await compareOperations(where, account, counted)),
      ...(await withdrawalDifferences(where, account, money)),
    ],
  };
}

/** Each operation's entry against the operation. The vault's line has the other side of entries that are compared. */
async function compareOperations(
  where: AccountReconciling,
  account: string,
  entries: readonly LedgerEntry[],
): Promise<Difference[]> {
  if (account === vaultAccount) return [];
  const operations = entries.filter((entry) => runOf(entry) === undefined);
  const keys = operations.map(({ businessId }) => ledgerKeys.operation(businessId));
  const unique = new Map(keys.map((key) => [keyText(key), key]));
  const items = await getItems(where, [...unique.values()]);
  return operations.flatMap((entry) => {
    const item = items.get(keyText(ledgerKeys.operation(entry.businessId)));
    return compareOperation(entry, item && readOperation(item), vaultAccount);
  });
}

/** Withdrawals looked at: of an account that has more, only the entries tell. */
const withdrawalsAtMost = 200;

async function withdrawalDifferences(
  where: AccountReconciling,
  account: string,
  money: ReadonlyMap<AssetId, MoneySeen>,
): Promise<Difference[]> {
  if (isHouse(account)) return [];
  const page = await withdrawalsOf(where, account, { limit: withdrawalsAtMost });
  return page.cursor === undefined ? compareWithdrawals(account, money, page.withdrawals) : [];
}

/** Credit as entries left it at the engine's frame, against what the engine had then. Fees are no credit of an engine. */
function compareEngines(
  where: AccountReconciling,
  account: string,
  fold: Fold,
  tail: readonly LedgerEntry[],
): Difference[] {
  if (isHouse(account)) return [];
  const frozenAt = new Map(fold.frozenAt);
  for (const entry of tail) {
    const run = runOf(entry);
    const engine = run && where.engines.get(run.groupId);
    if (!engine || run.toFrame > engine.frame) continue;
    const name = `${entry.asset}#${run.groupId}`;
    frozenAt.set(name, (frozenAt.get(name) ?? 0n) + entry.frozenUnits);
  }
  const found: Difference[] = [];
  for (const [groupId, engine] of where.engines) {
    const lines = engine.lines.get(account) ?? new Map<AssetId, bigint>();
    const names = [...frozenAt.keys()].filter((name) => name.endsWith(`#${groupId}`));
    const assets = names.map((name) => name.slice(0, -groupId.length - 1));
    for (const asset of [...new Set([...lines.keys(), ...assets])].sort()) {
      if (fold.passed.has(`${asset}#${groupId}`)) continue;
      const expected = lines.get(asset) ?? 0n;
      const frozen = frozenAt.get(`${asset}#${groupId}`) ?? 0n;
      if (expected === frozen) continue;
      found.push({
        ...{ kind: 'engine_credit', account, asset, groupId, what: 'free and held, by the engine' },
        ...{ expected: String(expected), found: `${frozen} frozen` },
      });
    }
  }
  return found;
}

function bookUntil(book: AccountBook, tail: readonly LedgerEntry[], endMs: number): AccountBook {
  const check = new EntryCheck(copyOfBook(book));
  for (const entry of tail) if (entry.atMs < endMs) check.add(entry);
  return check.book;
}
