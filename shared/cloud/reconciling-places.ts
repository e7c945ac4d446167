/** What reconciliation reads and writes in a deployment, by the settings of its function. */
import { setTimeout as pause } from 'node:timers/promises';
import type { GroupId } from '#domain/market.ts';
import { bucketOf, createArchiveStore } from './archive-store.ts';
import { bucketClient, documentClient, kinesisReader } from './clients.ts';
import { systemClock } from './clock.ts';
import { createJournalFrames } from './journal-frames.ts';
import { firstFrameMs } from './journal-range.ts';
import { readToTip } from './journal-reader.ts';
import type { Logger } from './logger.ts';
import type { Reconciling } from './reconcile-pass.ts';
import { createReconciliationStore } from './reconciliation-store.ts';
import { type Environment, journalStreamsOf, setting } from './settings.ts';
import { createSnapshotStore } from './snapshot-store.ts';
import { vaultOf } from './vault-of.ts';

/** Whoever posts an operation has given up after half a minute, and clocks agree to the second. */
const settleMs = 60_000;

export async function reconcilingAt(
  environment: Environment,
  logger: Pick<Logger, 'warn'>,
): Promise<Reconciling> {
  const ledger = { client: documentClient(), table: setting(environment, 'ledgerTable') };
  const bucket = bucketOf({
    client: bucketClient(),
    bucket: setting(environment, 'archiveBucket'),
  });
  const archive = createArchiveStore(bucket);
  const streams = journalStreamsOf(environment);
  const kinesis = kinesisReader();
  return {
    ...ledger,
    groups: Object.keys(streams),
    archive,
    snapshots: createSnapshotStore(bucket),
    // Runs that are looked at again were archived long ago.
    frames: createJournalFrames({ archive, readRange: async () => [] }),
    async nextFrameMs(groupId: GroupId, after: string) {
      const stream = streams[groupId] ?? '';
      try {
        return await firstFrameMs(readToTip({ client: kinesis, stream }, after));
      } catch (error) {
        // Then the archive alone says what is cleared, some seconds late.
        logger.warn('the stream does not read', { groupId, error: error as Error });
        return undefined;
      }
    },
    vault: await vaultOf(environment, ledger.client),
    store: createReconciliationStore(ledger),
    nowMs: systemClock.nowMs,
    pause: (ms) => pause(ms),
    settleMs,
  };
}
