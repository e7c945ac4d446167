/** Starts a poller for every event source mapping of the assembly. */

import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Assembly } from './assembly.ts';
import type { AwsClients } from './aws-clients.ts';
import { openCheckpoints } from './checkpoints.ts';
import { startDynamodbStreamPoller } from './dynamodb-stream-poller.ts';
import { type EventSourceMapping, readEventSourceMapping } from './event-source-mapping.ts';
import type { Functions } from './functions.ts';
import { startKinesisPoller } from './kinesis-poller.ts';
import { queueUrlOf } from './queue-url.ts';
import type { Poller } from './shard-poller.ts';
import { createShardWatches, type OnPut, type ShardWatch } from './shard-watch.ts';
import { startSqsPoller } from './sqs-poller.ts';
import type { Discard } from './stream-delivery.ts';

export type EventSourcesOptions = {
  assembly: Assembly;
  clients: AwsClients;
  functions: Functions;
  sqsUrl: string;
  checkpointFolder: string;
  /** Where streams tell what was put. */
  onPut?: OnPut | undefined;
  report: (text: string) => void;
};

/** Reads all mappings before it starts any, so that a mapping that is refused leaves nothing running. */
export function startEventSources(options: EventSourcesOptions): Poller {
  const mappings = options.assembly
    .of('AWS::Lambda::EventSourceMapping')
    .map(readEventSourceMapping);
  for (const mapping of mappings) options.functions.byArn(mapping.functionName);
  const watches = createShardWatches(options.onPut);
  const pollers = mappings
    .filter((mapping) => mapping.isEnabled)
    .map((mapping) => startPoller(mapping, { ...options, watchOf: watches(mapping.sourceArn) }));
  return {
    stop: async () => {
      await Promise.all(pollers.map((poller) => poller.stop()));
    },
  };
}

function startPoller(
  mapping: EventSourceMapping,
  options: EventSourcesOptions & { watchOf: (shardId: string) => ShardWatch },
): Poller {
  const { clients, assembly, report, watchOf } = options;
  const host = options.functions.byArn(mapping.functionName);
  const region = assembly.region;
  if (mapping.kind === 'sqs') {
    return startSqsPoller({
      client: clients.sqs,
      queueUrl: queueUrlOf(mapping.sourceArn, options.sqsUrl),
      mapping,
      region,
      report,
      invoke: (event) => host.invoke(event),
    });
  }
  const shared = {
    mapping,
    region,
    report,
    watchOf,
    nowMs: Date.now,
    checkpoints: openCheckpoints(options.checkpointFolder, mapping.id, Date.now()),
    invoke: (event: unknown, concurrency: number) => host.invoke(event, { concurrency }),
    sendDiscard: async (discard: Discard, shardId: string) => {
      if (mapping.onFailureArn === undefined) return;
      const QueueUrl = queueUrlOf(mapping.onFailureArn, options.sqsUrl);
      const MessageBody = JSON.stringify(discardNotice(discard, shardId, mapping, host.arn));
      await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    },
  };
  if (mapping.kind === 'kinesis') {
    return startKinesisPoller({ ...shared, client: clients.kinesis });
  }
  const { dynamodb, dynamodbStreams: streams } = clients;
  return startDynamodbStreamPoller({ ...shared, dynamodb, streams });
}

/** What Lambda sends to an on-failure destination of a stream: where the records are, not the records. */
export function discardNotice(
  discard: Discard,
  shardId: string,
  mapping: EventSourceMapping,
  functionArn: string,
): object {
  const { records, reason, invokeCount, result } = discard;
  const [first, last] = [records[0], records.at(-1)];
  const isKinesis = mapping.kind === 'kinesis';
  const functionError = result !== undefined && !result.ok ? result.functionError : null;
  return {
    requestContext: {
      requestId: `${shardId}:${first?.sequenceNumber}`,
      functionArn,
      condition: reason,
      approximateInvokeCount: invokeCount,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError },
    version: '1.0',
    timestamp: new Date().toISOString(),
    [isKinesis ? 'KinesisBatchInfo' : 'DDBStreamBatchInfo']: {
      shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: new Date(first?.arrivedAtMs ?? 0).toISOString(),
      approximateArrivalOfLastRecord: new Date(last?.arrivedAtMs ?? 0).toISOString(),
      batchSize: records.length,
      streamArn: mapping.sourceArn,
    },
  };
}
