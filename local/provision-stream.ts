/** Creates a Kinesis stream with its shards and retention. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import type { Resource } from './assembly.ts';

/** What Kinesis keeps unless told otherwise. */
const DEFAULT_RETENTION_HOURS = 24;

export async function provisionStream(client: KinesisClient, stream: Resource): Promise<void> {
  const StreamName = stream.name;
  const shardCount = Number(stream.props['ShardCount'] ?? 1);
  if ((await describe(client, StreamName)) === undefined) {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: shardCount }));
  }
  let summary = await describe(client, StreamName);
  while (summary?.StreamStatus !== 'ACTIVE') {
    await sleep(20);
    summary = await describe(client, StreamName);
  }
  if (summary.OpenShardCount !== shardCount) {
    throw new Error(
      `the stored stream has ${summary.OpenShardCount} shards, the template ${shardCount}: begin anew with \`npm start -- --fresh\`.`,
    );
  }
  const retentionHours = Number(stream.props['RetentionPeriodHours'] ?? DEFAULT_RETENTION_HOURS);
  if (retentionHours > (summary.RetentionPeriodHours ?? DEFAULT_RETENTION_HOURS)) {
    await client.send(
      new IncreaseStreamRetentionPeriodCommand({
        StreamName,
        RetentionPeriodHours: retentionHours,
      }),
    );
  }
}

async function describe(client: KinesisClient, StreamName: string) {
  try {
    const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
    return answer.StreamDescriptionSummary;
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}
