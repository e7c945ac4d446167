/** `npm run check`: types, format, lint and import rules, dead code. Prints one line a step; the first failure's output, then exit 1. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

type Step = { name: string; command: string; args: string[] };

const steps: Step[] = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'types of infra', command: 'tsc', args: ['-p', 'infra/tsconfig.json'] },
  {
    name: 'types of the core',
    command: 'tsc',
    args: ['-p', 'containers/matcher/engine/fast/core/tsconfig.json'],
  },
  { name: 'purity of the domain', command: 'tsc', args: ['-p', 'shared/domain/tsconfig.json'] },
  {
    name: 'format, lint, import rules',
    command: 'biome',
    args: ['check', '--error-on-warnings', '.'],
  },
  { name: 'dead code', command: 'knip', args: ['--no-progress'] },
];

/** Runs all steps, two at a time; answers whether all passed. */
export async function runChecks(): Promise<boolean> {
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
