/** How long to wait before the next try: doubled each time, bounded, and spread so that clients do not return all at once. */

export type BackOff = { firstMs: number; mostMs: number };

/** "Full jitter" (AWS Architecture Blog, "Exponential Backoff And Jitter"), but never less than a tenth. */
export function backOffMs(
  tries: number,
  { firstMs, mostMs }: BackOff,
  random: () => number,
): number {
  const boundMs = Math.min(mostMs, firstMs * 2 ** Math.min(tries, 30));
  return boundMs * (0.1 + 0.9 * random());
}
