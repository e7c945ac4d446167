/** Market history: turns every pair group's journal into trades, candles, fills and finished orders. */
import { documentClient } from '#cloud/clients.ts';
import { writeHistory } from '#cloud/history-writer.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics } from '#cloud/metrics.ts';
import { journalStreamsOf, setting } from '#cloud/settings.ts';
import { streamHandler } from '#cloud/stream-edge.ts';

const where = { client: documentClient(), table: setting(process.env, 'historyTable') };

export const handler = streamHandler({
  streams: journalStreamsOf(process.env),
  consume: (groupId, records) => writeHistory(where, groupId, records),
  logger: createLogger('market-history'),
  metrics: createMetrics('market-history'),
});
