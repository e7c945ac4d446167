/** Applies a command as the rules of time and of bounded commands ask: what is due first, and each command to its end. */
import type { Command, Continue, Tick } from '#domain/command.ts';
import type { Engine } from './engine.ts';

export type Drive = {
  engine: Pick<Engine, 'isUnfinished' | 'nextDueMs'>;
  /** Applies and journals one command. */
  apply: (command: Command) => void;
  newCommandId: (type: 'tick' | 'continue') => string;
};

/** What is left undone goes on, then what is due at the command's time, then the command, then what it leaves undone. */
export function drive<C extends Command>(command: C, { engine, apply, newCommandId }: Drive): void {
  const { nowMs } = command;
  const isDue = () => (engine.nextDueMs() ?? Number.POSITIVE_INFINITY) <= nowMs;
  const finish = () => {
    while (engine.isUnfinished) {
      const next: Continue = { type: 'continue', commandId: newCommandId('continue'), nowMs };
      apply(next);
    }
  };
  finish();
  while (isDue() && command.type !== 'tick') {
    const tick: Tick = { type: 'tick', commandId: newCommandId('tick'), nowMs };
    apply(tick);
    finish();
  }
  apply(command);
  finish();
}
