/** The transactions that begin, renew and end a subscription: its two rows and both counters move together or not at all. */
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { feedKeys, type Key } from '#wire/table-keys.ts';
import { feedLimits } from './feed-limits.ts';

export type Items = NonNullable<TransactWriteCommandInput['TransactItems']>;

export type Wish = {
  connectionId: string;
  channel: string;
  scope: string;
  /** Of a private channel. */
  sessionExpiresAtMs?: number;
};

/** Only on rows of private channels; a bigint as the document client reads every number. */
export type Until = { sessionExpiresAtMs?: bigint };
export type ListeningRow = Key & Omit<Wish, 'sessionExpiresAtMs'> & Until & { slice: bigint };

export const listeningKey = ({
  connectionId,
  channel,
}: {
  connectionId: string;
  channel: string;
}): Key => feedKeys.listening(connectionId, channel);

/** The four writes of a subscription; the index of each is what a refusal names. */
export function joining(table: string, wish: Wish, slice: number): Items {
  const { connectionId, channel, scope, sessionExpiresAtMs } = wish;
  const until = sessionExpiresAtMs === undefined ? {} : { sessionExpiresAtMs };
  const subscriber = { ...feedKeys.subscriber(channel, slice, connectionId), ...until };
  return [
    {
      Update: {
        TableName: table,
        Key: feedKeys.connection(connectionId),
        UpdateExpression: 'ADD channels :one',
        ConditionExpression: 'attribute_exists(pk) AND channels < :most',
        ExpressionAttributeValues: { ':one': 1, ':most': feedLimits.channelsPerConnection },
      },
    },
    {
      Put: {
        TableName: table,
        Item: { ...listeningKey(wish), connectionId, channel, scope, slice, ...until },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
    { Put: { TableName: table, Item: subscriber } },
    {
      Update: {
        TableName: table,
        Key: feedKeys.interest(scope, channel, slice),
        UpdateExpression: 'SET channel = :channel, slice = :slice ADD connections :one',
        ConditionExpression: 'attribute_not_exists(connections) OR connections < :most',
        ExpressionAttributeValues: {
          ':channel': channel,
          ':slice': slice,
          ':one': 1,
          ':most': feedLimits.connectionsPerSlice,
        },
      },
    },
  ];
}

/** The writes that move a subscription's end; both rows must be there, and in the slice that was read. */
export function renewing(table: string, row: ListeningRow, sessionExpiresAtMs: number): Items {
  const { connectionId, channel, slice } = row;
  const update = (Key: Key, and: string, values: Record<string, unknown>): Items[number] => ({
    Update: {
      TableName: table,
      Key,
      UpdateExpression: 'SET sessionExpiresAtMs = :ends',
      ConditionExpression: `attribute_exists(pk)${and}`,
      ExpressionAttributeValues: { ':ends': sessionExpiresAtMs, ...values },
    },
  });
  return [
    update(listeningKey(row), ' AND slice = :slice', { ':slice': slice }),
    update(feedKeys.subscriber(channel, Number(slice), connectionId), '', {}),
  ];
}

/**
 * The writes that end a subscription, as its row was read. The listening row's deletion is the condition of all of them, so the
 * counter is lowered exactly once. These rows have no TTL for the same reason: only a transaction removes them.
 */
export function leaving(
  table: string,
  row: ListeningRow,
  { connected, expired = false }: { connected: boolean; expired?: boolean },
): Items {
  const { connectionId, channel, scope, slice, sessionExpiresAtMs } = row;
  // One that was renewed since it was read has not ended with its session.
  const unrenewed = expired ? ' AND sessionExpiresAtMs = :ends' : '';
  const items: Items = [
    {
      Delete: {
        TableName: table,
        Key: feedKeys.listening(connectionId, channel),
        ConditionExpression: `attribute_exists(pk) AND slice = :slice${unrenewed}`,
        ExpressionAttributeValues: {
          ':slice': slice,
          ...(expired ? { ':ends': sessionExpiresAtMs } : {}),
        },
      },
    },
    {
      Delete: {
        TableName: table,
        Key: feedKeys.subscriber(channel, Number(slice), connectionId),
      },
    },
    {
      Update: {
        TableName: table,
        Key: feedKeys.interest(scope, channel, Number(slice)),
        UpdateExpression: 'ADD connections :less',
        ExpressionAttributeValues: { ':less': -1 },
      },
    },
  ];
  if (!connected) return items;
  return [
    ...items,
    {
      Update: {
        TableName: table,
        Key: feedKeys.connection(connectionId),
        UpdateExpression: 'ADD channels :less',
        // A connection that is gone is being removed by `disconnect`, which ends this subscription too.
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':less': -1 },
      },
    },
  ];
}
