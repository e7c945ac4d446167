/**
 * Exits that users asked the vault for, as we follow them: what the ledger claimed for each, in parts, and how it ended on the
 * chain. One that a reorg put into another block is another exit: the first ends when it is surely gone.
 */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { chainKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { queryAll } from './query.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

/**
 * `requested` on the chain; `finalized`, `abandoned` there, or `vanished` by a reorg, each for good; `paying`: what the ledger
 * finishes and gives back is decided; `over`.
 */
const statuses = ['requested', 'finalized', 'abandoned', 'vanished', 'paying', 'over'] as const;
export type ExitStatus = (typeof statuses)[number];

/** What the ledger does when an exit was paid: ids of withdrawals, and one of its own for what no part fits. */
export type ExitPlan = {
  finish: string[];
  giveBack: string[];
  paid?: { withdrawalId: string; units: bigint };
};

export type Exit = {
  id: string;
  /** The vault's own number. */
  exitId: bigint;
  account: string;
  chainAsset: string;
  /** What was asked for; may be more than there is. */
  atoms: bigint;
  requestedAtMs: number;
  blockNumber: number;
  status: ExitStatus;
  /** Counts its steps. */
  version: number;
  /** Where it was before a reorg took it away; a block of that number that is final makes it `vanished`. */
  goneBlock?: number;
  /** Units that were claimed in the ledger, by the order of their withdrawals. */
  parts: bigint[];
  /** So many of the first ones were let go again: another exit of the account was paid by what they claimed. */
  released: number;
  /** Whether what was claimed is all that it may take: whatever else the account gets stays its own. */
  isCovered: boolean;
  /** Whether all matchers have cancelled its account's orders, and when they are asked again at the earliest. */
  ordersCancelled: boolean;
  callAgainAtMs: number;
  /** When its end was final. */
  endedAtMs?: number;
  paidAtoms?: bigint;
  plan?: ExitPlan;
};

type Where = { client: DynamoDBDocumentClient; table: string };
export type ExitRequest = Pick<
  Exit,
  'exitId' | 'account' | 'chainAsset' | 'atoms' | 'requestedAtMs' | 'blockNumber'
> & { blockHash: string };

/** The same request in another block has another id. */
export const exitIdOf = (chainId: number, { exitId, blockHash }: ExitRequest): string =>
  `${chainId}:${exitId}:${blockHash.slice(2, 10)}`;

/** Seen, or seen again. Two writes. */
export function exitSeen(table: string, chainId: number, request: ExitRequest): Write[] {
  const { exitId, account, chainAsset, atoms, requestedAtMs, blockNumber } = request;
  const id = exitIdOf(chainId, request);
  return [
    {
      Update: {
        TableName: table,
        Key: chainKeys.exit(id),
        UpdateExpression:
          'SET id = :id, exitId = :exitId, account = :account, chainAsset = :asset, atoms = :atoms, requestedAtMs = :requested, ' +
          'blockNumber = :block, #status = if_not_exists(#status, :status), parts = if_not_exists(parts, :none), version = if_not_exists(version, :zero) REMOVE goneBlock',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ...{ ':id': id, ':exitId': exitId.toString(), ':account': account, ':asset': chainAsset },
          // A uint128 has more digits than a stored number.
          ...{ ':atoms': atoms.toString(), ':requested': requestedAtMs, ':block': blockNumber },
          ...{ ':status': 'requested', ':none': [], ':zero': 0 },
        },
      },
    },
    { Put: { TableName: table, Item: { ...chainKeys.openExit(id), id, account, chainAsset } } },
  ];
}

export function exitGone(table: string, chainId: number, request: ExitRequest): Write {
  return {
    Update: {
      TableName: table,
      Key: chainKeys.exit(exitIdOf(chainId, request)),
      UpdateExpression: 'SET goneBlock = :block',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':block': request.blockNumber },
    },
  };
}

const paidKey = (paidBy: string) => chainKeys.exit(`paid:${paidBy}`);

