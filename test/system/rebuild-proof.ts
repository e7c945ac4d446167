/** Builds the ledger of a running local cloud anew by the operators' command line, and compares it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../ops/main.ts', import.meta.url));

export type RebuildProof = { operations: number; compared: Record<string, number>; ms: number };

/** Throws where an item of the live ledger is another than the one built anew. */
export function proveLedger(stateFolder: string): Promise<RebuildProof> {
  const words = [
    ...[command, 'rebuild-ledger', '--verify', '--yes'],
    ...['--state', stateFolder, '--json'],
  ];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, (error, said, told) => {
      if (error) reject(new Error(`the ledger built anew: ${said}${told}`));
      else resolve(JSON.parse(said) as RebuildProof);
    });
  });
}
