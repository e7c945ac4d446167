/**
 * All live orders as columns: an order is a slot, an index into each of
 * them. Columns beat rows here by measure (docs/decisions/0014): an operation touches a few fields of few orders.
 */
import { copiedFloats, copiedInts, grownFloats, grownInts } from './grown.ts';

/** Where an order is. From `ended` on it is over; the number beyond it is the index of the reason (`doneReasons`). */
export const place = {
  free: 0,
  incoming: 1,
  book: 2,
  untriggered: 3,
  triggered: 4,
  ended: 5,
} as const;

/** No order, no level, no handle of any kind. */
export const none = -1;

const startCapacity = 1_024;

export class OrderTable {
  /** One of `place`. */
  places = new Int32Array(startCapacity);
  account = new Int32Array(startCapacity);
  market = new Int32Array(startCapacity);
  /** See order-traits.ts. */
  traits = new Int32Array(startCapacity);
  limitTicks = new Int32Array(startCapacity);
  triggerTicks = new Int32Array(startCapacity);
  makerFeeBps = new Int32Array(startCapacity);
  takerFeeBps = new Int32Array(startCapacity);
  /** What event hashes know it by: its digest, owner and market, and all its terms that never change. */
  partyLeft = new Int32Array(startCapacity);
  partyRight = new Int32Array(startCapacity);
  termsLeft = new Int32Array(startCapacity);
  termsRight = new Int32Array(startCapacity);
  /** The row of its digest in the id table. */
  id = new Int32Array(startCapacity);
  /** The credit line that it holds from. */
  holdLine = new Int32Array(startCapacity);
  /** The level that it rests in, or waits in for its trigger. */
  level = new Int32Array(startCapacity);
  /** Neighbours in its level, or among those triggered. */
  before = new Int32Array(startCapacity);
  behind = new Int32Array(startCapacity);
  /** Neighbours among its account's live orders. */
  older = new Int32Array(startCapacity);
  younger = new Int32Array(startCapacity);

  sizeLots = new Float64Array(startCapacity);
  displayLots = new Float64Array(startCapacity);
  spendUnits = new Float64Array(startCapacity);
  filledLots = new Float64Array(startCapacity);
  filledQuoteUnits = new Float64Array(startCapacity);
  feeUnits = new Float64Array(startCapacity);
  createdAtMs = new Float64Array(startCapacity);
  expiresAtMs = new Float64Array(startCapacity);
  admitted = new Float64Array(startCapacity);
  heldUnits = new Float64Array(startCapacity);
  shownLots = new Float64Array(startCapacity);

  /** Of the orders that have one. */
  clientOrderIds = new Map<number, string>();

  /** Slots in use lie below this one. */
  #end = 0;
  /** Free slots form a chain through `behind`. */
  #free: number = none;
  /** So do those of orders that this command ended. */
  #retired: number = none;

