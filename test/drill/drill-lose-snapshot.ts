/** One pair group's newest snapshot is damaged, another group's are all lost; then all matchers are killed, standbys too. */
import { beginningsSince } from './beginnings.ts';
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
    for (const [at, groupId] of groups.entries()) {
      const harmed = await harmOne(snapshots, groupId, at, say);
      await killAllOf(exchange, groupId, harmed, say);
    }
  },
};

/** Kills every matcher of a group; throws where its recovery began with a snapshot that was harmed. */
async function killAllOf(
  exchange: Scene['exchange'],
  groupId: string,
  harmed: number[],
  say: Scene['say'],
): Promise<void> {
  const tasks = exchange.tasks(groupId);
  const sinceMs = Date.now();
  say(`kill -9 of ${tasks.map(({ pid }) => pid).join(', ')} of ${groupId}`);
  await epochRises(exchange, groupId, say, async () => {
    for (const { pid } of tasks) kill(pid);
  });
  const { frames, passedOver } = beginningsSince(exchange.stateFolder, groupId, sinceMs);
  for (const why of passedOver) say(`${groupId}: recovery passed over ${why}`);
  say(`${groupId}: recovery began after frame ${frames.join(' and ')}`);
  if (frames.some((frame) => harmed.includes(frame)))
    throw new Error(`${groupId} began with a snapshot that was harmed`);
}

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

/** Answers the frames of the snapshots that are good no more. */
async function harmOne(
  snapshots: Snapshots,
  groupId: string,
  at: number,
  say: Scene['say'],
): Promise<number[]> {
  const found = await snapshots.of(groupId);
  const frames = found.map(({ watermark }) => watermark.frame);
  const [newest] = found;
  if (!newest) {
    say(`${groupId} has no snapshot: its recovery replays the whole journal`);
    return [];
  }
  say(`${groupId} has snapshots after frames ${frames.join(', ')}`);
  if (at > 0) {
    say(`deleted all of its ${await snapshots.deleteAll(groupId)} objects`);
    return frames;
  }
  say(`damaged ${await snapshots.damage(newest)}`);
  return [newest.watermark.frame];
}
