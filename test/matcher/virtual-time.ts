/** Time that moves only when a test says so: clock and timers of any number of matchers, one after another, always the same. */
import type { Clock } from '#cloud/clock.ts';
import type { Timers } from '../../containers/matcher/timers.ts';

type Alarm = { dueMs: number; number: number; run: () => void };

export class VirtualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** How often somebody let others go first. */
  turns = 0;
  #nowMs = 0;
  #alarms: Alarm[] = [];
  #count = 0;

  constructor(wallMs = 1_800_000_000_000) {
    this.clock = { nowMs: () => wallMs + this.#nowMs, monotonicMs: () => this.#nowMs };
    this.timers = {
      after: (ms, run) => this.#alarm(this.#nowMs + Math.max(0, ms), run),
      soon: (run) => {
        this.turns += 1;
        this.#alarm(this.#nowMs, run);
      },
    };
  }

  /** Lets so much time pass; everything that is due happens in its order. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      const next = this.#earliest();
      if (!next || next.dueMs > untilMs) break;
      this.#ring(next);
    }
    this.#nowMs = untilMs;
    await settled();
  }

  /** Lets time pass until the promise is settled; fails where it is not within a minute. */
  async until<T>(wanted: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    wanted.then(done, done);
    const untilMs = this.#nowMs + 60_000;
    for (;;) {
      await settled();
      if (isDone) return wanted;
      const next = this.#earliest();
      if (!next || next.dueMs > untilMs) throw new Error('it never happened');
      this.#ring(next);
    }
  }

  #ring(alarm: Alarm): void {
    this.#alarms.splice(this.#alarms.indexOf(alarm), 1);
    this.#nowMs = Math.max(this.#nowMs, alarm.dueMs);
    alarm.run();
  }

  #alarm(dueMs: number, run: () => void): () => void {
    const alarm = { dueMs, number: ++this.#count, run };
    this.#alarms.push(alarm);
    return () => {
      const at = this.#alarms.indexOf(alarm);
      if (at >= 0) this.#alarms.splice(at, 1);
    };
  }

  #earliest(): Alarm | undefined {
    return this.#alarms.toSorted((a, b) => a.dueMs - b.dueMs || a.number - b.number)[0];
  }
}

/** Nothing here waits for the network, so one turn of the event loop runs every promise that can run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
