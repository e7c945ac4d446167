/** "Price, then time." And what becomes of an order that finds nobody. */
import type { Cases } from './script.ts';

const twoSided = `
  | bid   | price | ask   |
  |       | 102   | cat 5 |
  |       | 101   | bob 3 |
  | dan 4 | 100   |       |
  | eve 6 | 99    |       |`;

export const priority: Cases = {
  'an order that crosses nothing rests': `${twoSided}
    > alice buys 2 at 98
    | bid     | price | ask   |
    |         | 102   | cat 5 |
    |         | 101   | bob 3 |
    | dan 4   | 100   |       |
    | eve 6   | 99    |       |
    | alice 2 | 98    |       |`,

  'the best price trades first, at the price of the maker': `${twoSided}
    > alice buys 7 at 103
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 4 at 102 from cat
    alice is filled
    | bid   | price | ask   |
    |       | 102   | cat 1 |
    | dan 4 | 100   |       |
    | eve 6 | 99    |       |`,

  'a sell takes the highest bid first': `${twoSided}
    > alice sells 5 at 99
    alice sells 4 at 100 to dan
    dan is filled
    alice sells 1 at 99 to eve
    alice is filled`,

  'at one price the oldest order trades first': `
    | bid                   | price | ask |
    | dan 4, eve 6, dan#2 1 | 100   |     |
    > alice sells 5 at 100
    alice sells 4 at 100 to dan
    dan is filled
    alice sells 1 at 100 to eve
    alice is filled
    | bid            | price | ask |
    | eve 5, dan#2 1 | 100   |     |`,

  'a better price comes before an older order': `
    > dan buys 4 at 99
    > eve buys 4 at 100
    > alice sells 5 at 99
    alice sells 4 at 100 to eve
    eve is filled
    alice sells 1 at 99 to dan
    alice is filled`,

  'a partial fill keeps the place in the queue': `
    | bid          | price | ask |
    | dan 4, eve 6 | 100   |     |
    > alice sells 1 at 100
    alice sells 1 at 100 to dan
    alice is filled
    | bid          | price | ask |
    | dan 3, eve 6 | 100   |     |
    > alice sells 1 at 100
    alice#2 sells 1 at 100 to dan
    alice#2 is filled`,

  'what a crossing limit order leaves rests at its own price': `${twoSided}
    > alice buys 5 at 101
    alice buys 3 at 101 from bob
    bob is filled
    | bid     | price | ask   |
    |         | 102   | cat 5 |
    | alice 2 | 101   |       |
    | dan 4   | 100   |       |
    | eve 6   | 99    |       |`,

  'an order at the best price goes behind those that wait there': `${twoSided}
    > alice sells 9 at 101
    > fay buys 4 at 101
    fay buys 3 at 101 from bob
    bob is filled
    fay buys 1 at 101 from alice
    fay is filled`,

  'an order that left half of itself elsewhere is no older for it': `
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > alice buys 5 at 101
    alice buys 3 at 101 from bob
    bob is filled
    > dan buys 1 at 101
    > eve sells 3 at 101
    eve sells 2 at 101 to alice
    alice is filled
    eve sells 1 at 101 to dan
    dan is filled
    eve is filled`,

  'levels far apart are taken in the order of their prices': `
    | bid | price | ask   |
    |     | 1000  | dan 1 |
    |     | 500   | cat 1 |
    |     | 7     | bob 1 |
    > alice buys 3 at 2000
    alice buys 1 at 7 from bob
    bob is filled
    alice buys 1 at 500 from cat
    cat is filled
    alice buys 1 at 1000 from dan
    dan is filled
    alice is filled
    | bid | price | ask |`,

  'markets have nothing to do with each other': `
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > BTC-USDC lists
    > alice buys 3 at 101 in BTC-USDC
    > alice sells 1 at 102
    | bid | price | ask     |
    |     | 102   | alice#2 1 |
    |     | 101   | bob 3   |`,
};