/** That a log paid an exit, once for ever: with the step that says so. */
export const exitPaid = (table: string, paidBy: string): Write => ({
  Put: {
    TableName: table,
    Item: paidKey(paidBy),
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

/** One that begins with its payment, once for ever. */
export function paidExit(
  table: string,
  id: string,
  request: Omit<ExitRequest, 'blockHash'> & { paidBy: string },
  { status, paidAtoms, endedAtMs }: Required<Pick<Exit, 'status' | 'paidAtoms' | 'endedAtMs'>>,
): Write[] {
  const { account, chainAsset, atoms, requestedAtMs, blockNumber, exitId, paidBy } = request;
  const Item = {
    ...{ ...chainKeys.exit(id), id, account, chainAsset, requestedAtMs, blockNumber, status },
    ...{ exitId: exitId.toString(), atoms: atoms.toString(), paidAtoms: paidAtoms.toString() },
    ...{ parts: [], version: 0, endedAtMs },
  };
  return [
    { Put: { TableName: table, Item } },
    { Put: { TableName: table, Item: { ...chainKeys.openExit(id), id, account, chainAsset } } },
    exitPaid(table, paidBy),
  ];
}

export async function isPaid({ client, table }: Where, paidBy: string): Promise<boolean> {
  const get = new GetCommand({ TableName: table, Key: paidKey(paidBy), ConsistentRead: true });
  return (await untilSettled(() => client.send(get))).Item !== undefined;
}

export async function readExit({ client, table }: Where, id: string): Promise<Exit | undefined> {
  const get = new GetCommand({ TableName: table, Key: chainKeys.exit(id), ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return item && exitIn(item);
}

/**
 * Assets of which the vault may pay more to an account than was set aside for its exits: it pays what is there in the moment, so
 * nothing of them is safe to sell.
 */
export async function leavingAssets(where: Where, account: string): Promise<Set<string>> {
  const own = (await queryAll(where, chainKeys.openExits)).filter(
    (row) => row['account'] === account,
  );
  const exits = await Promise.all(own.map(({ sk }) => readExit(where, String(sk))));
  const leaving = exits.filter((exit) => exit && exit.status !== 'over' && !exit.isCovered);
  return new Set(leaving.flatMap((exit) => exit?.chainAsset ?? []));
}

export async function openExits(where: Where): Promise<Exit[]> {
  const rows = await queryAll(where, chainKeys.openExits);
  const exits = await Promise.all(rows.map(({ sk }) => readExit(where, String(sk))));
  return exits.filter((exit) => exit !== undefined);
}

/** Forward from where it was seen; false where it stands elsewhere by now. `also` is written with it. */
export async function changeExit(
  { client, table }: Where,
  from: Exit,
  changes: Partial<Exit>,
  also: readonly Write[] = [],
): Promise<boolean> {
  const next: Exit = { ...from, ...changes };
  const values: Item = {
    ':from': from.version,
    ':version': from.version + 1,
    ':to': next.status,
    ':parts': next.parts,
    ':cancelled': next.ordersCancelled,
    ':call': next.callAgainAtMs,
    ':released': next.released,
    ':covered': next.isCovered,
    ...(next.endedAtMs === undefined ? {} : { ':ended': next.endedAtMs }),
    ...(next.paidAtoms === undefined ? {} : { ':paid': next.paidAtoms.toString() }),
    ...(next.plan === undefined ? {} : { ':plan': planText(next.plan) }),
  };
  const sets = [
    ...[
      'version = :version',
      '#status = :to',
      'parts = :parts',
      'ordersCancelled = :cancelled',
      'callAgainAtMs = :call',
    ],
    'released = :released',
    'isCovered = :covered',
    ...(next.endedAtMs === undefined ? [] : ['endedAtMs = :ended']),
    ...(next.paidAtoms === undefined ? [] : ['paidAtoms = :paid']),
    ...(next.plan === undefined ? [] : ['#plan = :plan']),
  ];
  const vanishes = next.status === 'vanished' ? ' AND attribute_exists(goneBlock)' : '';
  const write: Write = {
    Update: {
      TableName: table,
      Key: chainKeys.exit(from.id),
      UpdateExpression: `SET ${sets.join(', ')}`,
      ConditionExpression: `version = :from${vanishes}`,
      ExpressionAttributeNames: {
        '#status': 'status',
        ...(next.plan === undefined ? {} : { '#plan': 'plan' }),
      },
      ExpressionAttributeValues: values,
    },
  };
  const over: Write = { Delete: { TableName: table, Key: chainKeys.openExit(from.id) } };
  const writes = [write, ...(next.status === 'over' ? [over] : []), ...also];
  return (await transact(client, writes)).status === 'written';
}

function exitIn(item: Item): Exit {
  const status = statuses.find((each) => each === item['status']);
  assert(status, `exit ${item['id']} of unknown status`);
  const { goneBlock, endedAtMs, paidAtoms, plan } = item;
  return {
    id: String(item['id']),
    exitId: BigInt(String(item['exitId'])),
    account: String(item['account']),
    chainAsset: String(item['chainAsset']),
    atoms: BigInt(String(item['atoms'])),
    requestedAtMs: storedNumber(item['requestedAtMs']),
    blockNumber: storedNumber(item['blockNumber']),
    status,
    version: storedNumber(item['version']),
    parts: item['parts'] as bigint[],
    released: storedNumber(item['released']),
    isCovered: item['isCovered'] === true,
    ordersCancelled: item['ordersCancelled'] === true,
    callAgainAtMs: storedNumber(item['callAgainAtMs']),
    ...(goneBlock === undefined ? {} : { goneBlock: storedNumber(goneBlock) }),
    ...(endedAtMs === undefined ? {} : { endedAtMs: storedNumber(endedAtMs) }),
    ...(paidAtoms === undefined ? {} : { paidAtoms: BigInt(String(paidAtoms)) }),
    ...(plan === undefined ? {} : { plan: planIn(String(plan)) }),
  };
}

type PlanText = Omit<ExitPlan, 'paid'> & { paid?: { withdrawalId: string; units: string } };

function planText({ paid, ...plan }: ExitPlan): string {
  const text: PlanText = paid ? { ...plan, paid: { ...paid, units: paid.units.toString() } } : plan;
  return JSON.stringify(text);
}

function planIn(text: string): ExitPlan {
  const { paid, ...plan } = JSON.parse(text) as PlanText;
  return paid ? { ...plan, paid: { ...paid, units: BigInt(paid.units) } } : plan;
}
