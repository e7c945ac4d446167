/**
 * Signed withdrawals on their way to the chain: requested → held → (review) → signed → broadcast → confirmed, or failed →
 * returned. Every step is one write on condition of the version that was read; none goes back.
 *
 * What is `signed` may be paid until its deadline has passed for good, whatever we think of it: from there on only the chain says
 * how it ends.
 */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import type { Digest } from '#domain/order.ts';
import { chainKeys, type Key } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { queryAll } from './query.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

export const payoutStatuses = [
  'requested',
  'held',
  'review',
  'signed',
  'broadcast',
  'confirmed',
  'failed',
  'returned',
] as const;
export type PayoutStatus = (typeof payoutStatuses)[number];

/** What may follow on what. */
const ways: Record<PayoutStatus, readonly PayoutStatus[]> = {
  requested: ['held', 'failed'],
  held: ['review', 'signed', 'failed'],
  review: ['signed', 'failed'],
  signed: ['broadcast', 'confirmed', 'failed'],
  broadcast: ['confirmed', 'failed'],
  confirmed: [],
  failed: ['returned'],
  returned: [],
};

/** Why a payout failed. A closed list; none is renamed. */
export const payoutFailures = ['deadline_passed', 'rejected'] as const;
export type PayoutFailure = (typeof payoutFailures)[number];

export type Payout = {
  digest: Digest;
  account: string;
  asset: AssetId;
  units: Units;
  chainAsset: string;
  atoms: bigint;
  recipient: string;
  /** As it was signed: a lower bound. */
  signedAfterBatch: bigint;
  deadlineMs: number;
  /** The number that tells its owner's withdrawals apart. */
  withdrawalNumber: bigint;
  ownerSignature: string;
  requestedAtMs: number;
  needsReview: boolean;
  /** Not signed by the operator before. */
  notBeforeMs: number;
  status: PayoutStatus;
  version: number;
  /** What had been matched when it was held: the batches that must come first. */
  due?: string;
  approval?: { by: string; atMs: number };
  /** From `signed` on. */
  afterBatch?: bigint;
  operatorSignature?: string;
  /** Transactions of ours that were mined and reverted before the one that is under way. */
  reverted?: number;
  /** Why it does not go on, as far as we know. */
  problem?: string;
  /** The vault has less for its owner than it pays: an exit on the chain took it. */
  lacksFunds?: true;
  transactionHash?: string;
  failure?: PayoutFailure;
  rejection?: { by: string; why: string };
};

type Where = { client: DynamoDBDocumentClient; table: string };

/** The ledger's id of it, and the sender's. */
export const payoutIdOf = (digest: Digest): string => `withdrawal:${digest}`;
export const payoutDigestOf = (withdrawalId: string): Digest | undefined =>
  /^withdrawal:(0x[0-9a-f]{64})$/.exec(withdrawalId)?.[1];

export const isPayoutOver = ({ status }: Payout): boolean => status === 'returned';

export async function readPayout(
  { client, table }: Where,
  digest: Digest,
): Promise<Payout | undefined> {
  const get = new GetCommand({
    TableName: table,
    Key: chainKeys.withdrawal(digest),
    ConsistentRead: true,
  });
  const { Item: item } = await untilSettled(() => client.send(get));
  return item && payoutIn(item);
}

export async function readPayouts(
  where: Where,
  digests: readonly Digest[],
): Promise<Map<Digest, Payout>> {
  const items = await getItems(where, digests.map(chainKeys.withdrawal));
  return new Map(
    digests.flatMap((digest): [Digest, Payout][] => {
      const item = items.get(keyText(chainKeys.withdrawal(digest)));
      return item ? [[digest, payoutIn(item)]] : [];
    }),
  );
}

/** Every one that is not over. */
export async function openPayouts(where: Where): Promise<Payout[]> {
  const rows = await queryAll(where, chainKeys.openWithdrawals);
  const payouts = await readPayouts(
    where,
    rows.map(({ sk }) => String(sk)),
  );
  return [...payouts.values()].sort((a, b) => a.requestedAtMs - b.requestedAtMs);
}

/** What is written when it is asked for, once. */
export function payoutWrites(table: string, payout: Payout): Write[] {
  const open = chainKeys.openWithdrawal(payout.digest);
  return [
    {
      Put: {
        TableName: table,
        Item: itemOf(payout),
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
    { Put: { TableName: table, Item: open } },
  ];
}

/**
 * The payout after the step; undefined where somebody else took another one since. `isOver`: no sweep looks at it any more.
 * `isSolved`: what kept it is no more.
 */
export async function stepPayout(
  { client, table }: Where,
  from: Payout,
  changes: Partial<Omit<Payout, 'digest' | 'version'>>,
  { isOver = false, isSolved = false } = {},
): Promise<Payout | undefined> {
  const { problem: _, lacksFunds: __, ...unhindered } = from;
  const kept = isSolved ? unhindered : from;
  const to: Payout = { ...kept, ...changes, version: from.version + 1 };
  assert(
    to.status === from.status || ways[from.status].includes(to.status),
    `a withdrawal cannot go from ${from.status} to ${to.status}`,
  );
  const step: Write = {
    Put: {
      TableName: table,
      Item: itemOf(to),
      ConditionExpression: 'version = :version',
      ExpressionAttributeValues: { ':version': from.version },
    },
  };
  const close: Write = {
    Delete: { TableName: table, Key: chainKeys.openWithdrawal(from.digest) },
  };
  const { status } = await transact(client, isOver ? [step, close] : [step]);
  return status === 'written' ? to : undefined;
}

/** A uint256 passes DynamoDB's 38 digits: it is text. */
const itemOf = (payout: Payout): Key & Item => ({
  ...chainKeys.withdrawal(payout.digest),
  ...payout,
  withdrawalNumber: String(payout.withdrawalNumber),
});

function payoutIn(item: Item): Payout {
  const status = payoutStatuses.find((each) => each === item['status']);
  assert(status, `a withdrawal of unknown status: ${String(item['status'])}`);
  const text = (name: string) => String(item[name]);
  const { approval, failure, rejection } = item as Pick<
    Payout,
    'approval' | 'failure' | 'rejection'
  >;
  const optional = (name: keyof Payout) => (item[name] === undefined ? {} : { [name]: text(name) });
  return {
    digest: text('digest'),
    account: text('account'),
    asset: text('asset'),
    units: storedUnits(item['units']) as Units,
    chainAsset: text('chainAsset'),
    atoms: storedUnits(item['atoms']),
    recipient: text('recipient'),
    signedAfterBatch: storedUnits(item['signedAfterBatch']),
    deadlineMs: storedNumber(item['deadlineMs']),
    withdrawalNumber: BigInt(text('withdrawalNumber')),
    ownerSignature: text('ownerSignature'),
    requestedAtMs: storedNumber(item['requestedAtMs']),
    needsReview: item['needsReview'] === true,
    notBeforeMs: storedNumber(item['notBeforeMs']),
    status,
    version: storedNumber(item['version']),
    ...optional('due'),
    ...(approval ? { approval: { by: approval.by, atMs: Number(approval.atMs) } } : {}),
    ...(item['afterBatch'] === undefined ? {} : { afterBatch: storedUnits(item['afterBatch']) }),
    ...optional('operatorSignature'),
    ...(item['reverted'] === undefined ? {} : { reverted: storedNumber(item['reverted']) }),
    ...optional('problem'),
    ...(item['lacksFunds'] === true ? { lacksFunds: true } : {}),
    ...optional('transactionHash'),
    ...(failure ? { failure } : {}),
    ...(rejection ? { rejection } : {}),
  };
}
