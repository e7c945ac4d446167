/** Whether a replayed event is the one that the journal has. */

/** Equal values; a property that is undefined counts as absent, because the journal does not write it. */
export function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return one === other;
  const left = Object.entries(one).filter(([, value]) => value !== undefined);
  const right = Object.entries(other).filter(([, value]) => value !== undefined);
  if (left.length !== right.length) return false;
  return left.every(([name, value]) => isSame(value, (other as Record<string, unknown>)[name]));
}
