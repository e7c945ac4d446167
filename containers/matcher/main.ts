/** One pair group's matcher as a process: wiring only. Exits 0 when asked to, 1 in doubt. */
import { randomBytes, randomUUID } from 'node:crypto';
import { documentClient, kinesisClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { fanOutInvoker } from '#cloud/fan-out-invoker.ts';
import { createFeedPublisher } from '#cloud/feed-publisher.ts';
import { createFeedStore } from '#cloud/feed-store.ts';
import { createJournalReader } from '#cloud/journal-reader.ts';
import { createJournalWriter } from '#cloud/journal-writer.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createMetrics } from '#cloud/metrics.ts';
import { catalogOf, journalStreamsOf, setting } from '#cloud/settings.ts';
import { groupsOf, listedMarkets } from '#wire/catalog.ts';
import { nonceFrom } from '#wire/journal-frame.ts';
import { demandFrom } from './demand-elsewhere.ts';
import { asError } from './doubt.ts';
import { openInlet } from './inlet.ts';
import { type Leader, lead } from './leader.ts';
import { type HeldLease, keepLease, takeLease } from './lease.ts';
import { ownAddress } from './own-address.ts';
import { createTallies } from './tallies.ts';
import { systemTimers as timers } from './timers.ts';

const logger = createLogger('matcher');
let lease: HeldLease | undefined;
let leader: Leader | undefined;
let stopping = false;

function doubted(cause: Error): never {
  leader?.abandon();
  logger.critical(`the matcher stops: ${cause.message}`, { error: cause });
  process.exit(1);
}
process.on('uncaughtException', doubted);
process.on('unhandledRejection', (reason) => doubted(asError(reason)));

const environment = process.env;
const groupId = setting(environment, 'pairGroup');
const leaseMs = Number(setting(environment, 'leaseMs'));
const catalog = catalogOf(environment);
const stream = journalStreamsOf(environment)[groupId] ?? '';
logger.appendKeys({ groupId });

const client = documentClient();
const store = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const feed = createFeedStore({ client, table: setting(environment, 'feedTable') });
const tallies = createTallies(createMetrics('matcher'), timers);
const publisher = createFeedPublisher({
  groupId,
  clock,
  interestOf: feed.interest,
  fanOut: fanOutInvoker(setting(environment, 'fanOutFunction')),
  report: (problem, detail) => logger.warn(problem, detail as Record<string, unknown>),
});
const matchers = createMatcherClient({ leases: store, clock });
const others = groupsOf(catalog).filter((each) => each !== groupId);

const inlet = await openInlet({
  groupId,
  port: Number(setting(environment, 'port')),
  leader: () => leader,
  failed: (error) => logger.error('a request failed', asError(error)),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());

const host = await ownAddress(environment['ECS_CONTAINER_METADATA_URI_V4']);
const wish = { groupId, owner: randomUUID(), host, port: inlet.port, durationMs: leaseMs };
const taken = await takeLease(wish, { store, clock, timers }, (seen) =>
  logger.info('waiting for the lease to run out', { epoch: seen.epoch, durationMs: leaseMs }),
);
const held = keepLease(taken, { store, clock, timers }, { leaseMs, doubted });
lease = held;
const startedMs = clock.monotonicMs();
const leading = await lead({
  ...{ groupId, lease: held, publisher, clock, timers, tallies, doubted },
  nonce: nonceFrom(randomBytes(16)),
  markets: [...listedMarkets(catalog).values()].filter(({ market }) => market.groupId === groupId),
  writer: createJournalWriter({ client: kinesisClient(), stream }),
  reader: createJournalReader({ client: kinesisClient(), stream }),
  ledger: createLedgerStore({ client, table: setting(environment, 'ledgerTable') }),
  demandElsewhere: demandFrom(others, matchers, timers),
  faulted: (what, error) => logger.warn(what, ...(error ? [error] : [])),
});
if (!stopping) leader = leading;
const replayMs = Math.round(clock.monotonicMs() - startedMs);
logger.info('leading', { epoch: held.epoch, sequence: leading.engine.sequence, replayMs });

/** Deployments and operators end a matcher so: everything taken is answered, then the next one may lead at once. */
async function stop(): Promise<void> {
  stopping = true;
  // A drain that takes longer will not end; the lease then runs out by itself.
  setTimeout(() => process.exit(1), 1_800);
  inlet.close();
  await leader?.drain();
  await lease?.release();
  await publisher.stop();
  tallies.stop();
  process.exit(0);
}
