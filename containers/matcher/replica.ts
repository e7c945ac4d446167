/**
 * A group's engine as its journal has it: takes records by the rule of all readers, and asserts that the engine does again
 * what it did then. A standby keeps one warm; a leader goes on with it. Looking closely, every event is compared with the one that
 * was written; else each frame's hash over all events is, which takes a fraction of the time.
 */
import type { JournalReader } from '#cloud/journal-reader.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { assert } from '#domain/assertion.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { RawCommand } from '#domain/raw-command.ts';
import {
  acceptDecoded,
  type StopReason,
  startOfJournal,
  type Verdict,
  type Watermark,
} from '#wire/accept-record.ts';
import { type FrameBytes, openRecord, outcomesOf, type StateCheck } from '#wire/journal-frame.ts';
import { cancelOf, RawCommands } from '#wire/raw-commands.ts';
import { hashedStates, stateCheckFrames } from './bounds.ts';
import type { NotedCommand } from './chain-watch.ts';
import { Doubt } from './doubt.ts';
import type { LeadingEngine } from './engine/engine.ts';
import { createEngine, currentRulesVersion } from './engine/matching-engine.ts';
import { LateMemory } from './late-memory.ts';
import { isSame } from './same-value.ts';
import type { Timers } from './timers.ts';

/** The part of settlement's watermark that names a state of the journal. */
export type Cleared = Pick<Watermark, 'epoch' | 'frame' | 'chain'>;

/** Where a replica begins: a state and the place in the journal that it was derived from. */
export type StartingPoint = { engine: LeadingEngine; watermark: Watermark; late: LateMemory };

export type ReplicaOptions = {
  groupId: string;
  /** How far the ledger was cleared when we began: the journal must hold that, or it is not the one that the ledger follows. */
  cleared: Cleared;
  from: StartingPoint;
};

/** Before the journal's first record. `hashSecret` is a random number of this process that keys the engine's table of ids. */
export const fromTheBeginning = (groupId: string, hashSecret: number): StartingPoint => ({
  engine: createEngine({ groupId, hashSecret }),
  watermark: startOfJournal,
  late: new LateMemory(),
});

/** Places in the journal that are remembered: some minutes of a busy one. Settlement is seldom further behind. */
const placesKept = 8_192;

export class Replica {
  readonly engine: LeadingEngine;
  readonly late: LateMemory;
  readonly #groupId: string;
  readonly #cleared: Cleared;
  #state: Watermark;
  #holdsCleared: boolean;
  /** Newest last. */
  #places: Cleared[] = [];
  /** State hashes by frame, newest last: the writer's own come later. */
  #hashes = new Map<number, string>();
  /** How many states were compared with the writer's. */
  compared = 0;

  constructor({ groupId, cleared, from }: ReplicaOptions) {
    this.engine = from.engine;
    this.late = from.late;
    this.#groupId = groupId;
    this.#cleared = cleared;
    this.#state = from.watermark;
    // Settlement may reach this very place while we stand by.
    const { epoch, frame, chain } = from.watermark;
    this.#places.push({ epoch, frame, chain });
    // What lies before the start cannot be seen; the frames after it continue its chain, or the rule stops us.
    this.#holdsCleared = isAt(from.watermark, cleared) || cleared.frame < from.watermark.frame;
  }

  get watermark(): Watermark {
    return this.#state;
  }

