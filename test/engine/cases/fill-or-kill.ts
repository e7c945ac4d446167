/** "Fok trades all of itself at once or is refused, decided before any fill." */
import type { Cases } from './script.ts';

const asks = `
  | bid | price | ask   |
  |     | 103   | dan 9 |
  |     | 102   | cat 5 |
  |     | 101   | bob 3 |`;

export const fillOrKill: Cases = {
  'a FOK order trades whole over several levels': `${asks}
    > alice buys 8 at 102 fok
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 5 at 102 from cat
    cat is filled
    alice is filled`,

  'a FOK order that lacks one lot within its limit trades nothing': `${asks}
    > alice buys 9 at 102 fok
    refused fill_or_kill_unfilled
    ${asks}`,

  'a FOK order of a sell counts the bids': `
    | bid   | price | ask |
    | dan 4 | 100   |     |
    | eve 6 | 99    |     |
    > alice sells 11 at 99 fok
    refused fill_or_kill_unfilled
    > alice sells 10 at 99 fok
    alice sells 4 at 100 to dan
    dan is filled
    alice sells 6 at 99 to eve
    eve is filled
    alice is filled`,

  'a FOK order finds nothing in an empty book': `
    > alice buys 1 at 100 fok
    refused fill_or_kill_unfilled
    > alice sells 1 at market 1 fok
    refused fill_or_kill_unfilled`,

  'a market order may be FOK': `${asks}
    > alice buys 9 at market 102 fok
    refused fill_or_kill_unfilled
    > alice buys 4 at market 102 fok
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 1 at 102 from cat
    alice is filled`,

  'the hidden part of an iceberg can be filled': `
    | bid | price | ask              |
    |     | 101   | bob 2/6, cat 1   |
    > alice buys 8 at 101 fok
    refused fill_or_kill_unfilled
    > alice buys 7 at 101 fok
    alice buys 2 at 101 from bob
    alice buys 1 at 101 from cat
    cat is filled
    alice buys 2 at 101 from bob
    alice buys 2 at 101 from bob
    bob is filled
    alice is filled`,

  'a refused FOK order frees nothing and holds nothing': `${asks}
    > alice is granted 1000 USDC
    > alice buys 9 at 102 fok
    refused fill_or_kill_unfilled
    > alice has?
    1000 USDC free, 0 held`,
};

export const fillOrKillByMoney: Cases = {
  // 3 × 101 + 5 × 102 = 813
  'a FOK order by money is filled where all of it is spent': `${asks}
    > alice spends 813 at market 102 fok
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 5 at 102 from cat
    cat is filled
    alice is filled`,

  'a FOK order by money is filled where its rest buys no lot at the next level': `${asks}
    > alice spends 400 at market 103 fok
    alice buys 3 at 101 from bob
    bob is filled
    alice is filled`,

  'a FOK order by money is filled where its rest buys no lot at its limit': `${asks}
    > alice spends 403 at market 101 fok
    alice buys 3 at 101 from bob
    bob is filled
    alice is filled`,

  // 404 − 3 × 101 leave 101: a lot at the last price, but none at the limit.
  'a FOK order by money is filled where the book runs out and its rest buys no lot at its limit': `
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > alice spends 406 at market 103 fok
    refused fill_or_kill_unfilled
    > alice spends 404 at market 103 fok
    alice buys 3 at 101 from bob
    bob is filled
    alice is filled`,

  'a FOK order by money is refused where its rest would buy another lot': `${asks}
    > alice spends 404 at market 101 fok
    refused fill_or_kill_unfilled
    > alice spends 915 at market 102 fok
    refused fill_or_kill_unfilled
    ${asks}`,

  'a FOK order by money that buys no lot at all is refused': `${asks}
    > alice spends 100 at market 103 fok
    refused fill_or_kill_unfilled`,

  'a FOK order by money meets its own where money is left there': `
    | bid | price | ask     |
    |     | 102   | alice 5 |
    |     | 101   | bob 3   |
    > alice spends 405 at market 102 fok
    refused would_self_trade
    > alice spends 404 at market 102 fok
    alice#2 buys 3 at 101 from bob
    bob is filled
    alice#2 is filled`,
};

