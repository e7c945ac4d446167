/** What a verification or a replay found, for people and for scripts. */
import type { Source } from './pieces.ts';
import type { Replay } from './replay.ts';
import type { Walk, WalkStop } from './walk.ts';

type Asked = { groupId: string; source: Source; from: number };
type Took = {
  ms: number;
  /** False where it was interrupted. */
  isWhole: boolean;
};

export function verifyReport(asked: Asked, walk: Walk, { ms, isWhole }: Took) {
  const ok = walk.stop === undefined;
  const json = { journal: 'verify', ok, isWhole, ...sums(asked, walk), ms: Math.round(ms) };
  const lines = [
    headOf(asked, walk),
    `  ${walk.commands} commands, ${walk.events} events, ${walk.epochs} epochs, ${walk.ignored} ignored records, ${walk.bytes} bytes in ${seconds(ms)}`,
    `  ${walk.objects} objects of the archive to frame ${walk.archivedTo}, chain ${walk.state.chain}`,
    ...ending(walk.stop, isWhole),
  ];
  return { json, text: lines.join('\n') };
}

export function replayReport(asked: Asked, walk: Walk, done: Replay & Took) {
  const { engine, engineMs, commands, differs, ms, isWhole } = done;
  const ok = walk.stop === undefined && differs === undefined;
  const perSec = (took: number) => (took > 0 ? Math.round(commands / (took / 1000)) : 0);
  const speed = { commandsPerSec: perSec(ms), engineCommandsPerSec: perSec(engineMs) };
  const hashes = { stateHash: engine.stateHash(), eventHash: engine.eventHash() };
  const json = {
    ...{ journal: 'replay', ok, isWhole, ...sums(asked, walk), ...speed, ...hashes },
    ...(differs ? { differs } : {}),
    ms: Math.round(ms),
  };
  const lines = [
    headOf(asked, walk),
    `  ${commands} commands in ${seconds(ms)}: ${speed.commandsPerSec} a second, the engine alone ${speed.engineCommandsPerSec}`,
    `  state hash ${hashes.stateHash}`,
    `  event hash ${hashes.eventHash}`,
    ...(differs
      ? [
          `The engine does otherwise at frame ${differs.frame}, command ${differs.command} (${differs.commandId}), ${differs.at}:`,
          `  the journal says ${JSON.stringify(differs.journal)}`,
          `  the engine says ${JSON.stringify(differs.engine)}`,
        ]
      : ending(walk.stop, isWhole)),
  ];
  return { json, text: lines.join('\n') };
}

function sums({ groupId, source, from }: Asked, walk: Walk) {
  const { state, stop, ...counts } = walk;
  return {
    ...{ group: groupId, source, from, to: state.frame, ...counts, watermark: state },
    ...(stop ? { stop } : {}),
  };
}

const headOf = ({ groupId, source, from }: Asked, { state, frames }: Walk): string =>
  frames === 0
    ? `${groupId}, ${source}: no frame was read`
    : `${groupId}, ${source}: frames ${from} to ${state.frame} hold, the newest of epoch ${state.epoch}`;

function ending(stop: WalkStop | undefined, isWhole: boolean): string[] {
  if (!stop) return isWhole ? [] : ['Interrupted: what comes after was not read.'];
  const record = stop.shardSequence === undefined ? '' : `, record ${stop.shardSequence}`;
  return [`Stopped in ${stop.where}${record}: ${stop.reason}, ${stop.detail}.`, ...hint(stop)];
}

/** The common reason that is no damage. */
function hint({ reason, where }: WalkStop): string[] {
  const isCut = ['frame_gap', 'frame_of_unknown_epoch', 'broken_chain'].includes(reason);
  return isCut && where === 'the stream'
    ? [
        'A stream forgets: was frame 1 there still? --source both begins with the archive, --from N at a later frame.',
      ]
    : [];
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
