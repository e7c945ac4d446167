/** `npm run bench -- NAME [CASE…]`: runs one benchmark and prints its figures, the last line as one JSON object. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Figure } from './figure.ts';

const [name, ...cases] = process.argv.slice(2);
const folder = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.startsWith('bench-'))
  .map((file) => file.slice('bench-'.length, -'.ts'.length));

if (!name || !names.includes(name)) {
  console.error(`Say which benchmark: npm run bench -- ${names.join(' | ')}`);
  process.exit(1);
}

const { benchmark } = (await import(`./bench-${name}.ts`)) as { benchmark: Benchmark };
const unknown = cases.filter((each) => !(each in benchmark.cases));
if (unknown.length > 0) {
  console.error(
    `${name} has no case ${unknown.join(', ')}; it has ${Object.keys(benchmark.cases).join(', ')}`,
  );
  process.exit(1);
}

console.log(benchmark.about);
try {
  const results = await measured(benchmark);
  await benchmark.end?.();
  for (const figure of results) console.log(lineOf(figure));
  console.log(JSON.stringify({ bench: name, results }));
  process.exit(0);
} catch (error) {
  // Figures of a run that broke a promise mean nothing: none are printed.
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  console.error(`FAIL ${name}: ${message}${cause ? ` (${String(cause)})` : ''}`);
  process.exit(1);
}

async function measured({ cases: all }: Benchmark): Promise<Figure[]> {
  const results: Figure[] = [];
  for (const [title, run] of Object.entries(all)) {
    if (cases.length > 0 && !cases.includes(title)) continue;
    for (const figure of await run()) results.push({ case: title, ...figure });
  }
  return results;
}

function lineOf({ case: title, metric, value, unit, ratio, peer, peerValue }: Figure): string {
  const beside = ratio === undefined ? '' : `, ${ratio.toFixed(2)} × ${peer} (${peerValue})`;
  return `${title}: ${metric} ${value} ${unit}${beside}`;
}
