/** Where two values differ: told in few words, for whoever looks at a failed seed. */

/** Undefined where they are equal; a property that is undefined counts as absent. */
export function differs(one: unknown, other: unknown, at = ''): string | undefined {
  if (one === other) return undefined;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other)
    return `${at || 'it'} is ${text(one)} and ${text(other)}`;
  if (one instanceof Map && other instanceof Map)
    return differs(Object.fromEntries(one), Object.fromEntries(other), at);
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const name of names) {
    const [left, right] = [(one as Fields)[name], (other as Fields)[name]];
    const difference = differs(left, right, at ? `${at}.${name}` : name);
    if (difference) return difference;
  }
  return undefined;
}

type Fields = Record<string, unknown>;

const text = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each)) ?? 'absent';
