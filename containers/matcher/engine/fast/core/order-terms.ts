/** What an order is known by in event hashes, computed once when it is admitted: ../../event-hash.ts folds the same from an event. */
import { noClient, noNameAt, traitNamesAt } from './engine-state.ts';
import { beginTerms, endTerms, termsLeft, termsRight, wordOf } from './event-chain.ts';
import { Order } from './rows.ts';

/** `left` and `right`: the two words of its digest. */
export function nameTerms(order: Order, left: i32, right: i32): void {
  const account = order.account;
  const market = order.market;
  const partyLeft = joinNames(left, account.nameLeft, market.nameLeft);
  const partyRight = joinNames(right, account.nameRight, market.nameRight);
  order.partyLeft = partyLeft;
  order.partyRight = partyRight;
  const traits = traitNamesAt + ((<usize>order.traits) << 3);
  const limitTicks = order.limitTicks;
  const triggerTicks = order.triggerTicks;
  beginTerms(
    partyLeft,
    partyRight,
    load<i32>(traits),
    load<i32>(traits, 4),
    limitTicks,
    triggerTicks,
  );
  const client = order.client;
  const clientLeft = client === noClient ? load<i32>(noNameAt) : client.nameLeft;
  const clientRight = client === noClient ? load<i32>(noNameAt, 4) : client.nameRight;
  const displayLots = wordOf(order.displayLots);
  const createdAtMs = wordOf(order.createdAtMs);
  endTerms(displayLots, createdAtMs, wordOf(order.expiresAtMs), clientLeft, clientRight);
  order.termsLeft = termsLeft();
  order.termsRight = termsRight();
}

/** Which order it is, of one lane's words: a change of any of the three shows. */
function joinNames(digest: i32, account: i32, market: i32): i32 {
  return digest * 0x2c1b3c6d + account * 0x297a2d39 + market * 0x27d4eb2f;
}
