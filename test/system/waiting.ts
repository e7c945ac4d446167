/** Waiting for what will be true soon; a wait that ends in vain says for what. */

/** Asks until the answer is not undefined or false; throws after `withinMs` with the last answer's reason. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 15_000,
  /** What to show where the wait ends in vain. */
  evidence: () => string = () => '',
): Promise<T> {
  const until = performance.now() + withinMs;
  let trouble = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      trouble = ` (${(error as Error).message})`;
    }
    if (performance.now() > until)
      throw new Error(`waited ${withinMs} ms in vain for ${what}${trouble}${evidence()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
