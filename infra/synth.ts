/** `npm run synth [-- --stage local|dev|prod|all]`: synthesizes stages by the cdk CLI, one line each; all of them where none is named. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type StageName, stageNames } from './settings.ts';

const { PATH = '' } = process.env;
const root = fileURLToPath(new URL('..', import.meta.url));

const chosen = chooseStages();
if (chosen === undefined) {
  console.error(`There is no such stage: use npm run synth -- --stage ${stageNames.join('|')}|all`);
  process.exitCode = 1;
} else {
  for (const stage of chosen) {
    if (await synthesize(stage)) continue;
    process.exitCode = 1;
    break;
  }
}

function chooseStages(): readonly StageName[] | undefined {
  const { values } = parseArgs({ options: { stage: { type: 'string', default: 'all' } } });
  if (values.stage === 'all') return stageNames;
  const stage = stageNames.find((name) => name === values.stage);
  return stage && [stage];
}

/** Prints one line; answers whether it went well. */
async function synthesize(stage: StageName): Promise<boolean> {
  const began = performance.now();
  const folder = join('cdk.out', stage);
  const { code, output } = await runCdk(stage, folder);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
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

function runCdk(stage: StageName, folder: string): Promise<{ code: number; output: string }> {
  const args = ['synth', '--quiet', '-c', `stage=${stage}`, '--output', folder];
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
