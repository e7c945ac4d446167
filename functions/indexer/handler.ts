/** Indexer, started once a minute for almost as long: follows the chain and writes down what it says. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import type { BlockId, Checkpoint } from '#cloud/chain-index.ts';
import { look } from '#cloud/chain-index-pass.ts';
import { createChainIndexStore } from '#cloud/chain-index-store.ts';
import { documentClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { rpcPoolOf } from '#cloud/rpc-pool-of.ts';
import { setting } from '#cloud/settings.ts';
import { chainTermsSchema } from '#wire/chain-terms.ts';
import { followChain } from './follow-chain.ts';

const environment = process.env;
const logger = createLogger('indexer');
const metrics = createMetrics('indexer');
const terms = chainTermsSchema.parse(JSON.parse(setting(environment, 'chainTerms')));
const rpc = await rpcPoolOf(environment, { clock, random: Math.random, metrics });
const store = createChainIndexStore({
  client: documentClient(),
  chainTable: setting(environment, 'chainTable'),
  outboxTable: setting(environment, 'outboxTable'),
  chainId: Number(setting(environment, 'chainId')),
});
const witnesses = {
  names: rpc.names,
  accuse(provider: string, about: string) {
    rpc.distrust(provider);
    logger.error('most providers contradict one', { provider, about });
  },
  doubt: (block: BlockId) =>
    logger.warn('no majority: nothing is final from this block on', { block }),
};
const ports = {
  ...{ rpc, terms, nowMs: clock.nowMs },
  witnesses: rpc.names.length > 1 ? witnesses : undefined,
  everyone: rpc.everyone,
  addresses: [
    setting(environment, 'verifyingContract'),
    setting(environment, 'exchangeContract'),
  ].map((address) => address.toLowerCase()),
};

/** A last look may take so long, and the next run begins anyway. */
const marginMs = 5_000;
/** Twice a block, but neither a busy loop nor a slow one. */
const pollMs = Math.min(4_000, Math.max(1_000, terms.blockMs / 2));
/**
 * Withdrawals take their next step with the facts that follow, and matchers close markets where the newest head that they were told of
 * is a quarter of the exit delay old.
 */
const quietMs = Math.min(10_000, (terms.exitDelaySeconds * 1_000) / 24);

export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) {
  const lastsMs = context.getRemainingTimeInMillis() - marginMs;
  const followed = await followChain(
    {
      ...{ store, clock, pause },
      look: (before: Checkpoint | undefined) => look(before, ports),
      report: (problem, error) => logger.warn(problem, { error }),
    },
    { lastsMs, pollMs, quietMs },
  );
  const { ageMs, isDeep } = followed;
  if (ageMs !== undefined)
    metrics.addMetric(metricNames.chainIndexAgeMs, MetricUnit.Milliseconds, ageMs);
  metrics.addMetric(metricNames.chainDeepReorg, MetricUnit.Count, isDeep ? 1 : 0);
  metrics.publishStoredMetrics();
  if (isDeep) logger.error('a deep reorg: nothing is credited until most providers agree');
  return followed;
}
