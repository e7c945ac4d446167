/** The whole exchange as its user starts it: `local/main.ts` in a process of its own, on free ports, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readyWithinMs = 60_000;

export type Exchange = {
  apiUrl: string;
  webSocketUrl: string;
  /** Where its state lies. */
  stateFolder: string;
  /** The emulators' and services' addresses, by name. */
  urls: Record<string, string>;
  /** Ends it as Ctrl-C does; answers how long that took and the exit code. */
  stop(): Promise<{ ms: number; code: number | null }>;
  /** Kills every process of it at once, as a power cut would. */
  killNine(): Promise<void>;
  /** Ids of all processes that it started and that are alive, its own first. */
  processes(): number[];
  /** What it printed so far. */
  printed(): string;
};

export type ExchangeOptions = {
  stateFolder: string;
  /** Skips synthesis: an assembly that an earlier start left behind. */
  assembly?: string;
  flags?: string[];
  /** Variables beside this process's own, such as an emulator's replacement. */
  env?: Record<string, string>;
};

/** Starts it and waits for the ready line; throws with everything printed where that does not come. */
export async function startExchange(options: ExchangeOptions): Promise<Exchange> {
  const { stateFolder, assembly, flags = ['--port', '0'] } = options;
  const child = spawn(
    process.execPath,
    [
      join(root, 'local/main.ts'),
      ...['--state', stateFolder],
      ...(assembly ? ['--assembly', assembly] : []),
      ...flags,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      // As start.mjs sets it.
      env: { MALLOC_ARENA_MAX: '2', ...process.env, ...options.env },
    },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      text += data;
    });
  }
  try {
    await ready(child, () => text);
  } catch (error) {
    for (const pid of [child.pid as number, ...pidsOf(stateFolder)]) kill(pid);
    throw error;
  }
  const cloud = JSON.parse(readFileSync(join(stateFolder, 'cloud.json'), 'utf8'));
  const output = (name: string) =>
    cloud.outputs.find((each: { key: string }) => each.key === name)?.value as string;
  const processes = () =>
    [...new Set([child.pid as number, ...pidsOf(stateFolder)])].filter(isAlive);
  return {
    apiUrl: output('RestUrl'),
    webSocketUrl: output('WebSocketUrl'),
    urls: cloud.urls,
    stateFolder,
    processes,
    printed: () => text,
    async stop() {
      const began = performance.now();
      const code = await ended(child, () => child.kill('SIGINT'));
      return { ms: Math.round(performance.now() - began), code };
    },
    async killNine() {
      const pids = processes();
      await ended(child, () => {
        for (const pid of pids) kill(pid);
      });
    },
  };
}

function ready(child: ChildProcess, printed: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearInterval(poll);
      reject(new Error(`${why}; it printed:\n${printed()}`));
    };
    const began = performance.now();
    const poll = setInterval(() => {
      if (/^Ready in /m.test(printed())) {
        clearInterval(poll);
        resolve();
      } else if (performance.now() - began > readyWithinMs)
        fail('the exchange was not ready in time');
    }, 50);
    child.once('exit', (code) => {
      if (!/^Ready in /m.test(printed())) fail(`the exchange ended with ${code}`);
    });
  });
}

function ended(child: ChildProcess, end: () => void): Promise<number | null> {
  // One that a signal ended has no exit code, and says "exit" no second time.
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    end();
  });
}

/** Process ids that the local cloud wrote down for its next start. */
function pidsOf(stateFolder: string): number[] {
  const folder = join(stateFolder, 'run');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.pid'))
    .map((file) => Number(/\d+/.exec(readFileSync(join(folder, file), 'utf8'))?.[0]))
    .filter((pid) => pid > 1);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
