/**
 * What is remembered of orders that ended: rows of one array, written one behind the other, oldest first. The slots of
 * live orders are free again at once, so that few of them are touched, and often.
 */
import type { DoneReason, OrderProgress } from '#domain/order.ts';
import { doneReasons } from '../event-hash.ts';
import { grownFloats, grownInts } from './grown.ts';
import type { OrderTable } from './order-table.ts';
import { packTraits, unpackTraits } from './order-traits.ts';

const ints = 8;
const doubles = 10;
const noClientId = undefined;
/** Serial numbers go round; far more than are remembered at a time. */
const serials = 2 ** 30;

/** What is remembered beside an order's progress, as handles. */
export type EndedHandles = { account: number; market: number; id: number; reason: number };

export class EndedOrders {
  /** Account, market, row of its id, reason, traits, limit, trigger. */
  #ints = new Int32Array(1_024 * ints);
  /** Sizes and sums in the order of `OrderProgress`, then when it ended. */
  #doubles = new Float64Array(1_024 * doubles);
  #clientOrderIds = new Map<number, string>();
  #first = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Makes room for so many, in memory that was written before; asked before the first comes. */
  reserve(count: number): void {
    while (this.#ints.length < count * ints) this.#grow();
    this.#ints.fill(0);
    this.#doubles.fill(0);
  }

  /** The serial of the nth, counted from the oldest. */
  serialOf(nth: number): number {
    return (this.#first + nth) % serials;
  }

  /** Takes an order over from its slot; answers the serial that it is found by. */
  push(slot: number, reason: number, endedAtMs: number, orders: OrderTable): number {
    if (this.#count * ints === this.#ints.length) this.#grow();
    const serial = (this.#first + this.#count) & (serials - 1);
    this.#count += 1;
    const at = this.#at(serial);
    const int = at * ints;
    const own = this.#ints;
    own[int] = orders.account[slot] as number;
    own[int + 1] = orders.market[slot] as number;
    own[int + 2] = orders.id[slot] as number;
    own[int + 3] = reason;
    own[int + 4] = orders.traits[slot] as number;
    own[int + 5] = orders.limitTicks[slot] as number;
    own[int + 6] = orders.triggerTicks[slot] as number;
    const double = at * doubles;
    const wide = this.#doubles;
    wide[double] = orders.sizeLots[slot] as number;
    wide[double + 1] = orders.displayLots[slot] as number;
    wide[double + 2] = orders.spendUnits[slot] as number;
    wide[double + 3] = orders.filledLots[slot] as number;
    wide[double + 4] = orders.filledQuoteUnits[slot] as number;
    wide[double + 5] = orders.feeUnits[slot] as number;
    wide[double + 6] = orders.createdAtMs[slot] as number;
    wide[double + 7] = orders.expiresAtMs[slot] as number;
    wide[double + 8] = endedAtMs;
    const clientOrderId = orders.clientOrderIdOf(slot);
    if (clientOrderId !== noClientId) this.#clientOrderIds.set(serial, clientOrderId);
    return serial;
  }

  /** The same from a record; answers its serial. */
  restore(handles: EndedHandles, progress: OrderProgress, endedAtMs: number): number {
    if (this.#count * ints === this.#ints.length) this.#grow();
    const serial = this.serialOf(this.#count);
    this.#count += 1;
    const at = this.#at(serial);
    const { account, market, id, reason } = handles;
    const { limitTicks, triggerTicks } = progress;
    const narrow = [account, market, id, reason, packTraits(progress), limitTicks, triggerTicks];
    this.#ints.set(narrow, at * ints);
    const sizes = [progress.sizeLots, progress.displayLots, progress.spendUnits];
    const sums = [progress.filledLots, progress.filledQuoteUnits, progress.feeUnits];
    const times = [progress.createdAtMs, progress.expiresAtMs, endedAtMs];
    this.#doubles.set([...sizes, ...sums, ...times], at * doubles);
    const { clientOrderId } = progress;
    if (clientOrderId !== noClientId) this.#clientOrderIds.set(serial, clientOrderId);
    return serial;
  }

  endedAtMs(serial: number): number {
    return this.#doubles[this.#at(serial) * doubles + 8] as number;
  }

  id(serial: number): number {
    return this.#ints[this.#at(serial) * ints + 2] as number;
  }

  handles(serial: number): EndedHandles {
    const [account = 0, market = 0, id = 0, reason = 0] = this.#intsOf(serial);
    return { account, market, id, reason };
  }

  status(serial: number): DoneReason {
    return doneReasons[this.handles(serial).reason] as DoneReason;
  }

  /** All but the names, which are behind the handles. */
  progress(serial: number): Omit<OrderProgress, 'digest' | 'account' | 'marketId'> {
    const [, , , , traits = 0, limitTicks = 0, triggerTicks = 0] = this.#intsOf(serial);
    const from = this.#at(serial) * doubles;
    const [sizeLots, displayLots, spendUnits, filledLots, filledQuoteUnits, feeUnits, ...times] =
      this.#doubles.subarray(from, from + 8) as unknown as OrderNumbers;
    const clientOrderId = this.#clientOrderIds.get(serial);
    return {
      ...(clientOrderId === noClientId ? {} : { clientOrderId }),
      ...unpackTraits(traits),
      limitTicks,
      triggerTicks,
      sizeLots,
      displayLots,
      spendUnits,
      filledLots,
      filledQuoteUnits,
      feeUnits,
      createdAtMs: times[0],
      expiresAtMs: times[1],
    };
  }

  dropOldest(): void {
    if (this.#clientOrderIds.size > 0) this.#clientOrderIds.delete(this.#first);
    this.#first = (this.#first + 1) & (serials - 1);
    this.#count -= 1;
  }

  copyTo(copy: EndedOrders): void {
    // Where a row is depends on the length: it must be the same.
    if (copy.#ints.length !== this.#ints.length) {
      copy.#ints = new Int32Array(this.#ints.length);
      copy.#doubles = new Float64Array(this.#doubles.length);
    }
    copy.#ints.set(this.#ints);
    copy.#doubles.set(this.#doubles);
    copy.#clientOrderIds = new Map(this.#clientOrderIds);
    copy.#first = this.#first;
    copy.#count = this.#count;
  }

  #at(serial: number): number {
    return serial & (this.#ints.length / ints - 1);
  }

  #intsOf(serial: number): Int32Array {
    const from = this.#at(serial) * ints;
    return this.#ints.subarray(from, from + ints);
  }

  /** Rows keep their serials, so those from the first on move to where these belong now. */
  #grow(): void {
    const rows = this.#ints.length / ints;
    const [narrow, wide] = [this.#ints, this.#doubles];
    this.#ints = grownInts(narrow, narrow.length * 2);
    this.#doubles = grownFloats(wide, wide.length * 2);
    for (let nth = 0; nth < this.#count; nth += 1) {
      const serial = this.serialOf(nth);
      const from = serial & (rows - 1);
      const to = this.#at(serial);
      this.#ints.set(narrow.subarray(from * ints, (from + 1) * ints), to * ints);
      this.#doubles.set(wide.subarray(from * doubles, (from + 1) * doubles), to * doubles);
    }
  }
}

type OrderNumbers = [number, number, number, number, number, number, number, number];
