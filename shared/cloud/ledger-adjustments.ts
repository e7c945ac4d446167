/**
 * Adjustments by operators: one person proposes, two others approve, and the second approval posts, in the very transaction
 * that counts it. Every step is on condition of the version that was read; nobody counts twice.
 */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import {
  approvalsNeeded,
  type LedgerOperation,
  type LedgerRefusal,
  type PostedOperation,
} from '#domain/ledger-operation.ts';
import { refuseOperation } from '#domain/refuse-operation.ts';
import { houseAccounts, ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import {
  balancesOf,
  type LedgerPlace,
  putOnce,
  tryOperation,
  untilWon,
} from './ledger-operations.ts';
import { queryPage } from './query.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

export type Proposal = {
  /** The business id of the operation, too. */
  adjustmentId: string;
  account: string;
  /** The house's account on the other side. */
  house: string;
  asset: AssetId;
  /** Negative: from the user to the house. */
  units: Units;
  by: string;
  why: string;
  atMs: number;
};

/** Somebody's word on a proposal. */
export type Word = { by: string; atMs: number };

export type Adjustment = Proposal & {
  status: 'proposed' | 'posted' | 'rejected';
  approvals: Word[];
  rejection?: Word & { why: string };
};

export type AdjustmentAnswer =
  | { status: 'created' | 'exists'; adjustment: Adjustment; operation?: PostedOperation }
  /** `adjustment` as it stands, where there is one. */
  | { status: LedgerRefusal; adjustment?: Adjustment };

type Versioned = Adjustment & { version: number };

/** `created`: it waits for approvals. What it would break whatever the balances are, it is refused for at once. */
export function proposeAdjustment(
  place: LedgerPlace,
  proposal: Proposal,
): Promise<AdjustmentAnswer> {
  const { adjustmentId, atMs } = proposal;
  return untilWon<AdjustmentAnswer>(place, [], adjustmentId, async () => {
    const known = await readAdjustment(place, adjustmentId);
    if (known)
      return isSame(known, proposal)
        ? { status: 'exists', adjustment: bare(known) }
        : { status: 'exists_with_different_content', adjustment: bare(known) };
    const listed = await place.assets?.();
    // Balances are looked at when it is posted: those of today say nothing of those of then.
    const plenty = proposal.units < 0n ? -proposal.units : proposal.units;
    const refusal = refuseOperation(operationOf(proposal), {
      ...{ vault: vaultAccount, houses: houseAccounts },
      balanceOf: (account) => ({
        availableUnits: account === giverOf(proposal) ? plenty : 0n,
        demandedUnits: 0n,
        withdrawingUnits: 0n,
      }),
      isListed: (asset) => listed?.has(asset) ?? true,
      ownDemandUnits: 0n,
    });
    if (refusal) return { status: refusal };
    const adjustment: Adjustment = { ...proposal, status: 'proposed', approvals: [] };
    const { status } = await transact(place.client, [
      putOnce(place.table, {
        ...ledgerKeys.adjustment(adjustmentId),
        ...adjustment,
        version: 1,
      }),
      putOnce(place.table, { ...ledgerKeys.proposal(atMs, adjustmentId), adjustmentId }),
    ]);
    return status === 'written' ? { status: 'created', adjustment } : undefined;
  });
}

type Approval = Word & { adjustmentId: string };

/** `approvals_missing`: it counts, and others are needed. A second approval of the same person counts once. */
export async function approveAdjustment(
  place: LedgerPlace,
  { adjustmentId, by, atMs }: Approval,
): Promise<AdjustmentAnswer> {
  const known = await readAdjustment(place, adjustmentId);
  if (!known) return { status: 'unknown_adjustment' };
  const operation = operationOf(known);
  return untilWon(place, balancesOf(operation), adjustmentId, async () => {
    const now = await readAdjustment(place, adjustmentId);
    assert(now, `adjustment ${adjustmentId} is gone`);
    if (now.status === 'rejected')
      return { status: 'adjustment_is_rejected', adjustment: bare(now) };
    if (now.by === by) return { status: 'approver_is_proposer', adjustment: bare(now) };
    const isKnown = now.approvals.some((each) => each.by === by);
    if (isKnown && now.status === 'proposed')
      return { status: 'approvals_missing', adjustment: bare(now) };
    if (isKnown || now.status === 'posted') return posted(place, now);

    const approvals = [...now.approvals, { by, atMs }];
    if (approvals.length < approvalsNeeded) {
      const next: Versioned = { ...now, approvals, version: now.version + 1 };
      const { status } = await transact(place.client, [nextWrite(place.table, now, next)]);
      return status === 'written'
        ? { status: 'approvals_missing', adjustment: bare(next) }
        : undefined;
    }
    const next: Versioned = { ...now, status: 'posted', approvals, version: now.version + 1 };
    const answer = await tryOperation(place, {
      operationId: adjustmentId,
      operation,
      atMs,
      ordered: { by: now.by, why: now.why },
      also: () => [nextWrite(place.table, now, next)],
    });
    if (!answer) return undefined;
    if (answer.status === 'created') return { ...answer, adjustment: bare(next) };
    // Somebody else posted it since we read the proposal.
    if (answer.status === 'exists') return undefined;
    // The id is another operation's, or the ledger does not allow it now: the proposal stands as it was.
    return { status: answer.status, adjustment: bare(now) };
  });
}

/** Who approves what is posted already hears what was posted. */
async function posted(place: LedgerPlace, now: Versioned): Promise<AdjustmentAnswer | undefined> {
  const operation = operationOf(now);
  const first = await tryOperation(place, {
    operationId: now.adjustmentId,
    operation,
    atMs: now.atMs,
  });
  assert(first?.status === 'exists', `adjustment ${now.adjustmentId} was never posted`);
  return { status: 'exists', adjustment: bare(now), operation: first.operation };
}

/** Anybody's no ends it, the proposer's own too. */
export function rejectAdjustment(
  place: LedgerPlace,
  { adjustmentId, by, why, atMs }: Approval & { why: string },
): Promise<AdjustmentAnswer> {
  return untilWon<AdjustmentAnswer>(place, [], adjustmentId, async () => {
    const now = await readAdjustment(place, adjustmentId);
    if (!now) return { status: 'unknown_adjustment' };
    if (now.status === 'posted') return { status: 'adjustment_is_posted', adjustment: bare(now) };
    if (now.status === 'rejected') return { status: 'exists', adjustment: bare(now) };
    const rejection = { by, why, atMs };
    const next: Versioned = { ...now, status: 'rejected', rejection, version: now.version + 1 };
    const { status } = await transact(place.client, [nextWrite(place.table, now, next)]);
    return status === 'written' ? { status: 'created', adjustment: bare(next) } : undefined;
  });
}

/** The newest proposals, and what became of them. */
export async function newestAdjustments(place: LedgerPlace, limit: number): Promise<Adjustment[]> {
  const { items } = await queryPage(place, ledgerKeys.proposals, { limit });
  const keys = items.map((item) => ledgerKeys.adjustment(String(item['adjustmentId'])));
  const found = await getItems(place, keys);
  return keys.flatMap((key) => {
    const item = found.get(keyText(key));
    return item ? [bare(adjustmentIn(item))] : [];
  });
}

const operationOf = ({ account, house, asset, units }: Proposal): LedgerOperation => ({
  ...{ kind: 'adjust', account, house, asset, units },
});

const giverOf = ({ account, house, units }: Proposal): string => (units < 0n ? account : house);

const isSame = (one: Proposal, other: Proposal): boolean =>
  one.account === other.account &&
  one.house === other.house &&
  one.asset === other.asset &&
  one.units === other.units &&
  one.by === other.by &&
  one.why === other.why;

const nextWrite = (table: string, from: Versioned, next: Versioned): Write => ({
  Put: {
    TableName: table,
    Item: { ...ledgerKeys.adjustment(next.adjustmentId), ...next },
    ConditionExpression: '#version = :seen',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':seen': from.version },
  },
});

