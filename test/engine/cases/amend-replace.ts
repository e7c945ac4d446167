/** "Lowering the size keeps the place in the queue. Any other change is a new order that names the old one." */
import type { Cases } from './script.ts';

export const amends: Cases = {
  'a lowered order keeps its place in the queue': `
    | bid          | price | ask |
    | dan 4, eve 6 | 100   |     |
    > dan amends dan to 2
    dan is amended to 2
    | bid          | price | ask |
    | dan 2, eve 6 | 100   |     |
    > alice sells 3 at 100
    alice sells 2 at 100 to dan
    dan is filled
    alice sells 1 at 100 to eve
    alice is filled`,

  'the new size counts what is filled already': `
    | bid    | price | ask |
    | dan 10 | 100   |     |
    > alice sells 4 at 100
    alice sells 4 at 100 to dan
    alice is filled
    > dan amends dan to 6
    dan is amended to 6
    | bid   | price | ask |
    | dan 2 | 100   |     |
    > dan?
    open, 4 of 6 done`,

  'an amended order must keep something to trade': `
    | bid    | price | ask |
    | dan 10 | 100   |     |
    > alice sells 4 at 100
    alice sells 4 at 100 to dan
    alice is filled
    > dan amends dan to 4
    refused size_too_small
    > dan amends dan to 0
    refused size_too_small
    > dan amends dan to 5
    dan is amended to 5`,

  'an amended size must be smaller': `
    | bid    | price | ask |
    | dan 10 | 100   |     |
    > dan amends dan to 10
    refused size_not_smaller
    > dan amends dan to 11
    refused size_not_smaller
    | bid    | price | ask |
    | dan 10 | 100   |     |`,

  "an amended order keeps to the market's smallest size and notional": `
    terms minSizeLots 3 minNotionalUnits 400
    | bid    | price | ask |
    | dan 10 | 100   |     |
    > dan amends dan to 2
    refused size_too_small
    > dan amends dan to 3
    refused notional_too_small
    > dan amends dan to 4
    dan is amended to 4`,

  "nobody amends another's order, nor one that is over": `
    | bid    | price | ask |
    | dan 10 | 100   |     |
    > alice amends dan to 5
    refused not_owner
    > dan cancels dan
    dan is cancelled
    > dan amends dan to 5
    refused unknown_order`,

  'an amend that is no whole number of lots is refused': `
    | bid    | price | ask |
    | dan 10 | 100   |     |
    > dan amends dan misfit
    refused size_off_lot
    > dan amends dan to spend 100
    refused size_off_lot`,

  'an amend frees the credit of what it takes off': `
    terms makerFeeBps 100 takerFeeBps 200
    > dan is granted 1020 USDC
    > dan buys 10 at 100
    > dan amends dan to 4
    dan is amended to 4
    > dan has?
    612 USDC free, 408 held`,

  'an order by money is lowered by money': `
    > alice is granted 500 USDC
    > alice spends 500 stop 105 at market 110
    > alice amends alice to 3
    refused size_off_lot
    > alice amends alice to spend 500
    refused size_not_smaller
    > alice amends alice to spend 300
    alice is amended to spend 300
    > alice has?
    200 USDC free, 300 held`,

  'an amend is taken in every market state': `
    | bid    | price | ask |
    | dan 10 | 100   |     |
    > market turns cancel_only
    market is cancel_only by operator
    > dan amends dan to 9
    dan is amended to 9
    > market turns halted
    market is halted by operator
    > dan amends dan to 8
    dan is amended to 8
    > market turns auction
    market is auction by operator
    > dan amends dan to 7
    dan is amended to 7
    | bid   | price | ask |
    | dan 7 | 100   |     |`,

  'a stop is amended while it waits': `
    > alice buys 5 stop 105 at 106
    > alice amends alice to 2
    alice is amended to 2
    > alice?
    untriggered, 0 of 2 done`,

  'a stop by size has no smallest notional, amended neither': `
    terms minNotionalUnits 1000
    > alice buys 5 stop 105 at market 110
    > alice amends alice to 1
    alice is amended to 1
    > bob buys 10 stop 105 at 110
    > bob amends bob to 9
    refused notional_too_small`,

  'amending an order twice lowers it twice': `
    | bid    | price | ask |
    | dan 10 | 100   |     |
    > dan amends dan to 6
    dan is amended to 6
    > dan amends dan to 6
    refused size_not_smaller
    > dan amends dan to 5
    dan is amended to 5`,
};

