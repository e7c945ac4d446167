/** Notes which orders and accounts commands touch, and copies their rows when it is asked: soon other orders may have those. */
import type { Touched } from '../engine.ts';
import { eventTags } from '../event-hash.ts';
import { digestWords } from '../name-words.ts';
import { nobody } from './core-instance.ts';
import {
  accountRow,
  eventRow as at,
  creditLineRow,
  delegationRow,
  engineState,
  eventsAt,
  orderRow,
  stateAt,
} from './core-layout.ts';
import { eachUsedLine } from './credit-views.ts';
import type { FastState } from './fast-state.ts';
import { orderPlace } from './order-place.ts';
import { clientOf, delegationOf, extraAmountsOf, extrasOf, placeOf } from './order-row.ts';
import { eventBytes } from './render-events.ts';
import { copiedLine, copiedOrder, type OrderExtras, TouchedCopies } from './touched-copies.ts';
import { WordList } from './word-list.ts';

export class TouchedRows {
  readonly #state: FastState;
  /** Ids of orders, as often as they were touched. An id that went has no order, or that of another that was touched since. */
  readonly #ids = new WordList();
  /** Rows of accounts, each once: whose stamp is not of now is not among them. */
  readonly #accounts = new WordList();
  #stamps = new Int32Array(64);
  #stamp = 1;
  /** Copies that are being made. */
  readonly #orders = new WordList();
  readonly #lines = new WordList();

  constructor(state: FastState) {
    this.#state = state;
  }

  /** Notes what the newest command touched; `placed` is the id of the order that it placed, or nobody. */
  note(placed: number): void {
    const { core } = this.#state;
    const count = core.int(stateAt, engineState.eventCount);
    const end = eventsAt + count * eventBytes;
    for (let row = eventsAt; row < end; row += eventBytes) this.#noteEvent(row, placed);
  }

  #noteEvent(row: number, placed: number): void {
    const { core } = this.#state;
    switch (core.int(row, at.tag)) {
      case eventTags.accepted:
        if (placed !== nobody) this.#noteOrder(this.#state.orderOf(placed));
        return;
      case eventTags.trade:
        this.#noteOrder(core.int(row, at.order));
        this.#noteOrder(core.int(row, at.taker));
        return;
      case eventTags.order_done:
        this.#noteAccount(core.int(core.int(row, at.order), orderRow.account));
        return;
      case eventTags.order_amended:
        this.#noteOrder(core.int(row, at.order));
        return;
      case eventTags.order_triggered:
        this.#ids.add(core.int(core.int(row, at.order), orderRow.id));
        return;
      case eventTags.credit_granted:
      case eventTags.credit_returned:
        this.#noteAccount(core.int(core.int(row, at.line), creditLineRow.account));
    }
  }

  #noteOrder(order: number): void {
    const { core } = this.#state;
    this.#ids.add(core.int(order, orderRow.id));
    this.#noteAccount(core.int(order, orderRow.account));
  }

  #noteAccount(account: number): void {
    const index = this.#state.core.int(account, accountRow.index);
    if (index >= this.#stamps.length) this.#growStamps(index);
    if (this.#stamps[index] === this.#stamp) return;
    this.#stamps[index] = this.#stamp;
    this.#accounts.add(account);
  }

  #growStamps(index: number): void {
    const old = this.#stamps;
    let length = old.length;
    while (length <= index) length *= 2;
    this.#stamps = new Int32Array(length);
    this.#stamps.set(old);
  }

  take(): Touched {
    const rare = this.#copyOrders();
    this.#copyLines();
    const touched = new TouchedCopies(this.#state, {
      orders: this.#orders.copy(),
      rare,
      lines: this.#lines.copy(),
      accounts: this.#accounts.copy(),
    });
    this.forget();
    return touched;
  }

  forget(): void {
    this.#ids.clear();
    this.#accounts.clear();
    this.#stamp += 1;
  }

  /** Copies those that live; answers what few of them have, by place. */
  #copyOrders(): Map<number, OrderExtras> {
    const state = this.#state;
    const { core } = state;
    const rare = new Map<number, OrderExtras>();
    this.#orders.clear();
    for (let nth = 0; nth < this.#ids.length; nth += 1) {
      const id = this.#ids.at(nth);
      const order = state.orderOf(id);
      if (order === nobody || placeOf(core, order) >= orderPlace.ended) continue;
      const extras = this.#extrasOf(order);
      if (extras) rare.set(this.#orders.length / copiedOrder.words, extras);
      this.#orders.addSome(core.ints, (order + copiedOrder.from) >>> 2, copiedOrder.rowWords);
      this.#orders.addSome(core.ints, state.digestPlace(id), digestWords);
    }
    return rare;
  }

  /** What few orders have. */
  #extrasOf(order: number): OrderExtras | undefined {
    const state = this.#state;
    const { core } = state;
    if (extrasOf(core, order) === nobody) return undefined;
    const client = clientOf(core, order);
    const delegation = delegationOf(core, order);
    const id = delegation === nobody ? nobody : core.int(delegation, delegationRow.id);
    return {
      clientOrderId: client === nobody ? undefined : state.clientText(client),
      delegation: id === nobody ? undefined : state.idText(id),
      amounts: extraAmountsOf(core, order),
    };
  }

  #copyLines(): void {
    const state = this.#state;
    const { core } = state;
    this.#lines.clear();
    const copy = (line: number) => this.#lines.addSome(core.ints, line >>> 2, copiedLine.words);
    for (let nth = 0; nth < this.#accounts.length; nth += 1)
      eachUsedLine(state, this.#accounts.at(nth), copy);
  }
}
