/** Reads a known range of a journal's stream: what a consumer needs again to finish what it began. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { assert } from '#domain/assertion.ts';
import { isAfter, type JournalRecord } from './journal-run.ts';

/** Records a call; Kinesis ends a call at 10 MB anyway, its local twin only at this. */
const recordsPerCall = 1_000;
/** A shard answers 5 GetRecords a second, shared with the other readers. */
const pauseMs = 250;
/** 10 MB each: far more than a run can hold. */
const calls = 200;

/** The records after `after` (empty: from the beginning) through `through`, in shard order. */
export async function readJournalRange(
  client: KinesisClient,
  stream: string,
  after: string,
  through: string,
): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  let iterator = await iteratorAfter(client, stream, after);
  for (let called = 0; called < calls && iterator; called += 1) {
    if (called > 0) await pause(pauseMs);
    const get = new GetRecordsCommand({ ShardIterator: iterator, Limit: recordsPerCall });
    const answer = await client.send(get);
    for (const { Data, SequenceNumber } of answer.Records ?? []) {
      assert(Data && SequenceNumber, 'Kinesis answered a record without data or number');
      if (isAfter(SequenceNumber, through)) return records;
      records.push({ data: Data, shardSequence: SequenceNumber });
      if (SequenceNumber === through) return records;
    }
    iterator = answer.NextShardIterator;
  }
  throw new Error(`${stream} did not show record ${through}`);
}

async function iteratorAfter(client: KinesisClient, stream: string, after: string) {
  const { Shards } = await client.send(new ListShardsCommand({ StreamName: stream }));
  const [shard, ...others] = Shards ?? [];
  assert(shard && others.length === 0, `${stream} must have exactly one shard`);
  const answer = await client.send(
    new GetShardIteratorCommand({
      StreamName: stream,
      ShardId: shard.ShardId,
      ...(after === ''
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after }),
    }),
  );
  return answer.ShardIterator;
}
