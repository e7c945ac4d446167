import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketOf } from '#cloud/archive-store.ts';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import { startOfJournal, type Watermark } from '#wire/accept-record.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { newestSnapshot } from '../../containers/matcher/snapshot-restore.ts';
import { writeSnapshot } from '../../containers/matcher/snapshot-taker.ts';
import { systemTimers as timers } from '../../containers/matcher/timers.ts';
import { address, TradingFloor } from '../engine/trading-floor.ts';
import { type BucketTwin, startBucket } from '../twins/bucket-twin.ts';

let bucket: BucketTwin;
beforeAll(async () => {
  bucket = await startBucket('snapshots');
});
afterAll(() => bucket.stop());

const clock = { nowMs: () => 1_700_000_000_000 };
const groupId = 'main';

/** A floor with so many resting orders of some accounts. */
function floorWith(orders: number): TradingFloor {
  const floor = new TradingFloor(createEngine());
  for (let nth = 0; nth < orders; nth += 1) {
    const account = address(`trader-${Math.floor(nth / 900)}`);
    if (nth % 900 === 0) floor.grant(account, 'USDC', 1_000_000_000);
    const terms = { side: 'buy', limitTicks: 1 + (nth % 500), sizeLots: 1 + (nth % 7) } as const;
    // Without the floor's checks of the whole book after each.
    floor.engine.apply(floor.placing({ account, ...terms }), () => {});
  }
  return floor;
}

test('a snapshot of many parts outlives a power cut, and one whose writer died is none', async () => {
  const store = createSnapshotStore(bucketOf(bucket));
  const { engine } = floorWith(7_000);
  const at = (frame: number): Watermark => ({
    ...{ epoch: 1, nonce: `0x${'11'.repeat(16)}`, frame, chain: `0x${'22'.repeat(32)}` },
    ...{ lastSequence: engine.sequence, clock: frame, shardSequence: `${frame}` },
  });
  const taken = await writeSnapshot(
    { state: engine.freeze(), late: [] },
    ...[at(7), { groupId, store, timers, clock }],
  );
  expect(taken?.bytes).toBeGreaterThan(1024 * 1024);
  const dying = { ...store, putManifest: () => Promise.reject(new Error('died')) };
  const unfinished = { state: engine.freeze(), late: [] };
  await expect(
    writeSnapshot(unfinished, at(8), { groupId, store: dying, timers, clock }),
  ).rejects.toThrow('died');
  await bucket.killAndRestart();

  const found = await newestSnapshot({
    ...{ groupId, hashSecret: 7, snapshots: createSnapshotStore(bucketOf(bucket)) },
    cleared: at(7),
    records: async function* () {},
    unused: (why) => expect.unreachable(why),
  });
  expect(found?.watermark).toEqual(at(7));
  expect(found?.engine.stateHash()).toBe(engine.stateHash());
  expect(found?.engine.eventHash()).toBe(engine.eventHash());
});

test('a group without snapshots begins with the first frame', async () => {
  const found = await newestSnapshot({
    ...{ groupId: 'other', hashSecret: 7, snapshots: createSnapshotStore(bucketOf(bucket)) },
    cleared: startOfJournal,
    records: async function* () {},
    unused: (why) => expect.unreachable(why),
  });
  expect(found).toBeUndefined();
});
