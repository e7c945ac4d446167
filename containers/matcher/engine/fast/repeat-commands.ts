/**
 * Does commands of a journal again, some at a time: all are resolved first, so that the core reads together what they will need. Of what
 * they do only what a replay must know is written out.
 */
import type { EngineEvent } from '#domain/event.ts';
import type { RawCommand } from '#domain/raw-command.ts';
import { rawId } from '../name-words.ts';
import { applyRaw } from './apply-command.ts';
import { nobody } from './core-instance.ts';
import { requestBytes } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { isWorthTelling, renderEvents } from './render-events.ts';
import { resolveRaw } from './resolve.ts';

/** Few enough that what was read for the first is near when the last one's turn comes. */
const together = 16;

export class RepeatedCommands {
  readonly #state: FastState;
  #rows = nobody;

  constructor(state: FastState) {
    this.#state = state;
  }

  /** Neither makes accounts or markets, so that those behind are resolved as they would be in their turn. */
  repeat(
    commands: readonly RawCommand[],
    tell: (command: RawCommand, events: EngineEvent[]) => void,
  ): void {
    const { core } = this.#state;
    if (this.#rows === nobody) this.#rows = core.calls.takeRoom(together * requestBytes);
    for (let from = 0; from < commands.length; from += together)
      this.#repeatSome(commands.slice(from, from + together), tell);
  }

  #repeatSome(
    commands: readonly RawCommand[],
    tell: (command: RawCommand, events: EngineEvent[]) => void,
  ): void {
    const state = this.#state;
    let row = this.#rows;
    for (const command of commands) {
      resolveRaw(command, state, row);
      row += requestBytes;
    }
    state.core.calls.lookAhead(this.#rows, commands.length);
    row = this.#rows;
    for (const command of commands) {
      applyRaw(command, state, row);
      row += requestBytes;
      if (!isWorthTelling(state)) continue;
      const events: EngineEvent[] = [];
      renderEvents(state, rawId(command), (event) => events.push(event));
      tell(command, events);
    }
  }
}