  /** Takes the next record; `closely`: event by event, and with the state's hash at the frames whose state the writer tells. */
  take(record: JournalRecord, closely: boolean): Verdict<FrameBytes> {
    const decoded = openRecord(record.data);
    const verdict = acceptDecoded(this.#groupId, this.#state, { ...record, decoded });
    if (verdict.type === 'stop') throw new Doubt(stopSentence(this.#state, verdict));
    if (verdict.type === 'frame') this.#replay(verdict.frame, closely);
    this.#state = verdict.state;
    if (verdict.type !== 'ignored') this.#passed(verdict.state);
    return verdict;
  }

  /** Throws where the ledger follows another journal than this one. */
  assertHolds(cleared: Cleared): void {
    const [oldest] = this.#places;
    // A position from before what is remembered was read by settlement from this same stream, behind one that we saw.
    const isLongAgo = oldest !== undefined && cleared.frame < oldest.frame;
    const isPassed =
      this.#places.some((place) => isAt(place, cleared)) || isAt(this.#state, cleared);
    if (!this.#holdsCleared || !(isPassed || isLongAgo || isAt(this.#cleared, cleared)))
      throw new Doubt(cutOffSentence);
  }

  #passed({ epoch, frame, chain }: Watermark): void {
    const place = { epoch, frame, chain };
    this.#places.push(place);
    if (this.#places.length > 2 * placesKept) this.#places = this.#places.slice(placesKept);
    this.#holdsCleared ||= isAt(place, this.#cleared);
  }

  #replay(frame: FrameBytes, closely: boolean): void {
    const { engine } = this;
    if (frame.rulesVersion !== currentRulesVersion)
      throw new Doubt(otherRulesSentence(frame.rulesVersion));
    try {
      if (closely) this.#compareEvents(frame);
      else this.#repeat(frame);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Doubt(`frame ${frame.frame} does not read: ${error.message}`, { cause: error });
    }
    engine.forgetLevelChanges();
    assert(engine.sequence === frame.lastSequence, `frame ${frame.frame} ends at another sequence`);
    const eventHash = engine.eventHash();
    assert(
      eventHash === frame.eventHash,
      `frame ${frame.frame} does not do again what it did: its events come to ${eventHash}, not to ${frame.eventHash}`,
    );
    if (closely && frame.frame % stateCheckFrames === 0)
      this.#hashes.set(frame.frame, engine.stateHash());
    if (frame.stateCheck) this.#compare(frame.stateCheck);
  }

  #compareEvents(frame: FrameBytes): void {
    for (const { command, events } of outcomesOf(frame)) {
      const again: EngineEvent[] = [];
      this.engine.apply(command, (event) => again.push(event));
      assert(
        isSame(events, again),
        `frame ${frame.frame}: ${command.type} ${command.commandId} does not do again what it did`,
      );
      this.late.note(command, again);
    }
  }

  #repeat(frame: FrameBytes): void {
    const { engine, late } = this;
    const tell = (command: RawCommand, events: EngineEvent[]) =>
      late.note(notedOf(command, events), events);
    const commands = new RawCommands(frame);
    while (commands.left > 0) {
      engine.repeat(commands.run(), tell);
      const command = commands.other();
      if (!command) continue;
      const events: EngineEvent[] = [];
      engine.apply(command, (event) => events.push(event));
      late.note(command, events);
    }
  }

  #compare({ frame, stateHash }: StateCheck): void {
    const own = this.#hashes.get(frame);
    for (const each of this.#hashes.keys())
      if (each <= frame || this.#hashes.size > hashedStates) this.#hashes.delete(each);
    if (own === undefined) return;
    if (own !== stateHash)
      throw new Doubt(
        `the state after frame ${frame} has hash ${own} here, and ${stateHash} where it was written`,
      );
    this.compared += 1;
  }
}

/** What a raw command is noted as, by the event that opens what it did. */
function notedOf(command: RawCommand, [opening]: readonly EngineEvent[]): NotedCommand {
  if (command.type === 'raw_cancel') return cancelOf(command);
  assert(
    opening?.type === 'accepted' || opening?.type === 'refused',
    'a command without an answer',
  );
  return { type: 'place', commandId: opening.commandId };
}

/** Some milliseconds of replay; twenty of a close one. */
const commandsPerTurn = 1_000;

/** Takes what the journal holds and gets, until it is over; others have their turn in between, such as the lease's renewals. */
export async function follow(
  replica: Replica,
  of: {
    records: ReturnType<JournalReader['follow']>;
    timers: Timers;
    closely: () => boolean;
    /** Asked before every record. */
    isOver: () => boolean;
  },
): Promise<void> {
  let replayed = 0;
  for await (const records of of.records) {
    for (const record of records) {
      if (of.isOver()) return;
      const verdict = replica.take(record, of.closely());
      if (verdict.type === 'frame') replayed += 1 + verdict.frame.count;
      if (replayed < commandsPerTurn) continue;
      await new Promise<void>((resolve) => of.timers.soon(resolve));
      replayed = 0;
    }
    if (of.isOver()) return;
  }
}

/** The chain names everything before it: the same chain is the same history. */
const isAt = (state: Cleared, { epoch, frame, chain }: Cleared): boolean =>
  state.epoch === epoch && state.frame === frame && state.chain === chain;

const cutOffSentence =
  'the journal no longer begins at frame 1, because its retention has passed: restore it, or begin anew (on a local machine: npm start -- --fresh)';

/** What to do with a journal of other rules. */
const otherRulesSentence = (rulesVersion: number): string =>
  `the journal was written by rules version ${rulesVersion}, and this code has version ${currentRulesVersion}: it cannot replay it. ` +
  'On the local cloud begin anew with `npm start -- --fresh`; elsewhere deploy the code that wrote it, or a stage with a new journal';

const otherFormatSentence =
  'the journal was written in another format (docs/journal.md), which this code does not read. ' +
  'On the local cloud begin anew with `npm start -- --fresh`; elsewhere deploy the code that wrote it, or a stage with a new journal';

type Stop = Extract<Verdict, { type: 'stop' }>;

/** What a stream that was cut off at its old end breaks, seen from the journal's first record. */
const cutOff: readonly StopReason[] = ['frame_gap', 'frame_of_unknown_epoch', 'broken_chain'];

function stopSentence(state: Watermark, { reason, detail, rulesVersion }: Stop): string {
  if (rulesVersion !== undefined && rulesVersion !== currentRulesVersion)
    return otherRulesSentence(rulesVersion);
  if (reason === 'bad_version') return otherFormatSentence;
  return state.frame === 0 && cutOff.includes(reason)
    ? cutOffSentence
    : `the journal cannot be read further: ${reason}, ${detail}`;
}
