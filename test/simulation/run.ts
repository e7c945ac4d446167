/** `npm run simulate -- NAME`: lives through the troubles of many seeds and prints what failed, the last line as one JSON object. */
import { parseArgs } from 'node:util';
import { failedSeeds } from './failed-seeds.ts';
import { isPlantedFault, type PlantedFault, plantedFaults } from './planted.ts';
import { type SimulatedRun, simulateJournal } from './simulate-journal.ts';

const usage = `npm run simulate -- journal [--seeds N] [--seed K] [--seconds S] [--plant FAULT]
  --seeds    runs seeds 1 to N (100), after those that once failed
  --seed     runs this seed alone, and tells what was in it
  --seconds  stops after so many seconds; the last line says how many seeds were run
  --plant    breaks something on purpose, which must be found:
${Object.entries(plantedFaults)
  .map(([name, what]) => `             ${name}: ${what}`)
  .join('\n')}`;

const progressMs = 5_000;

type Given = {
  seeds: number[];
  untilMs: number;
  isAlone: boolean;
  planted: PlantedFault | undefined;
};

const given = read(process.argv.slice(2));
if ('wrong' in given) {
  console.error(`${given.wrong}\n\n${usage}`);
  process.exit(1);
}
let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The run under way ends, and the last line still counts; a second signal does not wait for it.
    if (isStopped) process.exit(130);
    isStopped = true;
  });
}
process.exitCode = await runAll(given);

async function runAll({ seeds, untilMs, isAlone, planted }: Given): Promise<number> {
  const failures: { seed: number; problems: string[] }[] = [];
  const began = performance.now();
  let toldMs = began;
  let ran = 0;
  const sums = { records: 0, commands: 0, epochs: 0, trades: 0, left: 0 };
  const hashes: string[] = [];
  for (const seed of seeds) {
    if (isStopped || performance.now() - began > untilMs) break;
    const run = await simulateJournal(seed, planted);
    ran += 1;
    hashes.push(run.hash);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += run.counts[name];
    if (run.problems.length > 0) {
      failures.push({ seed, problems: run.problems });
      tell(run);
    } else if (isAlone) console.log(`seed ${seed}: hash ${run.hash}`);
    if (performance.now() - toldMs > progressMs) {
      toldMs = performance.now();
      const seconds = Math.round((toldMs - began) / 1_000);
      console.log(`${seconds} s: ${ran} of ${seeds.length} seeds, ${failures.length} failed`);
    }
  }
  const { records, commands, epochs, trades, left } = sums;
  console.log(
    `${ran} seeds: ${records} records, ${commands} commands in frames, ${trades} trades, ${epochs} epochs, ${left} answers, views and trades left; hash ${hashOf(hashes)}`,
  );
  console.log(JSON.stringify({ simulation: 'journal', seeds: ran, failures }));
  if (isStopped) return 130;
  return failures.length > 0 ? 1 : 0;
}

/** The first few of its problems: one that follows from another tells nothing. */
function tell({ seed, problems, hash }: SimulatedRun): void {
  console.log(`FAIL seed ${seed}, hash ${hash}; again: npm run simulate -- journal --seed ${seed}`);
  for (const problem of problems.slice(0, 5)) console.log(`  ${problem}`);
  if (problems.length > 5) console.log(`  and ${problems.length - 5} more`);
}

/** Of all runs together: two machines that print the same one lived through the same. */
function hashOf(hashes: readonly string[]): string {
  let sum = 0n;
  for (const hash of hashes) sum = (sum * 31n + BigInt(`0x${hash}`)) % 2n ** 64n;
  return sum.toString(16).padStart(16, '0');
}

function read(words: string[]): Given | { wrong: string } {
  const options = {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    seconds: { type: 'string', default: '86400' },
    plant: { type: 'string' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
    if (positionals.length !== 1 || positionals[0] !== 'journal')
      return { wrong: 'Say what to simulate: journal.' };
    const [count, alone, seconds] = [values.seeds, values.seed ?? '1', values.seconds].map(Number);
    const { plant } = values;
    if (!isWhole(count, 1_000_000)) return { wrong: '--seeds takes 1 to 1000000.' };
    if (!isWhole(alone, 2 ** 32 - 1)) return { wrong: '--seed takes 1 to 4294967295.' };
    if (!isWhole(seconds, 86_400)) return { wrong: '--seconds takes 1 to 86400.' };
    if (plant !== undefined && !isPlantedFault(plant)) return { wrong: `No such fault: ${plant}.` };
    return {
      seeds: values.seed === undefined ? seedsTo(count) : [alone],
      untilMs: seconds * 1_000,
      isAlone: values.seed !== undefined,
      planted: plant,
    };
  } catch (error) {
    return { wrong: (error as Error).message };
  }
}

function isWhole(value: number | undefined, most: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= most;
}

function seedsTo(count: number): number[] {
  const kept = Object.keys(failedSeeds).map(Number);
  return [...kept, ...Array.from({ length: count }, (_, index) => index + 1)];
}
