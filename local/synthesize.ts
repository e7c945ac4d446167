/** Synthesizes the CDK app of this checkout, unless nothing changed since it was last done. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from './child-process.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';

export type SynthesisOptions = {
  root: string;
  stage: string;
  stateFolder: string;
  progress: (text: string) => void;
  /** Ends the synthesis early. */
  signal?: AbortSignal;
};

/** What the assembly is made of. */
const SOURCES = [
  'infra',
  'functions',
  'containers',
  'shared',
  'client',
  'contracts/abi',
  'package-lock.json',
  'cdk.json',
  'tsconfig.json',
];
const LAST_LINES = 15;

/** Gives the folder of the assembly. Throws, with the end of what the synthesis said, when it fails. */
export async function synthesize(options: SynthesisOptions): Promise<string> {
  const { root, stage, stateFolder, progress } = options;
  const output = join(stateFolder, 'cdk.out');
  const stampFile = join(stateFolder, 'synthesis.json');
  const stamp = stampOf(root, stage);
  const isCurrent = readJsonFile<{ stamp: string }>(stampFile)?.stamp === stamp;
  if (isCurrent && existsSync(join(output, 'manifest.json'))) {
    progress('template is up to date');
    return output;
  }
  rmSync(stampFile, { force: true });
  rmSync(output, { recursive: true, force: true });
  progress('synthesizing the template…');
  const cdk = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  if (!existsSync(cdk)) {
    throw new Error('The CDK CLI is not installed: run `npm install --no-save` in the project.');
  }
  const flags = ['--quiet', '--no-notices', '--no-version-reporting'];
  const logFile = join(stateFolder, 'logs', 'synthesis.log');
  rmSync(logFile, { force: true });
  const child = await startChild({
    name: 'synthesis',
    command: process.execPath,
    args: [cdk, 'synth', '-c', `stage=${stage}`, '--output', output, ...flags],
    cwd: root,
    env: synthesisEnvironment(),
    logFile,
    runFolder: join(stateFolder, 'run'),
  });
  const giveUp = (): void => child.kill('SIGKILL');
  options.signal?.addEventListener('abort', giveUp, { once: true });
  // The signal may have come while the process was being started.
  if (options.signal?.aborted) giveUp();
  const { code } = await child.exited;
  await child.stop(0);
  if (code !== 0 || !existsSync(join(output, 'manifest.json'))) {
    throw new Error(
      `The template could not be synthesized: correct what follows and start again (whole log: ${logFile}).\n${tailOf(logFile)}`,
    );
  }
  writeJsonFile(stampFile, { stamp });
  return output;
}

/** CDK and esbuild need the tools of this machine, and nothing else of its environment. */
function synthesisEnvironment(): Record<string, string> {
  const environment: Record<string, string> = { CI: 'true', CDK_DISABLE_VERSION_CHECK: 'true' };
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'USERPROFILE', 'SystemRoot', 'TEMP']) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/** Changes when any source does: names, sizes and times of change. */
function stampOf(root: string, stage: string): string {
  const hash = createHash('sha256').update(stage).update(process.version);
  for (const source of SOURCES) addTo(hash, join(root, source));
  return hash.digest('hex');
}

function addTo(hash: ReturnType<typeof createHash>, path: string): void {
  if (!existsSync(path)) return;
  const stats = statSync(path);
  if (!stats.isDirectory()) {
    hash.update(`${path}\0${stats.size}\0${stats.mtimeMs}\n`);
    return;
  }
  for (const entry of readdirSync(path).sort()) {
    if (entry !== 'node_modules') addTo(hash, join(path, entry));
  }
}

function tailOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
}
