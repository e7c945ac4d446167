/** The matching engine against `nodejs-order-book`: one seeded flow over both, in one process a case, with equal trades and books checked. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { compiledCore } from '../../containers/matcher/build-core.ts';
import { commandsAhead, commandsRepeated } from '../../containers/matcher/engine/limits.ts';
import { readyTogether } from './engine-runners.ts';
import type { Benchmark, Measured } from './figure.ts';

const names = [
  'mixed',
  'deep',
  'million',
  'sweep',
  'cancel-heavy',
  'many-markets',
  'credit',
  'snapshot',
  'steady',
];

const folder = mkdtempSync(join(tmpdir(), 'crossbook-bench-'));
let bundled: string | undefined;

/**
 * Both engines in one file, as a container's bundle is: Node's own type stripping leaves a process in which every access to a
 * typed array checks for detached memory, and a module's constants are read anew at each use.
 */
function bundle(): string {
  bundled ??= join(folder, 'engine.cjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL('engine-process.ts', import.meta.url))],
    outfile: bundled,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'silent',
  });
  return bundled;
}

/** A file of the core with lines that are found at once, all of them one, and that nothing is held from: what an engine without credit would do. */
async function creditOff(): Promise<string> {
  const binary = await compiledCore((text) =>
    text
      .replace(/^(export function findLine\(.*\{)$/m, '$1\n  return state.firstLine;')
      .replace(
        /^(export function (?:hold|unhold|receive|moveUnits)\(.*\{)$/gm,
        '$1\n  if (units >= 0 || units < 0) return;',
      ),
  );
  const file = join(folder, 'credit-off.wasm');
  writeFileSync(file, binary);
  return file;
}

async function run(title: string): Promise<Measured[]> {
  const flags = ['--max-old-space-size=8192', bundled ?? bundle(), title];
  const env = title === 'credit' ? { ...process.env, CREDIT_OFF: await creditOff() } : process.env;
  const out = execFileSync(process.execPath, flags, { encoding: 'utf8', maxBuffer: 2 ** 26, env });
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Measured[];
}

export const benchmark: Benchmark = {
  about:
    'The matching engine with all rules, credit, events, their hash and remembered ids, against nodejs-order-book without any of them. ' +
    'Operations are made ready before anything runs, for the core as numbers and bytes, as a journal has them, for the peer as its calls; their names and ids are resolved to rows ' +
    `${readyTogether} at a time before they are timed, rows are not made into events; trades are counted in a run of their own; ` +
    `for operations a second the core takes ${commandsRepeated} requests in a call, as a replay does, for one operation's time each in its own, having looked ahead ` +
    `at ${commandsAhead} together, as the engine does at orders that were announced; ` +
    '`fromBytes` times the whole engine, from orders as they came (as many announced together, cancels as commands) to what they did. ' +
    'The best round counts; journal, network and signatures are left out.',
  cases: Object.fromEntries(names.map((title) => [title, () => run(title)])),
  end: async () => rmSync(folder, { recursive: true, force: true }),
};
