/**
 * What a leader must know beside its engine: of the last minute, orders that were cancelled before they came, and credit that
 * was returned and may not have reached the ledger; and the markets that the chain watch closed. It follows from commands and events alone, so a replay builds it too, and
 * a snapshot carries it.
 */
import type { CreditReturned, EngineEvent } from '#domain/event.ts';
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import { returningCreditMs } from './bounds.ts';
import { type NotedCommand, WatchedMarkets } from './chain-watch.ts';
import { memoryMs } from './engine/limits.ts';
import { WindowQueue } from './engine/window-queue.ts';

/** A cancel of an order that nobody had seen keeps it out for the admission window, whoever leads. */
export type BuriedRecord = { kind: 'buried'; digest: Digest; account: Address; atMs: number };
export type ReturnedRecord = { kind: 'returned'; event: CreditReturned; atMs: number };
/** A market that the chain watch closed, and only it opens again. */
export type WatchedRecord = { kind: 'watched'; marketId: MarketId };
export type LateRecord = BuriedRecord | ReturnedRecord | WatchedRecord;

/** Whatever else a snapshot holds is the engine's. */
export const isLate = (record: { kind: string }): record is LateRecord =>
  record.kind === 'buried' || record.kind === 'returned' || record.kind === 'watched';

export class LateMemory {
  readonly #windows = {
    buried: new WindowQueue<BuriedRecord>(),
    returned: new WindowQueue<ReturnedRecord>(),
  };

  readonly #watched: WatchedMarkets;

  constructor(records: readonly LateRecord[] = []) {
    for (const record of records) if (record.kind !== 'watched') this.#keep(record);
    this.#watched = new WatchedMarkets(
      records.flatMap((record) => (record.kind === 'watched' ? [record.marketId] : [])),
    );
  }

  /** Told of every command with what it did, in the journal's order; of a placement, only where it changed a market's state. */
  note(command: NotedCommand, events: readonly EngineEvent[]): void {
    this.#watched.note(command, events);
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

  watched(): WatchedRecord[] {
    return this.#watched.ids().map((marketId) => ({ kind: 'watched', marketId }));
  }

  /** For a snapshot. */
  records(): LateRecord[] {
    return [...this.buried(), ...this.returned(), ...this.watched()];
  }

  #keep(record: BuriedRecord | ReturnedRecord): void {
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
