/** Does a journal's commands again, some in one call: a call of its own for each costs TypeScript as much as a twentieth of an order. */
import { apply } from './apply-request.ts';
import { noClient, noId, state } from './engine-state.ts';
import { lookAhead, requestOf } from './look-ahead.ts';
import { Request } from './rows.ts';

/**
 * Applies `count` requests that lie one behind the other, from one of them on, until TypeScript has something to do: tell what one came to,
 * or forget texts. Answers which comes next; with the first of them all are looked ahead at.
 */
export function repeat(first: Request, from: i32, count: i32): i32 {
  if (from === 0) lookAhead(first, count);
  let next = from;
  while (next < count) {
    apply(requestOf(first, next));
    next += 1;
    if (state.isWorthTelling || state.droppedClients !== noClient || state.droppedTexts !== noId)
      break;
  }
  return next;
}
