/**
 * Transactions in the Chain table: which nonce is next, each transaction by its business id with its newest signed bytes, and
 * by its nonce with all that became of it. Every change of a transaction is on condition of its version.
 */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { chainKeys, type Key, padded } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import type { Fees } from './fee-caps.ts';
import { queryPage } from './query.ts';
import type { SentTransaction, TransactionStatus } from './send-transaction.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';
import type { RawTransaction } from './transaction-sender-sign.ts';

/** One nonce and what became of it. `taken`: a transaction of somebody else's was mined under it. */
export type SentRow = {
  id: string;
  address: string;
  nonce: number;
  version: number;
  status: TransactionStatus | 'taken';
  /** Newest last. */
  hashes: string[];
  /** So many of them a node took; the others may only have been stored. */
  told: number;
  fees: Fees;
  preparedAtMs: number;
  /** Since when its newest fees are offered; begins anew where the chain lost its block. */
  offeredAtMs: number;
  mined?: {
    hash: string;
    blockNumber: number;
    blockHash: string;
    isReverted: boolean;
    atMs: number;
  };
};

/** `done`: every transaction below this nonce is final. */
export type Nonces = { next: number; done: number };

type Named = { id: string; address: string; nonce: number; contentHash: string; raw: Uint8Array };
type Where = { client: DynamoDBDocumentClient; table: string };

export type SentStore = ReturnType<typeof createSentStore>;

export function createSentStore(where: Where) {
  const { client, table } = where;
  const read = async (key: Key): Promise<Item | undefined> => {
    const command = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
    return (await untilSettled(() => client.send(command))).Item;
  };
  const write = async (writes: Write[]): Promise<boolean> =>
    (await transact(client, writes)).status === 'written';
  return {
    async nonces(address: string): Promise<Nonces | undefined> {
      const item = await read(chainKeys.nonces(address));
      return item && { next: storedNumber(item['next']), done: storedNumber(item['done']) };
    },
    /** An account's first nonce, once; whoever comes later changes nothing. */
    async begin(address: string, nonce: number): Promise<void> {
      const item = { ...chainKeys.nonces(address), next: nonce, done: nonce };
      const condition = { ConditionExpression: 'attribute_not_exists(pk)' };
      await write([{ Put: { TableName: table, Item: item, ...condition } }]);
    },
    async find(id: string): Promise<{ row: SentRow; named: Named } | undefined> {
      for (let tried = 1; ; tried += 1) {
        const item = await read(chainKeys.transaction(id));
        if (!item) return undefined;
        const named = readNamed(item);
        const row = await read(chainKeys.transactionAt(named.address, named.nonce));
        assert(row, `${id} has no nonce`);
        // Between the two reads it may have moved to another nonce.
        if (row['status'] !== 'taken') return { named, row: readRow(row) };
        assert(tried < 10, `${id} is under nonce ${named.nonce}, which is another's`);
      }
    },
    /** The nonce is used, and the transaction stored under it and under its id, or nothing happened. */
    prepare: (row: SentRow, { raw }: RawTransaction, contentHash: string): Promise<boolean> =>
      write([
        nextNonce(table, row.address, { from: row.nonce, to: row.nonce + 1 }),
        putOnce(table, chainKeys.transaction(row.id), { ...nameOf(row), contentHash, raw }),
        putOnce(table, chainKeys.transactionAt(row.address, row.nonce), rowItem(row)),
      ]),
    /** Answers what is stored now; undefined where somebody else changed it meanwhile. */
    async save(row: SentRow, after: SentRow): Promise<SentRow | undefined> {
      const next = { ...after, version: row.version + 1 };
      return (await write([putRow(table, row, next)])) ? next : undefined;
    },
    /** Stores a new signature under the same nonce. */
    async sign(row: SentRow, { raw }: RawTransaction, after: SentRow) {
      const next = { ...after, version: row.version + 1 };
      const isWritten = await write([putRow(table, row, next), newRaw(table, row, row.nonce, raw)]);
      return isWritten ? next : undefined;
    },
    /** Gives a transaction whose nonce was taken another one. */
    async move(row: SentRow, { raw }: RawTransaction, to: SentRow, nonces: Nonces) {
      return write([
        nextNonce(table, row.address, { from: nonces.next, to: to.nonce + 1 }),
        putRow(table, row, { ...row, status: 'taken', version: row.version + 1 }),
        newRaw(table, row, to.nonce, raw),
        putOnce(table, chainKeys.transactionAt(to.address, to.nonce), rowItem(to)),
      ]);
    },
    /** In the order of nonces. */
    async rowsFrom(address: string, nonce: number, limit: number): Promise<SentRow[]> {
      const after = nonce > 0 ? { after: padded(nonce - 1) } : {};
      const page = { limit, oldest: true, ...after } as const;
      const { items } = await untilSettled(() =>
        queryPage(where, chainKeys.transactionsOf(address), page),
      );
      return items.map(readRow);
    },
    /** Forward only. */
    async raiseDone(address: string, done: number): Promise<void> {
      await write([
        {
          Update: {
            TableName: table,
            Key: chainKeys.nonces(address),
            UpdateExpression: 'SET #done = :done',
            ConditionExpression: '#done < :done',
            ExpressionAttributeNames: { '#done': 'done' },
            ExpressionAttributeValues: { ':done': done },
          },
        },
      ]);
    },
  };
}

