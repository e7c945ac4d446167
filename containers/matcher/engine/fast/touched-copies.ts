/** Copies of orders' and credit lines' rows, of which objects are made where somebody asks: whatever became of them meanwhile. */
import type { Address } from '#domain/order.ts';
import type { EngineCredit, EngineOrder, Touched } from '../engine.ts';
import { digestWords } from '../name-words.ts';
import { creditLineRow, orderRow } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { statusAt } from './order-place.ts';
import { type ExtraAmounts, placeOf, type Rows } from './order-row.ts';
import { progressIn } from './render-events.ts';

const rowFrom = orderRow.account;
const rowWords = (orderRow.endedAtMs - rowFrom) / 4;

/**
 * An order's row from its account on, which is in no order but this one's, and the words of its digest. As with orders that ended, the
 * address of a copy lies before it, so that fields are where they always are.
 */
export const copiedOrder = { from: rowFrom, rowWords, words: rowWords + digestWords } as const;
/** A line's row as far as its units. */
export const copiedLine = { words: creditLineRow.next / 4 } as const;

/** What few orders have. */
export type OrderExtras = {
  clientOrderId: string | undefined;
  delegation: string | undefined;
  amounts: ExtraAmounts;
};

const noExtras: OrderExtras = {
  clientOrderId: undefined,
  delegation: undefined,
  amounts: { triggerTicks: 0, displayLots: 0, spendUnits: 0 },
};

type Copies = {
  orders: Int32Array;
  /** By the place of its order. */
  rare: ReadonlyMap<number, OrderExtras>;
  lines: Int32Array;
  /** Rows of accounts: those stay what they are. */
  accounts: Int32Array;
};

export class TouchedCopies implements Touched {
  readonly size: number;
  readonly #state: FastState;
  readonly #copies: Copies;

  constructor(state: FastState, copies: Copies) {
    const { orders, lines } = copies;
    this.#state = state;
    this.#copies = copies;
    this.size = orders.length / copiedOrder.words + lines.length / copiedLine.words;
  }

  accounts(): Address[] {
    return Array.from(this.#copies.accounts, (account) => this.#state.accountName(account));
  }

  orders(isWanted: (account: Address) => boolean): EngineOrder[] {
    const rows = rowsIn(this.#copies.orders);
    const views: EngineOrder[] = [];
    const seen = new Set<number>();
    for (let at = 0; at < rows.ints.length; at += copiedOrder.words) {
      const row = at * 4 - copiedOrder.from;
      const id = rows.ints[(row + orderRow.id) >>> 2] as number;
      const account = rows.ints[(row + orderRow.account) >>> 2] as number;
      if (seen.has(id) || !isWanted(this.#state.accountName(account))) continue;
      seen.add(id);
      views.push(this.#viewAt(rows, at));
    }
    return views;
  }

  #viewAt(rows: Rows, at: number): EngineOrder {
    const state = this.#state;
    const row = at * 4 - copiedOrder.from;
    const extras = this.#copies.rare.get(at / copiedOrder.words) ?? noExtras;
    const { clientOrderId, delegation, amounts } = extras;
    const digest = state.digestText(rows.ints, at + copiedOrder.rowWords);
    const view: EngineOrder = {
      ...progressIn(state, rows, row, { digest, clientOrderId, amounts }),
      status: statusAt(placeOf(rows, row)),
    };
    if (delegation !== undefined) view.delegation = delegation;
    return view;
  }

  credits(isWanted: (account: Address) => boolean) {
    const { ints, doubles } = rowsIn(this.#copies.lines);
    const credits: Pick<EngineCredit, 'account' | 'asset' | 'freeUnits' | 'heldUnits'>[] = [];
    for (let at = 0; at < ints.length; at += copiedLine.words) {
      const line = at * 4;
      const account = this.#state.accountName(ints[(line + creditLineRow.account) >>> 2] as number);
      if (!isWanted(account)) continue;
      credits.push({
        account,
        asset: this.#state.assetName(ints[(line + creditLineRow.asset) >>> 2] as number),
        freeUnits: doubles[(line + creditLineRow.freeUnits) >>> 3] as number,
        heldUnits: doubles[(line + creditLineRow.heldUnits) >>> 3] as number,
      });
    }
    return credits;
  }
}

/** Copies as the core's memory is read: as words, and as doubles. */
const rowsIn = (ints: Int32Array): Rows => ({ ints, doubles: new Float64Array(ints.buffer) });
