/** `npm run synth [-- --stage local|dev|prod|all]`: synthesizes stages by the cdk CLI, one line each; all of them where none is named. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './constructs/bundles.ts';
import { type StageName, stageNames } from './settings.ts';

const { PATH = '' } = process.env;
const root = fileURLToPath(new URL('..', import.meta.url));

const chosen = chooseStages();
if (chosen === undefined) {
  console.error(`There is no such stage: use npm run synth -- --stage ${stageNames.join('|')}|all`);
  process.exitCode = 1;
} else {
  process.exitCode = (await synthesizeAll(chosen)) ? 0 : 1;
}

function chooseStages(): readonly StageName[] | undefined {
  const { values } = parseArgs({ options: { stage: { type: 'string', default: 'all' } } });
  if (values.stage === 'all') return stageNames;
  const stage = stageNames.find((name) => name === values.stage);
  return stage && [stage];
}

/** Side by side, of one bundle: it is the same for all stages, and half of the work. Answers whether all went well. */
async function synthesizeAll(stages: readonly StageName[]): Promise<boolean> {
  const bundles = mkdtempSync(join(tmpdir(), 'crossbook-bundles-'));
  try {
    const began = performance.now();
    bundle(root, bundles);
    console.log(`ok   functions and containers are bundled (${secondsSince(began)} s)`);
    const went = await Promise.all(stages.map((stage) => synthesize(stage, bundles)));
    return went.every((well) => well);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  } finally {
    rmSync(bundles, { recursive: true, force: true });
  }
}

function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(1);
}

/** Prints one line; answers whether it went well. */
async function synthesize(stage: StageName, bundles: string): Promise<boolean> {
  const began = performance.now();
  const folder = join('cdk.out', stage);
  const { code, output } = await runCdk(stage, folder, bundles);
  const seconds = secondsSince(began);
  if (code !== 0) {
    console.error(output);
    console.error(`FAIL ${stage}: see above (${seconds} s)`);
    return false;
  }
  const { stacks, resources } = count(join(root, folder));
  console.log(
    `ok   ${stage}: ${stacks} stacks, ${resources} resources in ${folder} (${seconds} s)`,
  );
  return true;
}

type Ended = { code: number; output: string };

function runCdk(stage: StageName, folder: string, bundles: string): Promise<Ended> {
  const context = ['-c', `stage=${stage}`, '-c', `bundles=${bundles}`];
  const args = ['synth', '--quiet', ...context, '--output', folder];
  return new Promise((resolve) => {
    const child = spawn(join(root, 'node_modules/.bin/cdk'), args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      // The app is TypeScript as it stands: it needs the Node that runs this file.
      env: {
        ...process.env,
        PATH: dirname(process.execPath) + delimiter + PATH,
        CI: '1',
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        output += text;
      });
    child.on('error', (error) =>
      resolve({ code: 1, output: `cdk cannot be run: ${error.message}` }),
    );
    child.on('close', (code) => resolve({ code: code ?? 1, output: output.trim() }));
  });
}

function count(folder: string): { stacks: number; resources: number } {
  const templates = readdirSync(folder).filter((name) => name.endsWith('.template.json'));
  const resources = templates.map(
    (name) => Object.keys(JSON.parse(readFileSync(join(folder, name), 'utf8')).Resources).length,
  );
  return { stacks: templates.length, resources: resources.reduce((sum, each) => sum + each, 0) };
}
