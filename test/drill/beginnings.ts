/** What the matchers' logs say of how a process began: at which frame, and what it passed over. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Beginnings = { frames: number[]; passedOver: string[] };

type Line = {
  timestamp?: string;
  message?: string;
  groupId?: string;
  frame?: number;
  why?: string;
};

/** Of a pair group's processes that began after a moment of the wall clock. */
export function beginningsSince(stateFolder: string, groupId: string, sinceMs: number): Beginnings {
  const logs = join(stateFolder, 'logs');
  const lines = readdirSync(logs)
    .filter((file) => /matcher/i.test(file) && file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(join(logs, file), 'utf8').split('\n').flatMap(lineOf))
    .filter((line) => line.groupId === groupId && Date.parse(line.timestamp ?? '') >= sinceMs);
  return {
    frames: lines.flatMap((line) => (line.message === 'beginning' ? [line.frame ?? 0] : [])),
    passedOver: lines.flatMap(({ message, why }) =>
      message === 'recovery passes over something' && why !== undefined ? [why] : [],
    ),
  };
}

function lineOf(text: string): Line[] {
  try {
    return [JSON.parse(text) as Line];
  } catch {
    // A crash's last words are no JSON.
    return [];
  }
}
