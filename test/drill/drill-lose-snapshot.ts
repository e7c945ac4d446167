/** One pair group's newest snapshot is damaged, another group's are all lost; then all matchers are killed, standbys too. */
import type { Drill, Scene } from './drill.ts';
import { kill } from './drilled-exchange.ts';
import { epochRises, groups } from './leader-change.ts';
import { type Snapshots, snapshotsOf } from './snapshots.ts';

/** Each leader that is asked to stop takes a snapshot first: the second time, so that there is an older one. */
const handOvers = 2;

export const drill: Drill = {
  about:
    "hand-overs, which take snapshots; then one group's newest is damaged, the other's are all deleted, and kill -9 of all matchers: recovery takes an older one, or the whole journal, and loses nothing.",
  async harm({ exchange, say, atEnd }) {
    const snapshots = snapshotsOf(exchange.clouds());
    atEnd(() => snapshots.close());
    for (let round = 0; round < handOvers; round += 1)
      for (const groupId of groups) await handOver(exchange, groupId, say);
    for (const [at, groupId] of groups.entries()) await harmOne(snapshots, groupId, at, say);
    for (const groupId of groups) {
      const tasks = exchange.tasks(groupId);
      say(`kill -9 of ${tasks.map(({ pid }) => pid).join(', ')} of ${groupId}`);
      await epochRises(exchange, groupId, say, async () => {
        for (const { pid } of tasks) kill(pid);
      });
    }
  },
};

async function handOver(
  exchange: Scene['exchange'],
  groupId: string,
  say: Scene['say'],
): Promise<void> {
  await exchange.healthy();
  await exchange.standingBy();
  const { pid } = await exchange.leader(groupId);
  say(`process ${pid}, which leads ${groupId}, is asked to stop`);
  await epochRises(exchange, groupId, say, async () => kill(pid, 'SIGTERM'));
}

async function harmOne(snapshots: Snapshots, groupId: string, at: number, say: Scene['say']) {
  const found = await snapshots.of(groupId);
  const frames = found.map(({ watermark }) => watermark.frame).join(', ');
  const [newest] = found;
  if (!newest) say(`${groupId} has no snapshot: its recovery replays the whole journal`);
  else if (at === 0) {
    say(`${groupId} has snapshots at frames ${frames}; damaged ${await snapshots.damage(newest)}`);
  } else {
    const count = await snapshots.deleteAll(groupId);
    say(`${groupId} had snapshots at frames ${frames}; deleted all ${count} objects`);
  }
}
