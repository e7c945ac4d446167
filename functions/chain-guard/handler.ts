/** `chain-guard`: acts on what users take back on the chain, as soon as a block shows it; once a minute it does what was left. */
import { setTimeout as pause } from 'node:timers/promises';
import type { SQSEvent } from 'aws-lambda';
import { callCreditBack } from '#cloud/call-credit-back.ts';
import { factReader } from '#cloud/chain-facts.ts';
import { documentClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { cancelAllCommand, tellGroups } from '#cloud/guard-tasks.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { outboxHandler } from '#cloud/outbox-edge.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { groupsOf } from '#wire/catalog.ts';
import { consumer, type GuardPorts, runGuard } from './run-guard.ts';

const environment = process.env;
const logger = createLogger('chain-guard');
const metrics = createMetrics('chain-guard');
const client = documentClient();
const chain = { client, table: setting(environment, 'chainTable') };
const chainId = Number(setting(environment, 'chainId'));
const catalog = catalogOf(environment);
const groups = groupsOf(catalog);
const historyTable = { client, table: setting(environment, 'historyTable') };
const { assets } = createMarketDirectory({ ...historyTable, catalog, clock });
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const matchers = createMatcherClient({ leases, clock });
const outboxTable = setting(environment, 'outboxTable');
/** A matcher answers in the time of a frame or two. */
const credit = { matchers, groups, patience: () => pause(1_000) };

const ports: GuardPorts = {
  ...{ ...chain, chainId, clock, matchers, groups, assets },
  vault: setting(environment, 'verifyingContract').toLowerCase(),
  delegations: createDelegationStore(chain),
  facts: { after: factReader({ ...chain, chainId, consumer }).read },
  ledger: createLedgerStore({
    ...{ client, table: setting(environment, 'ledgerTable'), outboxTable },
    assets: async () => new Set((await assets()).map(({ id }) => id)),
  }),
  cancelOrders: (account, seed) => tellGroups(cancelAllCommand(account, seed), credit),
  async callBack(called) {
    await callCreditBack(credit, called);
  },
  failed: (what, error) => logger.warn(what, { error: error as Error }),
};

async function round() {
  const guarded = await runGuard(ports);
  metrics.addMetric(metricNames.guardOldestMs, MetricUnit.Milliseconds, guarded.oldestMs);
  metrics.publishStoredMetrics();
  return guarded;
}

const ring = outboxHandler({
  topic: 'guard',
  outbox: createOutboxStore({ client, table: outboxTable }),
  // Bells of one batch say the same: there is something new.
  begin() {
    let rung: Promise<unknown> | undefined;
    return async () => {
      rung ??= round();
      await rung;
    };
  },
  ...{ clock, logger },
});

export const handler = async (event: SQSEvent | object) =>
  'Records' in event ? ring(event) : round();
