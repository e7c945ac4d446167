/** Liability proofs: what was owed on each day, for everybody; and for each owner the proof of the own part. */
import { bucketClient, documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { liabilityBucketOf } from '#cloud/liability-bucket.ts';
import { createLiabilityDays } from '#cloud/liability-days.ts';
import { createProofReader } from '#cloud/liability-proofs.ts';
import { saltsOf } from '#cloud/liability-salt.ts';
import { createLogger } from '#cloud/logger.ts';
import { readSecret } from '#cloud/secret.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionVerifier } from '#cloud/session-token.ts';
import { setting } from '#cloud/settings.ts';
import { liabilityRoutes } from './liability-routes.ts';

const environment = process.env;
const client = documentClient();
const keys = createSessionStore({ client, table: setting(environment, 'sessionTable') });
const saltOf = saltsOf(await readSecret(setting(environment, 'liabilitySecret')));

const routes = liabilityRoutes({
  days: createLiabilityDays({ client, table: setting(environment, 'ledgerTable') }),
  proofs: createProofReader({
    saltOf,
    bucket: liabilityBucketOf({
      client: bucketClient(),
      bucket: setting(environment, 'liabilityBucket'),
    }),
  }),
  verifySession: createSessionVerifier({
    ...{ keys, clock: systemClock },
    stage: setting(environment, 'stage'),
  }),
});

export const handler = httpHandler('liabilities', routes, {
  logger: createLogger('liability-proofs'),
});
