/** Rebuilds the engine from the journal (W2): our epoch record goes behind everything that counts, then the stream is replayed up to it. */
import type { JournalReader } from '#cloud/journal-reader.ts';
import type { JournalWriter } from '#cloud/journal-writer.ts';
import { assert } from '#domain/assertion.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import {
  acceptRecord,
  type StopReason,
  startOfJournal,
  type Verdict,
  type Watermark,
} from '#wire/accept-record.ts';
import { encodeEpoch, type Frame } from '#wire/journal-frame.ts';
import { Doubt } from './doubt.ts';
import type { Engine } from './engine/engine.ts';
import { createEngine, currentRulesVersion } from './engine/matching-engine.ts';
import { putUntilDurable } from './journal.ts';
import type { HeldLease } from './lease.ts';
import type { Timers } from './timers.ts';

export type RecoveryOptions = {
  groupId: string;
  /** 16 random bytes as hex: tells this process from another that believes to have the same epoch. */
  nonce: string;
  /** A random number of this process that keys the engine's table of ids; no result depends on it. */
  hashSecret: number;
  writer: JournalWriter;
  reader: JournalReader;
  lease: Pick<HeldLease, 'epoch' | 'isSurelyHeld'>;
  timers: Timers;
  /** How far the ledger was cleared: the journal must hold that, or it is not the one that the ledger follows. */
  cleared: () => Promise<Cleared>;
  /** Sees every command of the past with what it did. */
  replayed?: (command: Command, events: EngineEvent[]) => void;
};

/** The part of settlement's watermark that names a state of the journal. */
export type Cleared = Pick<Watermark, 'epoch' | 'frame' | 'chain'>;

export type Recovered = {
  engine: Engine;
  watermark: Watermark;
  /** Where our epoch record lies. */
  after: string;
};

/** Some 20 ms of replay. */
const commandsPerTurn = 1_000;

export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { groupId, nonce, hashSecret, lease, reader } = options;
  const { epoch } = lease;
  const cleared = await options.cleared();
  if (cleared.epoch >= epoch) {
    // A second nonce under that epoch would stop every reader for ever. The next start takes a later epoch.
    throw new Doubt(`the lease row was set back: epoch ${cleared.epoch} has led, ours is ${epoch}`);
  }
  await putUntilDurable(encodeEpoch({ groupId, epoch, nonce }), undefined, options);

  const engine = createEngine({ groupId, hashSecret });
  let state = startOfJournal;
  let holdsCleared = isAt(state, cleared);
  let replayed = 0;
  for await (const records of reader.follow(state.shardSequence)) {
    for (const record of records) {
      const verdict = acceptRecord(groupId, state, record);
      if (verdict.type === 'stop') throw new Doubt(stopSentence(state, verdict));
      state = verdict.state;
      if (state.epoch > epoch) {
        throw new Doubt(`epoch ${state.epoch} leads the journal already, ours is ${epoch}`);
      }
      holdsCleared ||= isAt(state, cleared);
      if (verdict.type === 'frame') {
        replay(verdict.frame, engine, options);
        replayed += 1 + verdict.frame.outcomes.length;
      }
      if (replayed >= commandsPerTurn) {
        // The lease is renewed meanwhile: a long journal must not cost it.
        await new Promise<void>((resolve) => options.timers.soon(resolve));
        replayed = 0;
      }
      if (verdict.type === 'epoch' && state.epoch === epoch) {
        if (!holdsCleared) throw new Doubt(cutOffSentence);
        assert(state.nonce === nonce, 'our epoch was written by another process');
        return { engine, watermark: state, after: record.shardSequence };
      }
    }
  }
  throw new Doubt('the journal ended before our own record');
}

/** Applies a frame's commands and asserts that the engine does today what it did then. */
function replay(frame: Frame, engine: Engine, { replayed }: RecoveryOptions): void {
  if (frame.rulesVersion !== currentRulesVersion)
    throw new Doubt(otherRulesSentence(frame.rulesVersion));
  for (const { command, events } of frame.outcomes) {
    const again: EngineEvent[] = [];
    engine.apply(command, (event) => again.push(event));
    assert(
      isSame(events, again),
      `frame ${frame.frame}: ${command.type} ${command.commandId} does not do again what it did`,
    );
    replayed?.(command, again);
  }
  engine.takeLevelChanges();
  assert(engine.sequence === frame.lastSequence, `frame ${frame.frame} ends at another sequence`);
}

/** Equal values; a property that is undefined counts as absent, because the journal does not write it. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return one === other;
  const left = Object.entries(one).filter(([, value]) => value !== undefined);
  const right = Object.entries(other).filter(([, value]) => value !== undefined);
  if (left.length !== right.length) return false;
  return left.every(([name, value]) => isSame(value, (other as Record<string, unknown>)[name]));
}

/** The chain names everything before it: the same chain is the same history. */
const isAt = (state: Watermark, { epoch, frame, chain }: Cleared): boolean =>
  state.epoch === epoch && state.frame === frame && state.chain === chain;

const cutOffSentence =
  'the journal no longer begins at frame 1, because its retention has passed: restore it, or begin anew (on a local machine: npm start -- --fresh)';

/** What to do with a journal of other rules. */
const otherRulesSentence = (rulesVersion: number): string =>
  `the journal was written by rules version ${rulesVersion}, and this code has version ${currentRulesVersion}: it cannot replay it. ` +
  'On the local cloud begin anew with `npm start -- --fresh`; elsewhere deploy the code that wrote it, or a stage with a new journal';

type Stop = Extract<Verdict, { type: 'stop' }>;

/** What a stream that was cut off at its old end breaks, seen from the journal's first record. */
const cutOff: readonly StopReason[] = ['frame_gap', 'frame_of_unknown_epoch', 'broken_chain'];

function stopSentence(state: Watermark, { reason, detail, rulesVersion }: Stop): string {
  if (rulesVersion !== undefined && rulesVersion !== currentRulesVersion)
    return otherRulesSentence(rulesVersion);
  return state.frame === 0 && cutOff.includes(reason)
    ? cutOffSentence
    : `the journal cannot be read further: ${reason}, ${detail}`;
}
