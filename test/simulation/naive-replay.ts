/** Reads a journal from its beginning and does it again with the naive engine: what everything else is compared with. */
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { acceptRecord, startOfJournal, type Watermark } from '#wire/accept-record.ts';
import type { Frame } from '#wire/journal-frame.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { firstAnswer } from '../../containers/matcher/answers.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { isSame } from '../../containers/matcher/same-value.ts';
import { differs } from './difference.ts';
import { groupId } from './simulated-world.ts';

export type Done = {
  command: Command;
  events: EngineEvent[];
  /** The index of its record. */
  record: number;
  isUnfinished: boolean;
};

/** Free and held units by account and asset. */
export type Credits = Map<string, { freeUnits: number; heldUnits: number }>;

export type Replay = {
  engine: Engine;
  frames: Frame[];
  done: Done[];
  /** Where they were asked for, by the sequence number that a command ended at. */
  credits: Map<number, Credits>;
  /** What the first answer to a command is, by its id. */
  answers: Map<string, CommandResult>;
  /** State hashes, likewise. */
  hashes: Map<number, string>;
  end: Watermark;
  /** What is wrong with the journal itself. */
  problems: string[];
};

/** The sequence numbers at which somebody said what a state was. */
export type Asked = { hashesAt: ReadonlySet<number>; creditsAt: ReadonlySet<number> };

export function replayNaively(records: readonly JournalRecord[], asked: Asked): Replay {
  const replay: Replay = {
    engine: createNaiveEngine({ groupId }),
    ...{ frames: [], done: [], credits: new Map([[0, new Map()]]), answers: new Map() },
    hashes: new Map(),
    ...{ end: startOfJournal, problems: [] },
  };
  replay.hashes.set(0, replay.engine.stateHash());
  for (const [index, record] of records.entries()) {
    const verdict = acceptRecord(groupId, replay.end, record);
    if (verdict.type === 'stop') {
      replay.problems.push(`the journal stops: ${verdict.reason}, ${verdict.detail}`);
      break;
    }
    replay.end = verdict.state;
    if (verdict.type === 'frame') replayFrame(verdict.frame, index, replay, asked);
    if (replay.problems.length > 0) break;
  }
  return replay;
}

type Open = { command: Command; events: EngineEvent[] };

function replayFrame(
  frame: Frame,
  record: number,
  replay: Replay,
  { hashesAt, creditsAt }: Asked,
): void {
  const { engine, done, credits, hashes, problems } = replay;
  replay.frames.push(frame);
  for (const { command, events: told } of frame.outcomes) {
    const events: EngineEvent[] = [];
    try {
      engine.apply(command, (event) => events.push(event));
    } catch (error) {
      problems.push(`frame ${frame.frame}: ${command.type} ${command.commandId}: ${error}`);
      return;
    }
    // The quick comparison first: the one that finds the place is slow.
    const difference = isSame(told, events) ? undefined : differs(told, events);
    if (difference)
      problems.push(
        `frame ${frame.frame}: the naive engine does ${command.type} ${command.commandId} otherwise: ${difference}`,
      );
    done.push({ command, events, record, isUnfinished: engine.isUnfinished });
    if (creditsAt.has(engine.sequence)) credits.set(engine.sequence, creditsOf(engine));
    if (hashesAt.has(engine.sequence)) hashes.set(engine.sequence, engine.stateHash());
    if (!engine.isUnfinished) answerOf(replay);
  }
}

/** The newest command other than a continue is at its end: what its owner is told. */
function answerOf({ engine, done, answers }: Replay): void {
  const from = done.findLastIndex(({ command }) => command.type !== 'continue');
  const whole = done.slice(from);
  const open: Open | undefined = whole[0];
  if (!open || answers.has(open.command.commandId)) return;
  const { command } = open;
  const events = whole.flatMap((each) => each.events);
  const digest =
    command.type === 'place'
      ? command.commandId
      : command.type === 'cancel' || command.type === 'amend'
        ? command.digest
        : undefined;
  const identity = { commandId: command.commandId, ...(digest ? { digest } : {}) };
  answers.set(command.commandId, firstAnswer(identity, events, engine));
}

function creditsOf(engine: Engine): Credits {
  const credits: Credits = new Map();
  for (const { account, asset, freeUnits, heldUnits } of engine.credits())
    credits.set(`${account}#${asset}`, { freeUnits, heldUnits });
  return credits;
}
