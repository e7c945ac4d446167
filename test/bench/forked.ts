/** A part of a benchmark in a process of its own: the parent calls its functions by name, one at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

type Call = { name: string; given: unknown };
type Answer = { value: unknown } | { problem: string };

export type Forked = {
  call<T>(name: string, given?: unknown): Promise<T>;
  end(): Promise<void>;
};

export function forked(file: URL, execArgv: string[] = process.execArgv): Forked {
  const child = fork(file, { serialization: 'advanced', execArgv });
  const exited = once(child, 'exit');
  return {
    async call<T>(name: string, given?: unknown) {
      child.send({ name, given } satisfies Call);
      const answer = await answerOf(child, exited);
      if ('problem' in answer) throw new Error(`${name}: ${answer.problem}`);
      return answer.value as T;
    },
    async end() {
      child.disconnect();
      await exited;
    },
  };
}

async function answerOf(child: ChildProcess, exited: Promise<unknown[]>): Promise<Answer> {
  const ended = exited.then(([code]) => ({ problem: `the process ended with ${code}` }));
  return Promise.race([once(child, 'message').then(([answer]) => answer as Answer), ended]);
}

/** In the child: does what the parent calls; ends with the parent. */
export function answerParent(functions: Record<string, (given: never) => unknown>): void {
  process.on('message', async ({ name, given }: Call) => {
    try {
      process.send?.({ value: await functions[name]?.(given as never) } satisfies Answer);
    } catch (error) {
      const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.send?.({ problem } satisfies Answer);
    }
  });
  process.on('disconnect', () => process.exit(0));
}
