/** How far from the reference price an order may be. */
import type { Cases } from './script.ts';

export const bands: Cases = {
  'a limit order more than the band from the reference price is refused, on either side of it': `
    terms bandBps 500 referenceTicks 1000
    > alice buys 1 at 1051
    refused price_outside_band
    > alice buys 1 at 949
    refused price_outside_band
    > alice sells 1 at 1051
    refused price_outside_band
    > alice sells 1 at 949
    refused price_outside_band
    > alice buys 1 at 950
    > alice sells 1 at 1050
    | bid     | price | ask       |
    |         | 1050  | alice#2 1 |
    | alice 1 | 950   |           |`,

  'the width of the band is rounded down': `
    terms bandBps 500 referenceTicks 999
    // 49.95
    > alice sells 1 at 1049
    refused price_outside_band
    > alice sells 1 at 1048`,

  'before the first trade, and without a reference price listed, there is no band': `
    terms bandBps 500
    > alice buys 1 at 1
    > alice sells 1 at 1000000`,

  'the band moves with the reference price, the last trade price of the last command that traded': `
    terms bandBps 500 referenceTicks 1000
    | bid | price | ask   |
    |     | 1050  | bob 1 |
    > alice buys 1 at 1050
    alice buys 1 at 1050 from bob
    bob is filled
    alice is filled
    > market?
    open, last 1050, reference 1050
    > alice sells 1 at 1102
    > alice sells 1 at 1103
    refused price_outside_band
    > alice buys 1 at 997
    refused price_outside_band`,

  'within one command the band stands still': `
    | bid | price | ask   |
    |     | 110   | dan 1 |
    |     | 105   | cat 1 |
    |     | 104   | bob 1 |
    > market lists bandBps 500 referenceTicks 100
    > alice buys 3 at market 120
    alice buys 1 at 104 from bob
    bob is filled
    alice buys 1 at 105 from cat
    cat is filled
    alice is expired
    > market?
    open, last 105, reference 105
    > alice buys 1 at market 120
    alice#2 buys 1 at 110 from dan
    dan is filled
    alice#2 is filled`,

  'a market order is refused where the first level that it would take is outside the band': `
    | bid   | price | ask   |
    |       | 106   | cat 1 |
    | dan 1 | 94    |       |
    > market lists bandBps 500 referenceTicks 100
    > alice buys 1 at market 120
    refused price_outside_band
    > alice sells 1 at market 1
    refused price_outside_band
    > alice spends 500 at market 120
    refused price_outside_band
    // It would not take that level: its worst price is better.
    > alice buys 1 at market 105
    alice is expired`,

  'a market order in an empty book breaks no band': `
    terms bandBps 500 referenceTicks 100
    > alice buys 1 at market 200
    alice is expired`,

  'a limit order within the band may take a better price outside of it': `
    | bid | price | ask   |
    |     | 90    | bob 1 |
    > market lists bandBps 500 referenceTicks 100
    > alice buys 1 at 100
    alice buys 1 at 90 from bob
    bob is filled
    alice is filled`,

  'orders that rest outside a band that moved away stay': `
    | bid   | price | ask |
    | dan 1 | 60    |     |
    > market lists bandBps 500 referenceTicks 100
    | bid   | price | ask |
    | dan 1 | 60    |     |`,

  'the limit of a conditional order is looked at when it enters': `
    terms bandBps 500 referenceTicks 100
    > alice buys 1 stop 120 at 130
    > waiting?
    alice`,

  'pre_open has the band too, an auction does not': `
    terms bandBps 500 referenceTicks 100 state pre_open
    > alice buys 1 at 94 post-only
    refused price_outside_band
    > market turns auction
    market is auction by operator
    > alice buys 1 at 94
    | bid     | price | ask |
    | alice 1 | 94    |     |`,

  'an operator sets the reference price anew by listing another': `
    terms bandBps 500 referenceTicks 100
    > alice sells 1 at 105
    > bob buys 1 at 105
    bob buys 1 at 105 from alice
    alice is filled
    bob is filled
    > market lists referenceTicks 100 bandBps 400
    > market?
    open, last 105, reference 105
    > market lists referenceTicks 200
    > market?
    open, last 105, reference 200
    > bob buys 1 at 191
    refused price_outside_band
    > bob buys 1 at 192`,
};
