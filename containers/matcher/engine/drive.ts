/** Applies a command as the rules of time and of bounded commands ask: what is due first, and each command to its end. */
import type { Command, Continue, Tick } from '#domain/command.ts';
import type { Engine } from './engine.ts';

export type Drive = {
  engine: Pick<Engine, 'isUnfinished' | 'nextDueMs' | 'nowMs'>;
  /** Applies and journals one command. */
  apply: (command: Command) => void;
  newCommandId: (type: 'tick' | 'continue') => string;
};

/** What is left undone goes on, then what is due at the command's time, then the command, then what it leaves undone. */
export function drive<C extends Command>(command: C, { apply, ...options }: Drive): void {
  for (const step of steps(command, options)) apply(step);
}

/** The same for who lets others go in between: each command that it gives must be applied before the next is asked for. */
export function* steps<C extends Command>(
  command: C,
  undone: Omit<Drive, 'apply'>,
): Generator<Command> {
  if (command.type === 'tick') yield* rest(undone);
  else yield* before(command.nowMs, undone);
  yield command;
  yield* rest(undone);
}

/** What comes before a command of this time. */
export function* before(nowMs: number, undone: Omit<Drive, 'apply'>): Generator<Command> {
  const { engine, newCommandId } = undone;
  yield* rest(undone);
  while (isDue(engine, nowMs)) {
    const tick: Tick = { type: 'tick', commandId: newCommandId('tick'), nowMs };
    yield tick;
    yield* rest(undone);
  }
}

/** What a command left undone, at the time of that command: whoever goes on, and whenever, does the same. */
export function* rest({
  engine,
  newCommandId,
}: {
  engine: Pick<Engine, 'isUnfinished' | 'nowMs'>;
  newCommandId: Drive['newCommandId'];
}): Generator<Continue> {
  while (engine.isUnfinished) {
    yield { type: 'continue', commandId: newCommandId('continue'), nowMs: engine.nowMs };
  }
}

export function isDue(engine: Pick<Engine, 'nextDueMs'>, nowMs: number): boolean {
  return (engine.nextDueMs() ?? Number.POSITIVE_INFINITY) <= nowMs;
}
