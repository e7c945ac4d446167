/** The edge between Lambda's Kinesis events and a journal's consumer: it never skips a record, whatever is wrong with it. */
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { assert } from '#domain/assertion.ts';
import type { GroupId } from '#domain/market.ts';
import type { JournalRecord, JournalStop } from './journal-run.ts';
import type { Logger } from './logger.ts';
import { type Metrics, MetricUnit, metricNames } from './metrics.ts';

export type Consumed =
  | { status: 'done'; frames: number }
  | { status: 'stopped'; frames: number; stop: JournalStop };

export type StreamOptions = {
  /** Pair group → stream name. */
  streams: Record<GroupId, string>;
  consume(groupId: GroupId, records: readonly JournalRecord[]): Promise<Consumed>;
  logger: Pick<Logger, 'error'>;
  metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
};

/**
 * A record that cannot be accepted fails the batch from there, so Lambda sends it again until an operator has looked;
 * a fault fails the whole batch. What was derived before is persisted with its watermark and not derived again.
 */
export function streamHandler(options: StreamOptions) {
  return async (event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> => {
    const { logger, metrics } = options;
    const [first] = event.Records;
    if (!first) return { batchItemFailures: [] };
    const groupId = groupOfStream(options.streams, first.eventSourceARN);
    const records = event.Records.map((record): JournalRecord => {
      assert(record.eventSourceARN === first.eventSourceARN, 'one event, two streams');
      const { data, sequenceNumber } = record.kinesis;
      return { data: Buffer.from(data, 'base64'), shardSequence: sequenceNumber };
    });
    const count = (name: string, by = 1) => {
      if (by === 0) return;
      metrics.addMetric(name, MetricUnit.Count, by);
      metrics.publishStoredMetrics();
    };
    try {
      const consumed = await options.consume(groupId, records);
      count(metricNames.clearedFrames, consumed.frames);
      if (consumed.status === 'done') return { batchItemFailures: [] };
      count(metricNames.journalStopped);
      const { stop } = consumed;
      logger.error('the journal stopped: nothing after this record is read', { groupId, ...stop });
      return { batchItemFailures: [{ itemIdentifier: stop.shardSequence }] };
    } catch (error) {
      // A bug is counted apart from a fault: trying again will not help, somebody must look.
      if (isBug(error)) count(metricNames.clearingMismatch);
      logger.error('the batch failed and will come again', { groupId, error: error as Error });
      throw error;
    }
  };
}

const isBug = (error: unknown): boolean =>
  error instanceof Error && ['AssertionFailed', 'ClearingMismatch'].includes(error.name);

/** The pair group whose journal an event source is; its ARN ends in the stream's name, or goes on with a consumer's. */
export function groupOfStream(streams: Record<GroupId, string>, eventSourceArn: string): GroupId {
  const name = eventSourceArn.split(':stream/')[1]?.split('/')[0];
  const group = Object.entries(streams).find(([, stream]) => stream === name)?.[0];
  assert(group, `${eventSourceArn} is no journal of this deployment`);
  return group;
}
