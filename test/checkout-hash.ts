/** What a checkout holds, as one hash: equal hashes, equal files. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Made, not written, as logs are; of packages the lock file says which they are. */
const madeFolders = new Set(['.git', '.local', 'cdk.out', 'coverage', 'dist', 'node_modules']);

export function checkoutHash(root: string): string {
  const hash = createHash('sha256').update(process.version);
  for (const path of filesIn(root, '')) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function* filesIn(root: string, folder: string): Generator<string> {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !madeFolders.has(entry.name)) yield* filesIn(root, path);
    if (entry.isFile() && !entry.name.endsWith('.log')) yield path;
  }
}
