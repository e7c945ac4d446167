/** Kinesis' local twin with one stream of one shard, holding what a test puts. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { kinesisClient } from '#cloud/clients.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { freePort } from './free-port.ts';

const command = fileURLToPath(new URL('../../node_modules/kinesalite/cli.js', import.meta.url));

/** The twin with an open stream; its address is in the environment. */
export async function startKinesis(stream: string) {
  const port = await freePort();
  const args = [command, '--port', String(port), '--createStreamMs', '1'];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  const client = kinesisClient();
  const stop = async () => {
    client.destroy();
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await openStream(client, stream);
  } catch (error) {
    await stop();
    throw error;
  }
  return { client, stop };
}

/** Another stream of one shard. */
export async function openStream(client: KinesisClient, stream: string): Promise<void> {
  await eventually(() =>
    client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 })),
  );
  await eventually(async () => {
    const summary = new DescribeStreamSummaryCommand({ StreamName: stream });
    const { StreamDescriptionSummary: found } = await client.send(summary);
    if (found?.StreamStatus !== 'ACTIVE') throw new Error('the stream is not open yet');
  });
}

/** Puts records in order and answers them as the stream numbers them. */
export async function putAll(
  client: KinesisClient,
  stream: string,
  records: readonly JournalRecord[],
): Promise<JournalRecord[]> {
  const put: JournalRecord[] = [];
  for (const { data } of records) {
    const { SequenceNumber } = await client.send(
      new PutRecordCommand({ StreamName: stream, Data: data, PartitionKey: 'journal' }),
    );
    put.push({ data, shardSequence: SequenceNumber ?? '' });
  }
  return put;
}

async function eventually(call: () => Promise<unknown>): Promise<void> {
  for (let tried = 0; ; tried += 1) {
    try {
      await call();
      return;
    } catch (error) {
      if (tried === 400) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
