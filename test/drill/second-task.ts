/** A second process of a container task, with the same program and settings and a port of its own. Reads them from /proc, so Linux only. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { kill, type Task } from './drilled-exchange.ts';

export type SecondTask = { pid: number; kill: () => void };

export function startSecondTask(task: Task, stateFolder: string): SecondTask {
  const words = listOf(task.pid, 'cmdline');
  const [command = '', ...args] = words;
  const variables = listOf(task.pid, 'environ').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const output = openSync(join(stateFolder, 'logs', 'second-task.jsonl'), 'a');
  const child = spawn(command, args, {
    cwd: readlinkSync(`/proc/${task.pid}/cwd`),
    // Any free port; the lease tells it.
    env: { ...Object.fromEntries(variables), PORT: '0' },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const pid = child.pid as number;
  const end = () => kill(pid);
  process.on('exit', end);
  child.once('exit', () => process.off('exit', end));
  return { pid, kill: end };
}

const listOf = (pid: number, file: 'cmdline' | 'environ'): string[] =>
  readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').filter(Boolean);
