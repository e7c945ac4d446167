/** A template may name its own health page by an output called `HealthUrl`: ready means that it says so. */
import type { Output } from './assembly.ts';

const withinMs = 60_000;
const everyMs = 100;
const answerMs = 5_000;

/** Asks until the page answers 2xx; says why not once that took too long, or once the signal gives up. */
export async function becomesHealthy(
  outputs: Output[],
  signal: AbortSignal,
): Promise<{ healthy: true } | { healthy: false; url: string; why: string }> {
  const url = outputs.find(({ key }) => key === 'HealthUrl')?.value;
  if (url === undefined) return { healthy: true };
  const until = performance.now() + withinMs;
  let why = 'no answer';
  while (performance.now() < until && !signal.aborted) {
    try {
      const given = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
      const response = await fetch(url, { signal: given });
      if (response.ok) return { healthy: true };
      why = `status ${response.status}: ${await response.text()}`;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return { healthy: false, url, why };
}
