/** A page of a list in memory: by key, newest first or oldest first, within times and behind a cursor. */
import type { TimePage } from '#cloud/time-page.ts';
import { padded } from '#wire/table-keys.ts';

export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { limit, cursor, oldest, fromMs, toMs }: TimePage,
): { items: T[]; cursor?: string } {
  const direction = oldest ? 1 : -1;
  const left = items
    .filter((item) => fromMs === undefined || keyOf(item) > padded(fromMs))
    .filter((item) => toMs === undefined || keyOf(item) < padded(toMs))
    .filter((item) =>
      cursor === undefined ? true : oldest ? keyOf(item) > cursor : keyOf(item) < cursor,
    )
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -direction : direction));
  const page = left.slice(0, limit);
  const last = page.at(-1);
  return last !== undefined && left.length > limit
    ? { items: page, cursor: keyOf(last) }
    : { items: page };
}
