/** One pair group's matcher as a process: wiring only. Stands by until the lease is its own, then leads. Exits 0 when asked to, 1 in doubt. */
import { randomBytes, randomUUID } from 'node:crypto';
import { bucketOf } from '#cloud/archive-store.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { bucketClient, documentClient, kinesisClient, kinesisReader } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { fanOutInvoker } from '#cloud/fan-out-invoker.ts';
import { createFeedPublisher, type FeedPublisher } from '#cloud/feed-publisher.ts';
import { createFeedStore } from '#cloud/feed-store.ts';
import { createJournalReader, readToTip } from '#cloud/journal-reader.ts';
import { createJournalWriter } from '#cloud/journal-writer.ts';
import { createLeaseStore, type Lease, type LeaseStore } from '#cloud/lease-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { catalogOf, type Environment, journalStreamsOf, setting } from '#cloud/settings.ts';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import { groupsOf, listedMarkets } from '#wire/catalog.ts';
import { chainTermsSchema } from '#wire/chain-terms.ts';
import { nonceFrom } from '#wire/journal-frame.ts';
import { settingNames } from '#wire/setting-names.ts';
import { begin } from './beginning.ts';
import { drainMs, lastSnapshotMs, patienceMs } from './bounds.ts';
import { demandFrom } from './demand-elsewhere.ts';
import { asError } from './doubt.ts';
import { type Inlet, openInlet } from './inlet.ts';
import { type Leader, lead } from './leader.ts';
import { type HeldLease, keepLease, takeLease } from './lease.ts';
import { ownAddress } from './own-address.ts';
import { Replica } from './replica.ts';
import { type Standby, standBy } from './standby.ts';
import { createTallies, type Tallies } from './tallies.ts';
import { pause, systemTimers as timers } from './timers.ts';

const logger = createLogger('matcher');
const metrics = createMetrics('matcher');
let standby: Standby | undefined;
let lease: HeldLease | undefined;
let leader: Leader | undefined;
let stopping = false;
const bornMs = clock.monotonicMs();

function doubted(cause: Error): never {
  leader?.abandon();
  logger.critical(`the matcher stops: ${cause.message}`, { error: cause });
  process.exit(1);
}
process.on('uncaughtException', doubted);
process.on('unhandledRejection', (reason) => doubted(asError(reason)));
start(process.env).catch((error) => doubted(asError(error)));

async function start(environment: Environment): Promise<void> {
  const groupId = setting(environment, 'pairGroup');
  logger.appendKeys({ groupId });
  const catalog = catalogOf(environment);
  const client = documentClient();
  const store = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
  const tallies = createTallies(metrics, timers);
  const publisher = feedPublisher(environment, client);
  const inlet = await openInlet({
    groupId,
    port: Number(setting(environment, 'port')),
    leader: () => leader,
    // Who holds the lease applies commands that are not durable yet (W5): it speaks as a leader, or not at all.
    standby: () => (lease ? undefined : standby),
    isAlive,
    failed: (error) => logger.error('a request failed', asError(error)),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop({ inlet, publisher, tallies }));
  }
  const hashSecret = randomBytes(4).readInt32LE();
  const stream = journalStreamsOf(environment)[groupId] ?? '';
  const journal = { client: kinesisReader(), stream };
  const bucket = bucketOf({
    client: bucketClient(),
    bucket: setting(environment, 'archiveBucket'),
  });
  const ledgerTable = { client, table: setting(environment, 'ledgerTable') };
  const clearing = createClearingStore(ledgerTable);
  const cleared = async () => (await clearing.position(groupId)).watermark;
  const clearedNow = await cleared();
  const { from, reader } = await begin({
    ...{ groupId, hashSecret, bucket, cleared: clearedNow },
    reader: createJournalReader(journal),
    toTip: { follow: (after) => readToTip(journal, after) },
    unused: (why) => logger.warn('recovery passes over something', { why }),
  });
  logger.info('beginning', { frame: from.watermark.frame, sequence: from.engine.sequence });
  const replica = new Replica({ groupId, cleared: clearedNow, from });
  standby = standBy({ groupId, replica, reader, clock, timers, failed: standbyStopped });
  const held = await wonLease({ environment, groupId, store, port: inlet.port, standby });
  lease = held;
  const startedMs = clock.monotonicMs();
  const markets = [...listedMarkets(catalog).values()];
  const others = groupsOf(catalog).filter((each) => each !== groupId);
  const leading = await lead({
    ...{ groupId, lease: held, publisher, clock, timers, tallies, doubted, hashSecret },
    nonce: nonceFrom(randomBytes(16)),
    markets: markets.filter(({ market }) => market.groupId === groupId),
    ...{ reader, cleared, replica: standby.end() },
    snapshots: {
      store: createSnapshotStore(bucket),
      taken: (figures) => logger.info('a snapshot was taken', figures),
      failed: snapshotFailed,
    },
    writer: createJournalWriter({ client: kinesisClient(), stream, clock }),
    ledger: createLedgerStore(ledgerTable),
    chainStaleMs: chainStaleMs(environment),
    demandElsewhere: demandFrom(others, createMatcherClient({ leases: store, clock }), timers),
    faulted: (what, error) => logger.warn(what, ...(error ? [error] : [])),
  });
  standby = undefined;
  if (stopping) return;
  leader = leading;
  const tookMs = Math.round(clock.monotonicMs() - startedMs);
  logger.info('leading', { epoch: held.epoch, sequence: leading.engine.sequence, tookMs });
}

