/** Who listens to what: connections, their channels, and the slices of at most 200 connections that a fan-out serves at once. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { feedKeys, type Key } from '#wire/table-keys.ts';
import { feedLimits } from './feed-limits.ts';
import {
  type Items,
  joining,
  type ListeningRow,
  leaving,
  listeningKey,
  renewing,
  type Until,
  type Wish,
} from './feed-subscription.ts';

export type Connection = {
  connectionId: string;
  account?: string;
  sessionExpiresAtMs?: number;
  channels: number;
};

/** A slice of a channel that somebody listens to. */
export type Interest = { channel: string; slice: number; connections: number };

/** Who listens to a channel; to a private one only until the session ends. */
export type Subscriber = { connectionId: string; sessionExpiresAtMs?: number };

/** A listener of a private channel: what became of one whose session was seen to have ended. */
export type Expiry = 'expired' | 'renewed' | 'left';

export type Subscribed = 'subscribed' | 'already_subscribed' | 'too_many_subscriptions' | 'gone';

export type FeedStore = {
  connect(connection: { connectionId: string; atMs: number }): Promise<void>;
  connection(connectionId: string, atMs: number): Promise<Connection | undefined>;
  /** Remembers who owns the connection; false where the connection is gone. */
  signIn(signedIn: {
    connectionId: string;
    account: string;
    sessionExpiresAtMs: number;
  }): Promise<boolean>;
  subscribe(wish: Wish): Promise<Subscribed>;
  /** Lets a connection listen until a later session ends, where it listens at all. */
  renew(renewal: Renewal): Promise<void>;
  /** Ends a subscription whose session has ended. Of any number of callers at once, one is told 'expired'. */
  expire(at: { connectionId: string; channel: string; atMs: number }): Promise<Expiry>;
  unsubscribe(wish: { connectionId: string; channel: string }): Promise<void>;
  /** Removes the connection and everything it listened to. Any number of callers at once remove it exactly once. */
  disconnect(connectionId: string): Promise<void>;
  /** The slices of a scope that have listeners. */
  interest(scope: string): Promise<Interest[]>;
  subscribers(channel: string, slice: number): Promise<Subscriber[]>;
};

type Renewal = { connectionId: string; channel: string; sessionExpiresAtMs: number };

type Options = {
  client: DynamoDBDocumentClient;
  table: string;
  random?: () => number;
  wait?: (ms: number) => Promise<void>;
};

export function createFeedStore(options: Options): FeedStore {
  const transact = transactor(options);
  const rows = rowsOf(options);
  return {
    ...connectionsOf(options),
    subscribe: (wish) => subscribe(wish, { rows, transact, table: options.table }),
    async unsubscribe({ connectionId, channel }) {
      const row = await rows.get<ListeningRow>(feedKeys.listening(connectionId, channel));
      if (row) await transact(leaving(options.table, row, { connected: true }));
    },
    async renew(renewal) {
      const row = await rows.get<ListeningRow>(listeningKey(renewal));
      // A row that goes or moves meanwhile was subscribed by somebody who knows the new session, or left.
      if (row) await transact(renewing(options.table, row, renewal.sessionExpiresAtMs));
    },
    async expire({ connectionId, channel, atMs }) {
      const key = listeningKey({ connectionId, channel });
      const row = await rows.get<ListeningRow>(key);
      if (!row) return 'left';
      if (!hasExpired(row, atMs)) return 'renewed';
      const done = await transact(leaving(options.table, row, { connected: true, expired: true }));
      if (done === 'done') return 'expired';
      const now = await rows.get<ListeningRow>(key);
      return now && !hasExpired(now, atMs) ? 'renewed' : 'left';
    },
    async disconnect(connectionId) {
      // The connection's row goes first: a subscription is conditional on it, so none can follow.
      await rows.remove(feedKeys.connection(connectionId));
      const { pk } = feedKeys.connection(connectionId);
      const listening = await rows.query<ListeningRow>(pk, 'CHANNEL#');
      await inGroupsOf(8, listening, async (row) => {
        await transact(leaving(options.table, row, { connected: false }));
      });
    },
    async interest(scope) {
      const { pk } = feedKeys.interest(scope, '', 0);
      const found = await rows.query<InterestRow>(pk, '');
      return found.map(interestOf).filter((each) => each.connections > 0);
    },
    async subscribers(channel, slice) {
      const { pk } = feedKeys.subscriber(channel, slice, '');
      return (await rows.query<SubscriberRow>(pk, '')).map(subscriberOf);
    },
  };
}

// As the document client reads them: every number is a bigint.
type ConnectionRow = Key & {
  channels: bigint;
  expiresAt: bigint;
  account?: string;
  sessionExpiresAtMs?: bigint;
};
type SubscriberRow = Key & Until;
type InterestRow = Key & { channel: string; slice: bigint; connections: bigint };

