/** `npm run simulate -- NAME`: lives through the troubles of many seeds and prints what failed, the last line as one JSON object. */
import { parseArgs } from 'node:util';
import { ChainNode } from './chain-node.ts';
import {
  failedChainSeeds,
  failedLedgerSeeds,
  failedSeeds,
  failedSenderSeeds,
  failedShortSeeds,
} from './failed-seeds.ts';
import {
  chainFaults,
  isChainFault,
  isLedgerFault,
  isPlantedFault,
  isSenderFault,
  ledgerFaults,
  plantedFaults,
  senderFaults,
} from './planted.ts';
import { simulateChain } from './simulate-chain.ts';
import { simulateJournal } from './simulate-journal.ts';
import { simulateLedger } from './simulate-ledger.ts';
import { simulateSender } from './simulate-sender.ts';
import type { StoryName } from './story.ts';

type Run = {
  seed: number;
  problems: string[];
  hash: string;
  counts: Record<string, number>;
};

type Simulation = {
  /** What it may be given on purpose, by name. */
  faults: Readonly<Record<string, string>>;
  failedSeeds: Readonly<Record<number, string>>;
  run(seed: number, planted?: string): Promise<Run>;
  /** The same seeds told in short. */
  short?: Pick<Simulation, 'failedSeeds' | 'run'>;
  /** Ends what all runs shared. */
  end?(): Promise<void>;
};

/** Started for the first run on the chain, and used by all. */
let node: Promise<ChainNode> | undefined;

const simulations: Record<string, Simulation> = {
  journal: {
    faults: plantedFaults,
    ...{ failedSeeds, run: journalRun('long') },
    short: { failedSeeds: failedShortSeeds, run: journalRun('short') },
  },
  ledger: {
    faults: ledgerFaults,
    failedSeeds: failedLedgerSeeds,
    run: (seed, planted) =>
      simulateLedger(seed, planted && isLedgerFault(planted) ? planted : undefined),
  },
  sender: {
    faults: senderFaults,
    failedSeeds: failedSenderSeeds,
    run: (seed, planted) =>
      simulateSender(seed, planted && isSenderFault(planted) ? planted : undefined),
  },
  chain: {
    faults: chainFaults,
    failedSeeds: failedChainSeeds,
    async run(seed, planted) {
      node ??= ChainNode.start();
      const fault = planted && isChainFault(planted) ? planted : undefined;
      return simulateChain(await node, seed, fault);
    },
    end: async () => (await node)?.stop(),
  },
};
const names = Object.keys(simulations);

function journalRun(story: StoryName): Simulation['run'] {
  return (seed, planted) => {
    const fault = planted && isPlantedFault(planted) ? planted : undefined;
    return simulateJournal(seed, { story, planted: fault });
  };
}

const usage = `npm run simulate -- ${names.join('|')} [--seeds N] [--seed K] [--short] [--seconds S] [--plant FAULT]
  --seeds    runs seeds 1 to N (100), after those that once failed
  --seed     runs this seed alone, and tells what was in it
  --short    tells the journal's seeds in short stories, which cost two fifths and begin amid their troubles
  --seconds  stops after so many seconds; the last line says how many seeds were run
  --plant    breaks something on purpose, which must be found:
${Object.entries(simulations).map(faultsText).join('\n')}`;

function faultsText([name, { faults }]: [string, Simulation]): string {
  const lines = Object.entries(faults).map(([fault, what]) => `               ${fault}: ${what}`);
  return [`             of the ${name}`, ...lines].join('\n');
}

const progressMs = 5_000;

type Given = {
  /** What to say for the same again, before the seed. */
  words: string;
  name: string;
  simulation: Simulation;
  seeds: number[];
  untilMs: number;
  isAlone: boolean;
  planted: string | undefined;
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
try {
  process.exitCode = await runAll(given);
} finally {
  await given.simulation.end?.();
}

async function runAll({ words, name, simulation, seeds, untilMs, isAlone, planted }: Given) {
  const failures: { seed: number; problems: string[] }[] = [];
  const began = performance.now();
  let toldMs = began;
  let ran = 0;
  const sums: Record<string, number> = {};
  const hashes: string[] = [];
  for (const seed of seeds) {
    if (isStopped || performance.now() - began > untilMs) break;
    const run = await simulation.run(seed, planted);
    ran += 1;
    hashes.push(run.hash);
    for (const [what, count] of Object.entries(run.counts)) sums[what] = (sums[what] ?? 0) + count;
    if (run.problems.length > 0) {
      failures.push({ seed, problems: run.problems });
      tell(words, run);
    } else if (isAlone) console.log(`seed ${seed}: hash ${run.hash}`);
    if (performance.now() - toldMs > progressMs) {
      toldMs = performance.now();
      const seconds = Math.round((toldMs - began) / 1_000);
      console.log(`${seconds} s: ${ran} of ${seeds.length} seeds, ${failures.length} failed`);
    }
  }
  const contained = Object.entries(sums).map(([what, count]) => `${count} ${what}`);
  console.log(`${ran} seeds: ${contained.join(', ')}; hash ${hashOf(hashes)}`);
  console.log(JSON.stringify({ simulation: name, seeds: ran, failures }));
  if (isStopped) return 130;
  return failures.length > 0 ? 1 : 0;
}

/** The first few of its problems: one that follows from another tells nothing. */
function tell(words: string, { seed, problems, hash }: Run): void {
  console.log(
    `FAIL seed ${seed}, hash ${hash}; again: npm run simulate -- ${words} --seed ${seed}`,
  );
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
    short: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '86400' },
    plant: { type: 'string' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
    const [name = ''] = positionals;
    const simulation = simulations[name];
    if (positionals.length !== 1 || !simulation)
      return { wrong: `Say what to simulate: ${names.join(' or ')}.` };
    const [count, alone, seconds] = [values.seeds, values.seed ?? '1', values.seconds].map(Number);
    const { plant, short } = values;
    if (short && !simulation.short) return { wrong: `The ${name} has no short stories.` };
    const told = { ...simulation, ...(short ? simulation.short : {}) };
    if (!isWhole(count, 1_000_000)) return { wrong: '--seeds takes 1 to 1000000.' };
    if (!isWhole(alone, 2 ** 32 - 1)) return { wrong: '--seed takes 1 to 4294967295.' };
    if (!isWhole(seconds, 86_400)) return { wrong: '--seconds takes 1 to 86400.' };
    if (plant !== undefined && !(plant in simulation.faults))
      return { wrong: `The ${name} has no such fault: ${plant}.` };
    return {
      ...{ words: short ? `${name} --short` : name, name },
      simulation: told,
      seeds: values.seed === undefined ? seedsTo(count, told) : [alone],
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

function seedsTo(count: number, simulation: Pick<Simulation, 'failedSeeds'>): number[] {
  const kept = Object.keys(simulation.failedSeeds).map(Number);
  return [...kept, ...Array.from({ length: count }, (_, index) => index + 1)];
}
