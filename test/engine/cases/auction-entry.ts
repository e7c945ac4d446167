/** "Self-trade prevention acts when an order enters an auction: the own orders that it crosses are met, then it rests." */
import type { Cases } from './script.ts';

export const auctionEntry: Cases = {
  'an order that crosses only others collects, crossed': `
    terms state auction
    > bob sells 2 at 100
    > alice buys 5 at 102
    | bid     | price | ask   |
    | alice 5 | 102   |       |
    |         | 100   | bob 2 |`,

  'expire_taker: an order that crosses its own ends at entry': `
    terms state auction
    > alice sells 2 at 101
    > bob sells 2 at 100
    > alice buys 5 at 102
    alice#2 is self_trade
    > alice buys 5 at 100
    | bid       | price | ask     |
    |           | 101   | alice 2 |
    | alice#3 5 | 100   | bob 2   |`,

  'expire_maker: the own orders that it crosses end, best price and oldest first': `
    terms state auction
    > alice sells 2 at 101
    > alice sells 2 at 100
    > alice sells 2 at 101
    > alice sells 2 at 103
    > bob sells 2 at 100
    > alice buys 5 at 102 expire_maker
    alice#2 is self_trade
    alice is self_trade
    alice#3 is self_trade
    | bid       | price | ask       |
    |           | 103   | alice#4 2 |
    | alice#5 5 | 102   |           |
    |           | 100   | bob 2     |`,

  'expire_both: the first own order that it crosses ends with it': `
    terms state auction
    > alice sells 2 at 101
    > alice sells 2 at 100
    > alice buys 5 at 102 expire_both
    alice#2 is self_trade
    alice#3 is self_trade
    | bid | price | ask     |
    |     | 101   | alice 2 |`,

  // The iceberg's second slice went behind alice#2, and yet it was admitted first.
  'of one price the own order that was admitted first is met first': `
    > alice sells 4 at 101 shows 2
    > alice sells 2 at 101
    > bob buys 2 at 101
    bob buys 2 at 101 from alice
    bob is filled
    > market turns auction
    market is auction by operator
    > alice buys 5 at 102 expire_both
    alice is self_trade
    alice#3 is self_trade
    | bid | price | ask       |
    |     | 101   | alice#2 2 |`,

  'decrement: own orders are lowered one by one, and the rest collects': `
    terms state auction
    > alice sells 2 at 101
    > alice sells 2 at 100
    > alice buys 5 at 102 decrement
    alice#2 is self_trade
    alice#3 is decremented to 3
    alice is self_trade
    alice#3 is decremented to 1
    | bid       | price | ask |
    | alice#3 1 | 102   |     |`,

  'decrement: a resting order that is larger stays with the rest': `
    terms state auction
    > alice sells 9 at 101
    > alice buys 5 at 102 decrement
    alice is decremented to 4
    alice#2 is self_trade
    | bid | price | ask     |
    |     | 101   | alice 4 |`,

  'a sell that comes into an auction meets its own bids': `
    terms state auction
    > alice buys 2 at 101
    > alice buys 2 at 103
    > alice sells 3 at 101 expire_maker
    alice#2 is self_trade
    alice is self_trade
    | bid | price | ask       |
    |     | 101   | alice#3 3 |`,

  'decrement: an own iceberg is met slice by slice': `
    terms state auction
    > alice sells 6 at 100 shows 2
    > alice buys 5 at 102 decrement
    alice is decremented to 4
    alice#2 is decremented to 3
    alice is decremented to 2
    alice#2 is decremented to 1
    alice is decremented to 1
    alice#2 is self_trade
    | bid | price | ask     |
    |     | 100   | alice 1 |`,
};
