/** `npm run journal -- …`: reads, proves and replays the journal of a pair group; `--help` says how. */
import { once } from 'node:events';
import { join } from 'node:path';
import { journalsFrom } from './reach.ts';
import { runJournal } from './run.ts';

const interrupting = new AbortController();
// The first Ctrl-C lets what was read be told; a second one ends at once.
process.once('SIGINT', () => interrupting.abort());
// `| head` closes the pipe when it has enough.
process.stdout.on('error', () => process.exit(0));

process.exitCode = await runJournal(process.argv.slice(2), {
  reach: journalsFrom(join(import.meta.dirname, '../..')),
  async say(line) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  },
  tell: (line) => console.error(line),
  monotonicMs: () => performance.now(),
  interrupted: interrupting.signal,
});
