/**
 * A process of a simulation: it can be stopped in the middle of anything (SIGSTOP, a long garbage collection), die at any
 * call, be parted from the stream or the table, and what it sends is lost, late, or done twice.
 */
import type { Clock } from '#cloud/clock.ts';
import { pause, type Timers } from '../../containers/matcher/timers.ts';
import type { VirtualTime } from '../matcher/virtual-time.ts';

export type Place = 'stream' | 'table' | 'bucket' | 'queue' | 'node';

/** What becomes of one call. */
type Fate = 'done' | 'fails' | 'throttled' | 'answer_lost' | 'late' | 'retried' | 'twice';
const mishaps = ['fails', 'throttled', 'answer_lost', 'late', 'retried', 'twice'] as const;

/** What the surroundings did: a process may end of it, it is no bug. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

export type Weather = {
  /** Of a hundred calls so many go wrong. */
  faultsPerHundred: number;
  /** Of ten thousand calls at so many the caller dies. */
  deathsPerTenThousand: number;
  /** The longest way of a call, and of its answer. */
  latencyMs: number;
};

export type Call<T> = {
  to: Place;
  /** What it does where it arrives, at one moment. */
  run: () => T;
  throttled: () => Error;
  /** The client's own repetition of it is taken once. */
  isTokened?: boolean;
};

/** No caller waits longer for a late answer. */
const patienceMs = 50;
/** So late a call may still arrive. */
const latestMs = 4_000;

export type ProcessOptions = {
  name: string;
  time: VirtualTime;
  random: (below: number) => number;
  weather: Weather;
  note: (what: string) => void;
  /** Its wall clock is off by so much. */
  skewMs?: number;
  /** Its monotonic clock runs so many times as fast. */
  rate?: number;
};

export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  state: 'runs' | 'paused' | 'dead' = 'runs';
  /** What cannot be reached now. */
  readonly parted = new Set<Place>();
  #options: ProcessOptions;
  #held: (() => void)[] = [];

  constructor(options: ProcessOptions) {
    const { name, time, skewMs = 0, rate = 1 } = options;
    const { clock, timers } = time;
    this.name = name;
    this.#options = options;
    this.clock = {
      nowMs: () => Math.floor(clock.nowMs() + skewMs),
      monotonicMs: () => clock.monotonicMs() * rate,
    };
    this.timers = {
      after: (ms, run) => timers.after(ms / rate, () => this.whenRunning(run)),
      soon: (run) => timers.soon(() => this.whenRunning(run)),
    };
  }

  pause(): void {
    if (this.state === 'runs') this.state = 'paused';
  }

  /** Everything that came meanwhile happens now, one after the other. */
  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'runs';
    for (const run of this.#held.splice(0)) this.timers.soon(run);
  }

  kill(): void {
    if (this.state === 'dead') return;
    this.state = 'dead';
    this.#options.note(`${this.name} ends`);
  }

  whenRunning(run: () => void): void {
    if (this.state === 'runs') run();
    else if (this.state === 'paused') this.#held.push(run);
  }

  /** A call to something that other processes can reach as well. What was sent arrives even if the process dies. */
  async call<T>(call: Call<T>): Promise<T> {
    const { time, random, weather, note } = this.#options;
    const fate = this.#fate();
    const death = this.#death();
    if (fate !== 'done') note(`${this.name} ${call.to} ${fate}`);
    if (death === 'before') this.kill();
    if (this.state === 'dead') await ever();
    await pause(time.timers, 1 + random(weather.latencyMs));
    const outcome = this.parted.has(call.to) ? await this.#lost() : await this.#carry(fate, call);
    if (death === 'between') this.kill();
    await pause(time.timers, 1 + random(weather.latencyMs));
    await new Promise<void>((resolve) => this.whenRunning(resolve));
    if (death === 'after') {
      this.kill();
      await ever();
    }
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  async #carry<T>(fate: Fate, call: Call<T>): Promise<Outcome<T>> {
    const { time, random } = this.#options;
    const laterOn = () => time.timers.after(random(latestMs), () => void attempt(call));
    switch (fate) {
      case 'fails':
        return this.#lost();
      case 'throttled':
        return { error: call.throttled() };
      case 'late':
        laterOn();
        return this.#lost();
      case 'answer_lost':
        attempt(call);
        return this.#lost();
      case 'retried': {
        // The client gets no answer and repeats it by itself.
        const first = attempt(call);
        await pause(time.timers, 1 + random(100));
        return call.isTokened ? first : attempt(call);
      }
      case 'twice':
        if (!call.isTokened) laterOn();
        return attempt(call);
      default:
        return attempt(call);
    }
  }

  async #lost(): Promise<{ error: Error }> {
    await pause(this.#options.time.timers, patienceMs);
    return { error: new Unreachable('no answer came') };
  }

  #fate(): Fate {
    const { random, weather } = this.#options;
    if (random(100) >= weather.faultsPerHundred) return 'done';
    return mishaps[random(mishaps.length)] ?? 'done';
  }

  #death(): 'before' | 'between' | 'after' | undefined {
    const { random, weather } = this.#options;
    if (weather.deathsPerTenThousand === 0) return undefined;
    const dies = random(10_000) < weather.deathsPerTenThousand;
    return dies ? (['before', 'between', 'after'] as const)[random(3)] : undefined;
  }
}

type Outcome<T> = { value: T } | { error: unknown };

function attempt<T>({ run }: Call<T>): Outcome<T> {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

/** What the dead wait for: a promise of their own, so that nothing keeps them. */
const ever = (): Promise<never> => new Promise(() => {});
