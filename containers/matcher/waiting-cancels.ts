/** Cancels that found their order waiting: the engine, which never saw it, remembers them as refused; here they are as they were answered. */
import type { CommandResult } from '#wire/matcher-api.ts';
import { memoryMs } from './engine/limits.ts';
import { WindowQueue } from './engine/window-queue.ts';

export class WaitingCancels {
  readonly #results = new Map<string, CommandResult>();
  readonly #window = new WindowQueue<string>();

  find(commandId: string): CommandResult | undefined {
    return this.#results.get(commandId);
  }

  note(result: CommandResult, nowMs: number): void {
    this.#window.prune(nowMs - memoryMs, (commandId) => this.#results.delete(commandId));
    this.#window.push(result.commandId, nowMs);
    this.#results.set(result.commandId, result);
  }
}
