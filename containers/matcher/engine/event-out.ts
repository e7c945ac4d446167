/** The engine's one output: numbers events without a gap and chains them. */
import { assert } from '#domain/assertion.ts';
import type { EngineEvent } from '#domain/event.ts';
import { foldEvent } from './event-hash.ts';
import { HashLanes } from './hash-lanes.ts';
import { eventsPerCommand } from './limits.ts';

export class EventOut {
  /** The newest event's number. */
  sequence = 0;
  #ofCommand = 0;
  #chain = new HashLanes();
  #emit: (event: EngineEvent) => void = () => {};

  /** A command begins: its events go to `emit`. */
  open(emit: (event: EngineEvent) => void): void {
    this.#emit = emit;
    this.#ofCommand = 0;
  }

  /** The number that the next event must carry. */
  get next(): number {
    return this.sequence + 1;
  }

  /** How many events the command may still have. */
  get room(): number {
    return eventsPerCommand - this.#ofCommand;
  }

  emit(event: EngineEvent): void {
    assert(event.sequence === this.sequence + 1, 'an event is out of sequence');
    assert(this.room > 0, 'a command has too many events');
    this.sequence += 1;
    this.#ofCommand += 1;
    foldEvent(this.#chain, event);
    this.#emit(event);
  }

  hash(): string {
    return this.#chain.digest();
  }
}
