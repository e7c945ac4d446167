/** Remembers a process on disk, so that a later boot can tell a leftover of ours from a stranger that got its number. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

type PidRecord = { pid: number; commandLine: string };

/** Writes the pid file of a process that runs now. */
export function writePidFile(path: string, pid: number, options?: { exclusive: boolean }): void {
  const record: PidRecord = { pid, commandLine: commandLineOf(pid) ?? '' };
  const flag = options?.exclusive === true ? 'wx' : 'w';
  writeFileSync(path, JSON.stringify(record), { flag, mode: 0o600 });
}

/** The pid in the file when that very process still runs; undefined when it ended or its number now names another program. */
export function livingPid(path: string): number | undefined {
  const record = readPidRecord(path);
  if (record === undefined || record.commandLine === '') return undefined;
  return commandLineOf(record.pid) === record.commandLine ? record.pid : undefined;
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}

/** The command line of a running process: from /proc where there is one, else from `ps`. A zombie has none. */
export function commandLineOf(pid: number): string | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return line === '' ? undefined : line;
  } catch {
    if (process.platform === 'linux') return undefined;
  }
  try {
    const args = ['-o', 'args=', '-p', String(pid)];
    const line = execFileSync('ps', args, { encoding: 'utf8' }).trim();
    return line === '' ? undefined : line;
  } catch {
    return undefined;
  }
}

function readPidRecord(path: string): PidRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as Partial<PidRecord>;
    if (typeof record.pid !== 'number' || record.pid <= 1) return undefined;
    return { pid: record.pid, commandLine: record.commandLine ?? '' };
  } catch {
    return undefined;
  }
}
