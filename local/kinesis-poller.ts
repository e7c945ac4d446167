/** Feeds a function from a Kinesis stream. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  type _Record as KinesisRecord,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import type { Checkpoints } from './checkpoints.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';
import { parseJson } from './parse-json.ts';
import {
  type ListedShard,
  type Poller,
  type ShardPollerOptions,
  startShardPoller,
} from './shard-poller.ts';
import type { StreamRecord } from './stream-delivery.ts';

export type KinesisPollerOptions = Omit<ShardPollerOptions, 'listShards' | 'filterable'> & {
  client: KinesisClient;
  region: string;
};

type KinesisEvent = { kinesis: { data: string } };

export function startKinesisPoller(options: KinesisPollerOptions): Poller {
  return startShardPoller({
    ...options,
    listShards: () => listShards(options),
    filterable: (record) => {
      const { kinesis } = record.event as KinesisEvent;
      const text = Buffer.from(kinesis.data, 'base64').toString();
      return { ...(record.event as object), data: parseJson(text) };
    },
  });
}

async function listShards(options: KinesisPollerOptions): Promise<ListedShard[]> {
  const { client, mapping } = options;
  const StreamName = mapping.sourceArn.split('/').at(-1);
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  return Shards.map((shard) => {
    const id = String(shard.ShardId);
    return {
      id,
      ...(shard.ParentShardId === undefined ? {} : { parentId: shard.ParentShardId }),
      iterator: async (after) => {
        const isChild = shard.ParentShardId !== undefined;
        const from = startOf(mapping, options.checkpoints, after, isChild);
        const input = { StreamName, ShardId: id, ...from };
        return (await client.send(new GetShardIteratorCommand(input))).ShardIterator;
      },
      read: async (iterator, limit) => {
        const input = { ShardIterator: iterator, Limit: limit };
        const answer = await client.send(new GetRecordsCommand(input));
        const records = (answer.Records ?? []).map((record) => toRecord(record, id, options));
        return { records, next: answer.NextShardIterator };
      },
    };
  });
}

type Start = Pick<
  GetShardIteratorCommandInput,
  'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'
>;

function startOf(
  mapping: EventSourceMapping,
  checkpoints: Checkpoints,
  after: string | undefined,
  isChild: boolean,
): Start {
  if (after !== undefined) {
    return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after };
  }
  if (isChild || mapping.startingPosition === 'TRIM_HORIZON') {
    return { ShardIteratorType: 'TRIM_HORIZON' };
  }
  // LATEST means the moment the mapping was made, not the moment of the latest boot.
  const sinceMs =
    mapping.startingPosition === 'AT_TIMESTAMP' ? mapping.startingAtMs : checkpoints.beganAtMs;
  return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(sinceMs ?? 0) };
}

function toRecord(
  record: KinesisRecord,
  shardId: string,
  options: KinesisPollerOptions,
): StreamRecord {
  const sequenceNumber = String(record.SequenceNumber);
  const data = record.Data ?? new Uint8Array();
  const arrivedAtMs = record.ApproximateArrivalTimestamp?.getTime() ?? options.nowMs();
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {
    sequenceNumber,
    partitionKey: String(record.PartitionKey),
    arrivedAtMs,
    sizeBytes: data.byteLength,
    event: {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.PartitionKey,
        sequenceNumber,
        data: bytes.toString('base64'),
        approximateArrivalTimestamp: arrivedAtMs / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${shardId}:${sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
      awsRegion: options.region,
      eventSourceARN: options.mapping.sourceArn,
    },
  };
}
