/**
 * `npm test`: the checks, then every test project, then one plain line that counts.
 * `npm test -- unit` runs one project; anything else is handed to Vitest as a file filter.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecks } from './check.ts';
import { endProcessesOf } from './left-behind.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
// System tests boot the whole exchange: they run after the others, not beside them.
const stages = [['unit', 'emulated'], ['system']];
const known = stages.flat();

const args = process.argv.slice(2);
const chosen = args.filter((arg) => known.includes(arg));
const filters = args.filter((arg) => !known.includes(arg));

/** Everything that tests write or start names this folder, so that what they leave behind is found and ended. */
const folder = mkdtempSync(join(tmpdir(), 'crossbook-test-'));
process.on('exit', () => {
  endProcessesOf(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});
const total = { passed: 0, failed: 0, skipped: 0 };
let ok = args.length > 0 || (await runChecks());
for (const stage of stages) {
  const projects = stage.filter((project) => chosen.length === 0 || chosen.includes(project));
  if (projects.length > 0) ok = (await runProjects(projects)) && ok;
}
for (const { pid, commandLine } of endProcessesOf(folder)) {
  ok = false;
  console.error(`FAIL the tests left process ${pid} behind: ${commandLine}`);
}
if (total.passed + total.failed === 0) ok = false;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = ok && total.failed === 0 ? 0 : 1;

async function runProjects(projects: string[]): Promise<boolean> {
  const report = join(folder, `${projects.join('-')}.json`);
  const flags = projects.flatMap((project) => ['--project', project]);
  const code = await vitest([
    'run',
    ...flags,
    ...filters,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    total.passed += counts.numPassedTests;
    total.failed += counts.numFailedTests;
    total.skipped += counts.numPendingTests;
  } catch {
    return false;
  }
  return code === 0;
}

function vitest(vitestArgs: string[]): Promise<number> {
  return new Promise((resolve) => {
    const env = { ...process.env, TMPDIR: folder, TMP: folder, TEMP: folder };
    const command = 'node_modules/.bin/vitest';
    const child = spawn(command, vitestArgs, { cwd: root, stdio: 'inherit', env });
    child.on('exit', (code) => resolve(code ?? 1));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        child.kill(signal);
        process.exit(130);
      });
    }
  });
}
