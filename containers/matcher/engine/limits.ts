/** Every bound of the engine, with its arithmetic. */

/** An order signed longer ago than this is refused (`order_too_late`). */
export const admissionWindowMs = 60_000;
/** An order signed further ahead than this is refused (`order_from_the_future`). */
export const admissionAheadMs = 5_000;

/**
 * How long ids and ended orders are remembered. An order taken 5 s before its createdAtMs could
 * enter again until 60 s after it, so the two add up; less would let a signature enter twice.
 */
export const memoryMs = admissionWindowMs + admissionAheadMs;

/** Live orders of one account in one pair group that rest, or could. */
export const openOrdersPerAccount = 1_000;

/**
 * Events of one command: at most some 200 bytes each, so that a command stays below the 256 KiB of a frame.
 * A step of work (one resting order met, one order ended, one triggered order entering) yields at most four: a trade, the ends of
 * both orders and the market's halt. Work stops where fewer than four more would fit, and a `continue` goes on with it.
 */
export const eventsPerCommand = 1_000;
export const eventsPerStep = 4;
