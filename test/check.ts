/** `npm run check`: types, format, lint and import rules, dead code. Prints one line a step; the first failure's output, then exit 1. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkoutHash } from './checkout-hash.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

type Step = { name: string; command: string; args: string[] };

/** What did not change since the last run is not looked at again: the second of two runs takes a third of the time. */
const cache = 'node_modules/.cache/checks';
const types = (name: string, project: string): Step => ({
  name,
  command: 'tsc',
  args: [
    ...['-p', project, '--incremental'],
    ...['--tsBuildInfoFile', `${cache}/${name.replaceAll(' ', '-')}.tsbuildinfo`],
  ],
});

const steps: Step[] = [
  types('types', 'tsconfig.json'),
  types('types of infra', 'infra/tsconfig.json'),
  types('types of the core', 'containers/matcher/engine/fast/core/tsconfig.json'),
  types('purity of the domain', 'shared/domain/tsconfig.json'),
  {
    name: 'format, lint, import rules',
    command: 'biome',
    args: ['check', '--error-on-warnings', '.'],
  },
  {
    name: 'dead code',
    command: 'knip',
    args: ['--no-progress', '--cache', '--cache-location', `${cache}/knip`],
  },
];

/** Holds the hash of the checkout that passed last. */
const passedFile = join(root, cache, 'passed');

/** Runs all steps, unless they passed with the very same files. */
export async function havePassed(): Promise<boolean> {
  const isKnown = existsSync(passedFile) && readFileSync(passedFile, 'utf8') === checkoutHash(root);
  if (isKnown) console.log('ok   all checks, which passed with the same files');
  return isKnown || (await runChecks());
}

/** Runs all steps, two at a time; answers whether all passed. */
export async function runChecks(): Promise<boolean> {
  rmSync(passedFile, { force: true });
  const checked = checkoutHash(root);
  const passed = await runSteps();
  // What was changed meanwhile was seen by some steps only.
  if (passed && checkoutHash(root) === checked) {
    mkdirSync(join(root, cache), { recursive: true });
    writeFileSync(passedFile, checked);
  }
  return passed;
}

async function runSteps(): Promise<boolean> {
  const queue = [...steps];
  let passed = true;
  const worker = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) {
      const { ok, output, ms } = await run(step);
      console.log(`${ok ? 'ok  ' : 'FAIL'} ${step.name} (${(ms / 1000).toFixed(1)} s)`);
      if (!ok) console.log(output);
      passed &&= ok;
    }
  };
  await Promise.all([worker(), worker()]);
  return passed;
}

function run({ command, args }: Step): Promise<{ ok: boolean; output: string; ms: number }> {
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${command}`, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => (output += text));
    child.on('error', (error) =>
      resolve({ ok: false, output: error.message, ms: performance.now() - began }),
    );
    child.on('close', (code) => resolve({ ok: code === 0, output, ms: performance.now() - began }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = (await runChecks()) ? 0 : 1;
