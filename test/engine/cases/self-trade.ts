/** "An account never trades with itself." The table of all modes, types and times in force is in docs/market-rules.md; here are its finer points. */
import type { Cases } from './script.ts';

export const selfTrade: Cases = {
  "an order that meets its owner's ends there, and the maker stays": `
    | bid | price | ask            |
    |     | 102   | cat 5          |
    |     | 101   | bob 3, alice 2 |
    > alice buys 9 at 102
    alice#2 buys 3 at 101 from bob
    bob is filled
    alice#2 is self_trade
    | bid | price | ask     |
    |     | 102   | cat 5   |
    |     | 101   | alice 2 |`,

  'an order that is filled before it meets its own is not touched': `
    | bid | price | ask            |
    |     | 101   | bob 3, alice 2 |
    > alice buys 3 at 102
    alice#2 buys 3 at 101 from bob
    bob is filled
    alice#2 is filled`,

  // The last 97 buy no lot at 102.
  'an order by money that is spent before it meets its own is filled': `
    | bid | price | ask     |
    |     | 102   | alice 2 |
    |     | 101   | bob 3   |
    > alice spends 400 at market 103
    alice#2 buys 3 at 101 from bob
    bob is filled
    alice#2 is filled`,

  'orders of one owner may rest on both sides': `
    | bid   | price | ask   |
    |       | 102   | cat 5 |
    | dan 4 | 100   |       |
    > dan sells 1 at 101
    > alice sells 4 at 100
    alice sells 4 at 100 to dan
    dan is filled
    alice is filled`,

  "the incoming order's mode decides, whatever the resting one's is": `
    > alice sells 2 at 101 expire_maker
    > alice buys 2 at 101
    alice#2 is self_trade
    > alice buys 2 at 101 expire_both
    alice is self_trade
    alice#3 is self_trade
    | bid | price | ask |`,

  'expire_maker ends own orders one by one and goes on': `
    | bid | price | ask                         |
    |     | 102   | alice 1                     |
    |     | 101   | alice#2 2, bob 3, alice#3 4 |
    > alice buys 9 at 102 expire_maker
    alice#2 is self_trade
    alice#4 buys 3 at 101 from bob
    bob is filled
    alice#3 is self_trade
    alice is self_trade
    | bid       | price | ask |
    | alice#4 6 | 102   |     |`,

  'expire_both ends at the first own order and leaves the next ones': `
    | bid | price | ask                |
    |     | 101   | alice 2, alice#2 4 |
    > alice buys 9 at 101 expire_both
    alice is self_trade
    alice#3 is self_trade
    | bid | price | ask       |
    |     | 101   | alice#2 4 |`,

  "what a self-trade ends frees its owner's credit": `
    > alice is granted 5 ETH
    > alice is granted 505 USDC
    > alice sells 5 at 101
    > alice buys 5 at 101 expire_both
    alice is self_trade
    alice#2 is self_trade
    > alice has?
    5 ETH free, 0 held
    505 USDC free, 0 held`,

  'a replaced order is not met': `
    | bid | price | ask     |
    |     | 101   | alice 2 |
    > alice buys 2 at 101 replacing alice
    alice is cancelled
    | bid       | price | ask |
    | alice#2 2 | 101   |     |`,
};

