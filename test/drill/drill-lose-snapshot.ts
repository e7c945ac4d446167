/** The newest snapshot of one pair group is damaged and another group's is deleted; then both leaders are killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import { kill } from './drilled-exchange.ts';
import { epochRises, groups } from './leader-change.ts';
import { type Snapshots, snapshotsOf } from './snapshots.ts';

const firstSnapshotMs = 30_000;

export const drill: Drill = {
  about:
    "kill -9 of all leaders with one group's newest snapshot damaged and the other's deleted: recovery takes an older one, or the whole journal, and loses nothing.",
  async harm({ exchange, say, atEnd }) {
    const snapshots = snapshotsOf(exchange.clouds().s3Url);
    atEnd(() => snapshots.close());
    for (const [at, groupId] of groups.entries()) {
      const newest = await newestOf(snapshots, groupId);
      if (!newest) say(`${groupId} has no snapshot: its recovery replays the whole journal`);
      else if (at === 0) say(`damaged ${await snapshots.damage(newest)}`);
      else say(`deleted ${await snapshots.delete(newest)}`);
    }
    for (const groupId of groups) {
      const { pid } = await exchange.leader(groupId);
      await epochRises(exchange, groupId, say, async () => kill(pid));
    }
  },
};

/** The newest snapshot of a group; waits for the first where the exchange keeps snapshots at all. */
async function newestOf(snapshots: Snapshots, groupId: string): Promise<string | undefined> {
  const until = performance.now() + firstSnapshotMs;
  for (;;) {
    const newest = await snapshots.newest(groupId);
    const isHopeless = !(await snapshots.areKept()) || performance.now() > until;
    if (newest || isHopeless) return newest;
    await sleep(500);
  }
}
