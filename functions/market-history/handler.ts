/** Market history: turns every pair group's journal into trades, candles, fills, finished orders and the directory of markets. */
import { documentClient } from '#cloud/clients.ts';
import { writeHistory } from '#cloud/history-writer.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics } from '#cloud/metrics.ts';
import { journalStreamsOf, setting } from '#cloud/settings.ts';
import { streamHandler } from '#cloud/stream-edge.ts';
import { marketNews } from './market-news.ts';

const where = { client: documentClient(), table: setting(process.env, 'historyTable') };
const logger = createLogger('market-history');
const metrics = createMetrics('market-history');
const tell = marketNews({ logger, metrics });

export const handler = streamHandler({
  streams: journalStreamsOf(process.env),
  consume: (groupId, records) => writeHistory(where, groupId, records, tell),
  logger,
  metrics,
});
