/** Feeds a function from the stream of a DynamoDB table. */
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type _Record as TableRecord,
} from '@aws-sdk/client-dynamodb-streams';
import {
  type ListedShard,
  type Poller,
  type ShardPollerOptions,
  startShardPoller,
} from './shard-poller.ts';
import type { StreamRecord } from './stream-delivery.ts';

export type DynamodbStreamPollerOptions = Omit<ShardPollerOptions, 'listShards' | 'filterable'> & {
  dynamodb: DynamoDBClient;
  streams: DynamoDBStreamsClient;
  region: string;
};

export function startDynamodbStreamPoller(options: DynamodbStreamPollerOptions): Poller {
  let streamArn: string | undefined;
  return startShardPoller({
    ...options,
    filterable: (record) => record.event,
    listShards: async () => {
      streamArn ??= await findStream(options);
      return listShards(streamArn, options);
    },
  });
}

/** The template's stream ARN names the table; the emulator knows the stream by a label of its own. */
async function findStream(options: DynamodbStreamPollerOptions): Promise<string> {
  const TableName = tableNameOf(options.mapping.sourceArn);
  const { Table } = await options.dynamodb.send(new DescribeTableCommand({ TableName }));
  if (Table?.LatestStreamArn !== undefined) return Table.LatestStreamArn;
  throw new Error(`table ${TableName} has no stream: add a stream specification to it`);
}

function tableNameOf(streamArn: string): string {
  return streamArn.split('/')[1] ?? streamArn;
}

async function listShards(
  StreamArn: string,
  options: DynamodbStreamPollerOptions,
): Promise<ListedShard[]> {
  const { streams } = options;
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  return (StreamDescription?.Shards ?? []).map((shard) => {
    const ShardId = String(shard.ShardId);
    return {
      id: ShardId,
      ...(shard.ParentShardId === undefined ? {} : { parentId: shard.ParentShardId }),
      iterator: async (after) => {
        const command = new GetShardIteratorCommand({
          StreamArn,
          ShardId,
          ...startOf(options, after, shard.ParentShardId !== undefined),
        });
        return (await streams.send(command)).ShardIterator;
      },
      read: async (iterator, limit) => {
        const input = { ShardIterator: iterator, Limit: Math.min(limit, 1_000) };
        const answer = await streams.send(new GetRecordsCommand(input));
        const records = (answer.Records ?? []).map((record) => toRecord(record, options));
        return { records, next: answer.NextShardIterator };
      },
    };
  });
}

type Start = Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'SequenceNumber'>;

/** After a restart without a checkpoint, LATEST would skip what came in between, so everything is read. */
function startOf(
  { mapping, checkpoints }: DynamodbStreamPollerOptions,
  after: string | undefined,
  isChild: boolean,
): Start {
  if (after !== undefined) {
    return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: after };
  }
  const isLatest = mapping.startingPosition === 'LATEST' && !isChild && !checkpoints.isResumed;
  return { ShardIteratorType: isLatest ? 'LATEST' : 'TRIM_HORIZON' };
}

function toRecord(record: TableRecord, options: DynamodbStreamPollerOptions): StreamRecord {
  const change = record.dynamodb ?? {};
  const createdAtMs = change.ApproximateCreationDateTime?.getTime() ?? options.nowMs();
  return {
    sequenceNumber: String(change.SequenceNumber),
    partitionKey: JSON.stringify(change.Keys ?? {}),
    arrivedAtMs: createdAtMs,
    sizeBytes: JSON.stringify(change).length,
    event: {
      eventID: record.eventID,
      eventName: record.eventName,
      eventVersion: record.eventVersion ?? '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: options.region,
      dynamodb: {
        ...(plainValue(change) as object),
        ApproximateCreationDateTime: Math.floor(createdAtMs / 1000),
      },
      eventSourceARN: options.mapping.sourceArn,
    },
  };
}

/** Attribute values as they look in an event: binary as base64. */
function plainValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plainValue);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return value.getTime() / 1000;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, plainValue(inner)]),
  );
}
