/**
 * The ledger as it must be, made anew: what is frozen from the journal's frames, what is available from the operations, each once,
 * with the run boundaries that clearing chose. Holds balances and credit in memory, some 500 bytes an account and asset;
 * entries are handed out as they arise.
 */
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import { type ClearedFrame, type CreditChange, frozenChange, netFrames } from '#domain/clearing.ts';
import { isHouse, type PostedOperation, postingsOf } from '#domain/ledger-operation.ts';
import type { GroupId } from '#domain/market.ts';
import { feeAccount, type Key, ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { type ClearedRun, runItem } from './cleared-run.ts';
import { clearingEntry, operationEntry } from './ledger-entry.ts';

/** What a group's cleared runs did to one account and asset, until some frame. */
export type CreditState = {
  frozenUnits: bigint;
  /** Of the newest grant that a run took in. */
  grantNumber: number;
  grantedUnits: bigint;
  grantedSum: bigint;
  returnNumber: number;
  returnedSum: bigint;
  /** Runs that returned something, and the clock of the newest one. */
  returns: number;
  clock: number;
};

/** A grant that no run took in yet: nothing but the ledger itself knows of it. */
export type Waiting = { grantNumber: number; units: bigint; clock: number };

export type MoneyName = { account: string; asset: AssetId };

type MoneyState = {
  availableUnits: bigint;
  withdrawingUnits: bigint;
  operatedAtMs: number;
  isOperated: boolean;
  /** The newest clock of credit that came with a transfer. */
  transferClock: number;
  /** What moved withdrawing, by time: few operations do. */
  withdrawals: { atMs: number; units: bigint }[];
  credit: Map<GroupId, CreditState>;
};

const nothing: CreditState = {
  ...{ frozenUnits: 0n, grantNumber: 0, grantedUnits: 0n, grantedSum: 0n },
  ...{ returnNumber: 0, returnedSum: 0n, returns: 0, clock: 0 },
};

export class RebuiltLedger {
  readonly #money = new Map<string, MoneyState & MoneyName>();
  readonly #operations = new Set<string>();
  readonly #firstAtMs = new Map<string, number>();
  /** What changed since it was last asked for. */
  #touched = new Map<string, MoneyName>();

  knows(operationId: string): boolean {
    return this.#operations.has(operationId);
  }

  /** Answers what the operation's transaction wrote but for balances. Of one balance, operations come in the order of their times. */
  applyOperation(posted: PostedOperation): Item[] {
    const { operationId, atMs } = posted;
    assert(!this.#operations.has(operationId), `${operationId} twice`);
    this.#operations.add(operationId);
    const items: Item[] = [{ ...ledgerKeys.operation(operationId), ...posted }];
    for (const posting of postingsOf(posted, vaultAccount)) {
      const money = this.#moneyOf(posting);
      money.availableUnits += posting.availableUnits;
      money.withdrawingUnits += posting.withdrawingUnits;
      money.isOperated = true;
      if (posting.withdrawingUnits !== 0n)
        money.withdrawals.push({ atMs, units: posting.withdrawingUnits });
      if (isHouse(posting.account)) {
        items.push(operationEntry(posted, posting));
        continue;
      }
      money.operatedAtMs = Math.max(money.operatedAtMs, atMs);
      if (posted.kind === 'transfer' && posting.account === posted.to)
        money.transferClock = Math.max(money.transferClock, posted.clock ?? 0);
      const withdrawingUnits = money.withdrawals.reduce(
        (sum, each) => (each.atMs <= atMs ? sum + each.units : sum),
        0n,
      );
      // What was available then depends on grants of that moment, which leave no trace of their time.
      const after = { availableUnits: 0n, withdrawingUnits };
      const { availableAfterUnits: _, ...entry } = operationEntry(posted, posting, after);
      items.push(entry);
      const firstAtMs = Math.min(this.#firstAtMs.get(posting.account) ?? atMs, atMs);
      this.#firstAtMs.set(posting.account, firstAtMs);
      items.push({ ...ledgerKeys.directory(posting.account), firstAtMs });
    }
    if (posted.kind === 'deposit') {
      const { account, asset, units } = posted;
      const key = ledgerKeys.depositOf(account, atMs, operationId);
      items.push({ ...key, operationId, asset, units, atMs });
    }
    return items;
  }

  /** Answers a run's entries and the run itself; `run` says all but what is counted here. */
  applyRun(
    run: Omit<ClearedRun, 'trades' | 'changes'>,
    frames: readonly ClearedFrame[],
  ): { items: Item[]; changes: CreditChange[] } {
    const { groupId, toFrame, atMs } = run;
    const changes = netFrames(frames, feeAccount);
    const items = changes.map((change) => {
      const credit = this.#creditOf(change, groupId);
      credit.frozenUnits += frozenChange(change);
      if (change.granted) {
        credit.grantNumber = change.granted.grantNumber;
        credit.grantedUnits = change.granted.units;
        credit.grantedSum += change.granted.units;
      }
      if (change.returnedUnits > 0n) {
        credit.returnNumber = change.returnNumber;
        credit.returnedSum += change.returnedUnits;
        credit.returns += 1;
        credit.clock = change.returnedClock;
      }
      const frozenAfterUnits = credit.frozenUnits;
      return clearingEntry(change, { groupId, toFrame, atMs, frozenAfterUnits });
    });
    let trades = 0;
    for (const { outcomes } of frames)
      for (const { events } of outcomes)
        for (const { type } of events) if (type === 'trade') trades += 1;
    items.push(runItem({ ...run, trades, changes: changes.length }));
    return { items, changes };
  }

  /** What a group's runs did to an account's asset so far. */
  creditOf({ account, asset }: MoneyName, groupId: GroupId): CreditState {
    return { ...(this.#money.get(nameOf({ account, asset }))?.credit.get(groupId) ?? nothing) };
  }

  /** Balance and credit items, and rows of waiting grants; `credit` where other than the newest state counts. */
  itemsOf(
    name: MoneyName,
    at: {
      demandedUnits: bigint;
      waiting: ReadonlyMap<GroupId, Waiting>;
      credit?: ReadonlyMap<GroupId, CreditState>;
    },
  ): Item[] {
    const { account, asset } = name;
    const money = this.#money.get(nameOf(name));
    const credits = at.credit ?? money?.credit ?? new Map<GroupId, CreditState>();
    let available = money?.availableUnits ?? 0n;
    let returns = 0;
    const lent: Item = {};
    const items: Item[] = [];
    for (const groupId of new Set([...credits.keys(), ...at.waiting.keys()])) {
      const credit = credits.get(groupId) ?? nothing;
      const waiting = at.waiting.get(groupId);
      available += credit.returnedSum - credit.grantedSum - (waiting?.units ?? 0n);
      returns += credit.returns;
      const grantNumber = waiting?.grantNumber ?? credit.grantNumber;
      lent[`grantNumber#${groupId}`] = grantNumber;
      lent[`grantedUnits#${groupId}`] = waiting?.units ?? credit.grantedUnits;
      lent[`returnNumber#${groupId}`] = credit.returnNumber;
      lent[`returnedUnits#${groupId}`] = credit.returnedSum;
      lent[`clock#${groupId}`] = credit.clock;
      if (credit === nothing && !waiting) continue;
      items.push({
        ...ledgerKeys.credit(account, asset, groupId),
        frozen: credit.frozenUnits,
        ...counted({ grantNumber }),
        ...(waiting && {
          pendingNumber: waiting.grantNumber,
          pendingUnits: waiting.units,
          pendingClock: waiting.clock,
        }),
      });
      if (waiting)
        items.push({
          ...ledgerKeys.pendingGrant(groupId, account, asset),
          ...{ account, asset, groupId, ...waiting },
        });
    }
    // An account that only ever traded has credit, and no balance until something comes back.
    const isBalance = [money?.isOperated, returns > 0, at.demandedUnits > 0n, at.waiting.size > 0];
    if (isBalance.includes(true))
      items.push({
        ...ledgerKeys.balance(account, asset),
        ...{ available, grantable: available - at.demandedUnits },
        ...counted({ demanded: at.demandedUnits, withdrawing: money?.withdrawingUnits ?? 0n }),
        ...counted({ returns, ...lent, operatedAtMs: money?.operatedAtMs ?? 0 }),
        ...counted({ transferClock: money?.transferClock ?? 0 }),
      });
    return items;
  }

  /** Whose money changed since the last call. */
  takeTouched(): MoneyName[] {
    const touched = [...this.#touched.values()];
    this.#touched = new Map();
    return touched;
  }

  #moneyOf({ account, asset }: MoneyName): MoneyState {
    const name = nameOf({ account, asset });
    this.#touched.set(name, { account, asset });
    const known = this.#money.get(name);
    if (known) return known;
    const fresh = {
      ...{ account, asset, availableUnits: 0n, withdrawingUnits: 0n, operatedAtMs: 0 },
      ...{ transferClock: 0, isOperated: false },
      ...{ withdrawals: [], credit: new Map<GroupId, CreditState>() },
    };
    this.#money.set(name, fresh);
    return fresh;
  }

  #creditOf(name: MoneyName, groupId: GroupId): CreditState {
    const { credit } = this.#moneyOf(name);
    const known = credit.get(groupId) ?? { ...nothing };
    credit.set(groupId, known);
    return known;
  }
}

/** Without what was never counted. */
const counted = (numbers: Record<string, unknown>): Item =>
  Object.fromEntries(Object.entries(numbers).filter(([, each]) => each !== 0 && each !== 0n));

const nameOf = ({ account, asset }: MoneyName): string => `${account}#${asset}`;

/** The items that hold an account's money in an asset, as far as groups are known. */
export const moneyKeys = ({ account, asset }: MoneyName, groups: readonly GroupId[]): Key[] => [
  ledgerKeys.balance(account, asset),
  ...groups.flatMap((groupId) => [
    ledgerKeys.credit(account, asset, groupId),
    ledgerKeys.pendingGrant(groupId, account, asset),
  ]),
];

/** Whose money an item is part of; undefined where it is of another kind. */
export function moneyOf(item: Item): MoneyName | undefined {
  const { pk, sk } = item as Key;
  const [kind = '', asset = ''] = sk.split('#');
  if (pk.startsWith('ACCOUNT#') && (kind === 'BALANCE' || kind === 'CREDIT'))
    return { account: pk.slice('ACCOUNT#'.length), asset };
  if (!pk.startsWith('PENDING#')) return undefined;
  const [account = '', of = ''] = sk.split('#');
  return { account, asset: of };
}
