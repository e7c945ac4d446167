/** A journal's records as Lambda's Kinesis event source hands them to a function. */
import type { KinesisStreamEvent } from 'aws-lambda';
import type { JournalRecord } from '#cloud/journal-run.ts';

export const streamArn = (stream: string): string =>
  `arn:aws:kinesis:eu-west-1:123456789012:stream/${stream}`;

export function streamEvent(stream: string, records: readonly JournalRecord[]): KinesisStreamEvent {
  return {
    Records: records.map(({ data, shardSequence }) => ({
      awsRegion: 'eu-west-1',
      eventID: `shardId-000000000000:${shardSequence}`,
      eventName: 'aws:kinesis:record',
      eventSource: 'aws:kinesis',
      eventSourceARN: streamArn(stream),
      eventVersion: '1.0',
      invokeIdentityArn: 'arn:aws:iam::123456789012:role/consumer',
      kinesis: {
        approximateArrivalTimestamp: 0,
        data: Buffer.from(data).toString('base64'),
        kinesisSchemaVersion: '1.0',
        partitionKey: 'journal',
        sequenceNumber: shardSequence,
      },
    })),
  };
}
