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

/** A UTC day, which is what a delegation's limit counts for. */
export const dayMs = 86_400_000;

/**
 * Delegations of one account in one pair group by which something is open or was matched today; one more is refused
 * (`delegation_limit_reached`). Each takes 64 bytes and its id 64: 4 KiB an account, less than 13 of its orders, and a search walks
 * through 32 rows at most. What was matched yesterday is forgotten with the account's next order by a delegation, so whoever never
 * comes again leaves as much for good, as his credit lines do.
 */
export const delegationsPerAccount = 32;

/**
 * New orders that an engine looks at before their turn; of more that are announced it takes the first. Few enough that what was read for
 * the first is near when the last one's turn comes, and that nobody waits long for it.
 */
export const commandsAhead = 8;
/** The same of a journal's commands that are done again: more, for nobody waits for one of them. */
export const commandsRepeated = 16;

/**
 * Events of one command: at most some 200 bytes each, so that a command stays below the 256 KiB of a frame.
 * A step of work (one resting order met, one order ended, one triggered order entering) yields at most four: a trade, the ends of
 * both orders and the market's halt. Work stops where fewer than four more would fit, and a `continue` goes on with it.
 */
export const eventsPerCommand = 1_000;
export const eventsPerStep = 4;
