/**
 * Commands that were announced before their turn: their texts are resolved to requests, and the core reads what they will need some at
 * a time, together. What an announced command comes to is decided when it is applied, never before.
 */
import type { Command } from '#domain/command.ts';
import { commandsAhead } from '../limits.ts';
import { nobody } from './core-instance.ts';
import { requestRow as at, requestBytes } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { resolve } from './resolve.ts';

/** So many requests are looked ahead at together: few enough that what was read is near when its turn comes, and that nobody waits long for it. */
export const together = 8;

export class PreparedCommands {
  readonly #state: FastState;
  #commands: readonly Command[] = [];
  /** Places of the next that may come, and of the first that was not prepared. */
  #next = 0;
  #end = 0;
  /** Up to here the core has looked ahead. */
  #lookedTo = 0;
  #rows = nobody;

  constructor(state: FastState) {
    this.#state = state;
  }

  /** Takes orders and cancels until another command comes: one that makes a row, or a market, is resolved in its turn. */
  prepare(commands: readonly Command[]): void {
    const { core } = this.#state;
    this.#drop(this.#end);
    if (this.#rows === nobody) this.#rows = core.calls.takeRoom(commandsAhead * requestBytes);
    this.#commands = commands;
    this.#next = 0;
    this.#end = 0;
    this.#lookedTo = 0;
    const most = Math.min(commands.length, commandsAhead);
    for (const command of commands.slice(0, most)) {
      if (command.type !== 'place' && command.type !== 'cancel') return;
      resolve(command, this.#state, this.#rowOf(this.#end));
      this.#end += 1;
    }
  }

  /** The request of a command that was announced and has not come; nobody where it is to be resolved to be looked at. */
  find(command: Command): number {
    const place = this.#commands.indexOf(command, this.#next);
    if (place < 0 || place >= this.#end) return nobody;
    return this.#isOutdated(command, place) ? nobody : this.#rowOf(place);
  }

  /** The request of a command whose turn it is; nobody where it is to be resolved now. Those announced before it will not come. */
  take(command: Command): number {
    if (this.#next === this.#end) return nobody;
    const place = this.#commands.indexOf(command, this.#next);
    if (place < 0 || place >= this.#end) return nobody;
    this.#drop(place);
    if (this.#isOutdated(command, place)) {
      this.#drop(place + 1);
      return nobody;
    }
    this.#next = place + 1;
    if (place >= this.#lookedTo) this.#lookAhead(place);
    return this.#rowOf(place);
  }

  #lookAhead(from: number): void {
    const count = Math.min(together, this.#end - from);
    this.#lookedTo = from + count;
    this.#state.core.calls.lookAhead(this.#rowOf(from), count);
  }

  /** Whoever was unknown then may be known now. */
  #isOutdated({ type }: Command, place: number): boolean {
    const { core } = this.#state;
    const row = this.#rowOf(place);
    if (core.int(row, at.account) === nobody) return true;
    return type === 'place' && core.int(row, at.market) === nobody;
  }

  /** Lets go of what was announced before a place. */
  #drop(end: number): void {
    if (this.#next === end) return;
    const { core } = this.#state;
    for (; this.#next < end; this.#next += 1) {
      const row = this.#rowOf(this.#next);
      const { type } = this.#commands[this.#next] as Command;
      core.calls.settleRequest(row);
      if (type === 'place') this.#state.dropUnusedClient(core.int(row, at.client));
    }
    this.#state.dropTexts();
  }

  #rowOf(place: number): number {
    return this.#rows + place * requestBytes;
  }
}
