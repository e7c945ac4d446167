/** `npm run drill -- NAME`: does a harm to a fresh local cloud under load and prints what was lost, the last line as one JSON object. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Drill, perform, type Report } from './drill.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.startsWith('drill-'))
  .map((file) => file.slice('drill-'.length, -'.ts'.length));
const usage = `npm run drill -- ${names.join(' | ')} [--json] [--seconds N] [--rate N] [--tasks N] [--seed TEXT] [--assembly FOLDER]
  --json     prints the last line only; what happens goes to the standard error
  --seconds  how long the load lasts, at least (20)
  --rate     commands a second (20)
  --tasks    matchers of a pair group (2): one leads, the others stand by
  --seed     repeats a load's choices; times still differ
  --assembly a folder that was synthesized before, instead of a new synthesis`;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Whatever was started is killed on exit.
  process.on(signal, () => process.exit(130));
}

const given = read(process.argv.slice(2));
if ('wrong' in given) {
  console.error(`${given.wrong}\n\n${usage}`);
  process.exit(1);
}
const { name, seconds, rate, tasks, seed, isQuiet, assembly } = given;
const say = isQuiet ? console.error : console.log;
const began = performance.now();
const { drill } = (await import(`./drill-${name}.ts`)) as { drill: Drill };
say(`${name}: ${drill.about} Seed ${seed}.`);
try {
  const report = await perform(drill, {
    ...{ seconds, commandsPerSec: rate, tasks, seed },
    ...(assembly === undefined ? {} : { assembly }),
    say: (text) =>
      say(`${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${text}`),
  });
  process.exit(tell(report));
} catch (error) {
  // Figures of a drill that broke off mean nothing: none are printed.
  console.error(`FAIL ${name}: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

/** Prints every difference and the line that counts them; answers the exit code. */
function tell({ lost, doubled, unsettled, unavailableMs }: Report): number {
  for (const [kind, sentences] of Object.entries({ lost, doubled, unsettled }))
    for (const sentence of sentences) say(`${kind}: ${sentence}`);
  const counts = { lost: lost.length, doubled: doubled.length, unsettled: unsettled.length };
  console.log(JSON.stringify({ drill: name, ...counts, unavailableMs }));
  return lost.length + doubled.length + unsettled.length > 0 ? 1 : 0;
}

type Given =
  | {
      name: string;
      seconds: number;
      rate: number;
      tasks: number;
      seed: string;
      isQuiet: boolean;
      assembly: string | undefined;
    }
  | { wrong: string };

function read(words: string[]): Given {
  const options = {
    json: { type: 'boolean' },
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '20' },
    tasks: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    assembly: { type: 'string' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
    const [name = '', ...more] = positionals;
    if (!names.includes(name) || more.length > 0) return { wrong: 'Say which drill.' };
    const seconds = Number(values.seconds);
    const rate = Number(values.rate);
    if (!(seconds >= 3 && seconds <= 3_600)) return { wrong: '--seconds takes 3 to 3600.' };
    if (!(rate >= 1 && rate <= 500)) return { wrong: '--rate takes 1 to 500.' };
    const tasks = Number(values.tasks);
    if (!(tasks >= 1 && tasks <= 3)) return { wrong: '--tasks takes 1 to 3.' };
    const { seed, assembly, json } = values;
    return { name, seconds, rate, tasks, seed, assembly, isQuiet: json === true };
  } catch (error) {
    return { wrong: (error as Error).message };
  }
}
