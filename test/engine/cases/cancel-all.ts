/** Cancel all, and the dead man's switch that does it by itself. */
import type { Cases } from './script.ts';

export const cancelAll: Cases = {
  'cancel all ends every live order of the account, oldest first': `
    > BTC-USDC lists
    > alice buys 1 at 99
    > alice buys 1 at 100 in BTC-USDC
    > bob buys 1 at 98
    > alice sells 1 at 105
    > alice buys 1 stop 110 at 111
    > alice buys 1 at 100
    > alice cancels all
    alice is cancelled
    alice#2 is cancelled
    alice#3 is cancelled
    alice#4 is cancelled
    alice#5 is cancelled
    | bid   | price | ask |
    | bob 1 | 98    |     |
    > waiting?`,

  'cancel all of a market leaves the other markets': `
    > BTC-USDC lists
    > alice buys 1 at 99
    > alice buys 1 at 100 in BTC-USDC
    > alice cancels all in BTC-USDC
    alice#2 is cancelled
    > alice?
    open, 0 of 1 done`,

  'cancel all of a side leaves the other side': `
    > BTC-USDC lists
    > alice buys 1 at 99
    > alice sells 1 at 105
    > alice sells 1 at 105 in BTC-USDC
    > alice cancels all sells
    alice#2 is cancelled
    alice#3 is cancelled
    | bid     | price | ask |
    | alice 1 | 99    |     |`,

  'cancel all of a side of a market leaves all else': `
    > BTC-USDC lists
    > alice buys 1 at 99
    > alice sells 1 at 105
    > alice sells 1 at 105 in BTC-USDC
    > alice cancels all sells in BTC-USDC
    alice#3 is cancelled
    > alice cancels all buys in BTC-USDC`,

  'cancel all is accepted where there is nothing to cancel': `
    > alice cancels all
    > alice buys 1 at 99`,

  'cancel all is taken in every market state': `
    | bid     | price | ask       |
    |         | 101   | alice 2   |
    | bob 1   | 100   |           |
    > market turns halted
    market is halted by operator
    > alice cancels all
    alice is cancelled
    | bid   | price | ask |
    | bob 1 | 100   |     |`,
};

export const deadMansSwitch: Cases = {
  'the switch cancels all live orders when its time is over': `
    > BTC-USDC lists
    > alice buys 1 at 99
    > alice cancels all after 500 ms
    > alice buys 1 at 100 in BTC-USDC
    > alice buys 1 stop 105 at 106
    > bob buys 1 at 98
    > 499 ms pass
    > 1 ms pass
    alice is cancelled
    alice#2 is cancelled
    alice#3 is cancelled
    | bid   | price | ask |
    | bob 1 | 98    |     |`,

  'the switch fires once': `
    > alice buys 1 at 99
    > alice cancels all after 500 ms
    > 500 ms pass
    alice is cancelled
    > alice buys 1 at 99
    > 5000 ms pass
    | bid       | price | ask |
    | alice#2 1 | 99    |     |`,

  'sent again, the switch starts anew': `
    > alice buys 1 at 99
    > alice cancels all after 500 ms
    > 400 ms pass
    > alice cancels all after 500 ms
    > 400 ms pass
    | bid     | price | ask |
    | alice 1 | 99    |     |
    > 100 ms pass
    alice is cancelled`,

  '0 disarms the switch': `
    > alice buys 1 at 99
    > alice cancels all after 500 ms
    > alice cancels all after 0 ms
    > 5000 ms pass
    | bid     | price | ask |
    | alice 1 | 99    |     |`,

  'a switch that finds nothing to cancel fires all the same': `
    > alice cancels all after 500 ms
    > 600 ms pass
    > alice buys 1 at 99
    > 5000 ms pass
    | bid     | price | ask |
    | alice 1 | 99    |     |`,

  'switches fire by their time, at one time by account': `
    > carl buys 1 at 99
    > alice buys 1 at 99
    > bob buys 1 at 99
    > carl cancels all after 300 ms
    > bob cancels all after 500 ms
    > alice cancels all after 500 ms
    > 500 ms pass
    carl is cancelled
    alice is cancelled
    bob is cancelled`,

  'what expires comes before a switch that was due earlier': `
    > alice buys 1 at 99
    > bob buys 1 at 99 for 500 ms
    > alice cancels all after 300 ms
    > 500 ms pass
    bob is expired
    alice is cancelled`,

  'a switch works in a market that is halted': `
    > alice buys 1 at 99
    > alice cancels all after 500 ms
    > market turns halted
    market is halted by operator
    > 500 ms pass
    alice is cancelled`,
};
