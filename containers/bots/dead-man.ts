/** Keeps a bot's dead man's switch armed while it lives: what it leaves on the books when it dies is cancelled by the exchange. */
import type { Crossbook } from '#client/crossbook.ts';
import type { Tally } from './tally.ts';

/** How long after the last sign of life the orders are cancelled, and how often one is given. */
const firesAfterMs = 60_000;
const renewedEveryMs = 20_000;

export type DeadMan = {
  /** To be called at every visit. */
  keep(): Promise<void>;
  disarm(): Promise<void>;
};

export function createDeadMan(options: {
  exchange: Pick<Crossbook, 'cancelAllAfter'>;
  tally: Pick<Tally, 'failed'>;
  now: () => number;
}): DeadMan {
  const { exchange, tally, now } = options;
  let armedAtMs = Number.NEGATIVE_INFINITY;

  const arm = async (afterMs: number): Promise<boolean> => {
    const { groups } = await exchange.cancelAllAfter(afterMs);
    const failed = groups.filter((each) => each.status !== 'accepted');
    for (const { code } of failed) tally.failed(code);
    return failed.length === 0;
  };
  return {
    async keep() {
      if (now() - armedAtMs < renewedEveryMs) return;
      // A group that could not be told is told with the others at the next visit.
      if (await arm(firesAfterMs)) armedAtMs = now();
    },
    async disarm() {
      await arm(0);
    },
  };
}
