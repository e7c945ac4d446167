/**
 * `npm test`: the checks, then every test project, then one plain line that counts.
 * `npm test -- unit` runs one project; anything else is handed to Vitest as a file filter.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { havePassed } from './check.ts';
import { endProcessesOf } from './left-behind.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What one Vitest runs. */
type Run = { projects: string[]; isBackground?: boolean };

/**
 * One stage after the other. System tests boot the whole exchange: the others do not run beside them, but for the stories. Those
 * wait for nothing and take, at the lowest priority, the quarter of the machine that system tests leave.
 */
const stages: Run[][] = [
  [{ projects: ['unit', 'emulated'] }],
  [{ projects: ['system'] }, { projects: ['stories'], isBackground: true }],
];
const known = stages.flat().flatMap(({ projects }) => projects);

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
let ok = args.length > 0 || (await havePassed());
for (const stage of stages) {
  const wanted = (project: string) => chosen.length === 0 || chosen.includes(project);
  const runs = stage
    .map((run) => ({ ...run, projects: run.projects.filter(wanted) }))
    .filter(({ projects }) => projects.length > 0);
  const done = await Promise.all(runs.map((run) => runProjects(run)));
  ok = done.every((each) => each) && ok;
}
for (const { pid, commandLine } of endProcessesOf(folder)) {
  ok = false;
  console.error(`FAIL the tests left process ${pid} behind: ${commandLine}`);
}
if (total.passed + total.failed === 0) ok = false;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = ok && total.failed === 0 ? 0 : 1;

async function runProjects({ projects, isBackground = false }: Run): Promise<boolean> {
  const report = join(folder, `${projects.join('-')}.json`);
  const flags = projects.flatMap((project) => ['--project', project]);
  const words = ['run', ...flags, ...filters, '--passWithNoTests'];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await vitest([...words, ...reporters], isBackground);
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

function vitest(vitestArgs: string[], isBackground: boolean): Promise<number> {
  return new Promise((resolve) => {
    const env = { ...process.env, TMPDIR: folder, TMP: folder, TEMP: folder };
    const command = 'node_modules/.bin/vitest';
    // What runs in the background speaks when it has ended, so that lines of two runs do not mix.
    const log = isBackground ? join(folder, 'background.log') : undefined;
    const output = log ? openSync(log, 'w') : 'inherit';
    const child = spawn(command, vitestArgs, {
      cwd: root,
      stdio: ['inherit', output, output],
      env,
    });
    if (log && child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    child.on('exit', (code) => {
      if (log) process.stdout.write(readFileSync(log));
      resolve(code ?? 1);
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        child.kill(signal);
        process.exit(130);
      });
    }
  });
}