export const fillOrKillOwn: Cases = {
  'a FOK order that its own order stands before is refused would_self_trade': `
    | bid | price | ask            |
    |     | 102   | cat 9          |
    |     | 101   | bob 3, alice 2 |
    > alice buys 4 at 102 fok
    refused would_self_trade
    > alice buys 4 at 102 fok expire_both
    refused would_self_trade
    > alice buys 4 at 102 fok decrement
    refused would_self_trade
    | bid | price | ask            |
    |     | 102   | cat 9          |
    |     | 101   | bob 3, alice 2 |`,

  'a FOK order that is filled before it comes to its own trades': `
    | bid | price | ask            |
    |     | 101   | bob 3, alice 2 |
    > alice buys 3 at 102 fok
    alice#2 buys 3 at 101 from bob
    bob is filled
    alice#2 is filled
    | bid | price | ask     |
    |     | 101   | alice 2 |`,

  'a FOK order with expire_maker passes its own, which count for nothing': `
    | bid | price | ask            |
    |     | 102   | cat 9          |
    |     | 101   | bob 3, alice 2 |
    > alice buys 13 at 102 fok expire_maker
    refused fill_or_kill_unfilled
    > alice buys 12 at 102 fok expire_maker
    alice#2 buys 3 at 101 from bob
    bob is filled
    alice is self_trade
    alice#2 buys 9 at 102 from cat
    cat is filled
    alice#2 is filled`,

  'an own order beyond the limit is not met': `
    | bid | price | ask     |
    |     | 103   | alice 2 |
    |     | 101   | bob 3   |
    > alice buys 4 at 102 fok
    refused fill_or_kill_unfilled`,

  'would_self_trade comes before fill_or_kill_unfilled': `
    | bid | price | ask            |
    |     | 101   | bob 3, alice 2 |
    > alice buys 50 at 102 fok
    refused would_self_trade`,

  // The slice goes behind the own order before the next one is shown.
  'the hidden part of an iceberg lies behind an own order of its level': `
    | bid | price | ask              |
    |     | 101   | bob 1/5, alice 2 |
    > alice buys 2 at 101 fok
    refused would_self_trade
    > alice buys 1 at 101 fok
    alice#2 buys 1 at 101 from bob
    alice#2 is filled
    | bid | price | ask              |
    |     | 101   | alice 2, bob 1/4 |`,

  'shown parts before the own order suffice': `
    | bid | price | ask                     |
    |     | 101   | bob 2/5, cat 2, alice 1 |
    > alice buys 5 at 101 fok
    refused would_self_trade
    > alice buys 4 at 101 fok
    alice#2 buys 2 at 101 from bob
    alice#2 buys 2 at 101 from cat
    cat is filled
    alice#2 is filled`,

  'an own order in a level that is not needed is not met': `
    | bid | price | ask     |
    |     | 102   | alice 1 |
    |     | 101   | bob 2/5 |
    > alice buys 5 at 102 fok
    alice#2 buys 2 at 101 from bob
    alice#2 buys 2 at 101 from bob
    alice#2 buys 1 at 101 from bob
    bob is filled
    alice#2 is filled`,
};

export const fillOrKillBounds: Cases = {
  'a FOK market order does not count what lies outside the band': `
    | bid | price | ask   |
    |     | 106   | cat 5 |
    |     | 105   | bob 3 |
    > market lists bandBps 500 referenceTicks 100
    > alice buys 4 at market 110 fok
    refused fill_or_kill_unfilled
    > alice buys 3 at market 110 fok
    alice buys 3 at 105 from bob
    bob is filled
    alice is filled`,

  'a FOK market order whose first level is outside the band is refused for that': `
    | bid | price | ask   |
    |     | 106   | cat 5 |
    > market lists bandBps 500 referenceTicks 100
    > alice buys 4 at market 110 fok
    refused price_outside_band`,

  'a FOK order does not count what volatility would halt, and halts nothing': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    | bid | price | ask   |
    |     | 106   | cat 5 |
    |     | 105   | bob 3 |
    > alice buys 4 at 106 fok
    refused fill_or_kill_unfilled
    > market?
    open, last 0, reference 100
    > alice buys 3 at 106 fok
    alice buys 3 at 105 from bob
    bob is filled
    alice is filled`,

  'an own order beyond the bounds is not met': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    | bid | price | ask     |
    |     | 106   | alice 5 |
    |     | 105   | bob 3   |
    > alice buys 4 at 106 fok
    refused fill_or_kill_unfilled`,

  // 3 × 101 leave 47, which buys nothing more; that the next level could not be taken anyway is nothing to it.
  'an order by money that is spent before a level outside the band is filled': `
    | bid | price | ask   |
    |     | 110   | cat 5 |
    |     | 101   | bob 3 |
    > market lists bandBps 500 referenceTicks 100
    > alice spends 350 at market 120 fok
    alice buys 3 at 101 from bob
    bob is filled
    alice is filled
    > bob sells 3 at 101
    > alice spends 350 at market 120
    alice#2 buys 3 at 101 from bob#2
    bob#2 is filled
    alice#2 is filled`,
};
