/** A command as a person types it into a terminal: in a process group of its own, with what it prints and how it ends. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually } from './waiting.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export type Typed = {
  pid: number;
  /** All that it printed so far. */
  printed: () => string;
  /** What it printed as trouble. */
  complained: () => string;
  /** Waits for a text and answers all that was printed. */
  says: (text: string | RegExp, withinMs?: number) => Promise<string>;
  /** Settles once it and all that share its output have ended. */
  ended: Promise<{ code: number | null; signal: string | null }>;
  /** Ctrl-C: the signal reaches every process of the group. Answers how long the end took. */
  interrupt: () => Promise<{ ms: number; code: number | null }>;
  kill: () => void;
};

export type TypeOptions = { env?: Record<string, string>; cwd?: string };

export function type(command: string, words: string[], options: TypeOptions = {}): Typed {
  const child = spawn(command, words, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let trouble = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text += chunk;
    trouble += chunk;
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('error', () => resolve({ code: 127, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const pid = child.pid ?? 0;
  return {
    pid,
    printed: () => text,
    complained: () => trouble,
    ended,
    says: async (wanted, withinMs = 60_000) => {
      const heard = () => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text));
      await eventually(
        `"${wanted}" to be printed`,
        () => heard() || isOver,
        withinMs,
        () => text,
      );
      if (!heard()) throw new Error(`it ended without "${wanted}"; it printed:\n${text}`);
      return text;
    },
    interrupt: async () => {
      const began = performance.now();
      signalGroup(pid, 'SIGINT');
      const { code } = await ended;
      return { ms: Math.round(performance.now() - began), code };
    },
    kill: () => signalGroup(pid, 'SIGKILL'),
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended.
  }
}
