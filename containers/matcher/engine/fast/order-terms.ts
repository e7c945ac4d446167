/** What an order is known by in event hashes, computed once when it is admitted: event-hash.ts folds the same from an event. */
import { HashLanes, wordOf } from '../hash-lanes.ts';
import { joinNames, nameWords } from '../name-words.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { traitsName } from './order-traits.ts';

/** Both are used anew for each order. */
const lanes = new HashLanes();
const words = new Int32Array(11);
const noName = nameWords('');

/** `left` and `right`: the two words of its digest. */
export function nameTerms(
  { orders, accounts }: FastState,
  slot: number,
  book: MarketBook,
  left: number,
  right: number,
): void {
  const account = orders.account[slot] as number;
  const traits = traitsName(orders.traits[slot] as number);
  const clientOrderId = orders.clientOrderIdOf(slot);
  const clientName = clientOrderId === undefined ? noName : nameWords(clientOrderId);
  const partyLeft = joinNames(left, accounts.nameLeft[account] as number, book.nameLeft);
  const partyRight = joinNames(right, accounts.nameRight[account] as number, book.nameRight);
  orders.partyLeft[slot] = partyLeft;
  orders.partyRight[slot] = partyRight;
  words[0] = partyLeft;
  words[1] = partyRight;
  words[2] = traits.left;
  words[3] = traits.right;
  words[4] = orders.limitTicks[slot] as number;
  words[5] = orders.triggerTicks[slot] as number;
  words[6] = wordOf(orders.displayLots[slot] as number);
  words[7] = wordOf(orders.createdAtMs[slot] as number);
  words[8] = wordOf(orders.expiresAtMs[slot] as number);
  words[9] = clientName.left;
  words[10] = clientName.right;
  lanes.restart();
  lanes.words(words, words.length);
  orders.termsLeft[slot] = lanes.left;
  orders.termsRight[slot] = lanes.right;
}
