/**
 * Processes that work at the same time, one call after the other: whose call comes next is drawn, and at any call a process may
 * die, before what it asked for or after. Calls may be real ones, to a real chain: the same seed still gives the same run.
 */

type Call = { worker: Worker; run: () => Promise<unknown>; give: (given: Given) => void };
type Given = { value: unknown } | { error: unknown };
type Worker = { name: string; isDead: boolean };

/** How a process reaches anything: tables and nodes alike. */
export type Reach = <T>(run: () => Promise<T> | T) => Promise<T>;

export class Workers {
  /** Of a thousand calls at so many the caller dies. */
  deathsPerThousand = 0;
  deaths = 0;
  calls = 0;
  #random: (below: number) => number;
  #waiting: Call[] = [];

  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  /** Lets all of them work until each has ended or died. What one throws is its caller's to judge. */
  async run(
    works: readonly { name: string; work: (reach: Reach) => Promise<unknown> }[],
    failed: (name: string, error: unknown) => void,
  ): Promise<void> {
    const running = new Set<Worker>();
    for (const { name, work } of works) {
      const worker: Worker = { name, isDead: false };
      running.add(worker);
      const reach: Reach = (run) =>
        new Promise((resolve, reject) => {
          const give = (given: Given) =>
            'error' in given ? reject(given.error) : resolve(given.value as never);
          if (!worker.isDead) this.#waiting.push({ worker, run: async () => run(), give });
        });
      void work(reach)
        .catch((error: unknown) => failed(name, error))
        .finally(() => running.delete(worker));
    }
    for (;;) {
      await turn();
      if (running.size === 0) break;
      const [call] = this.#waiting.splice(this.#random(this.#waiting.length), 1);
      // Somebody waits for what is not a call: a moment's pause.
      if (call) await this.#serve(call, running);
    }
  }

  async #serve({ worker, run, give }: Call, running: Set<Worker>): Promise<void> {
    this.calls += 1;
    const dies = this.#random(1_000) < this.deathsPerThousand;
    if (dies && this.#random(2) === 0) return this.#kill(worker, running);
    let given: Given;
    try {
      given = { value: await run() };
    } catch (error) {
      given = { error };
    }
    if (dies) this.#kill(worker, running);
    else give(given);
  }

  /** It never hears of anything again. */
  #kill(worker: Worker, running: Set<Worker>): void {
    this.deaths += 1;
    worker.isDead = true;
    running.delete(worker);
    this.#waiting = this.#waiting.filter((call) => call.worker !== worker);
  }
}

/** Every promise that can run has run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
