/** Where what the chain says is written down, and by whose means withdrawals are paid. */
import { factReader } from '#cloud/chain-facts.ts';
import { documentClient, keyClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { delegationFacts } from '#cloud/delegation-facts.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { depositFacts } from '#cloud/deposit-facts.ts';
import { readFactCursor } from '#cloud/follow-facts.ts';
import { createKmsSigner } from '#cloud/kms-signer.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import type { Logger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { type Metrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { rpcPoolOf } from '#cloud/rpc-pool-of.ts';
import { catalogOf, type Environment, setting, signingDomainOf } from '#cloud/settings.ts';
import { applySettlementFact } from '#cloud/settlement-facts.ts';
import { transactionSenderOf } from '#cloud/transaction-sender-of.ts';
import { createVaultReads } from '#cloud/vault-reads.ts';
import { type WithdrawalFactPorts, withdrawalFacts } from '#cloud/withdrawal-facts.ts';
import { settlementHorizon } from '#cloud/withdrawal-horizon.ts';
import type { PayoutPorts } from '#cloud/withdrawal-steps.ts';
import { groupsOf } from '#wire/catalog.ts';
import { digests } from '#wire/eip712.ts';
import type { TakePorts } from './take-facts.ts';

const consumer = 'chain-facts';

export async function factPorts(
  environment: Environment,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): Promise<TakePorts> {
  const client = documentClient();
  const where = { client, table: setting(environment, 'chainTable') };
  const chainId = Number(setting(environment, 'chainId'));
  const vault = setting(environment, 'verifyingContract').toLowerCase();
  const exchange = setting(environment, 'exchangeContract').toLowerCase();
  const catalog = catalogOf(environment);
  const rpc = await rpcPoolOf(environment, { clock, random: Math.random });
  const { lastBatch, ledgerAccountOf } = createVaultReads({ rpc, vault });
  const historyTable = { client, table: setting(environment, 'historyTable') };
  const { assets } = createMarketDirectory({ ...historyTable, catalog, clock, freshMs: 0 });
  const tables = {
    chainTable: where.table,
    ledgerTable: setting(environment, 'ledgerTable'),
    outboxTable: setting(environment, 'outboxTable'),
  };
  const ledger = createLedgerStore({
    ...{ client, table: tables.ledgerTable, outboxTable: tables.outboxTable },
    assets: async () => new Set((await assets()).map(({ id }) => id)),
  });
  const report = (incident: string, what: { id: string; nonce: number; reason: string }) =>
    logger.error(`transaction sender: ${incident}`, what);
  const payouts: PayoutPorts = {
    ...{ ...where, ledger, clock },
    chain: {
      digestOf: digests(signingDomainOf(environment)),
      signer: createKmsSigner({ client: keyClient(), keyId: setting(environment, 'operatorKey') }),
      sender: transactionSenderOf(environment, 'operatorKey', { client, rpc, clock, report }),
      ...{ vault, lastBatch },
      finalAtMs: async () => (await readFactCursor({ ...where, consumer })).finalAtMs,
      horizon: settlementHorizon({ client, ...tables }, groupsOf(catalog)),
    },
  };
  const surprised: WithdrawalFactPorts['surprised'] = (what) => {
    logger.error('the vault paid a withdrawal that was not to be paid', what);
    metrics.addMetric(metricNames.withdrawalSurprises, MetricUnit.Count, 1);
    metrics.publishStoredMetrics();
  };
  return {
    follow: {
      ...where,
      consumer,
      facts: { after: factReader({ ...where, chainId, consumer }).read },
    },
    work: [
      depositFacts({ ...where, ledger, assets, clock, chainId, vault, ledgerAccountOf }),
      withdrawalFacts({ ...payouts, vault, surprised }),
      delegationFacts({ store: createDelegationStore(where), vault }),
      { fact: (fact) => applySettlementFact({ client, ...tables }, fact, { vault, exchange }) },
    ],
    payouts,
    failed: (digest, error) =>
      logger.warn('a withdrawal does not go on', { digest, error: error as Error }),
  };
}
