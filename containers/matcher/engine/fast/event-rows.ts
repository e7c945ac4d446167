/**
 * The events of one command, and the chain over all. What happens often is a row of numbers, made into an event only where
 * somebody asks for it; what is rare is an event at once. Both fold into the chain as event-hash.ts says.
 */
import type { EngineEvent } from '#domain/event.ts';
import type { DoneReason } from '#domain/order.ts';
import { eventTags, foldEvent } from '../event-hash.ts';
import { HashLanes, type LanesState } from '../hash-lanes.ts';
import { eventsPerCommand, eventsPerStep } from '../limits.ts';
import { nameWords } from '../name-words.ts';
import type { Accounts } from './accounts.ts';
import type { MarketBook } from './market-book.ts';
import type { OrderTable } from './order-table.ts';
import { isSell } from './order-traits.ts';

/** In the order of their numbers in a row, and beyond `place.ended`. */
export const doneReasons: DoneReason[] = ['filled', 'cancelled', 'expired', 'self_trade', 'halted'];
export const done = { filled: 0, cancelled: 1, expired: 2, self_trade: 3, halted: 4 } as const;

const reasonNames = doneReasons.map(nameWords);
const buyName = nameWords('buy');
const sellName = nameWords('sell');
const tag = eventTags;

/** One trade's numbers, filled anew for each. */
export class TradeFigures {
  maker = 0;
  taker = 0;
  priceTicks = 0;
  sizeLots = 0;
  baseUnits = 0;
  quoteUnits = 0;
  makerFeeUnits = 0;
  takerFeeUnits = 0;
}

export class EventRows {
  /** Events of this command. */
  count = 0;
  sequence = 0;
  nowMs = 0;
  /** `eventTags`; 0 where the event itself is in `events`. */
  readonly tags = new Int32Array(eventsPerCommand);
  /** The order that is over, or a trade's maker. */
  readonly slots = new Int32Array(eventsPerCommand);
  readonly takers = new Int32Array(eventsPerCommand);
  /** A trade's price, an end's reason, a refusal's code. */
  readonly details = new Int32Array(eventsPerCommand);
  readonly sizeLots = new Float64Array(eventsPerCommand);
  readonly baseUnits = new Float64Array(eventsPerCommand);
  readonly quoteUnits = new Float64Array(eventsPerCommand);
  readonly makerFeeUnits = new Float64Array(eventsPerCommand);
  readonly takerFeeUnits = new Float64Array(eventsPerCommand);
  readonly events: (EngineEvent | undefined)[] = new Array(eventsPerCommand);
  #chain = new HashLanes();
  /** What one event folds into the chain. */
  readonly #folded = new Float64Array(24);

  /** Whether one more step of work surely fits. */
  get hasRoom(): boolean {
    return this.count + eventsPerStep <= eventsPerCommand;
  }

  get chain(): HashLanes {
    return this.#chain;
  }

  resume(sequence: number, lanes: LanesState): void {
    this.sequence = sequence;
    this.#chain = new HashLanes(lanes);
  }

  /** Answers the event's number. */
  accepted(idLeft: number, idRight: number): number {
    const folded = this.#begin(tag.accepted);
    folded[2] = idLeft;
    folded[3] = idRight;
    this.#chain.integers(folded, 4);
    return this.sequence;
  }

  refused(idLeft: number, idRight: number, code: number): number {
    this.details[this.count] = code;
    const folded = this.#begin(tag.refused);
    folded[2] = idLeft;
    folded[3] = idRight;
    folded[4] = code;
    this.#chain.integers(folded, 5);
    return this.sequence;
  }

  trade(figures: TradeFigures, orders: OrderTable, accounts: Accounts, book: MarketBook): void {
    const { maker, taker } = figures;
    this.#keep(figures);
    const makerAccount = orders.account[maker] as number;
    const takerAccount = orders.account[taker] as number;
    const side = isSell(orders.traits[taker] as number) ? sellName : buyName;
    const folded = this.#begin(tag.trade);
    folded[2] = book.nameLeft;
    folded[3] = book.nameRight;
    folded[4] = this.nowMs;
    folded[5] = figures.priceTicks;
    folded[6] = figures.sizeLots;
    folded[7] = figures.baseUnits;
    folded[8] = figures.quoteUnits;
    folded[9] = side.left;
    folded[10] = side.right;
    folded[11] = orders.nameLeft[maker] as number;
    folded[12] = orders.nameRight[maker] as number;
    folded[13] = orders.nameLeft[taker] as number;
    folded[14] = orders.nameRight[taker] as number;
    folded[15] = accounts.nameLeft[makerAccount] as number;
    folded[16] = accounts.nameRight[makerAccount] as number;
    folded[17] = accounts.nameLeft[takerAccount] as number;
    folded[18] = accounts.nameRight[takerAccount] as number;
    folded[19] = figures.makerFeeUnits;
    folded[20] = figures.takerFeeUnits;
    this.#chain.integers(folded, 21);
  }

  /** For whoever makes an event of it. */
  #keep(figures: TradeFigures): void {
    const row = this.count;
    this.slots[row] = figures.maker;
    this.takers[row] = figures.taker;
    this.details[row] = figures.priceTicks;
    this.sizeLots[row] = figures.sizeLots;
    this.baseUnits[row] = figures.baseUnits;
    this.quoteUnits[row] = figures.quoteUnits;
    this.makerFeeUnits[row] = figures.makerFeeUnits;
    this.takerFeeUnits[row] = figures.takerFeeUnits;
  }

  /** `reason`: one of `done`. */
  orderDone(slot: number, reason: number, orders: OrderTable): void {
    this.slots[this.count] = slot;
    this.details[this.count] = reason;
    const name = reasonNames[reason];
    const folded = this.#begin(tag.order_done);
    folded[2] = orders.termsLeft[slot] as number;
    folded[3] = orders.termsRight[slot] as number;
    folded[4] = orders.sizeLots[slot] as number;
    folded[5] = orders.spendUnits[slot] as number;
    folded[6] = orders.filledLots[slot] as number;
    folded[7] = orders.filledQuoteUnits[slot] as number;
    folded[8] = orders.feeUnits[slot] as number;
    folded[9] = name?.left as number;
    folded[10] = name?.right as number;
    folded[11] = this.nowMs;
    this.#chain.integers(folded, 12);
  }

  /** An event of a kind that is rare; `sequence` is set here. */
  rare<E extends EngineEvent>(unnumbered: Omit<E, 'sequence'> & { type: E['type'] }): number {
    this.sequence += 1;
    const event = { ...unnumbered, sequence: this.sequence } as unknown as EngineEvent;
    this.tags[this.count] = 0;
    this.events[this.count] = event;
    this.count += 1;
    foldEvent(this.#chain, event);
    return this.sequence;
  }

  #begin(eventTag: number): Float64Array {
    this.tags[this.count] = eventTag;
    this.count += 1;
    this.sequence += 1;
    this.#folded[0] = eventTag;
    this.#folded[1] = this.sequence;
    return this.#folded;
  }
}
