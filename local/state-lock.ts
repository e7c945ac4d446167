/** Keeps two clouds off one state folder. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { livingPid, removePidFile, writePidFile } from './pid-file.ts';

export type StateLock = { release: () => void };

export const LOCK_FILE = 'cloud.pid';

/** Throws one clear sentence while another process holds the folder. A holder that died holds nothing. */
export function lockState(stateFolder: string): StateLock {
  const runFolder = join(stateFolder, 'run');
  mkdirSync(runFolder, { recursive: true });
  const path = join(runFolder, LOCK_FILE);
  const refusal = (pid: number | undefined): Error =>
    new Error(
      `Another local cloud (process ${pid ?? 'unknown'}) runs on ${stateFolder}: stop it first, or give this one another folder with --state.`,
    );
  const holder = livingPid(path);
  if (holder !== undefined && holder !== process.pid) throw refusal(holder);
  removePidFile(path);
  try {
    writePidFile(path, process.pid, { exclusive: true });
  } catch {
    throw refusal(livingPid(path));
  }
  return {
    release: () => {
      if (livingPid(path) === process.pid) removePidFile(path);
    },
  };
}
