/** One pair group's matcher as a process: wiring only. Exits 0 when asked to, 1 in doubt. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { documentClient, kinesisClient, kinesisReader } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { fanOutInvoker } from '#cloud/fan-out-invoker.ts';
import { createFeedPublisher, type FeedPublisher } from '#cloud/feed-publisher.ts';
import { createFeedStore } from '#cloud/feed-store.ts';
import { createJournalReader } from '#cloud/journal-reader.ts';
import { createJournalWriter } from '#cloud/journal-writer.ts';
import { createLeaseStore, type LeaseStore } from '#cloud/lease-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createMetrics } from '#cloud/metrics.ts';
import { catalogOf, type Environment, journalStreamsOf, setting } from '#cloud/settings.ts';
import { groupsOf, listedMarkets } from '#wire/catalog.ts';
import { nonceFrom } from '#wire/journal-frame.ts';
import { drainMs, patienceMs } from './bounds.ts';
import { demandFrom } from './demand-elsewhere.ts';
import { asError } from './doubt.ts';
import { type Inlet, openInlet } from './inlet.ts';
import { type Leader, lead } from './leader.ts';
import { type HeldLease, keepLease, takeLease } from './lease.ts';
import { ownAddress } from './own-address.ts';
import { createTallies, type Tallies } from './tallies.ts';
import { systemTimers as timers } from './timers.ts';

const logger = createLogger('matcher');
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
  const tallies = createTallies(createMetrics('matcher'), timers);
  const publisher = feedPublisher(environment, groupId, client);
  const inlet = await openInlet({
    groupId,
    port: Number(setting(environment, 'port')),
    leader: () => leader,
    isAlive: () => leader !== undefined || clock.monotonicMs() - bornMs > patienceMs,
    failed: (error) => logger.error('a request failed', asError(error)),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop({ inlet, publisher, tallies }));
  }
  const held = await wonLease({ environment, groupId, store, port: inlet.port });
  lease = held;
  const startedMs = clock.monotonicMs();
  const stream = journalStreamsOf(environment)[groupId] ?? '';
  const markets = [...listedMarkets(catalog).values()];
  const others = groupsOf(catalog).filter((each) => each !== groupId);
  const ledgerTable = { client, table: setting(environment, 'ledgerTable') };
  const clearing = createClearingStore(ledgerTable);
  const leading = await lead({
    ...{ groupId, lease: held, publisher, clock, timers, tallies, doubted },
    nonce: nonceFrom(randomBytes(16)),
    hashSecret: randomBytes(4).readInt32LE(),
    markets: markets.filter(({ market }) => market.groupId === groupId),
    writer: createJournalWriter({ client: kinesisClient(), stream }),
    reader: createJournalReader({ client: kinesisReader(), stream }),
    ledger: createLedgerStore(ledgerTable),
    cleared: async () => (await clearing.position(groupId)).watermark,
    demandElsewhere: demandFrom(others, createMatcherClient({ leases: store, clock }), timers),
    faulted: (what, error) => logger.warn(what, ...(error ? [error] : [])),
  });
  if (stopping) return;
  leader = leading;
  const replayMs = Math.round(clock.monotonicMs() - startedMs);
  logger.info('leading', { epoch: held.epoch, sequence: leading.engine.sequence, replayMs });
}

function feedPublisher(
  environment: Environment,
  groupId: string,
  client: ReturnType<typeof documentClient>,
): FeedPublisher {
  const feed = createFeedStore({ client, table: setting(environment, 'feedTable') });
  return createFeedPublisher({
    groupId,
    clock,
    interestOf: feed.interest,
    fanOut: fanOutInvoker(setting(environment, 'fanOutFunction')),
    report: (problem, detail) => logger.warn(problem, detail as Record<string, unknown>),
  });
}

/** Waits for the group's lease and keeps it. */
async function wonLease(of: {
  environment: Environment;
  groupId: string;
  store: LeaseStore;
  port: number;
}): Promise<HeldLease> {
  const { environment, groupId, store, port } = of;
  const leaseMs = Number(setting(environment, 'leaseMs'));
  const host = await ownAddress(environment['ECS_CONTAINER_METADATA_URI_V4']);
  const wish = { groupId, owner: randomUUID(), host, port, durationMs: leaseMs };
  const taken = await takeLease(wish, { store, clock, timers }, ({ epoch }) =>
    logger.info('waiting for the lease to run out', { epoch, durationMs: leaseMs }),
  );
  return keepLease(taken, { store, clock, timers }, { leaseMs, doubted });
}

/** Deployments and operators end a matcher so: everything taken is answered, then the next one may lead at once. */
async function stop(parts: {
  inlet: Inlet;
  publisher: FeedPublisher;
  tallies: Tallies;
}): Promise<void> {
  stopping = true;
  // A drain that takes longer will not end; the lease then runs out by itself.
  setTimeout(() => process.exit(1), drainMs);
  parts.inlet.close();
  await leader?.drain();
  await lease?.release();
  await parts.publisher.stop();
  parts.tallies.stop();
  process.exit(0);
}