async function readAdjustment(
  { client, table }: LedgerPlace,
  adjustmentId: string,
): Promise<Versioned | undefined> {
  const Key = ledgerKeys.adjustment(adjustmentId);
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return item && adjustmentIn(item);
}

const bare = ({ version: _, ...adjustment }: Versioned): Adjustment => adjustment;

function adjustmentIn(item: Item): Versioned {
  const text = (name: string) => String(item[name]);
  const status = (['proposed', 'posted', 'rejected'] as const).find(
    (each) => each === item['status'],
  );
  assert(status, `adjustment ${item['adjustmentId']} of unknown status`);
  const wordIn = (word: unknown): Word => {
    const { by, atMs } = word as { by: string; atMs: unknown };
    return { by, atMs: storedNumber(atMs) };
  };
  const rejection = item['rejection'] as { why: string } | undefined;
  return {
    adjustmentId: text('adjustmentId'),
    account: text('account'),
    house: text('house'),
    asset: text('asset'),
    units: storedUnits(item['units']) as Units,
    by: text('by'),
    why: text('why'),
    atMs: storedNumber(item['atMs']),
    status,
    approvals: (item['approvals'] as unknown[]).map(wordIn),
    ...(rejection ? { rejection: { ...wordIn(rejection), why: rejection.why } } : {}),
    version: storedNumber(item['version']),
  };
}
