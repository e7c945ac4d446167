/** Where waiting enters: real timers in the process, virtual ones in tests and simulations. */

export type Timers = {
  /** Runs once after so many ms; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Runs after what is already waiting to be read from the network was read: requests that came together go together. */
  soon(run: () => void): void;
};

/** setTimeout takes no longer waits; who asks for more is woken early and asks again. */
const longestMs = 2 ** 31 - 1;

export const systemTimers: Timers = {
  after(ms, run) {
    const handle = setTimeout(run, Math.min(Math.max(ms, 0), longestMs));
    return () => clearTimeout(handle);
  },
  soon: (run) => void setImmediate(run),
};

export const pause = (timers: Timers, ms: number): Promise<void> =>
  new Promise((resolve) => timers.after(ms, resolve));
