/** Begins to lead a journal (W2): our epoch record goes behind everything that counts, then the replica takes all up to it. */
import type { JournalReader } from '#cloud/journal-reader.ts';
import type { JournalWriter } from '#cloud/journal-writer.ts';
import { assert } from '#domain/assertion.ts';
import type { Watermark } from '#wire/accept-record.ts';
import { encodeEpoch } from '#wire/journal-frame.ts';
import { Doubt } from './doubt.ts';
import type { LeadingEngine } from './engine/engine.ts';
import { putUntilDurable } from './journal.ts';
import type { LateMemory } from './late-memory.ts';
import type { HeldLease } from './lease.ts';
import { type Cleared, follow, fromTheBeginning, Replica } from './replica.ts';
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
  /** How far settlement has taken this group's journal. */
  cleared: () => Promise<Cleared>;
  /** A standby's, warm; without one the journal is replayed from its beginning. */
  replica?: Replica | undefined;
};

export type Recovered = {
  engine: LeadingEngine;
  watermark: Watermark;
  late: LateMemory;
  /** Where our epoch record lies. */
  after: string;
};

export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { groupId, nonce, hashSecret, lease, reader, timers } = options;
  const { epoch } = lease;
  const cleared = await options.cleared();
  // A taker that slept since is behind the next one: that is no reason to look for who wrote the row by hand.
  if (!lease.isSurelyHeld()) throw new Doubt('the lease ran out before the journal was taken over');
  if (cleared.epoch >= epoch) {
    // A second nonce under that epoch would stop every reader for ever. The next start takes a later epoch.
    throw new Doubt(`the lease row was set back: epoch ${cleared.epoch} has led, ours is ${epoch}`);
  }
  const replica =
    options.replica ??
    new Replica({ groupId, cleared, from: fromTheBeginning(groupId, hashSecret) });
  assertNewest(replica.watermark.epoch < epoch, replica, epoch);
  await putUntilDurable(encodeEpoch({ groupId, epoch, nonce }), undefined, options);

  await follow(replica, {
    records: reader.follow(replica.watermark.shardSequence),
    timers,
    closely: () => false,
    isOver: () => replica.watermark.epoch >= epoch,
  });
  assertNewest(replica.watermark.epoch === epoch, replica, epoch);
  replica.assertHolds(cleared);
  const { engine, watermark, late } = replica;
  assert(watermark.nonce === nonce, 'our epoch was written by another process');
  return { engine, watermark, late, after: watermark.shardSequence };
}

function assertNewest(isNewest: boolean, { watermark }: Replica, epoch: number): void {
  if (!isNewest)
    throw new Doubt(`epoch ${watermark.epoch} leads the journal already, ours is ${epoch}`);
}
