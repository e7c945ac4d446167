/** What each market state takes, and how a market is closed and listed. */
import type { Cases } from './script.ts';

export const marketStates: Cases = {
  'pre_open takes post-only limit orders and nothing else': `
    terms state pre_open
    > alice buys 1 at 99 post-only
    > bob sells 9 at 101 post-only gtd shows 2
    > cat buys 1 at 98
    refused market_not_open
    > cat buys 1 at 101 ioc
    refused market_not_open
    > cat buys 1 at market 101
    refused market_not_open
    > cat buys 1 stop 105 at 106
    refused market_not_open
    > cat buys 1 at 101 post-only
    refused post_only_would_cross
    > market turns open
    market is open by operator
    | bid     | price | ask     |
    |         | 101   | bob 2/9 |
    | alice 1 | 99    |         |`,

  'an auction takes limit orders that can rest, crossed or not': `
    terms state auction
    > alice buys 5 at 102
    > bob sells 5 at 100 gtd
    > bob sells 5 at 103 shows 2
    > cat buys 1 at 102 ioc
    refused market_not_open
    > cat buys 1 at 102 fok
    refused market_not_open
    > cat buys 1 at 99 post-only
    refused market_not_open
    > cat buys 1 at market 102
    refused market_not_open
    > cat buys 1 stop 105 at 106
    refused market_not_open
    > cat buys 1 profit 95 at market 106
    refused market_not_open
    | bid     | price | ask       |
    |         | 103   | bob#2 2/5 |
    | alice 5 | 102   |           |
    |         | 100   | bob 5     |`,

  'no orders are taken in cancel_only, but all else is': `
    | bid     | price | ask   |
    |         | 101   | bob 3 |
    | alice 2 | 99    |       |
    > market turns cancel_only
    market is cancel_only by operator
    > cat buys 1 at 98
    refused market_not_open
    > cat buys 1 at 98 post-only
    refused market_not_open
    > bob cancels bob
    bob is cancelled
    > alice amends alice to 1
    alice is amended to 1
    > market turns open
    market is open by operator
    > cat sells 1 at 99
    cat sells 1 at 99 to alice
    alice is filled
    cat is filled`,

  'no orders are taken in a halted market, but all else is': `
    | bid     | price | ask   |
    |         | 101   | bob 3 |
    | alice 2 | 99    |       |
    > market turns halted
    market is halted by operator
    > cat buys 1 at 98
    refused market_not_open
    > bob cancels bob
    bob is cancelled
    > alice amends alice to 1
    alice is amended to 1
    > market turns open
    refused state_not_reachable`,

  'an order expires in a market that is halted': `
    > alice buys 1 at 99 for 500 ms
    > market turns halted
    market is halted by operator
    > 500 ms pass
    alice is expired`,

  'a closed market has no orders and takes none': `
    | bid     | price | ask   |
    |         | 101   | bob 3 |
    | alice 2 | 99    |       |
    > market turns closed
    market is closed by operator
    alice is cancelled
    bob is cancelled
    | bid | price | ask |
    > cat buys 1 at 98
    refused market_not_open
    > market turns open
    refused state_not_reachable
    > market lists bandBps 100
    refused state_not_reachable`,

  'closing cancels bids, asks, waiting orders and triggered ones, in that order': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    | bid          | price | ask          |
    |              | 120   | cat 1, bob 1 |
    |              | 119   | dan 1        |
    |              | 104   | ivy 1        |
    | eve 1        | 98    |              |
    | gus 1, hal 1 | 97    |              |
    > jim buys 1 stop 110 at 99
    > kim buys 1 stop 104 at 99
    > leo buys 1 stop 103 at 99
    > max buys 1 stop 109 at 99
    > fay buys 2 at 119
    fay buys 1 at 104 from ivy
    ivy is filled
    fay is halted
    market is halted by volatility
    > market turns closed
    market is closed by operator
    eve is cancelled
    gus is cancelled
    hal is cancelled
    dan is cancelled
    cat is cancelled
    bob is cancelled
    jim is cancelled
    max is cancelled
    leo is cancelled
    kim is cancelled`,

  'closing a market frees the credit of its orders': `
    > alice is granted 500 USDC
    > alice buys 5 at 100
    > market turns closed
    market is closed by operator
    alice is cancelled
    > alice has?
    500 USDC free, 0 held`,

  'a market that is not listed has no state': `
    > DOGE-USDC turns open
    refused unknown_market
    > alice buys 1 at 100 in DOGE-USDC
    refused unknown_market`,

  'a market that comes back from cancel_only opens without an auction, and its book stands': `
    | bid     | price | ask   |
    |         | 101   | bob 3 |
    | alice 2 | 99    |       |
    > market turns cancel_only
    market is cancel_only by operator
    > market turns open
    market is open by operator
    | bid     | price | ask   |
    |         | 101   | bob 3 |
    | alice 2 | 99    |       |`,

  'a halt of a crossed auction leaves the book crossed, and goes on to an auction': `
    terms state auction
    > alice buys 5 at 102
    > bob sells 5 at 100
    > market turns halted
    market is halted by operator
    | bid     | price | ask   |
    | alice 5 | 102   |       |
    |         | 100   | bob 5 |
    > market turns auction
    market is auction by operator
    > market turns open
    bob sells 5 at 100 to alice
    alice is filled
    bob is filled
    market is open by operator`,

  'cancels, amends and switches work before the market opens': `
    terms state pre_open
    > alice buys 5 at 99 post-only for 900 ms
    > bob buys 5 at 98 post-only
    > bob cancels all after 500 ms
    > alice amends alice to 2
    alice is amended to 2
    > 500 ms pass
    bob is cancelled
    > 400 ms pass
    alice is expired`,

  'cancels, expiries and switches work in an auction': `
    terms state auction
    > alice buys 5 at 102 for 900 ms
    > bob buys 5 at 103
    > cat sells 5 at 98
    > cat cancels cat
    cat is cancelled
    > bob cancels all after 500 ms
    > 500 ms pass
    bob is cancelled
    > 400 ms pass
    alice is expired`,
};

export const listing: Cases = {
  'a new market begins in the state that its listing names': `
    > BTC-USDC lists state cancel_only
    > alice buys 1 at 100 in BTC-USDC
    refused market_not_open
    > BTC-USDC?
    cancel_only, last 0, reference 0`,

  'a listed market keeps its state': `
    > market lists state halted
    > alice buys 1 at 100
    > market?
    open, last 0, reference 0`,

  'a market that is listed in an auction begins one': `
    > BTC-USDC lists state auction auctionMs 500
    > BTC-USDC?
    auction for 500 ms, last 0, reference 0
    > 500 ms pass
    BTC-USDC is open by schedule`,

  'tick and lot cannot change while the market has live orders': `
    > alice buys 1 at 100
    > market lists quoteUnitsPerTickLot 2
    refused market_has_orders
    > market lists baseUnitsPerLot 2
    refused market_has_orders
    > alice cancels alice
    alice is cancelled
    > alice buys 1 stop 105 at 106
    > market lists baseUnitsPerLot 2
    refused market_has_orders
    > alice cancels alice#2
    alice#2 is cancelled
    > market lists baseUnitsPerLot 2 quoteUnitsPerTickLot 3
    > bob is granted 600 USDC
    > bob buys 2 at 100
    > bob has?
    0 USDC free, 600 held`,

  'changing tick or lot forgets the last price, the reference price and the window': `
    terms haltBps 500 haltWindowMs 8000
    > bob sells 1 at 100
    > alice buys 1 at 100
    alice buys 1 at 100 from bob
    bob is filled
    alice is filled
    > market?
    open, last 100, reference 100
    > market lists quoteUnitsPerTickLot 2
    > market?
    open, last 0, reference 0
    > bob sells 1 at 200
    > alice buys 1 at 200
    alice#2 buys 1 at 200 from bob#2
    bob#2 is filled
    alice#2 is filled`,

  'tick and lot may be listed anew as they are': `
    > alice buys 1 at 100
    > market lists quoteUnitsPerTickLot 1 bandBps 100
    | bid     | price | ask |
    | alice 1 | 100   |     |`,

  'new terms hold for the orders from then on': `
    > alice buys 1 at 100
    > market lists minSizeLots 5
    > bob sells 1 at 100
    refused size_too_small
    > bob sells 5 at 100
    bob sells 1 at 100 to alice
    alice is filled
    | bid | price | ask   |
    |     | 100   | bob 4 |`,

  "an order is refused below the market's smallest size and notional, and above its largest": `
    terms minSizeLots 5 minNotionalUnits 600 maxNotionalUnits 1000
    > alice buys 4 at 200
    refused size_too_small
    > alice buys 5 at 119
    refused notional_too_small
    > alice buys 5 at 201
    refused notional_too_large
    > alice buys 5 at 120
    > alice buys 5 at 200
    > alice spends 1001 at market 100
    refused notional_too_large
    > alice sells 11 at market 100
    refused notional_too_large`,
};
