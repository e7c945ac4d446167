/** What an order is known by in event hashes: ../../event-hash.ts folds the same from an event. */
import { noClient, noNameAt, traitNamesAt } from './engine-state.ts';
import { foldApart, foldLongApart, numbers, pair, pairAndPair, pairsAt } from './event-chain.ts';
import { noExtras } from './order-extras.ts';
import { ClientId, Order } from './rows.ts';

/** Where a client id has the two words of its name. */
const clientNameAt: usize = offsetof<ClientId>('nameLeft');
export const partyAt: usize = offsetof<Order>('partyLeft');

/** Which order it is, once when it is admitted. `left` and `right`: the two words of its digest. */
export function nameParty(order: Order, left: i32, right: i32): void {
  const account = order.account;
  const market = order.market;
  const party = pair(
    joinNames(left, account.nameLeft, market.nameLeft),
    joinNames(right, account.nameRight, market.nameRight),
  );
  store<i64>(changetype<usize>(order) + partyAt, party);
}

/** All of its terms that never change, once when it ends. */
export function termsOf(order: Order): i64 {
  const extras = order.extras;
  const traits = traitNamesAt + ((<usize>order.traits) << 3);
  const party = pairsAt(changetype<usize>(order) + partyAt, traits);
  const times = numbers(order.createdAtMs, order.expiresAtMs);
  // Most have none, and no name: what they would fold of it is 0.
  if (extras === noExtras) {
    return foldApart(party, pairAndPair(<u32>order.limitTicks, load<i64>(noNameAt)), times);
  }
  const name =
    extras.client === noClient ? noNameAt : changetype<usize>(extras.client) + clientNameAt;
  return foldLongApart(
    party,
    pairAndPair(pair(order.limitTicks, extras.triggerTicks), load<i64>(name)),
    times,
    numbers(extras.displayLots, 0),
  );
}

/** What an order is known by. */
export function partyOf(order: Order): i64 {
  return load<i64>(changetype<usize>(order) + partyAt);
}

/** Which order it is, of one lane's words: a change of any of the three shows. */
function joinNames(digest: i32, account: i32, market: i32): i32 {
  return digest * 0x2c1b3c6d + account * 0x297a2d39 + market * 0x27d4eb2f;
}
