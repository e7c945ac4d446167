/** A Kinesis shard in memory: records come in the order of their puts, the same bytes twice where a put was repeated, and are seen a little later. */
import { ProvisionedThroughputExceededException } from '@aws-sdk/client-kinesis';
import type { Following, JournalReader } from '#cloud/journal-reader.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { JournalWriter } from '#cloud/journal-writer.ts';
import { pause } from '../../containers/matcher/timers.ts';
import type { VirtualTime } from '../matcher/virtual-time.ts';
import type { SimulatedProcess } from './simulated-process.ts';

type Random = (below: number) => number;

/** So long a record may stay unseen after its put was answered. */
const unseenMs = 40;
const emptyPauseMs = 200;

export class SimulatedStream {
  readonly records: JournalRecord[] = [];
  /** Planted: the answer to a put comes so long before the record is there. */
  answersEarlyMs = 0;
  #visibleAtMs: number[] = [];
  #time: VirtualTime;
  #random: Random;
  #note: (what: string) => void;

  constructor(time: VirtualTime, random: Random, note: (what: string) => void) {
    this.#time = time;
    this.#random = random;
    this.#note = note;
  }

  writer(process: SimulatedProcess): JournalWriter {
    return {
      put: (data, after) =>
        process.call({ to: 'stream', run: () => this.#put(process, data, after), throttled }),
    };
  }

  reader(process: SimulatedProcess): JournalReader {
    return { follow: (after, how) => this.#follow(process, after, how) };
  }

  /** Ends where there is no newer record. */
  readerToTip(process: SimulatedProcess): JournalReader {
    return { follow: (after) => this.#follow(process, after, 'tip') };
  }

  /** What a reader can see behind a record, at most so many. */
  behind(after: string, most: number): JournalRecord[] {
    const nowMs = this.#time.clock.monotonicMs();
    const from = indexAfter(after);
    let to = from;
    while (to - from < most && (this.#visibleAtMs[to] ?? Number.POSITIVE_INFINITY) <= nowMs)
      to += 1;
    return this.records.slice(from, to);
  }

  #put(process: SimulatedProcess, data: Uint8Array, after: string | undefined): string {
    if (after !== undefined && indexAfter(after) > this.records.length && !this.answersEarlyMs)
      throw new Error('a put behind a record that is not there');
    if (!this.answersEarlyMs) return this.append(data);
    process.timers.after(this.answersEarlyMs, () => this.append(data));
    return sequenceOf(this.records.length + 1);
  }

  /** A record comes to be there now. */
  append(data: Uint8Array): string {
    const shardSequence = sequenceOf(this.records.length + 1);
    this.records.push({ data, shardSequence });
    const atMs = this.#time.clock.monotonicMs() + this.#random(unseenMs);
    this.#visibleAtMs.push(Math.max(atMs, this.#visibleAtMs.at(-1) ?? 0));
    this.#note(`record ${this.records.length} ${Buffer.from(data).toString('latin1')}`);
    return shardSequence;
  }

  async *#follow(
    process: SimulatedProcess,
    after: string,
    how?: Following | 'tip',
  ): AsyncGenerator<JournalRecord[]> {
    let read = after;
    for (;;) {
      const most = 1 + this.#random(200);
      const run = () => this.behind(read, most);
      const batch = await process
        .call({ to: 'stream', run, throttled })
        // The client tries again by itself.
        .catch(() => undefined);
      read = batch?.at(-1)?.shardSequence ?? read;
      if (batch && batch.length > 0) {
        yield batch;
        continue;
      }
      if (batch && how === 'tip') return;
      const stays = how === 'tip' ? undefined : how;
      if (batch) stays?.atTip();
      await pause(process.timers, stays?.paceMs ?? emptyPauseMs);
    }
  }
}

const throttled = () =>
  new ProvisionedThroughputExceededException({ message: 'too many records', $metadata: {} });

/** 56 digits, as Kinesis gives them. */
const sequenceOf = (number: number): string => `4${String(number).padStart(55, '0')}`;

/** The index of the record behind one. */
const indexAfter = (shardSequence: string): number =>
  shardSequence === '' ? 0 : Number(shardSequence.slice(1));
