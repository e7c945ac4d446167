/** "One price: the one at which most trades; of those, the one with the least imbalance; of those, the nearest to the reference price; of two as near, the lower." */
import type { Cases } from './script.ts';

export const auctionPrice: Cases = {
  'the price is the one at which most trades': `
    terms state auction referenceTicks 100
    > alice buys 3 at 103
    > bob buys 4 at 102
    > cat buys 5 at 100
    > dan sells 2 at 99
    > eve sells 4 at 101
    > fay sells 9 at 102
    // 99: 2, 100: 2, 101: 6, 102: 7 of 15 offered, 103: 3
    > market?
    auction, last 0, reference 100
    would trade 7 at 102, imbalance 8`,

  'of prices at which as much trades the one with the least imbalance is taken, before the nearest to the reference': `
    terms state auction referenceTicks 95
    > alice buys 5 at 105
    > bob buys 2 at 99
    > cat sells 5 at 95
    // 5 trade everywhere, 2 more want to buy up to 99
    > market?
    auction, last 0, reference 95
    would trade 5 at 100, imbalance 0`,

  'of prices as balanced the nearest to the reference price is taken, also between the orders': `
    terms state auction referenceTicks 100
    > alice buys 5 at 105
    > bob sells 5 at 95
    > market?
    auction, last 0, reference 100
    would trade 5 at 100, imbalance 0`,

  'a reference price above all is approached from below': `
    terms state auction referenceTicks 120
    > alice buys 5 at 105
    > bob sells 5 at 95
    > market?
    auction, last 0, reference 120
    would trade 5 at 105, imbalance 0`,

  'a reference price below all is approached from above': `
    terms state auction referenceTicks 80
    > alice buys 5 at 105
    > bob sells 5 at 95
    > market?
    auction, last 0, reference 80
    would trade 5 at 95, imbalance 0`,

  'without a reference price the lowest is taken': `
    terms state auction
    > alice buys 5 at 105
    > bob sells 5 at 95
    > market?
    auction, last 0, reference 0
    would trade 5 at 95, imbalance 0`,

  'one lot too many on either side weighs the same': `
    terms state auction referenceTicks 101
    > alice buys 5 at 101
    > bob buys 1 at 100
    > cat sells 5 at 100
    > dan sells 1 at 101
    // 100: 5, and 1 more to buy; 101: 5, and 1 more to sell
    > market?
    auction, last 0, reference 101
    would trade 5 at 101, imbalance 1
    > market lists referenceTicks 100
    > market?
    auction, last 0, reference 100
    would trade 5 at 100, imbalance 1`,

  'hidden parts count whole': `
    terms state auction referenceTicks 100
    > alice buys 9 at 105 shows 1
    > bob sells 2 at 95
    > cat sells 7 at 104
    > market?
    auction, last 0, reference 100
    would trade 9 at 104, imbalance 0`,

  'where nothing crosses there is no price': `
    terms state auction referenceTicks 100
    > alice buys 9 at 99
    > bob sells 2 at 100
    > market?
    auction, last 0, reference 100`,
};

