/** Whether a replayed event is the one that the journal has. */

type Fields = Record<string, unknown>;

/**
 * Equal values; a property that is undefined counts as absent, because the journal does not write it. Every event of a replay
 * comes by here, so it makes no lists of properties.
 */
export function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return one === other;
  let more = 0;
  for (const name in one) {
    const value = (one as Fields)[name];
    if (value === undefined) continue;
    if (!isSame(value, (other as Fields)[name])) return false;
    more += 1;
  }
  for (const name in other) if ((other as Fields)[name] !== undefined) more -= 1;
  return more === 0;
}
