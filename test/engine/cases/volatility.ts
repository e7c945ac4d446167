/** "A fill too far from the mean does not happen: the rest ends halted, and the market is halted in the same command." */
import type { Cases } from './script.ts';

const ladder = `
  | bid   | price | ask   |
  |       | 106   | cat 5 |
  |       | 105   | dan 1 |
  |       | 101   | bob 3 |
  | eve 2 | 96    |       |
  | eve#2 2 | 94  |       |`;

export const volatility: Cases = {
  'a fill too far from the mean does not happen: the rest ends halted, and so does the market': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    ${ladder}
    > alice buys 9 at 106
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 1 at 105 from dan
    dan is filled
    alice is halted
    market is halted by volatility
    > market?
    halted, last 105, reference 105
    > alice buys 1 at 101
    refused market_not_open`,

  'a fill too low halts too, of a market order as of an IOC': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    ${ladder}
    > alice sells 3 at market 1
    alice sells 2 at 96 to eve
    eve is filled
    alice is halted
    market is halted by volatility
    > market turns auction
    market is auction by operator
    > market turns open
    market is open by operator
    // 96 ± 4: the next bid is no more too far
    > alice sells 1 at 94 ioc
    alice#2 sells 1 at 94 to eve#2
    alice#2 is filled`,

  'an order by money is halted as others are': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    ${ladder}
    > alice spends 1000 at market 200
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 1 at 105 from dan
    dan is filled
    alice is halted
    market is halted by volatility`,

  'an order that ends before the fill too far halts nothing': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    ${ladder}
    > alice buys 9 at 105
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 1 at 105 from dan
    dan is filled
    > bob buys 1 at 106 post-only
    refused post_only_would_cross
    > market?
    open, last 105, reference 105`,

  'an own order too far away is a self-trade, not a halt': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    | bid | price | ask     |
    |     | 106   | alice 5 |
    > alice buys 9 at 106
    alice#2 is self_trade
    > market?
    open, last 0, reference 100`,

  'without trades in the window and without a reference price nothing halts': `
    terms haltBps 500 haltWindowMs 8000
    | bid | price | ask   |
    |     | 900   | cat 1 |
    |     | 100   | bob 1 |
    > alice buys 2 at 900
    alice buys 1 at 100 from bob
    bob is filled
    alice buys 1 at 900 from cat
    cat is filled
    alice is filled`,

  'the mean is weighted by size and rounded down': `
    terms haltBps 500 haltWindowMs 8000
    | bid | price | ask   |
    |     | 105   | dan 1 |
    |     | 104   | cat 3 |
    |     | 101   | bob 1 |
    > alice buys 4 at 104
    alice buys 1 at 101 from bob
    bob is filled
    alice buys 3 at 104 from cat
    cat is filled
    alice is filled
    // (101 + 3 × 104) / 4 = 103.25, so 103 ± 5
    > eve sells 1 at 109
    > fay sells 1 at 108
    > gus buys 3 at 109
    gus buys 1 at 105 from dan
    dan is filled
    gus buys 1 at 108 from fay
    fay is filled
    gus is halted
    market is halted by volatility`,

  'the mean is the one of the moment in which the order comes in': `
    terms haltBps 500 haltWindowMs 8000
    | bid | price | ask    |
    |     | 109   | dan 1  |
    |     | 105   | cat 50 |
    |     | 100   | bob 1  |
    > alice buys 1 at 100
    alice buys 1 at 100 from bob
    bob is filled
    alice is filled
    > alice buys 51 at 109
    alice#2 buys 50 at 105 from cat
    cat is filled
    alice#2 is halted
    market is halted by volatility`,

  'the window counts in parts of an eighth, until eight later ones have begun': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    // The clock is at the start of a part of 1,000 ms.
    > 999 ms pass
    > bob sells 1 at 101
    > alice buys 1 at 101
    alice buys 1 at 101 from bob
    bob is filled
    alice is filled
    > market lists referenceTicks 200
    > 7000 ms pass
    > bob sells 1 at 106
    > alice buys 1 at 106
    // 101 ± 5
    alice#2 buys 1 at 106 from bob#2
    bob#2 is filled
    alice#2 is filled
    > market lists referenceTicks 300
    // Now the trade at 101 is too old, and that at 106 stands alone.
    > 1 ms pass
    > bob sells 1 at 111
    > bob sells 1 at 112
    > alice buys 2 at 112
    alice#3 buys 1 at 111 from bob#3
    bob#3 is filled
    alice#3 is halted
    market is halted by volatility`,

  'when all trades have left the window the reference price stands for the mean': `
    terms haltBps 500 haltWindowMs 8000
    | bid | price | ask   |
    |     | 110   | dan 1 |
    |     | 105   | cat 1 |
    |     | 100   | bob 9 |
    > alice buys 9 at 100
    alice buys 9 at 100 from bob
    bob is filled
    alice is filled
    > alice buys 1 at 105
    alice#2 buys 1 at 105 from cat
    cat is filled
    alice#2 is filled
    // (900 + 105) / 10 = 100.5 for now, 105 from 8,000 ms on
    > 8000 ms pass
    > alice buys 1 at 110
    alice#3 buys 1 at 110 from dan
    dan is filled
    alice#3 is filled`,

  'until then they count': `
    terms haltBps 500 haltWindowMs 8000
    | bid | price | ask   |
    |     | 110   | dan 1 |
    |     | 105   | cat 1 |
    |     | 100   | bob 9 |
    > alice buys 9 at 100
    alice buys 9 at 100 from bob
    bob is filled
    alice is filled
    > alice buys 1 at 105
    alice#2 buys 1 at 105 from cat
    cat is filled
    alice#2 is filled
    > 7999 ms pass
    > alice buys 1 at 110
    alice#3 is halted
    market is halted by volatility`,

  'a part of the window is rounded up to whole milliseconds': `
    terms haltBps 500 haltWindowMs 10
    | bid | price | ask   |
    |     | 111   | eve 1 |
    |     | 110   | dan 1 |
    |     | 105   | cat 1 |
    |     | 100   | bob 9 |
    > alice buys 9 at 100
    alice buys 9 at 100 from bob
    bob is filled
    alice is filled
    > alice buys 1 at 105
    alice#2 buys 1 at 105 from cat
    cat is filled
    alice#2 is filled
    // Parts of 2 ms: eight later ones have begun after 16 ms.
    > 15 ms pass
    > alice buys 1 at 111 fok
    refused fill_or_kill_unfilled
    > alice buys 1 at 110 fok
    refused fill_or_kill_unfilled
    > 1 ms pass
    > alice buys 1 at 110 fok
    alice#3 buys 1 at 110 from dan
    dan is filled
    alice#3 is filled`,

  'changing haltBps or haltWindowMs empties the window': `
    terms haltBps 500 haltWindowMs 8000
    | bid | price | ask   |
    |     | 110   | dan 1 |
    |     | 105   | cat 1 |
    |     | 100   | bob 9 |
    > alice buys 9 at 100
    alice buys 9 at 100 from bob
    bob is filled
    alice is filled
    > alice buys 1 at 105
    alice#2 buys 1 at 105 from cat
    cat is filled
    alice#2 is filled
    > alice buys 1 at 110 fok
    refused fill_or_kill_unfilled
    > market lists bandBps 5000
    > alice buys 1 at 110 fok
    refused fill_or_kill_unfilled
    > market lists haltWindowMs 16000
    > alice buys 1 at 110 fok
    alice#3 buys 1 at 110 from dan
    dan is filled
    alice#3 is filled`,

  'a halt is followed by an auction, and that by the open market': `
    terms haltBps 500 haltWindowMs 8000 haltMs 3000 auctionMs 2000 referenceTicks 100
    | bid | price | ask   |
    |     | 106   | bob 5 |
    > alice buys 2 at 106
    alice is halted
    market is halted by volatility for 3000 ms
    > 2999 ms pass
    > 1 ms pass
    market is auction by schedule for 2000 ms
    > alice buys 2 at 106
    > 2000 ms pass
    alice#2 buys 2 at 106 from bob
    alice#2 is filled
    market is open by schedule
    > market?
    open, last 106, reference 106`,

  'a halt by an operator lasts until an operator ends it': `
    terms haltBps 500 haltWindowMs 8000 haltMs 3000
    > market turns halted
    market is halted by operator
    > 100000 ms pass
    > market turns auction
    market is auction by operator`,

  'what falls due together in one market happens one after another': `
    terms haltBps 500 haltWindowMs 8000 haltMs 3000 auctionMs 2000 referenceTicks 100
    | bid | price | ask   |
    |     | 106   | bob 5 |
    > alice buys 2 at 106
    alice is halted
    market is halted by volatility for 3000 ms
    // Whoever comes late starts the auction late: it collects for its whole time.
    > 9000 ms pass
    market is auction by schedule for 2000 ms`,

  'an auction empties the window but for its own trades': `
    terms haltBps 500 haltWindowMs 8000
    | bid | price | ask   |
    |     | 100   | bob 9 |
    > alice buys 9 at 100
    alice buys 9 at 100 from bob
    bob is filled
    alice is filled
    > market turns auction
    market is auction by operator
    > cat buys 2 at 200
    > dan sells 1 at 200
    > market turns open
    dan sells 1 at 200 to cat
    dan is filled
    market is open by operator
    // 200 ± 10
    > alice sells 2 at 190
    alice#2 sells 1 at 200 to cat
    cat is filled
    > bob buys 1 at 190
    bob#2 buys 1 at 190 from alice#2
    alice#2 is filled
    bob#2 is filled`,

  // Four trades sum to 8 × 10^15, the fifth would pass 2^53 − 1: the mean is (4 + 2.04) × 10^15 / 3 × 10^6 = 2,013,333,333, ± 40,266,666.
  'sums that would leave safe integers are halved, and keep their proportion': `
    terms haltBps 200 haltWindowMs 8000
    > alice is granted 4100000000000000 USDC
    > bob is granted 5000000 ETH
    > bob sells 1000000 at 2000000000
    > alice buys 1000000 at 2000000000
    alice buys 1000000 at 2000000000 from bob
    bob is filled
    alice is filled
    > bob sells 1000000 at 2000000000
    > alice buys 1000000 at 2000000000
    alice#2 buys 1000000 at 2000000000 from bob#2
    bob#2 is filled
    alice#2 is filled
    > alice sells 1000000 at 2000000000
    > bob buys 1000000 at 2000000000
    bob#3 buys 1000000 at 2000000000 from alice#3
    alice#3 is filled
    bob#3 is filled
    > alice sells 1000000 at 2000000000
    > bob buys 1000000 at 2000000000
    bob#4 buys 1000000 at 2000000000 from alice#4
    alice#4 is filled
    bob#4 is filled
    > bob sells 1000000 at 2040000000
    > alice buys 1000000 at 2040000000
    alice#5 buys 1000000 at 2040000000 from bob#5
    bob#5 is filled
    alice#5 is filled
    > bob sells 1 at 2053600000
    > alice buys 1 at 2053600000 fok
    refused fill_or_kill_unfilled
    > bob sells 1 at 2053599999
    > alice buys 1 at 2053600000 fok
    alice#6 buys 1 at 2053599999 from bob#7
    bob#7 is filled
    alice#6 is filled`,
};