export const uncross: Cases = {
  'the uncross trades at one price, best price and oldest first on both sides': `
    terms state auction referenceTicks 100
    > alice buys 3 at 102
    > bob buys 3 at 103
    > cat buys 3 at 102
    > dan sells 4 at 101
    > eve sells 3 at 99
    > market turns open
    eve sells 3 at 101 to bob
    bob is filled
    eve is filled
    dan sells 3 at 101 to alice
    alice is filled
    dan sells 1 at 101 to cat
    dan is filled
    market is open by operator
    | bid   | price | ask |
    | cat 2 | 102   |     |
    > market?
    open, last 101, reference 101`,

  'the later admitted of the two orders is the taker': `
    terms state auction makerFeeBps 100 takerFeeBps 300
    > alice sells 5 at 100
    > bob buys 9 at 100
    > cat sells 4 at 100
    > market turns open
    bob buys 5 at 100 from alice, fees 15 and 5
    alice is filled
    cat sells 4 at 100 to bob, fees 12 and 4
    bob is filled
    cat is filled
    market is open by operator`,

  'icebergs trade slice by slice': `
    terms state auction
    > alice sells 4 at 100 shows 2
    > bob sells 3 at 100
    > cat buys 6 at 100
    > market turns open
    cat buys 2 at 100 from alice
    cat buys 3 at 100 from bob
    bob is filled
    cat buys 1 at 100 from alice
    cat is filled
    market is open by operator
    | bid | price | ask     |
    |     | 100   | alice 1 |`,

  'icebergs of both sides take turns': `
    terms state auction
    > alice sells 4 at 100 shows 3
    > bob sells 1 at 100
    > cat buys 5 at 100 shows 2
    > market turns open
    cat buys 2 at 100 from alice
    cat buys 1 at 100 from alice
    cat buys 1 at 100 from bob
    bob is filled
    cat buys 1 at 100 from alice
    alice is filled
    cat is filled
    market is open by operator`,

  'buyers are given back what the price saves them': `
    terms state auction
    > alice is granted 500 USDC
    > alice buys 5 at 100
    > bob sells 5 at 80
    > market turns open
    bob sells 5 at 80 to alice
    alice is filled
    bob is filled
    market is open by operator
    > alice has?
    5 ETH free, 0 held
    100 USDC free, 0 held`,

  'where nothing would trade the market opens without a trade': `
    terms state auction referenceTicks 100
    > alice buys 3 at 99
    > bob sells 3 at 101
    > market turns open
    market is open by operator
    > market?
    open, last 0, reference 100
    | bid     | price | ask   |
    |         | 101   | bob 3 |
    | alice 3 | 99    |       |`,

  'orders can be cancelled, amended and replaced while they collect': `
    terms state auction
    > alice buys 3 at 102
    > bob buys 3 at 102
    > cat buys 3 at 102
    > dan sells 9 at 98
    > alice cancels alice
    alice is cancelled
    > bob amends bob to 1
    bob is amended to 1
    > cat buys 5 at 101 replacing cat
    cat is cancelled
    | bid     | price | ask   |
    | bob 1   | 102   |       |
    | cat#2 5 | 101   |       |
    |         | 98    | dan 9 |`,

  'after an auction the book trades on from its price': `
    terms state auction bandBps 500
    > alice buys 3 at 200
    > bob sells 5 at 200
    > market turns open
    bob sells 3 at 200 to alice
    alice is filled
    market is open by operator
    > cat buys 1 at 211
    refused price_outside_band
    > cat buys 1 at 210
    cat buys 1 at 200 from bob
    cat is filled`,
};

export const auctionTimes: Cases = {
  'a scheduled auction ends by itself': `
    terms auctionMs 1000 state auction
    > alice buys 3 at 100
    > bob sells 3 at 100
    > 999 ms pass
    > 1 ms pass
    bob sells 3 at 100 to alice
    alice is filled
    bob is filled
    market is open by schedule`,

  'an auction without a time lasts until an operator ends it': `
    terms state auction
    > alice buys 3 at 100
    > bob sells 3 at 100
    > 100000 ms pass
    > market turns open
    bob sells 3 at 100 to alice
    alice is filled
    bob is filled
    market is open by operator`,

  'an operator may end a scheduled auction before its time': `
    terms auctionMs 1000
    > market turns auction
    market is auction by operator for 1000 ms
    > 400 ms pass
    > market?
    auction for 600 ms, last 0, reference 0
    > market turns open
    market is open by operator
    > 1000 ms pass
    > market?
    open, last 0, reference 0`,

  'a scheduled auction whose price is outside its band goes on': `
    terms auctionMs 1000 auctionBandBps 1000 referenceTicks 100 state auction
    > alice buys 3 at 111
    > bob sells 3 at 111
    > 1000 ms pass
    market is auction by schedule for 1000 ms
    > cat sells 1 at 110
    > alice cancels alice
    alice is cancelled
    > dan buys 1 at 110
    > 1000 ms pass
    dan buys 1 at 110 from cat
    cat is filled
    dan is filled
    market is open by schedule`,

  "an operator's open outside the auction's band is refused": `
    terms auctionBandBps 1000 referenceTicks 100 state auction
    > alice buys 3 at 89
    > bob sells 3 at 89
    > market turns open
    refused price_outside_band
    > alice buys 3 at 90
    > bob sells 3 at 90
    > bob cancels bob
    bob is cancelled
    > market turns open
    bob#2 sells 3 at 90 to alice#2
    alice#2 is filled
    bob#2 is filled
    market is open by operator`,

  'without a reference price an auction may end anywhere': `
    terms auctionBandBps 1000 state auction
    > alice buys 3 at 89
    > bob sells 3 at 89
    > market turns open
    bob sells 3 at 89 to alice
    alice is filled
    bob is filled
    market is open by operator`,

  'an order that is due at the end of an auction expires before the uncross': `
    terms auctionMs 1000 state auction
    > alice buys 3 at 100 for 1000 ms
    > bob sells 3 at 100
    > 1000 ms pass
    alice is expired
    market is open by schedule`,

  'markets whose time is over change by time, then by id': `
    terms auctionMs 500 state auction
    > ZEC-USDC lists state auction auctionMs 400
    > BTC-USDC lists state auction auctionMs 500
    > ADA-USDC lists state auction auctionMs 500
    > 500 ms pass
    ZEC-USDC is open by schedule
    ADA-USDC is open by schedule
    BTC-USDC is open by schedule
    market is open by schedule`,
};
