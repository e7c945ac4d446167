/** The exchange's time: orders live 60 s after their createdAtMs, and a laptop's clock may be minutes off. */

export type ServerClock = {
  /** The exchange's time now, in ms. */
  nowMs(): Promise<number>;
  /** Measures anew at the next question: the exchange has just refused a time. */
  doubt(): void;
};

/** A quartz clock drifts by some 50 ms in this time. */
const measuredForMs = 10 * 60_000;

export function createServerClock(options: {
  time: () => Promise<{ nowMs: number }>;
  now: () => number;
}): ServerClock {
  const { time, now } = options;
  let measured: Promise<{ offsetMs: number; atMs: number }> | undefined;

  const measure = async () => {
    const sentMs = now();
    const { nowMs } = await time();
    const atMs = now();
    // The answer was true half a round trip ago.
    return { offsetMs: nowMs - (sentMs + atMs) / 2, atMs };
  };
  return {
    async nowMs() {
      measured ??= measure();
      try {
        const { offsetMs, atMs } = await measured;
        if (now() - atMs > measuredForMs) measured = undefined;
        return Math.floor(now() + offsetMs);
      } catch (error) {
        measured = undefined;
        throw error;
      }
    },
    doubt() {
      measured = undefined;
    },
  };
}
