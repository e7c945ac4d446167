/** Proves a journal of a running local cloud by the operators' command line: nothing is missing, and the engine does it again. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../ops/journal/main.ts', import.meta.url));

export type JournalProof = { frames: number; archivedTo: number; stateHash: string };

/** Throws where it does not hold from frame 1 to its newest, through archive and stream, or where the replay differs. */
export function proveJournal(stateFolder: string, group: string): Promise<JournalProof> {
  const words = [command, 'replay', '--group', group, '--state', stateFolder, '--json'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, (error, said, told) => {
      if (error) reject(new Error(`the journal of ${group}: ${said}${told}`));
      else resolve(JSON.parse(said) as JournalProof);
    });
  });
}
