/**
 * Does commands of a journal again, some at a time: all are resolved first, so that the core reads together what they will need. Of what
 * they do only what a replay must know is written out.
 */
import { assert } from '#domain/assertion.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { RawCommand } from '#domain/raw-command.ts';
import { commandsRepeated } from '../limits.ts';
import { rawId } from '../name-words.ts';
import { dropUnused } from './apply-command.ts';
import { nobody } from './core-instance.ts';
import { engineState, rawNamesBytes, rawNamesRow, requestBytes, stateAt } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { renderEvents } from './render-events.ts';
import { resolveRaw } from './resolve.ts';

export class RepeatedCommands {
  readonly #state: FastState;
  #rows = nobody;
  #names = nobody;
  /** The commands of the frame that was read last, and where the core has them. */
  #bytes: Uint8Array = new Uint8Array();
  #bytesAt = nobody;
  #bytesLog = 0;

  constructor(state: FastState) {
    this.#state = state;
  }

  /** Commands of one frame. Neither kind makes accounts or markets, so that those behind are resolved as they would be in their turn. */
  repeat(
    commands: readonly RawCommand[],
    tell: (command: RawCommand, events: EngineEvent[]) => void,
  ): void {
    const { core } = this.#state;
    if (this.#rows === nobody) {
      this.#rows = core.calls.takeRoom(commandsRepeated * requestBytes);
      this.#names = core.calls.takeRoom(commandsRepeated * rawNamesBytes);
    }
    for (let from = 0; from < commands.length; from += commandsRepeated)
      this.#repeatSome(commands.slice(from, from + commandsRepeated), tell);
  }

  #repeatSome(
    commands: readonly RawCommand[],
    tell: (command: RawCommand, events: EngineEvent[]) => void,
  ): void {
    const state = this.#state;
    const { core } = state;
    this.#resolve(commands);
    for (let from = 0; from < commands.length; ) {
      const next = core.calls.repeat(this.#rows, from, commands.length);
      for (; from < next; from += 1) dropUnused(state, this.#rows + from * requestBytes);
      if (core.int(stateAt, engineState.isWorthTelling) === 0) continue;
      const newest = commands[next - 1] as RawCommand;
      const events: EngineEvent[] = [];
      renderEvents(state, rawId(newest), (event) => events.push(event));
      tell(newest, events);
    }
  }

  #resolve(commands: readonly RawCommand[]): void {
    const state = this.#state;
    const { core } = state;
    const bytes = commands[0]?.bytes ?? this.#bytes;
    const bytesAt = this.#placeOf(bytes);
    let row = this.#rows;
    let names = this.#names;
    for (const command of commands) {
      assert(command.bytes === bytes, 'commands of two frames');
      resolveRaw(command, state, row);
      const targetAt = command.type === 'raw_cancel' ? command.digestAt : command.replacesAt;
      core.setInt(names, rawNamesRow.id, bytesAt + command.idAt);
      core.setInt(names, rawNamesRow.target, targetAt === undefined ? nobody : bytesAt + targetAt);
      core.setInt(names, rawNamesRow.account, bytesAt + command.accountAt);
      row += requestBytes;
      names += rawNamesBytes;
    }
    core.calls.resolveRaw(this.#rows, this.#names, commands.length);
  }

  /** Where the core has these bytes. */
  #placeOf(bytes: Uint8Array): number {
    if (bytes === this.#bytes) return this.#bytesAt;
    const { core } = this.#state;
    const log = Math.max(12, Math.ceil(Math.log2(bytes.length)));
    if (log > this.#bytesLog) {
      if (this.#bytesAt !== nobody) core.calls.releaseRegion(this.#bytesAt, this.#bytesLog);
      this.#bytesAt = core.calls.takeRegion(log);
      this.#bytesLog = log;
    }
    this.#bytes = bytes;
    core.bytes(this.#bytesAt, this.#bytesAt + bytes.length).set(bytes);
    return this.#bytesAt;
  }
}
