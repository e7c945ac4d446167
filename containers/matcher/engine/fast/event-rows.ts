/**
 * The events of one command, and the chain over all. What happens often is a row of numbers, made into an event only where
 * somebody asks for it; what is rare is an event at once. Both fold into the chain as event-hash.ts says.
 */
import type { EngineEvent } from '#domain/event.ts';
import { eventTags, firstWord, foldEvent } from '../event-hash.ts';
import { HashLanes, type LanesState, mostWords, wordOf } from '../hash-lanes.ts';
import { eventsPerCommand, eventsPerStep } from '../limits.ts';
import type { OrderTable } from './order-table.ts';
import { isSell } from './order-traits.ts';

/** Places in `doneReasons`. */
export const done = { filled: 0, cancelled: 1, expired: 2, self_trade: 3, halted: 4 } as const;

const acceptedTag = eventTags.accepted;
const refusedTag = eventTags.refused;
const tradeTag = eventTags.trade;
const doneTag = eventTags.order_done;

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
  readonly #words = new Int32Array(mostWords);
  /** The clock as a word: many events have it. */
  #nowWord = 0;

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

  /** Begins the events of a command. */
  begin(nowMs: number): void {
    this.count = 0;
    this.#nowWord = wordOf(nowMs);
  }

  /** Answers the event's number. */
  accepted(idLeft: number, idRight: number): number {
    const words = this.#row(acceptedTag, 0);
    words[2] = idLeft;
    words[3] = idRight;
    this.#chain.words(words, 4);
    return this.sequence;
  }

  refused(idLeft: number, idRight: number, code: number): number {
    this.details[this.count] = code;
    const words = this.#row(refusedTag, code);
    words[2] = idLeft;
    words[3] = idRight;
    this.#chain.words(words, 4);
    return this.sequence;
  }

  trade(figures: TradeFigures, orders: OrderTable): void {
    const { maker, taker } = figures;
    this.#keep(figures);
    const words = this.#row(tradeTag, isSell(orders.traits[taker] as number) ? 1 : 0);
    words[2] = this.#nowWord;
    words[3] = figures.priceTicks;
    words[4] = wordOf(figures.sizeLots);
    words[5] = wordOf(figures.baseUnits);
    words[6] = wordOf(figures.quoteUnits);
    words[7] = orders.partyLeft[maker] as number;
    words[8] = orders.partyRight[maker] as number;
    words[9] = orders.partyLeft[taker] as number;
    words[10] = orders.partyRight[taker] as number;
    words[11] = wordOf(figures.makerFeeUnits);
    words[12] = wordOf(figures.takerFeeUnits);
    this.#chain.words(words, 13);
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
    const words = this.#row(doneTag, reason);
    words[2] = orders.termsLeft[slot] as number;
    words[3] = orders.termsRight[slot] as number;
    words[4] = wordOf(orders.sizeLots[slot] as number);
    words[5] = wordOf(orders.spendUnits[slot] as number);
    words[6] = wordOf(orders.filledLots[slot] as number);
    words[7] = wordOf(orders.filledQuoteUnits[slot] as number);
    words[8] = wordOf(orders.feeUnits[slot] as number);
    words[9] = this.#nowWord;
    this.#chain.words(words, 10);
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

  #row(tag: number, detail: number): Int32Array {
    this.tags[this.count] = tag;
    this.count += 1;
    this.sequence += 1;
    this.#words[0] = firstWord(tag, detail);
    this.#words[1] = wordOf(this.sequence);
    return this.#words;
  }
}
