/** Command ids of the admission window with their first result, refused ones too, so that no signature enters twice. */
import type { EngineRefusal } from '#domain/refusal.ts';
import { memoryMs } from './limits.ts';
import { WindowQueue } from './window-queue.ts';

export type FirstResult = { sequence: number; code?: EngineRefusal };

export class Remembered {
  #results = new Map<string, FirstResult>();
  #window = new WindowQueue<string>();

  has(commandId: string): boolean {
    return this.#results.has(commandId);
  }

  result(commandId: string): FirstResult | undefined {
    return this.#results.get(commandId);
  }

  /** Keeps the first result of an id; a repeat's refusal does not replace it. */
  add(commandId: string, result: FirstResult, nowMs: number): void {
    if (this.#results.has(commandId)) return;
    this.#results.set(commandId, result);
    this.#window.push(commandId, nowMs);
  }

  prune(nowMs: number): void {
    this.#window.prune(nowMs - memoryMs, (commandId) => this.#results.delete(commandId));
  }
}
