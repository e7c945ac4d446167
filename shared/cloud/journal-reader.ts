/** Follows a journal from a position on, in shard order, for as long as the caller wants more. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-kinesis';
import { assert } from '#domain/assertion.ts';
import type { JournalRecord } from './journal-run.ts';

export type JournalReader = {
  /** Batches of records after a shard sequence number (empty text: from the oldest on). Never ends by itself: break out of it. */
  follow(after: string, how?: Following): AsyncIterable<JournalRecord[]>;
};

/** How somebody follows who stays: the other readers of the shard need their share of its calls. */
export type Following = {
  /** The time between two calls once the tip is reached. */
  paceMs: number;
  /** Told whenever everything that the stream held a moment ago was taken. */
  atTip: () => void;
};

/** Records a call. Kinesis ends a call at 10 MB anyway, its local twin only at this. */
const recordsPerCall = 1_000;
/** A shard answers 5 GetRecords a second, shared by all its readers. */
const emptyPauseMs = 200;
const throttledPauseMs = 500;

export function createJournalReader(options: {
  client: KinesisClient;
  stream: string;
}): JournalReader {
  return { follow: (after, how) => follow(options, after, how) };
}

/** The records after a shard sequence number that the stream holds now: ends where there is no newer one. */
export const readToTip = (
  options: { client: KinesisClient; stream: string },
  after: string,
): AsyncIterable<JournalRecord[]> => follow(options, after, 'to_tip');

async function* follow(
  { client, stream }: { client: KinesisClient; stream: string },
  from: string,
  how?: Following | 'to_tip',
): AsyncGenerator<JournalRecord[]> {
  const shardId = await onlyShard(client, stream);
  let after = from;
  let iterator = await iteratorAfter(client, { stream, shardId, after });
  for (;;) {
    const answer = await getRecords(client, iterator);
    if (answer === 'expired' || answer === 'throttled') {
      await pause(throttledPauseMs);
      if (answer === 'expired') iterator = await iteratorAfter(client, { stream, shardId, after });
      continue;
    }
    const records = (answer.Records ?? []).map(({ Data, SequenceNumber }): JournalRecord => {
      assert(Data && SequenceNumber, 'Kinesis answered a record without data or number');
      return { data: Data, shardSequence: SequenceNumber };
    });
    after = records.at(-1)?.shardSequence ?? after;
    if (records.length > 0) yield records;
    const isTip = !answer.MillisBehindLatest && records.length < recordsPerCall;
    if (how === 'to_tip' && isTip && records.length === 0) return;
    if (typeof how === 'object' && isTip) {
      how.atTip();
      await pause(how.paceMs);
    } else if (records.length === 0) await pause(emptyPauseMs);
    assert(
      answer.NextShardIterator,
      `the shard of ${stream} was closed: it must never be resharded`,
    );
    iterator = answer.NextShardIterator;
  }
}

async function getRecords(client: KinesisClient, iterator: string) {
  try {
    return await client.send(
      new GetRecordsCommand({ ShardIterator: iterator, Limit: recordsPerCall }),
    );
  } catch (error) {
    if (error instanceof ExpiredIteratorException) return 'expired';
    if (error instanceof ProvisionedThroughputExceededException) return 'throttled';
    throw error;
  }
}

async function onlyShard(client: KinesisClient, stream: string): Promise<string> {
  const { Shards } = await client.send(new ListShardsCommand({ StreamName: stream }));
  const [shard, ...others] = Shards ?? [];
  assert(shard?.ShardId && others.length === 0, `${stream} must have exactly one shard`);
  return shard.ShardId;
}

async function iteratorAfter(
  client: KinesisClient,
  at: { stream: string; shardId: string; after: string },
): Promise<string> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: at.stream,
      ShardId: at.shardId,
      ...(at.after === ''
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: at.after }),
    }),
  );
  assert(ShardIterator, `${at.stream} gave no iterator`);
  return ShardIterator;
}
