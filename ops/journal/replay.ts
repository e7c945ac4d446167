/** Runs the engine over a journal and compares what it does with what the journal says it did. */
import type { EngineEvent } from '#domain/event.ts';
import type { Frame } from '#wire/journal-frame.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import {
  createEngine,
  currentRulesVersion,
} from '../../containers/matcher/engine/matching-engine.ts';
import type { Seen } from './walk.ts';

/** The first thing that the engine does otherwise than the journal says. */
export type Difference = {
  frame: number;
  /** Counted from 0 within the frame. */
  command: number;
  commandId: string;
  /** Such as "events[2].priceTicks". */
  at: string;
  journal: unknown;
  engine: unknown;
};

export type Replay = {
  engine: Engine;
  /** Of the engine alone, without reading and decoding. */
  engineMs: number;
  commands: number;
  differs?: Difference;
};

/** Applies every frame; compares from frame `from` on. Ends at the first difference. */
export async function replay(
  journal: AsyncIterable<Seen>,
  options: { groupId: string; from: number; monotonicMs(): number },
): Promise<Replay> {
  const { groupId, from, monotonicMs } = options;
  const done: Replay = { engine: createEngine({ groupId }), engineMs: 0, commands: 0 };
  for await (const seen of journal) {
    if (seen.type !== 'frame') continue;
    const began = monotonicMs();
    const applied = applyFrame(done.engine, seen.frame);
    done.engineMs += monotonicMs() - began;
    done.commands += seen.frame.outcomes.length;
    const differs = Array.isArray(applied)
      ? compareFrame(seen.frame, seen.frame.frame >= from ? applied : undefined)
      : applied;
    if (differs) return { ...done, differs };
  }
  return done;
}

/** What each command did; or where the engine would not go on. */
function applyFrame(engine: Engine, frame: Frame): EngineEvent[][] | Difference {
  const { rulesVersion } = frame;
  if (rulesVersion !== currentRulesVersion)
    return {
      ...placeOf(frame, 0),
      at: 'rulesVersion',
      journal: rulesVersion,
      engine: currentRulesVersion,
    };
  const all: EngineEvent[][] = [];
  for (const [index, { command }] of frame.outcomes.entries()) {
    const did: EngineEvent[] = [];
    all.push(did);
    try {
      engine.apply(command, (event) => did.push(event));
    } catch (error) {
      const broke = (error as Error).message;
      return { ...placeOf(frame, index), at: 'command', journal: command.type, engine: broke };
    }
  }
  // Nobody shows a book here; it must not collect what changed for a year.
  engine.takeLevelChanges();
  return all;
}

function compareFrame(frame: Frame, all: EngineEvent[][] | undefined): Difference | undefined {
  if (!all) return undefined;
  for (const [index, { events }] of frame.outcomes.entries()) {
    const found = firstDifference('events', events, all[index] ?? []);
    if (found) return { ...placeOf(frame, index), ...found };
  }
  return undefined;
}

const placeOf = ({ frame, outcomes }: Frame, command: number) => ({
  frame,
  command,
  commandId: outcomes[command]?.command.commandId ?? '',
});

type Found = Pick<Difference, 'at' | 'journal' | 'engine'>;

/** Where two values differ first; a property that is undefined counts as absent, because the journal does not write it. */
function firstDifference(at: string, journal: unknown, engine: unknown): Found | undefined {
  if (!isObject(journal) || !isObject(engine))
    return journal === engine ? undefined : { at, journal, engine };
  for (const name of new Set([...Object.keys(journal), ...Object.keys(engine)])) {
    const below = Array.isArray(journal) ? `${at}[${name}]` : `${at}.${name}`;
    const found = firstDifference(below, journal[name], engine[name]);
    if (found) return found;
  }
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
