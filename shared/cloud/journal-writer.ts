/** Puts records at the end of a pair group's journal. One put at a time; whoever calls repeats a failed one with the same bytes. */
import { type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { assert } from '#domain/assertion.ts';

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
}): JournalWriter {
  const { client, stream } = options;
  return {
    async put(data, after) {
      const put = new PutRecordCommand({
        StreamName: stream,
        PartitionKey: constantPartitionKey,
        Data: data,
        ...(after === undefined ? {} : { SequenceNumberForOrdering: after }),
      });
      try {
        const { SequenceNumber } = await client.send(put);
        assert(SequenceNumber, 'Kinesis took a record and named no sequence number');
        return SequenceNumber;
      } catch (error) {
        if (error instanceof Error && hopeless.has(error.name))
          throw new JournalForbidden(`${stream}: ${error.message}`, { cause: error });
        throw error;
      }
    },
  };
}
