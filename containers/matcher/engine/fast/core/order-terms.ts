/** What an order is known by in event hashes, computed once when it is admitted: ../../event-hash.ts folds the same from an event. */
import { noClient, noNameAt, traitNamesAt } from './engine-state.ts';
import { leftOf, rightOf, wordOf } from './event-chain.ts';
import { ClientId, Order } from './rows.ts';

/** Where a client id has the two words of its name. */
const clientNameAt: usize = offsetof<ClientId>('nameLeft');

/** `left` and `right`: the two words of its digest. */
export function nameTerms(order: Order, left: i32, right: i32): void {
  const account = order.account;
  const market = order.market;
  const partyLeft = joinNames(left, account.nameLeft, market.nameLeft);
  const partyRight = joinNames(right, account.nameRight, market.nameRight);
  order.partyLeft = partyLeft;
  order.partyRight = partyRight;
  const traits = traitNamesAt + ((<usize>order.traits) << 3);
  const client =
    order.client === noClient ? noNameAt : changetype<usize>(order.client) + clientNameAt;
  const traitsLeft = load<i32>(traits);
  const traitsRight = load<i32>(traits, 4);
  const limit = order.limitTicks;
  const trigger = order.triggerTicks;
  const display = wordOf(order.displayLots);
  const created = wordOf(order.createdAtMs);
  const expires = wordOf(order.expiresAtMs);
  const clientLeft = load<i32>(client);
  const clientRight = load<i32>(client, 4);
  order.termsLeft = leftOf(
    partyLeft,
    partyRight,
    traitsLeft,
    traitsRight,
    limit,
    trigger,
    display,
    created,
    expires,
    clientLeft,
    clientRight,
  );
  order.termsRight = rightOf(
    partyLeft,
    partyRight,
    traitsLeft,
    traitsRight,
    limit,
    trigger,
    display,
    created,
    expires,
    clientLeft,
    clientRight,
  );
}

/** Which order it is, of one lane's words: a change of any of the three shows. */
function joinNames(digest: i32, account: i32, market: i32): i32 {
  return digest * 0x2c1b3c6d + account * 0x297a2d39 + market * 0x27d4eb2f;
}
