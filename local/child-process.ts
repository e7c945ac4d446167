/** Starts a program in its own process group with files for its output, and ends it with all that it started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { livingPid, removePidFile, writePidFile } from './pid-file.ts';

export type ChildExit = { code: number | null; signal: NodeJS.Signals | null };

export type Child = {
  name: string;
  pid: number;
  logFile: string;
  /** Settles when the process is gone; never rejects. */
  exited: Promise<ChildExit>;
  /** Sends a signal to the whole process group. */
  kill: (signal: NodeJS.Signals) => void;
  /** SIGTERM, then SIGKILL once `graceMs` have passed; SIGKILL at once where that is 0. */
  stop: (graceMs: number) => Promise<void>;
};

export type ChildOptions = {
  name: string;
  command: string;
  args: string[];
  /** The child's whole environment: nothing of ours is inherited. */
  env: Record<string, string>;
  cwd?: string;
  logFile: string;
  runFolder: string;
  /** Called at each message that the child sends, where it is one that does. */
  told?: () => void;
};

/** A log larger than this is emptied before a child writes to it again. */
const LOG_LIMIT_BYTES = 32 * 1024 * 1024;
/** Half a second: longer only where somebody cannot be killed. */
const GROUP_END_ROUNDS = 50;

export async function startChild(options: ChildOptions): Promise<Child> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  mkdirSync(options.runFolder, { recursive: true });
  boundLog(options.logFile);
  // A file and not a pipe: an orphan that holds our pipe would keep our reader alive.
  const output = openSync(options.logFile, 'a');
  const running = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', output, output, ...(options.told ? (['ipc'] as const) : [])],
    env: options.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(output);
  if (options.told) running.on('message', options.told);
  const exited = new Promise<ChildExit>((resolve) => {
    running.once('exit', (code, signal) => resolve({ code, signal }));
    running.once('error', () => resolve({ code: 127, signal: null }));
  });
  try {
    await once(running, 'spawn');
  } catch (error) {
    throw new Error(`${options.name} cannot be started: ${(error as Error).message}.`);
  }
  const pid = running.pid as number;
  const pidFile = join(options.runFolder, `${options.name}.pid`);
  writePidFile(pidFile, pid);

  const kill = (signal: NodeJS.Signals): void => killGroup(pid, signal);
  async function stop(graceMs: number): Promise<void> {
    kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
    const over = new AbortController();
    const late = sleep(graceMs, true, { signal: over.signal }).catch(() => false);
    if (await Promise.race([late, exited.then(() => false)])) kill('SIGKILL');
    await exited;
    over.abort();
    // The leader is gone; what it started and left behind is in its group.
    kill('SIGKILL');
    await groupEnds(pid);
    removePidFile(pidFile);
  }
  return { name: options.name, pid, logFile: options.logFile, exited, kill, stop };
}

/** Ends what an earlier run left behind, named by the pid files in a folder. Gives the names of what it ended. */
export async function endLeftovers(runFolder: string, keep: string[] = []): Promise<string[]> {
  const ended: string[] = [];
  for (const file of pidFilesIn(runFolder)) {
    if (keep.includes(file)) continue;
    const path = join(runFolder, file);
    const pid = livingPid(path);
    if (pid !== undefined) {
      killGroup(pid, 'SIGKILL');
      ended.push(file.replace(/\.pid$/, ''));
      for (let round = 0; livingPid(path) !== undefined && round < 100; round += 1) await sleep(20);
    }
    removePidFile(path);
  }
  return ended;
}

/** Empties a log that outgrew its bound; writers append, so they go on at its new end. */
export function boundLog(path: string): void {
  try {
    if (statSync(path).size > LOG_LIMIT_BYTES) truncateSync(path);
  } catch {
    // No log yet.
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // No such group: it has ended, or it never became a group leader.
    }
  }
}

/** A killed process is there for some moments more. */
async function groupEnds(pid: number): Promise<void> {
  for (let round = 0; round < GROUP_END_ROUNDS && hasGroup(pid); round += 1) await sleep(10);
}

function hasGroup(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

function pidFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith('.pid'));
  } catch {
    return [];
  }
}