export const replaces: Cases = {
  'a replaced order ends in the moment in which the new one comes': `
    | bid          | price | ask |
    | dan 4, eve 6 | 100   |     |
    > dan buys 4 at 101 replacing dan
    dan is cancelled
    | bid     | price | ask |
    | dan#2 4 | 101   |     |
    | eve 6   | 100   |     |`,

  'the new order goes to the back of the queue, even at the old price': `
    | bid          | price | ask |
    | dan 4, eve 6 | 100   |     |
    > dan buys 4 at 100 replacing dan
    dan is cancelled
    | bid            | price | ask |
    | eve 6, dan#2 4 | 100   |     |`,

  'a refused replacement leaves the old order where it was': `
    terms minSizeLots 2
    | bid          | price | ask   |
    |              | 101   | bob 3 |
    | dan 4, eve 6 | 100   |       |
    > dan buys 1 at 101 replacing dan
    refused size_too_small
    > dan buys 4 at 101 replacing dan post-only
    refused post_only_would_cross
    > dan buys 4 at 101 replacing dan fok
    refused fill_or_kill_unfilled
    | bid          | price | ask   |
    |              | 101   | bob 3 |
    | dan 4, eve 6 | 100   |       |`,

  'the new order may trade at once': `
    | bid   | price | ask   |
    |       | 101   | bob 3 |
    | dan 4 | 100   |       |
    > dan buys 4 at 101 replacing dan
    dan is cancelled
    dan#2 buys 3 at 101 from bob
    bob is filled
    | bid     | price | ask |
    | dan#2 1 | 101   |     |`,

  "the old order's credit serves the new one": `
    > dan is granted 500 USDC
    > dan buys 5 at 100
    > dan buys 5 at 101 replacing dan
    refused balance_too_low
    > dan buys 4 at 125 replacing dan
    dan is cancelled
    > dan has?
    0 USDC free, 500 held`,

  "the old order's credit serves a new one of its own asset only": `
    > dan is granted 500 USDC
    > dan buys 5 at 100
    > dan sells 5 at 101 replacing dan
    refused balance_too_low
    > dan?
    open, 0 of 5 done`,

  "the old order's clientOrderId can be used again": `
    > dan buys 5 at 100 called mine
    > dan buys 5 at 99 called other
    > dan buys 5 at 101 called other replacing dan
    refused duplicate_client_order_id
    > dan buys 5 at 101 called mine replacing dan
    dan is cancelled`,

  'a post-only order may take the place of the order that it would cross': `
    | bid | price | ask   |
    |     | 102   | cat 1 |
    |     | 101   | dan 4 |
    > dan buys 4 at 101 post-only replacing dan
    dan is cancelled
    | bid     | price | ask   |
    |         | 102   | cat 1 |
    | dan#2 4 | 101   |       |`,

  'a FOK order does not meet the order that it replaces': `
    | bid | price | ask          |
    |     | 101   | dan 4, cat 2 |
    > dan buys 2 at 101 fok replacing dan
    dan is cancelled
    dan#2 buys 2 at 101 from cat
    cat is filled
    dan#2 is filled`,

  'what does not live, is of another market or of another owner cannot be replaced': `
    > BTC-USDC lists
    > dan buys 4 at 100 in BTC-USDC
    > eve buys 4 at 100
    > dan buys 4 at 99 replacing dan
    refused unknown_order
    > dan buys 4 at 99 replacing nothing
    refused unknown_order
    > dan buys 4 at 99 replacing eve
    refused not_owner
    > eve cancels eve
    eve is cancelled
    > eve buys 4 at 99 replacing eve
    refused unknown_order
    | bid | price | ask |`,

  'a replacement that names a wrong order breaks no rule before that one': `
    > dan is granted 400 USDC
    > dan buys 4 at 100
    > eve buys 4 at 100
    > dan buys 4 at 100 replacing eve
    refused balance_too_low
    > dan buys 4 at 100 fok replacing nothing
    refused balance_too_low`,

  'a partly filled order is replaced by the whole new size': `
    | bid    | price | ask |
    | dan 10 | 100   |     |
    > alice sells 4 at 100
    alice sells 4 at 100 to dan
    alice is filled
    > dan buys 10 at 99 replacing dan
    dan is cancelled
    | bid      | price | ask |
    | dan#2 10 | 99    |     |
    > dan?
    cancelled, 4 of 10 done`,

  'a stop is replaced while it waits': `
    > alice buys 5 stop 105 at 106
    > alice buys 5 stop 107 at 108 replacing alice
    alice is cancelled
    > waiting?
    alice#2`,

  'nothing is replaced in a market that takes no orders': `
    | bid   | price | ask |
    | dan 4 | 100   |     |
    > market turns halted
    market is halted by operator
    > dan buys 3 at 99 replacing dan
    refused market_not_open
    | bid   | price | ask |
    | dan 4 | 100   |     |`,

  'a replaced order is no level that a market order would take first': `
    | bid | price | ask     |
    |     | 100   | bob 1   |
    |     | 90    | alice 1 |
    > market lists bandBps 500 referenceTicks 100
    > cat buys 1 at market 110
    refused price_outside_band
    > alice buys 1 at market 110 replacing alice
    alice is cancelled
    alice#2 buys 1 at 100 from bob
    bob is filled
    alice#2 is filled`,

  'a replaced order leaves the others of its level where they are': `
    | bid | price | ask                 |
    |     | 101   | bob 1, dan 4, cat 2 |
    > dan buys 4 at 101 replacing dan fok
    refused fill_or_kill_unfilled
    > dan buys 3 at 101 replacing dan fok
    dan is cancelled
    dan#2 buys 1 at 101 from bob
    bob is filled
    dan#2 buys 2 at 101 from cat
    cat is filled
    dan#2 is filled`,

  'an order that replaces may be of another kind': `
    | bid   | price | ask   |
    |       | 101   | bob 3 |
    | dan 4 | 100   |       |
    > dan sells 4 stop 90 at market 80 replacing dan
    dan is cancelled
    > dan spends 200 at market 110 replacing dan#2
    dan#2 is cancelled
    dan#3 buys 1 at 101 from bob
    dan#3 is filled`,
};
