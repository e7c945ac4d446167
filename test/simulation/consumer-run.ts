/**
 * A consumer of the journal as Lambda runs it: batch after batch from one shard, each until it succeeds. A call may die
 * in the middle, or be given up while it still runs on beside the next one; batches of two tries are cut differently.
 */
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { Consumed } from '#cloud/stream-edge.ts';
import { asError } from '../../containers/matcher/doubt.ts';
import { pause } from '../../containers/matcher/timers.ts';
import { isExcused } from './matcher-run.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedStream } from './simulated-stream.ts';
import type { Surroundings } from './surroundings.ts';

/** Where it reads and works. */
export type ConsumedWorld = Pick<Surroundings, 'time' | 'random' | 'process' | 'bug' | 'note'> & {
  stream: Pick<SimulatedStream, 'records' | 'behind'>;
};

export type Consume = (
  process: SimulatedProcess,
  records: readonly JournalRecord[],
) => Promise<Consumed>;

/** A call is given up after so long. */
const callMs = 5_000;

export class ConsumerRun {
  readonly name: string;
  /** The newest call's. */
  process: SimulatedProcess | undefined;
  #world: ConsumedWorld;
  #consume: Consume;
  #skips: boolean;
  #after = '';
  #calls = 0;

  /** Planted: one that `skips` is not shown every record. */
  constructor(world: ConsumedWorld, name: string, consume: Consume, { skips = false } = {}) {
    this.name = name;
    this.#world = world;
    this.#consume = consume;
    this.#skips = skips;
    void this.#run();
  }

  /** Whether everything in the stream was consumed. */
  get isThrough(): boolean {
    return this.#after === (this.#world.stream.records.at(-1)?.shardSequence ?? '');
  }

  async #run(): Promise<void> {
    const { stream, time, random } = this.#world;
    for (;;) {
      const batch = stream.behind(this.#after, 1 + random(30));
      const last = batch.at(-1);
      if (!last) {
        await pause(time.timers, 300 + random(500));
        continue;
      }
      const outcome = await this.#call(this.#skips && random(4) === 0 ? batch.slice(1) : batch);
      if (outcome === 'done') this.#after = last.shardSequence;
      else if (outcome === 'stopped') return;
      else await pause(time.timers, random(500));
    }
  }

  async #call(batch: readonly JournalRecord[]): Promise<'done' | 'stopped' | 'again'> {
    const world = this.#world;
    const process = world.process(`${this.name}-${++this.#calls}`);
    this.process = process;
    const called = this.#consume(process, batch).then(
      (consumed) => {
        if (consumed.status === 'done') return 'done' as const;
        const { reason, detail } = consumed.stop;
        world.bug(`${this.name} stops: ${reason}, ${detail}`);
        return 'stopped' as const;
      },
      (thrown: unknown) => {
        const error = asError(thrown);
        if (!isExcused(error)) world.bug(`${process.name}: ${error.stack}`);
        return 'again' as const;
      },
    );
    // A call that died never answers; one that stands still may go on after it was given up.
    const givenUp = pause(world.time.timers, callMs).then(() => 'again' as const);
    const outcome = await Promise.race([called, givenUp]);
    world.note(`${process.name} ${outcome}`);
    return outcome;
  }
}
