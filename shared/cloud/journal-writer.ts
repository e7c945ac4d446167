/** Puts records at the end of a pair group's journal. One put at a time; whoever calls repeats a failed one with the same bytes. */
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Clock } from './clock.ts';
import { recordPutter } from './put-record.ts';

export type JournalWriter = {
  /**
   * Appends a record behind `after` (the previous put's answer; absent for a process's first) and answers its shard
   * sequence number. An error means that nobody knows whether the record is there, except for `JournalForbidden`.
   */
  put(data: Uint8Array, after: string | undefined): Promise<string>;
};

/** The stream is not there or not ours: trying again cannot help. */
export class JournalForbidden extends Error {
  override name = 'JournalForbidden';
}

/** One shard, one key: the order of the puts is the order of the records. */
const constantPartitionKey = 'journal';

const hopeless = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'ValidationException',
  'InvalidArgumentException',
]);

export function createJournalWriter(options: {
  client: KinesisClient;
  stream: string;
  clock: Pick<Clock, 'nowMs'>;
}): JournalWriter {
  const { stream } = options;
  const putRecord = recordPutter(options);
  return {
    async put(data, after) {
      try {
        return await putRecord({
          StreamName: stream,
          PartitionKey: constantPartitionKey,
          SequenceNumberForOrdering: after,
          Data: data,
        });
      } catch (error) {
        if (error instanceof Error && hopeless.has(error.name))
          throw new JournalForbidden(`${stream}: ${error.message}`, { cause: error });
        throw error;
      }
    },
  };
}