export const timeInForce: Cases = {
  'an IOC order trades what it can and never rests': `${twoSided}
    > alice buys 5 at 101 ioc
    alice buys 3 at 101 from bob
    bob is filled
    alice is expired
    | bid   | price | ask   |
    |       | 102   | cat 5 |
    | dan 4 | 100   |       |
    | eve 6 | 99    |       |`,

  'an IOC order that finds nothing is accepted and expires': `${twoSided}
    > alice buys 5 at 100 ioc
    alice is expired
    ${twoSided}`,

  'an IOC order that trades whole is filled': `${twoSided}
    > alice sells 4 at 100 ioc
    alice sells 4 at 100 to dan
    dan is filled
    alice is filled`,

  'a GTD order rests as a GTC order does': `
    > alice buys 5 at 100 gtd for 500 ms
    > bob buys 5 at 100 for 500 ms
    | bid            | price | ask |
    | alice 5, bob 5 | 100   |     |
    > 499 ms pass
    > 1 ms pass
    alice is expired
    bob is expired
    | bid | price | ask |`,

  'a post-only order that would trade is refused': `${twoSided}
    > alice buys 1 at 101 post-only
    refused post_only_would_cross
    > alice sells 1 at 100 post-only
    refused post_only_would_cross
    ${twoSided}`,

  'a post-only order that would not trade rests, also at the best price of its side': `
    | bid   | price | ask   |
    |       | 102   | cat 5 |
    | dan 4 | 100   |       |
    > alice buys 1 at 101 post-only
    > bob sells 1 at 102 post-only gtd
    | bid     | price | ask          |
    |         | 102   | cat 5, bob 1 |
    | alice 1 | 101   |              |
    | dan 4   | 100   |              |`,

  'a post-only order that would meet its own is refused as one that would trade': `
    | bid | price | ask     |
    |     | 101   | alice 5 |
    > alice buys 1 at 101 post-only expire_maker
    refused post_only_would_cross`,
};

export const expiry: Cases = {
  'an order ends at its expiresAtMs, not before': `
    > alice buys 1 at 98 for 500 ms
    > 499 ms pass
    > 1 ms pass
    alice is expired
    | bid | price | ask |`,

  'an order that is due does not trade with the command that comes after': `
    > alice buys 1 at 100 for 500 ms
    > dan buys 4 at 100
    > 500 ms pass
    alice is expired
    > eve sells 5 at 100
    eve sells 4 at 100 to dan
    dan is filled`,

  'orders that are due together end by expiry, then the older first': `
    > alice buys 1 at 100 for 300 ms
    > bob buys 1 at 99 for 200 ms
    > cat buys 1 at 98 for 300 ms
    > dan buys 1 at 97 for 100 ms
    > eve buys 1 at 96 for 250 ms
    > eve cancels eve
    eve is cancelled
    > 400 ms pass
    dan is expired
    bob is expired
    alice is expired
    cat is expired`,

  'a partly filled order expires with what is left': `
    > alice buys 5 at 100 for 500 ms
    > bob sells 2 at 100
    bob sells 2 at 100 to alice
    bob is filled
    > 500 ms pass
    alice is expired
    > alice?
    expired, 2 of 5 done`,

  "an expired order's credit is free for the command that comes after": `
    > alice is granted 500 USDC
    > alice buys 5 at 100 for 500 ms
    > alice buys 1 at 100
    refused balance_too_low
    > 500 ms pass
    alice is expired
    > alice buys 5 at 100
    > alice has?
    0 USDC free, 500 held`,

  'an order that would expire the moment it comes is refused': `
    > alice buys 1 at 100 for 0 ms
    refused order_expired`,
};

export const cancels: Cases = {
  'a cancelled order never fills': `
    | bid                 | price | ask |
    | dan 4, eve 6, fay 1 | 100   |     |
    > eve cancels eve
    eve is cancelled
    > alice sells 20 at 100
    alice sells 4 at 100 to dan
    dan is filled
    alice sells 1 at 100 to fay
    fay is filled`,

  'the last order of a level takes the level with it': `${twoSided}
    > dan cancels dan
    dan is cancelled
    | bid   | price | ask   |
    |       | 102   | cat 5 |
    |       | 101   | bob 3 |
    | eve 6 | 99    |       |`,

  'an order that is over cannot be cancelled': `${twoSided}
    > alice buys 3 at 101
    alice buys 3 at 101 from bob
    bob is filled
    alice is filled
    > bob cancels bob
    refused unknown_order
    > dan cancels dan
    dan is cancelled
    > dan cancels dan
    refused unknown_order`,

  "nobody cancels another's order": `${twoSided}
    > alice cancels dan
    refused not_owner
    ${twoSided}`,

  'a partly filled order can be cancelled, and its rest is free again': `
    > alice is granted 500 USDC
    > alice buys 5 at 100
    > bob sells 2 at 100
    bob sells 2 at 100 to alice
    bob is filled
    > alice cancels alice
    alice is cancelled
    > alice has?
    2 ETH free, 0 held
    300 USDC free, 0 held`,

  'a clientOrderId is unique among the live orders of its owner': `
    > alice buys 1 at 100 called mine
    > alice buys 1 at 99 called mine
    refused duplicate_client_order_id
    > bob buys 1 at 98 called mine
    > alice cancels alice
    alice is cancelled
    > alice buys 1 at 97 called mine
    | bid       | price | ask |
    | bob 1     | 98    |     |
    | alice#2 1 | 97    |     |`,
};
