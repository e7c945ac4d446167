/**
 * Pages of lists whose sort keys begin with a time. A page goes on behind the row where the one before ended, so rows that come
 * meanwhile move nothing: whoever follows the cursors sees each row that was there at the start exactly once.
 */
import { padded } from '#wire/table-keys.ts';
import type { PageOf } from './query.ts';

export type TimePage = {
  limit: number;
  /** The sort key of the last row seen. */
  cursor?: string;
  /** Oldest first; newest first otherwise. */
  oldest?: true;
  /** From this time on, and before that one. */
  fromMs?: number;
  toMs?: number;
};

/** The page as bounds of sort keys; a cursor from outside the times does not widen them. */
export function timeBounds({ limit, cursor, oldest, fromMs, toMs }: TimePage): PageOf {
  const from = fromMs === undefined ? undefined : padded(fromMs);
  const to = toMs === undefined ? undefined : padded(toMs);
  const after = oldest ? outermost(from, cursor, (a, b) => a > b) : from;
  const before = oldest ? to : outermost(to, cursor, (a, b) => a < b);
  return {
    limit,
    ...(oldest ? { oldest } : {}),
    ...(after === undefined ? {} : { after }),
    ...(before === undefined ? {} : { before }),
  };
}

function outermost(
  bound: string | undefined,
  cursor: string | undefined,
  isFurther: (a: string, b: string) => boolean,
): string | undefined {
  if (bound === undefined || cursor === undefined) return cursor ?? bound;
  return isFurther(cursor, bound) ? cursor : bound;
}
