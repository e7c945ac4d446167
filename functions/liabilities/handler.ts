/** Liabilities: after each day's reconciliation, publishes what users were owed as the roots of Merkle sum trees. */
import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { accountsAfter, sumsThrough } from '#cloud/account-sums.ts';
import { bucketClient, documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { liabilityBucketOf } from '#cloud/liability-bucket.ts';
import { createLiabilityDays } from '#cloud/liability-days.ts';
import { saltsOf } from '#cloud/liability-salt.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMetrics } from '#cloud/metrics.ts';
import { createReconciliationStore } from '#cloud/reconciliation-store.ts';
import { readSecret } from '#cloud/secret.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { vaultOf } from '#cloud/vault-of.ts';
import { proveAndReport, vaultAtEnd, wishOf } from './prove-and-report.ts';

const environment = process.env;
const client = documentClient();
const where = { client, table: setting(environment, 'ledgerTable') };
const secret = readSecret(setting(environment, 'liabilitySecret'));
const markets = createMarketDirectory({
  ...{ client, table: setting(environment, 'historyTable'), clock: systemClock },
  catalog: catalogOf(environment),
});
const ports = {
  days: createLiabilityDays(where),
  bucket: liabilityBucketOf({
    client: bucketClient(),
    bucket: setting(environment, 'liabilityBucket'),
  }),
  accountsAfter: (shard: number, after: string, limit: number) =>
    accountsAfter(where, shard, after, limit),
  sumsThrough: (account: string, day: string) => sumsThrough(where, account, day),
  reconciliations: createReconciliationStore(where),
  assets: () => markets.assets(),
  vaultAt: vaultAtEnd(await vaultOf(environment, client)),
  newPart: randomUUID,
  nowMs: systemClock.nowMs,
  report: { logger: createLogger('liabilities'), metrics: createMetrics('liabilities') },
};

export const handler = async (event: unknown, context: Context) =>
  proveAndReport(
    {
      ...ports,
      saltOf: saltsOf(await secret),
      remainingMs: () => context.getRemainingTimeInMillis(),
    },
    wishOf(event),
  );
