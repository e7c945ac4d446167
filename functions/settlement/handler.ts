/** Settlement: posts every pair group's journal to the ledger. */
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { documentClient, kinesisReader } from '#cloud/clients.ts';
import { readJournalRange } from '#cloud/journal-range.ts';
import { createJournalReader } from '#cloud/journal-reader.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics } from '#cloud/metrics.ts';
import { isSettled, journalStreamsOf, setting } from '#cloud/settings.ts';
import { streamHandler } from '#cloud/stream-edge.ts';

const streams = journalStreamsOf(process.env);
const kinesis = kinesisReader();
const tables = {
  table: setting(process.env, 'ledgerTable'),
  outboxTable: setting(process.env, 'outboxTable'),
  settles: isSettled(process.env),
};
const clearing = {
  store: createClearingStore({ client: documentClient(), ...tables }),
  readRange: (groupId: string, after: string, through: string) => {
    const reader = createJournalReader({ client: kinesis, stream: streams[groupId] ?? '' });
    return readJournalRange(reader, after, through);
  },
};

export const handler = streamHandler({
  streams,
  consume: (groupId, records) => clearJournal(clearing, groupId, records),
  logger: createLogger('settlement'),
  metrics: createMetrics('settlement'),
});
