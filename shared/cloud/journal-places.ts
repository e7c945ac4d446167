/** Where a stage's journals are, for whoever reads them from outside: streams and the archive's bucket. */
import type { GroupId } from '#domain/market.ts';
import { archiveFunctionName } from '#wire/operations.ts';
import { type ArchiveReader, bucketOf, createArchiveStore } from './archive-store.ts';
import { bucketClient, kinesisReader } from './clients.ts';
import { readToTip } from './journal-reader.ts';
import type { JournalRecord } from './journal-run.ts';
import { journalStreamsOf, setting } from './settings.ts';
import { localClient, variablesOf } from './stage-reach.ts';

export type JournalPlaces = {
  /** Pair group → stream name. */
  streams: Record<GroupId, string>;
  bucket: string;
  /** Of a local cloud; AWS by the machine's own settings where absent. */
  endpoints?: { kinesis: string; s3: string };
};

export type Journals = {
  groupIds: GroupId[];
  archive: ArchiveReader;
  /** The stream's records after a shard sequence number (empty text: from the oldest on), to its newest. */
  stream(groupId: GroupId, after: string): AsyncIterable<JournalRecord[]>;
  /** Lets go of connections, which would keep a process alive for seconds. */
  close(): void;
};

/** Of a stage on AWS: the settings of the function that archives name them. */
export const journalPlacesOf = (stage: string): Promise<JournalPlaces> =>
  variablesOf(archiveFunctionName(stage), 'the journals are', (variables) => ({
    streams: journalStreamsOf(variables),
    bucket: setting(variables, 'archiveBucket'),
  }));

/** Opens nothing yet: the first read does. */
export function openJournals({ streams, bucket, endpoints }: JournalPlaces): Journals {
  const kinesis = kinesisReader(localClient(endpoints?.kinesis));
  const s3 = bucketClient(localClient(endpoints?.s3));
  return {
    groupIds: Object.keys(streams),
    archive: createArchiveStore(bucketOf({ client: s3, bucket })),
    stream: (groupId, after) =>
      readToTip({ client: kinesis, stream: streams[groupId] ?? '' }, after),
    close() {
      kinesis.destroy();
      s3.destroy();
    },
  };
}
