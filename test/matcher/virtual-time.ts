/** Time that moves only when a test says so: clock and timers of any number of matchers, one after another, always the same. */
import type { Clock } from '#cloud/clock.ts';
import type { Timers } from '../../containers/matcher/timers.ts';

type Alarm = { dueMs: number; number: number; run: (() => void) | undefined };

export class VirtualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** How often somebody let others go first. */
  turns = 0;
  #nowMs = 0;
  #alarms = new AlarmHeap();
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
      const next = this.#alarms.earliest();
      if (!next || next.dueMs > untilMs) break;
      this.#ring(next);
    }
    this.#nowMs = untilMs;
    await settled();
    await aTurn();
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
      const next = this.#alarms.earliest();
      if (!next || next.dueMs > untilMs) throw new Error('it never happened');
      this.#ring(next);
    }
  }

  #ring(alarm: Alarm): void {
    this.#alarms.takeEarliest();
    this.#nowMs = Math.max(this.#nowMs, alarm.dueMs);
    alarm.run?.();
  }

  #alarm(dueMs: number, run: () => void): () => void {
    const alarm: Alarm = { dueMs, number: ++this.#count, run };
    this.#alarms.add(alarm);
    return () => {
      alarm.run = undefined;
    };
  }
}

/** A binary heap: the earliest first, and of the same moment the one that was set first. */
class AlarmHeap {
  #heap: Alarm[] = [];

  /** The earliest that was not cancelled. */
  earliest(): Alarm | undefined {
    while (this.#heap[0] && !this.#heap[0].run) this.takeEarliest();
    return this.#heap[0];
  }

  add(alarm: Alarm): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(alarm);
    for (;;) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (at === 0 || !parent || isBefore(parent, alarm)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = alarm;
  }

  takeEarliest(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (!left) break;
      if (right && isBefore(right, left)) below += 1;
      const child = heap[below];
      if (!child || isBefore(last, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

const isBefore = (one: Alarm, other: Alarm): boolean =>
  one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.number < other.number);

/** Nothing here waits for the network: what is next is so when every promise that can run has run. A turn of the event loop takes five times as long. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Whoever runs us gets his signals and his timers as well. */
const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
