/** What a frame's commands came to, in numbers. */
import { assert } from '#domain/assertion.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { RawEvent } from '#domain/raw-event.ts';

export class FrameCounts {
  commands = 0;
  /** New orders. */
  accepted = 0;
  refused = 0;
  trades = 0;
  /** Orders that are over. */
  ended = 0;
  /** Of the newest event. */
  #sequence: number;
  #isPlain = true;

  constructor(lastSequence: number) {
    this.#sequence = lastSequence;
  }

  get lastSequence(): number {
    return this.#sequence;
  }

  /** Of a command that is no new order. */
  applied(events: readonly EngineEvent[]): void {
    this.commands += 1;
    for (const event of events) this.take(event);
  }

  /** Of a new order, whose events come next. */
  placed(): void {
    this.commands += 1;
    this.#isPlain = true;
  }

  /** Whether the newest order did nothing but what is counted here. */
  get isPlain(): boolean {
    return this.#isPlain;
  }

  /** Takes the next event. */
  take(event: RawEvent): void {
    this.#sequence += 1;
    if (event.sequence !== this.#sequence) assert(false, 'sequence numbers have a gap');
    switch (event.type) {
      case 'raw_accepted':
        this.accepted += 1;
        return;
      case 'raw_refused':
        this.refused += 1;
        return;
      case 'trade':
      case 'raw_trade':
        this.trades += 1;
        return;
      case 'order_done':
      case 'raw_done':
        this.ended += 1;
        return;
      default:
        this.#isPlain = false;
    }
  }
}
