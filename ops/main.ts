/** `npm run ops -- …`: operates the markets of a stage; `--help` says how. */
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { deadLettersFrom } from './dead-letter-reach.ts';
import { deadLetterWords } from './dead-letter-wish.ts';
import { tendDeadLetters } from './dead-letters.ts';
import { moneyFrom } from './money-reach.ts';
import { moneyWords } from './money-wish.ts';
import { moveMoney } from './move-money.ts';
import { type OperatorPorts, operateBy } from './operate.ts';
import { reachFrom } from './reach.ts';
import { rebuildBy, rebuildWords } from './rebuild.ts';
import { rebuildFrom } from './rebuild-reach.ts';
import { reconcileWords, tellReconciliation } from './reconcile.ts';
import { reconcileFrom } from './reconcile-reach.ts';

const here = { root: join(import.meta.dirname, '..'), userName: userName() };

const ports: OperatorPorts = {
  reach: reachFrom(here),
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

/** Whoever tends this kind of command; help is the same for all. */
function run(): Promise<number> {
  const [word = ''] = words;
  if (words.includes('--help')) return operateBy(words, ports);
  if (deadLetterWords.includes(word))
    return tendDeadLetters(words, { ...ports, reach: deadLettersFrom(here.root) });
  if (moneyWords.includes(word))
    return moveMoney(words, {
      ...ports,
      reach: moneyFrom(here),
      newId: () => randomBytes(5).toString('hex'),
    });
  if (reconcileWords.includes(word))
    return tellReconciliation(words, { ...ports, reach: reconcileFrom(here.root) });
  if (rebuildWords.includes(word))
    return rebuildBy(words, {
      ...ports,
      reach: rebuildFrom(here.root),
      interrupted: interrupted(),
    });
  return operateBy(words, ports);
}

/** The first Ctrl-C lets what was found be told; a second one ends at once. */
function interrupted(): AbortSignal {
  const interrupting = new AbortController();
  process.once('SIGINT', () => interrupting.abort());
  return interrupting.signal;
}

process.exitCode = await run();
