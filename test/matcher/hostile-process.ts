/**
 * A process whose surroundings are against it: it can be stopped in the middle of anything (SIGSTOP, a long garbage
 * collection), killed, and what it sends gets lost, answers get lost, or it arrives seconds after everybody gave it up.
 */
import type { Clock } from '#cloud/clock.ts';
import { pause, type Timers } from '../../containers/matcher/timers.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What becomes of one call. */
type Fate = 'done' | 'fails' | 'answer_lost' | 'late';

/** What the surroundings did: a process may end of it, it is no bug. */
export class Unreachable extends Error {}

export class HostileProcess {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Of a hundred calls so many go wrong. */
  faultsPerHundred = 0;
  state: 'runs' | 'paused' | 'dead' = 'runs';
  #time: VirtualTime;
  #random: (below: number) => number;
  #held: (() => void)[] = [];

  constructor(time: VirtualTime, random: (below: number) => number, skewMs: number) {
    this.#time = time;
    this.#random = random;
    const { clock, timers } = time;
    this.clock = { nowMs: () => clock.nowMs() + skewMs, monotonicMs: () => clock.monotonicMs() };
    this.timers = {
      after: (ms, run) => timers.after(ms, () => this.whenRunning(run)),
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
    this.state = 'dead';
  }

  whenRunning(run: () => void): void {
    if (this.state === 'runs') run();
    else if (this.state === 'paused') this.#held.push(run);
  }

  /** A call to something that other processes can reach as well. What was sent arrives even if the process dies. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    const { timers } = this.#time;
    const fate = this.#fate();
    let outcome: { value: T } | { error: unknown };
    if (fate === 'late') {
      timers.after(this.#random(6_000), () => void work().catch(() => {}));
      await pause(timers, 50);
      outcome = { error: new Unreachable('no answer came') };
    } else {
      await pause(timers, 1 + this.#random(5));
      outcome =
        fate === 'fails'
          ? { error: new Unreachable('it never arrived') }
          : await work().then(
              (value) => ({ value }),
              (error) => ({ error }),
            );
      await pause(timers, 1 + this.#random(5));
      if (fate === 'answer_lost') outcome = { error: new Unreachable('the answer was lost') };
    }
    await new Promise<void>((resolve) => this.whenRunning(resolve));
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  #fate(): Fate {
    if (this.#random(100) >= this.faultsPerHundred) return 'done';
    return (['fails', 'answer_lost', 'late'] as const)[this.#random(3)] ?? 'done';
  }
}
