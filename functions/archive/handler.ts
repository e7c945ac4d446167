/** Archive: keeps every pair group's journal in S3, for ever. */
import { archiveJournals } from '#cloud/archive-journal.ts';
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

export const handler = streamHandler({
  streams,
  consume: archiveJournals({
    store: createArchiveStore(bucketOf({ client: bucketClient(), bucket })),
    follow: (groupId, after) =>
      createJournalReader({ client: kinesis, stream: streams[groupId] ?? '' }).follow(after),
  }),
  logger: createLogger('archive'),
  metrics: createMetrics('archive'),
});
