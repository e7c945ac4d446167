/** Which processes still run that were started for a folder: what a stop or a test run must not leave behind. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type Process = { pid: number; commandLine: string };

/**
 * Processes that name the folder in their command line, environment or working directory; none where the system has no /proc.
 * This process and the one that started it are not among them.
 */
export function processesOf(folder: string): Process[] {
  return pidsOfAll()
    .filter((pid) => pid !== process.pid && pid !== process.ppid)
    .map((pid) => ({ pid, commandLine: read(pid, 'cmdline') }))
    .filter(({ pid, commandLine }) => {
      // A zombie has ended: it only waits for its parent to look.
      if (commandLine === '') return false;
      if (commandLine.includes(folder)) return true;
      return workingFolder(pid).startsWith(folder) || read(pid, 'environ').includes(folder);
    });
}

/** Kills them, and answers those that it found. */
export function endProcessesOf(folder: string): Process[] {
  const found = processesOf(folder);
  for (const { pid } of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended on its own.
    }
  }
  return found;
}

function pidsOfAll(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 1);
  } catch {
    return [];
  }
}

function read(pid: number, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