export function sentOf({ id, nonce, status, hashes, mined }: SentRow): SentTransaction {
  assert(status !== 'taken', `${id} has another nonce`);
  const place = mined && { minedHash: mined.hash, blockNumber: mined.blockNumber };
  return { id, nonce, status, hashes, ...place };
}

function putOnce(TableName: string, key: Key, item: Item): Write {
  return {
    Put: { TableName, Item: { ...key, ...item }, ConditionExpression: 'attribute_not_exists(pk)' },
  };
}

function putRow(TableName: string, before: SentRow, next: SentRow): Write {
  return {
    Put: {
      TableName,
      Item: { ...chainKeys.transactionAt(before.address, before.nonce), ...rowItem(next) },
      ConditionExpression: '#version = :version',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':version': before.version },
    },
  };
}

/** The nonce in the condition: a transaction that moved is another's affair. */
function newRaw(TableName: string, row: SentRow, nonce: number, raw: Uint8Array): Write {
  return {
    Update: {
      TableName,
      Key: chainKeys.transaction(row.id),
      UpdateExpression: 'SET #raw = :raw, #nonce = :next',
      ConditionExpression: '#nonce = :nonce',
      ExpressionAttributeNames: { '#raw': 'raw', '#nonce': 'nonce' },
      ExpressionAttributeValues: { ':raw': raw, ':nonce': row.nonce, ':next': nonce },
    },
  };
}

function nextNonce(TableName: string, address: string, next: { from: number; to: number }): Write {
  return {
    Update: {
      TableName,
      Key: chainKeys.nonces(address),
      UpdateExpression: 'SET #next = :to',
      ConditionExpression: '#next = :from',
      ExpressionAttributeNames: { '#next': 'next' },
      ExpressionAttributeValues: { ':from': next.from, ':to': next.to },
    },
  };
}

const nameOf = ({ id, address, nonce }: SentRow) => ({ id, address, nonce });

function rowItem({ fees, mined, ...row }: SentRow): Item {
  return { ...row, ...fees, ...(mined ? { mined } : {}) };
}

function readRow(item: Item): SentRow {
  const mined = item['mined'] as Item | undefined;
  return {
    id: String(item['id']),
    address: String(item['address']),
    nonce: storedNumber(item['nonce']),
    version: storedNumber(item['version']),
    status: item['status'] as SentRow['status'],
    hashes: item['hashes'] as string[],
    told: storedNumber(item['told']),
    fees: { maxFeeWei: storedUnits(item['maxFeeWei']), tipWei: storedUnits(item['tipWei']) },
    preparedAtMs: storedNumber(item['preparedAtMs']),
    offeredAtMs: storedNumber(item['offeredAtMs']),
    ...(mined && {
      mined: {
        hash: String(mined['hash']),
        blockNumber: storedNumber(mined['blockNumber']),
        blockHash: String(mined['blockHash']),
        isReverted: mined['isReverted'] === true,
        atMs: storedNumber(mined['atMs']),
      },
    }),
  };
}

function readNamed(item: Item): Named {
  return {
    id: String(item['id']),
    address: String(item['address']),
    nonce: storedNumber(item['nonce']),
    contentHash: String(item['contentHash']),
    raw: item['raw'] as Uint8Array,
  };
}
