/** What never changes of an order, folded once when it is admitted: event-hash.ts folds the same from an `order_done`. */
import { HashLanes } from '../hash-lanes.ts';
import { nameWords } from '../name-words.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { traitsName } from './order-traits.ts';

/** Both are used anew for each order. */
const lanes = new HashLanes();
const folded = new Float64Array(15);
const noName = nameWords('');

export function nameTerms({ orders, accounts }: FastState, slot: number, book: MarketBook): void {
  const account = orders.account[slot] as number;
  const traits = traitsName(orders.traits[slot] as number);
  const clientOrderId = orders.clientOrderId[slot];
  const clientName = clientOrderId === undefined ? noName : nameWords(clientOrderId);
  folded[0] = orders.nameLeft[slot] as number;
  folded[1] = orders.nameRight[slot] as number;
  folded[2] = accounts.nameLeft[account] as number;
  folded[3] = accounts.nameRight[account] as number;
  folded[4] = book.nameLeft;
  folded[5] = book.nameRight;
  folded[6] = traits.left;
  folded[7] = traits.right;
  folded[8] = orders.limitTicks[slot] as number;
  folded[9] = orders.triggerTicks[slot] as number;
  folded[10] = orders.displayLots[slot] as number;
  folded[11] = orders.createdAtMs[slot] as number;
  folded[12] = orders.expiresAtMs[slot] as number;
  folded[13] = clientName.left;
  folded[14] = clientName.right;
  lanes.restart();
  lanes.integers(folded, folded.length);
  orders.termsLeft[slot] = lanes.left;
  orders.termsRight[slot] = lanes.right;
}
