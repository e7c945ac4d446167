/** `chain-facts`: what the chain says, in order: deposits, withdrawals that were paid, batches that were settled. */
import { documentClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics } from '#cloud/metrics.ts';
import { outboxHandler } from '#cloud/outbox-edge.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { setting } from '#cloud/settings.ts';
import { factPorts } from './fact-ports.ts';
import { takeFacts } from './take-facts.ts';

const environment = process.env;
const logger = createLogger('chain-facts');
const metrics = createMetrics('chain-facts');
const ports = await factPorts(environment, { logger, metrics });

export const handler = outboxHandler({
  topic: 'facts',
  outbox: createOutboxStore({
    client: documentClient(),
    table: setting(environment, 'outboxTable'),
  }),
  begin: () => takeFacts(ports),
  ...{ clock, logger },
});