/** A quarter of what an exit takes; a stage without a chain of its own has no such terms. */
function chainStaleMs(environment: Environment): number | undefined {
  const terms = environment[settingNames.chainTerms];
  if (!terms) return undefined;
  return (chainTermsSchema.parse(JSON.parse(terms)).exitDelaySeconds * 1_000) / 4;
}

/** A leader and a caught-up standby are well; and so is who still replays a long journal: a fresh start would begin it anew. */
function isAlive(): boolean {
  if (leader || standby?.isCaughtUp()) return true;
  return clock.monotonicMs() - bornMs > patienceMs;
}

/** Its state is not the one that was written, or it cannot read on: it must not lead. The next process begins anew. */
function standbyStopped(cause: Error): never {
  metrics.addMetric(metricNames.standbyStopped, MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
  doubted(cause);
}

/** The next one is tried in some minutes; meanwhile a recovery replays more. */
function snapshotFailed(): void {
  metrics.addMetric(metricNames.snapshotFailed, MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
}

function feedPublisher(
  environment: Environment,
  client: ReturnType<typeof documentClient>,
): FeedPublisher {
  const feed = createFeedStore({ client, table: setting(environment, 'feedTable') });
  return createFeedPublisher({
    clock,
    interestOf: feed.interest,
    fanOut: fanOutInvoker(setting(environment, 'fanOutFunction')),
    report: (problem, detail) => logger.warn(problem, detail as Record<string, unknown>),
  });
}

/** Waits for the group's lease, warm, and keeps it. */
async function wonLease(of: {
  environment: Environment;
  groupId: string;
  store: LeaseStore;
  port: number;
  standby: Standby;
}): Promise<HeldLease> {
  const { environment, groupId, store, port } = of;
  const leaseMs = Number(setting(environment, 'leaseMs'));
  const host = await ownAddress(environment['ECS_CONTAINER_METADATA_URI_V4']);
  const wish = { groupId, owner: randomUUID(), host, port, durationMs: leaseMs };
  const { ready } = of.standby;
  void ready.then(() => logger.info('caught up with the journal'));
  const report = ({ epoch }: Lease) =>
    logger.info('waiting for the lease to run out', { epoch, durationMs: leaseMs });
  const taken = await takeLease(wish, { store, clock, timers }, { ready, report });
  return keepLease(taken, { store, clock, timers }, { leaseMs, doubted });
}

/**
 * Deployments and operators end a matcher so: everything taken is answered, the lease is let go, and the standby leads. The door
 * stays open until then: who comes meanwhile is told that we lead no more, and asks whoever leads next.
 */
async function stop(parts: {
  inlet: Inlet;
  publisher: FeedPublisher;
  tallies: Tallies;
}): Promise<void> {
  stopping = true;
  // A drain that takes longer will not end; the lease then runs out by itself.
  setTimeout(() => process.exit(1), drainMs);
  standby?.end();
  await leader?.drain();
  await lease?.release();
  // The next one leads by now; a last snapshot spares it, or the one after it, the replay.
  await Promise.race([leader?.lastSnapshot(), pause(timers, lastSnapshotMs)]);
  parts.inlet.close();
  await parts.publisher.stop();
  parts.tallies.stop();
  process.exit(0);
}
