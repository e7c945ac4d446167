/** `npm run ops -- …`: operates the markets of a stage; `--help` says how. */
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { deadLettersFrom } from './dead-letter-reach.ts';
import { deadLetterWords } from './dead-letter-wish.ts';
import { tendDeadLetters } from './dead-letters.ts';
import { type OperatorPorts, operateBy } from './operate.ts';
import { reachFrom } from './reach.ts';

const ports: OperatorPorts = {
  reach: reachFrom({ root: join(import.meta.dirname, '..'), userName: userName() }),
  newCommandId: () => `ops-${randomBytes(16).toString('hex')}`,
  async ask(question) {
    if (!process.stdin.isTTY) return undefined;
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await terminal.question(question);
    } finally {
      terminal.close();
    }
  },
  say: (line) => console.log(line),
  complain: (line) => console.error(line),
  nowMs: Date.now,
  pause,
};

/** A container's user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'somebody';
  }
}

const words = process.argv.slice(2);
process.exitCode =
  deadLetterWords.includes(words[0] ?? '') && !words.includes('--help')
    ? await tendDeadLetters(words, {
        ...ports,
        reach: deadLettersFrom(join(import.meta.dirname, '..')),
      })
    : await operateBy(words, ports);
