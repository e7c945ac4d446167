/** A shard in memory that behaves as Kinesis does: puts take time, fail, or succeed although their answer is lost. */
import type { Following, JournalReader } from '#cloud/journal-reader.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { JournalWriter } from '#cloud/journal-writer.ts';
import { acceptRecord, startOfJournal } from '#wire/accept-record.ts';
import type { Frame } from '#wire/journal-frame.ts';
import { pause, type Timers } from '../../containers/matcher/timers.ts';

/** What becomes of one put. */
export type Fate = 'done' | 'fails' | 'answer_lost';

export class MemoryJournal {
  readonly records: JournalRecord[] = [];
  /** Every put that was tried, in order: a retry must show the same bytes. */
  readonly tried: Uint8Array[] = [];
  putMs = 5;
  inFlight = 0;
  mostInFlight = 0;
  /** Fates of the next puts; then all are done. */
  fates: Fate[] = [];
  /** Puts wait here while it is set. */
  held: Promise<void> | undefined;
  /** Reads too. */
  readsHeld: Promise<void> | undefined;
  #timers: Timers;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** The stream as one process sees it; `cut` parts it from the stream. */
  connect(): { writer: JournalWriter; reader: JournalReader; cut: () => void } {
    let isCut = false;
    const reachable = async () => {
      if (isCut) await new Promise(() => {});
    };
    return {
      cut: () => {
        isCut = true;
      },
      writer: {
        put: async (data, after) => {
          await reachable();
          return this.#put(data, after, () => isCut);
        },
      },
      reader: { follow: (after, how) => this.#follow(after, how) },
    };
  }

  /** A reader that ends where the stream does. */
  connectToTip(): JournalReader {
    const newer = (after: string) =>
      this.records.filter(({ shardSequence }) => shardSequence > after);
    return {
      async *follow(after) {
        const batch = newer(after);
        if (batch.length > 0) yield batch;
      },
    };
  }

  /** The frames that count. */
  frames(groupId: string): Frame[] {
    const frames: Frame[] = [];
    let state = startOfJournal;
    for (const record of this.records) {
      const verdict = acceptRecord(groupId, state, record);
      if (verdict.type === 'stop') throw new Error(`${verdict.reason}: ${verdict.detail}`);
      state = verdict.state;
      if (verdict.type === 'frame') frames.push(verdict.frame);
    }
    return frames;
  }

  async #put(data: Uint8Array, after: string | undefined, isCut: () => boolean): Promise<string> {
    this.tried.push(data);
    const fate = this.fates.shift() ?? 'done';
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    await this.held;
    await pause(this.#timers, this.putMs);
    this.inFlight -= 1;
    if (fate === 'fails') throw new Error('the put failed');
    const newest = this.records.at(-1)?.shardSequence ?? '';
    if (after !== undefined && after > newest) throw new Error('ordering behind nothing');
    const shardSequence = `4${String(this.records.length + 1).padStart(55, '0')}`;
    this.records.push({ data, shardSequence });
    if (isCut()) await new Promise(() => {});
    if (fate === 'answer_lost') throw new Error('the answer was lost');
    return shardSequence;
  }

  async *#follow(after: string, how?: Following): AsyncGenerator<JournalRecord[]> {
    let read = after;
    for (;;) {
      await this.readsHeld;
      // Small batches, so that nothing depends on where one ends.
      const batch = this.records.filter(({ shardSequence }) => shardSequence > read).slice(0, 3);
      read = batch.at(-1)?.shardSequence ?? read;
      if (batch.length > 0) {
        yield batch;
        continue;
      }
      how?.atTip();
      await pause(this.#timers, how?.paceMs ?? 200);
    }
  }
}
