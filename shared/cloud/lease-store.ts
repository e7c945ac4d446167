/** The lease row of a pair group: who leads it, where, and in which epoch. Every write is conditional on the version that was read. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { GroupId } from '#domain/market.ts';
import { leaseKeys } from '#wire/table-keys.ts';
import { storedNumber } from './stored-number.ts';

export type Lease = {
  groupId: GroupId;
  /** Grows with every process that leads; never used twice. */
  epoch: number;
  /** Grows with every write: an unchanged one means that nobody renewed. */
  version: number;
  /** Unique for every process start. */
  owner: string;
  host: string;
  port: number;
  released: boolean;
  /** What the owner believes to hold for after each renewal; a rival waits for the longer of this and its own. */
  durationMs?: number;
};

export type LeaseWish = Pick<Lease, 'groupId' | 'owner' | 'host' | 'port'> & { durationMs: number };

export type Renewal =
  | { status: 'renewed'; lease: Lease }
  /** An earlier write of ours had landed although its answer was lost: renew again from here. */
  | { status: 'stale'; lease: Lease }
  | { status: 'lost' };

export type LeaseStore = {
  /** Consistent. */
  read(groupId: GroupId): Promise<Lease | undefined>;
  /** The next epoch, if the row still is what was seen; undefined where somebody wrote in between. */
  take(seen: Lease | undefined, wish: LeaseWish): Promise<Lease | undefined>;
  renew(lease: Lease): Promise<Renewal>;
  /** Lets the next one lead at once; nothing happens where the lease is lost already. */
  release(lease: Lease): Promise<void>;
};

/** A call that hangs is worth nothing to a lease that lasts seconds. */
const callMs = 1_000;

export function createLeaseStore(options: {
  client: DynamoDBDocumentClient;
  table: string;
}): LeaseStore {
  const { client, table } = options;

  const read = async (groupId: GroupId): Promise<Lease | undefined> => {
    const get = new GetCommand({
      TableName: table,
      Key: leaseKeys.lease(groupId),
      ConsistentRead: true,
    });
    const { Item: item } = await client.send(get, { abortSignal: AbortSignal.timeout(callMs) });
    return item && readLease(groupId, item);
  };

  /** Writes the whole row; false where it is no longer at `seenVersion`. */
  const write = async (lease: Lease, seenVersion: number | undefined): Promise<boolean> => {
    const put = new PutCommand({
      TableName: table,
      Item: { ...leaseKeys.lease(lease.groupId), ...lease },
      ...(seenVersion === undefined
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: '#version = :seen',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':seen': seenVersion },
          }),
    });
    try {
      await client.send(put, { abortSignal: AbortSignal.timeout(callMs) });
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };

  return {
    read,
    async take(seen, wish) {
      const lease = {
        ...wish,
        epoch: (seen?.epoch ?? 0) + 1,
        version: (seen?.version ?? 0) + 1,
        released: false,
      };
      if (await write(lease, seen?.version)) return lease;
      // The client repeats a call whose answer was lost; the repetition then meets our own row.
      const now = await read(wish.groupId);
      return now && isSame(now, lease) ? now : undefined;
    },
    async renew(lease) {
      const renewed = { ...lease, version: lease.version + 1 };
      if (await write(renewed, lease.version)) return { status: 'renewed', lease: renewed };
      const now = await read(lease.groupId);
      const ours = now && isSame(now, lease) && !now.released;
      return ours ? { status: 'stale', lease: now } : { status: 'lost' };
    },
    async release(lease) {
      await write({ ...lease, version: lease.version + 1, released: true }, lease.version);
    },
  };
}

const isSame = (one: Lease, other: Lease): boolean =>
  one.owner === other.owner && one.epoch === other.epoch;

function readLease(groupId: GroupId, item: Record<string, unknown>): Lease {
  return {
    groupId,
    epoch: storedNumber(item['epoch']),
    version: storedNumber(item['version']),
    owner: String(item['owner']),
    host: String(item['host']),
    port: storedNumber(item['port']),
    released: item['released'] === true,
    durationMs: storedNumber(item['durationMs']),
  };
}
