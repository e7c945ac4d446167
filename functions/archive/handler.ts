/** Archive: keeps every pair group's journal in S3, for ever. */
import { archiveJournal } from '#cloud/archive-journal.ts';
import { bucketOf, createArchiveStore } from '#cloud/archive-store.ts';
import { bucketClient, kinesisReader } from '#cloud/clients.ts';
import { createJournalReader } from '#cloud/journal-reader.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics } from '#cloud/metrics.ts';
import { journalStreamsOf, setting } from '#cloud/settings.ts';
import { streamHandler } from '#cloud/stream-edge.ts';

const streams = journalStreamsOf(process.env);
const kinesis = kinesisReader();
const bucket = setting(process.env, 'archiveBucket');

const archiving = {
  store: createArchiveStore(bucketOf({ client: bucketClient(), bucket })),
  follow: (groupId: string, after: string) =>
    createJournalReader({ client: kinesis, stream: streams[groupId] ?? '' }).follow(after),
};

export const handler = streamHandler({
  streams,
  consume: (groupId, records) => archiveJournal(archiving, groupId, records),
  logger: createLogger('archive'),
  metrics: createMetrics('archive'),
});
