/** `npm run check`: types, format, lint and import rules, dead code. Prints one line a step; the first failure's output, then exit 1. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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
