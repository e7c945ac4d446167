/** Keeps one container task running as a child process, as ECS would: it is started again when it ends. */
import { join } from 'node:path';
import { type Child, startChild } from './child-process.ts';
import { pauseUnlessAborted } from './shard-poller.ts';

export type ContainerTask = {
  /** `<service>-<number>`. */
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  port: number;
  /** SIGKILL comes this long after SIGTERM. */
  stopMs: number;
};

export type ContainerProcess = {
  name: string;
  port: number;
  logFile: string;
  /** Undefined between a crash and the restart. */
  pid: () => number | undefined;
  restarts: () => number;
  kill: (signal: NodeJS.Signals) => void;
  /** Ends the task for good; SIGKILL comes after `graceMs`, or the task's own time. */
  stop: (graceMs?: number) => Promise<void>;
};

export type ContainerProcessOptions = {
  task: ContainerTask;
  logFile: string;
  runFolder: string;
  report: (text: string) => void;
};

const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 10_000;
/** A task that lived this long was well: its next crash starts the pauses anew. */
const WELL_AFTER_MS = 30_000;

export async function startContainerProcess(
  options: ContainerProcessOptions,
): Promise<ContainerProcess> {
  const { task, logFile } = options;
  const stopping = new AbortController();
  let child: Child | undefined = await start(options);
  let restarts = 0;
  const running = keep();

  async function keep(): Promise<void> {
    let crashes = 0;
    while (!stopping.signal.aborted && child !== undefined) {
      const sinceMs = Date.now();
      const { code, signal } = await child.exited;
      if (stopping.signal.aborted) return;
      child = undefined;
      crashes = Date.now() - sinceMs > WELL_AFTER_MS ? 1 : crashes + 1;
      if (isNews(crashes)) {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        const often = crashes === 1 ? '' : `, ${crashes} times in a row`;
        options.report(`${task.name} ended ${how}${often}; it is started again: read ${logFile}`);
      }
      await pauseUnlessAborted(pauseMs(crashes), stopping.signal);
      if (stopping.signal.aborted) return;
      restarts += 1;
      child = await start(options);
    }
  }

  return {
    name: task.name,
    port: task.port,
    logFile,
    pid: () => child?.pid,
    restarts: () => restarts,
    kill: (signal) => child?.kill(signal),
    stop: async (graceMs = task.stopMs) => {
      stopping.abort();
      await child?.stop(graceMs);
      await running;
      // A start may have been under way when the stop came.
      await child?.stop(graceMs);
    },
  };
}

/** The first crash, and every doubling of their number: one that goes on and on must not fill the console. */
function isNews(crashes: number): boolean {
  return (crashes & (crashes - 1)) === 0;
}

function pauseMs(crashes: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (crashes - 1), LAST_PAUSE_MS);
}

async function start({ task, logFile, runFolder }: ContainerProcessOptions): Promise<Child> {
  return startChild({
    name: `container-${task.name}`,
    command: task.command,
    args: task.args,
    cwd: task.cwd,
    env: task.env,
    logFile,
    runFolder,
  });
}

/** Where a service's output goes. All its tasks append to one file. */
export function containerLogFile(logFolder: string, service: string): string {
  return join(logFolder, `${service}.jsonl`);
}
