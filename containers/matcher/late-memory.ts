/**
 * What a leader must know of the last minute beside its engine: orders that were cancelled before they came, and credit that
 * was returned and may not have reached the ledger. It follows from commands and events alone, so a replay builds it too, and
 * a snapshot carries it.
 */
import type { Command } from '#domain/command.ts';
import type { CreditReturned, EngineEvent } from '#domain/event.ts';
import type { Address, Digest } from '#domain/order.ts';
import { returningCreditMs } from './bounds.ts';
import { memoryMs } from './engine/limits.ts';
import { WindowQueue } from './engine/window-queue.ts';

/** A cancel of an order that nobody had seen keeps it out for the admission window, whoever leads. */
export type BuriedRecord = { kind: 'buried'; digest: Digest; account: Address; atMs: number };
export type ReturnedRecord = { kind: 'returned'; event: CreditReturned; atMs: number };
export type LateRecord = BuriedRecord | ReturnedRecord;

export class LateMemory {
  readonly #windows = {
    buried: new WindowQueue<BuriedRecord>(),
    returned: new WindowQueue<ReturnedRecord>(),
  };

  constructor(records: Iterable<LateRecord> = []) {
    for (const record of records) this.#keep(record);
  }

  /** Told of every command with what it did, in the journal's order. */
  note(command: Command, events: readonly EngineEvent[]): void {
    const [opening] = events;
    if (command.type === 'cancel' && opening?.type === 'refused') {
      const { digest, account, nowMs } = command;
      if (opening.code === 'unknown_order')
        this.#keep({ kind: 'buried', digest, account, atMs: nowMs });
    }
    if (command.type !== 'return') return;
    for (const event of events)
      if (event.type === 'credit_returned')
        this.#keep({ kind: 'returned', event, atMs: command.nowMs });
  }

  /** Oldest first. */
  buried(): BuriedRecord[] {
    return this.#windows.buried.items();
  }

  returned(): ReturnedRecord[] {
    return this.#windows.returned.items();
  }

  #keep(record: LateRecord): void {
    const { buried, returned } = this.#windows;
    if (record.kind === 'buried') {
      buried.push(record, record.atMs);
      buried.prune(record.atMs - memoryMs, () => {});
    } else {
      returned.push(record, record.atMs);
      returned.prune(record.atMs - returningCreditMs, () => {});
    }
  }
}