function connectionsOf({ client, table }: Options) {
  return {
    async connect({ connectionId, atMs }: { connectionId: string; atMs: number }) {
      const expiresAt = Math.floor((atMs + feedLimits.connectionLifeMs) / 1000);
      const Item = { ...feedKeys.connection(connectionId), channels: 0, expiresAt };
      await client.send(new PutCommand({ TableName: table, Item }));
    },
    async connection(connectionId: string, atMs: number): Promise<Connection | undefined> {
      const Key = feedKeys.connection(connectionId);
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key, ConsistentRead: true }),
      );
      const row = Item as ConnectionRow | undefined;
      // An expired row may linger for days before the table drops it.
      if (!row || Number(row.expiresAt) * 1000 <= atMs) return undefined;
      return {
        connectionId,
        channels: Number(row.channels),
        ...(row.account
          ? { account: row.account, sessionExpiresAtMs: Number(row.sessionExpiresAtMs) }
          : {}),
      };
    },
    async signIn(signedIn: { connectionId: string; account: string; sessionExpiresAtMs: number }) {
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: feedKeys.connection(signedIn.connectionId),
            UpdateExpression: 'SET account = :account, sessionExpiresAtMs = :expires',
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeValues: {
              ':account': signedIn.account,
              ':expires': signedIn.sessionExpiresAtMs,
            },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof Error && error.name === 'ConditionalCheckFailedException')
          return false;
        throw error;
      }
    },
  };
}

function rowsOf({ client, table }: Options) {
  return {
    async get<R extends Key>(key: Key): Promise<R | undefined> {
      const command = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
      return (await client.send(command)).Item as R | undefined;
    },
    async remove(key: Key): Promise<void> {
      await client.send(new DeleteCommand({ TableName: table, Key: key }));
    },
    /** All rows of a partition whose sort key begins so. Consistent: a subscription that was answered is seen. */
    async query<R extends Key>(pk: string, begins: string): Promise<R[]> {
      const found: R[] = [];
      let from: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: begins ? 'pk = :pk AND begins_with(sk, :begins)' : 'pk = :pk',
            ExpressionAttributeValues: { ':pk': pk, ...(begins ? { ':begins': begins } : {}) },
            ConsistentRead: true,
            ...(from ? { ExclusiveStartKey: from } : {}),
          }),
        );
        found.push(...((page.Items ?? []) as R[]));
        from = page.LastEvaluatedKey;
      } while (from);
      return found;
    },
  };
}

type Transact = (items: Items) => Promise<'done' | number>;

/** Runs a transaction; answers 'done' or the index of the first item whose condition failed. Conflicts are tried again. */
function transactor({ client, random = Math.random, wait = pause }: Options): Transact {
  return async (items) => {
    for (let tries = 1; ; tries += 1) {
      try {
        await client.send(new TransactWriteCommand({ TransactItems: items }));
        return 'done';
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const codes = (error.CancellationReasons ?? []).map((reason) => reason.Code);
        const failed = codes.indexOf('ConditionalCheckFailed');
        if (failed >= 0) return failed;
        if (tries >= feedLimits.transactionTries) throw error;
        await wait(random() * Math.min(20 * 2 ** tries, 1_000));
      }
    }
  };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function subscribe(
  wish: Wish,
  { rows, transact, table }: { rows: ReturnType<typeof rowsOf>; transact: Transact; table: string },
): Promise<Subscribed> {
  const { pk } = feedKeys.interest(wish.scope, '', 0);
  // Every round that ends here found its slice full meanwhile, so others got in: this ends.
  for (;;) {
    const taken = (await rows.query<InterestRow>(pk, `${wish.channel}#`)).map(interestOf);
    const slice = sliceWithRoom(taken);
    const failed = await transact(joining(table, wish, slice));
    if (failed === 'done') return 'subscribed';
    // One question tells which of the conditions on this connection failed; a full slice is tried anew.
    if (failed === 3) continue;
    if (await rows.get(feedKeys.listening(wish.connectionId, wish.channel)))
      return 'already_subscribed';
    if (failed === 1) continue;
    const connection = await rows.get(feedKeys.connection(wish.connectionId));
    return connection ? 'too_many_subscriptions' : 'gone';
  }
}

/** The lowest slice that has room: few full slices cost fewer invocations than many thin ones. */
function sliceWithRoom(taken: Interest[]): number {
  const connections = new Map(taken.map((each) => [each.slice, each.connections]));
  let slice = 0;
  while ((connections.get(slice) ?? 0) >= feedLimits.connectionsPerSlice) slice += 1;
  return slice;
}

const hasExpired = ({ sessionExpiresAtMs }: Until, atMs: number): boolean =>
  sessionExpiresAtMs !== undefined && Number(sessionExpiresAtMs) <= atMs;

const subscriberOf = ({ sk, sessionExpiresAtMs }: SubscriberRow): Subscriber => ({
  connectionId: sk,
  ...(sessionExpiresAtMs === undefined ? {} : { sessionExpiresAtMs: Number(sessionExpiresAtMs) }),
});

const interestOf = (row: InterestRow): Interest => ({
  channel: row.channel,
  slice: Number(row.slice),
  connections: Number(row.connections),
});

async function inGroupsOf<T>(size: number, all: T[], work: (each: T) => Promise<void>) {
  for (let at = 0; at < all.length; at += size) {
    await Promise.all(all.slice(at, at + size).map(work));
  }
}
