/** `statements`: files of a signed-in user's statements, asked for and shown. It is not in the VPC, from where no queue is reached. */
import { bucketClient, documentClient, queueClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { exportSender } from '#cloud/export-sender.ts';
import { createExportStore } from '#cloud/export-store.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createObjectUrl } from '#cloud/presigned-url.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionVerifier } from '#cloud/session-token.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { statementRoutes } from './statement-routes.ts';

const environment = process.env;
const client = documentClient();
const clock = systemClock;
const keys = createSessionStore({ client, table: setting(environment, 'sessionTable') });

const routes = statementRoutes({
  exports: createExportStore({ client, table: setting(environment, 'ledgerTable') }),
  markets: createMarketDirectory({
    ...{ client, clock, table: setting(environment, 'historyTable') },
    catalog: catalogOf(environment),
  }),
  send: exportSender({
    client: queueClient(),
    queueUrl: setting(environment, 'exportQueue'),
  }),
  urlOf: createObjectUrl({
    client: bucketClient(),
    bucket: setting(environment, 'exportBucket'),
  }),
  clock,
  verifySession: createSessionVerifier({ keys, stage: setting(environment, 'stage'), clock }),
});

export const handler = httpHandler('statements', routes, { logger: createLogger('statements') });