  /** Makes room for so many orders, in memory that was written before: the first touch of a page costs more than an order. */
  reserve(count: number): void {
    while (this.places.length < count) this.#grow(this.places.length * 2);
    for (const column of Object.values(this)) {
      if (column instanceof Int32Array || column instanceof Float64Array) {
        column.fill(0, this.#end);
      }
    }
  }

  take(): number {
    const slot = this.#free;
    if (slot !== none) {
      this.#free = this.behind[slot] as number;
      return slot;
    }
    if (this.#end === this.places.length) this.#grow(this.#end * 2);
    this.#end += 1;
    return this.#end - 1;
  }

  /** An order is over: its slot is free once the events of its command were read. */
  retire(slot: number, reason: number): void {
    this.places[slot] = place.ended + reason;
    this.behind[slot] = this.#retired;
    this.#retired = slot;
  }

  /** Frees the slots of orders that are over. */
  releaseRetired(): void {
    while (this.#retired !== none) {
      const slot = this.#retired;
      this.#retired = this.behind[slot] as number;
      this.places[slot] = place.free;
      if (this.clientOrderIds.size > 0) this.clientOrderIds.delete(slot);
      this.behind[slot] = this.#free;
      this.#free = slot;
    }
  }

  /** Slots in use lie below this number. */
  get end(): number {
    return this.#end;
  }

  clientOrderIdOf(slot: number): string | undefined {
    return this.clientOrderIds.size > 0 ? this.clientOrderIds.get(slot) : undefined;
  }

  isLive(slot: number): boolean {
    const at = this.places[slot] as number;
    return at !== place.free && at < place.ended;
  }

  /** Lots that are left of an order by size. */
  leftLots(slot: number): number {
    return (this.sizeLots[slot] as number) - (this.filledLots[slot] as number);
  }

  /** What a snapshot writes of the orders, good for reading by slot. Columns that only serve the engine are left out. */
  copyTo(copy: OrderTable): void {
    const end = this.#end;
    copy.places = copiedInts(this.places, copy.places, end);
    copy.account = copiedInts(this.account, copy.account, end);
    copy.market = copiedInts(this.market, copy.market, end);
    copy.traits = copiedInts(this.traits, copy.traits, end);
    copy.limitTicks = copiedInts(this.limitTicks, copy.limitTicks, end);
    copy.triggerTicks = copiedInts(this.triggerTicks, copy.triggerTicks, end);
    copy.makerFeeBps = copiedInts(this.makerFeeBps, copy.makerFeeBps, end);
    copy.takerFeeBps = copiedInts(this.takerFeeBps, copy.takerFeeBps, end);
    copy.behind = copiedInts(this.behind, copy.behind, end);
    copy.sizeLots = copiedFloats(this.sizeLots, copy.sizeLots, end);
    copy.displayLots = copiedFloats(this.displayLots, copy.displayLots, end);
    copy.spendUnits = copiedFloats(this.spendUnits, copy.spendUnits, end);
    copy.filledLots = copiedFloats(this.filledLots, copy.filledLots, end);
    copy.filledQuoteUnits = copiedFloats(this.filledQuoteUnits, copy.filledQuoteUnits, end);
    copy.feeUnits = copiedFloats(this.feeUnits, copy.feeUnits, end);
    copy.createdAtMs = copiedFloats(this.createdAtMs, copy.createdAtMs, end);
    copy.expiresAtMs = copiedFloats(this.expiresAtMs, copy.expiresAtMs, end);
    copy.admitted = copiedFloats(this.admitted, copy.admitted, end);
    copy.heldUnits = copiedFloats(this.heldUnits, copy.heldUnits, end);
    copy.shownLots = copiedFloats(this.shownLots, copy.shownLots, end);
    copy.id = copiedInts(this.id, copy.id, end);
    copy.clientOrderIds = new Map(this.clientOrderIds);
    copy.#end = end;
  }

  #grow(length: number): void {
    this.places = grownInts(this.places, length);
    this.account = grownInts(this.account, length);
    this.market = grownInts(this.market, length);
    this.traits = grownInts(this.traits, length);
    this.limitTicks = grownInts(this.limitTicks, length);
    this.triggerTicks = grownInts(this.triggerTicks, length);
    this.makerFeeBps = grownInts(this.makerFeeBps, length);
    this.takerFeeBps = grownInts(this.takerFeeBps, length);
    this.partyLeft = grownInts(this.partyLeft, length);
    this.partyRight = grownInts(this.partyRight, length);
    this.termsLeft = grownInts(this.termsLeft, length);
    this.termsRight = grownInts(this.termsRight, length);
    this.id = grownInts(this.id, length);
    this.holdLine = grownInts(this.holdLine, length);
    this.level = grownInts(this.level, length);
    this.before = grownInts(this.before, length);
    this.behind = grownInts(this.behind, length);
    this.older = grownInts(this.older, length);
    this.younger = grownInts(this.younger, length);
    this.sizeLots = grownFloats(this.sizeLots, length);
    this.displayLots = grownFloats(this.displayLots, length);
    this.spendUnits = grownFloats(this.spendUnits, length);
    this.filledLots = grownFloats(this.filledLots, length);
    this.filledQuoteUnits = grownFloats(this.filledQuoteUnits, length);
    this.feeUnits = grownFloats(this.feeUnits, length);
    this.createdAtMs = grownFloats(this.createdAtMs, length);
    this.expiresAtMs = grownFloats(this.expiresAtMs, length);
    this.admitted = grownFloats(this.admitted, length);
    this.heldUnits = grownFloats(this.heldUnits, length);
    this.shownLots = grownFloats(this.shownLots, length);
  }
}
