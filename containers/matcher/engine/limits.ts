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

/** Resting orders of one account in one pair group. */
export const openOrdersPerAccount = 1_000;

/**
 * Events of one command: at most some 170 bytes each, so a command stays below the 256 KiB of a frame.
 * One accepted or refused, up to 400 expiries, one end of the taker: 598 remain, which are at least
 * 299 makers with a trade and an end each.
 */
export const eventsPerCommand = 1_000;
export const expiriesPerCommand = 400;