export const decrement: Cases = {
  'decrement lowers both by the smaller: the incoming order goes on with the rest': `
    | bid | price | ask            |
    |     | 101   | alice 3, bob 9 |
    > alice buys 5 at 101 decrement
    alice is self_trade
    alice#2 is decremented to 2
    alice#2 buys 2 at 101 from bob
    alice#2 is filled
    > alice#2?
    filled, 2 of 2 done`,

  'decrement lowers both by the smaller: the resting order keeps its place with the rest': `
    | bid | price | ask            |
    |     | 101   | alice 5, bob 9 |
    > alice buys 3 at 101 decrement
    alice is decremented to 2
    alice#2 is self_trade
    | bid | price | ask            |
    |     | 101   | alice 2, bob 9 |`,

  'decrement ends both where both are as large': `
    | bid | price | ask            |
    |     | 101   | alice 3, bob 9 |
    > alice buys 3 at 101 decrement
    alice is self_trade
    alice#2 is self_trade
    | bid | price | ask   |
    |     | 101   | bob 9 |`,

  'decrementing lowers the size, not what is filled': `
    | bid | price | ask            |
    |     | 101   | bob 4, alice 3 |
    > alice buys 10 at 101 decrement
    alice#2 buys 4 at 101 from bob
    bob is filled
    alice is self_trade
    alice#2 is decremented to 7
    > alice#2?
    open, 4 of 7 done`,

  'a resting order that was filled before ends with what it has': `
    | bid | price | ask     |
    |     | 101   | alice 5 |
    > bob buys 2 at 101
    bob buys 2 at 101 from alice
    bob is filled
    > alice buys 9 at 101 decrement
    alice is self_trade
    alice#2 is decremented to 6
    > alice?
    self_trade, 2 of 2 done`,

  'a decremented iceberg loses of its slice, and refills as after a trade': `
    | bid | price | ask              |
    |     | 101   | alice 2/6, bob 1 |
    > alice buys 3 at 101 decrement
    alice is decremented to 4
    alice#2 is decremented to 1
    alice#2 buys 1 at 101 from bob
    bob is filled
    alice#2 is filled
    | bid | price | ask       |
    |     | 101   | alice 2/4 |`,

  'a decremented iceberg keeps a slice that is not used up': `
    | bid | price | ask              |
    |     | 101   | alice 3/6, bob 1 |
    > alice buys 2 at 101 decrement
    alice is decremented to 4
    alice#2 is self_trade
    | bid | price | ask              |
    |     | 101   | alice 1/4, bob 1 |`,

  // 600 − 2 × 101 = 398
  'an order by money is lowered by what the lots cost at that price': `
    | bid | price | ask            |
    |     | 101   | alice 2, bob 9 |
    > alice spends 600 at market 101 decrement
    alice is self_trade
    alice#2 is decremented to spend 398
    alice#2 buys 3 at 101 from bob
    alice#2 is filled
    > alice#2?
    filled, 303 of 398 spent`,

  'an order by money that has nothing left ends self_trade': `
    | bid | price | ask            |
    |     | 101   | alice 6, bob 9 |
    > alice spends 404 at market 101 decrement
    alice is decremented to 2
    alice#2 is self_trade`,

  // 450 − 4 × 101 = 46, which buys nothing more.
  'an order by money that only has a rest too small for a lot, and never traded, expires': `
    | bid | price | ask            |
    |     | 101   | alice 6, bob 9 |
    > alice spends 450 at market 101 decrement
    alice is decremented to 2
    alice#2 is decremented to spend 46
    alice#2 is expired`,

  'decrementing frees the credit of both': `
    > alice is granted 5 ETH
    > alice is granted 303 USDC
    > alice sells 5 at 101
    > alice buys 3 at 101 decrement
    alice is decremented to 2
    alice#2 is self_trade
    > alice has?
    3 ETH free, 2 held
    303 USDC free, 0 held`,

  'an own iceberg alone in its level is met slice by slice': `
    | bid | price | ask       |
    |     | 101   | alice 2/5 |
    > alice buys 9 at 101 decrement
    alice is decremented to 3
    alice#2 is decremented to 7
    alice is decremented to 1
    alice#2 is decremented to 5
    alice is self_trade
    alice#2 is decremented to 4
    | bid       | price | ask |
    | alice#2 4 | 101   |     |`,

  'an iceberg that comes in is lowered by its whole rest': `
    | bid | price | ask     |
    |     | 101   | alice 5 |
    > alice buys 9 at 101 decrement shows 2
    alice is self_trade
    alice#2 is decremented to 4
    | bid         | price | ask |
    | alice#2 2/4 | 101   |     |`,
};
