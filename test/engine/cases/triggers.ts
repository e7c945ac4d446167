/** "Hidden until the last trade price reaches `trigger`." */
import type { Cases } from './script.ts';

const around100 = `
  | bid   | price | ask   |
  |       | 105   | cat 5 |
  |       | 104   | bob 1 |
  | dan 1 | 96    |       |
  | eve 5 | 95    |       |`;

export const triggers: Cases = {
  'a stop to buy waits unseen until a trade reaches its trigger, then enters as a market order': `${around100}
    > alice buys 2 stop 104 at market 110
    > waiting?
    alice
    ${around100}
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice buys 2 at 105 from cat
    alice is filled`,

  'a stop to buy triggers above its trigger too': `${around100}
    > alice buys 2 stop 103 at market 110
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice buys 2 at 105 from cat
    alice is filled`,

  'a stop to buy does not trigger below its trigger': `${around100}
    > alice buys 2 stop 105 at market 110
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    > waiting?
    alice`,

  'a stop to sell triggers at or below its trigger': `${around100}
    > alice sells 2 stop 96 at market 1
    > gus sells 2 stop 97 at market 1
    > hal sells 2 stop 95 at market 1
    > fay sells 1 at 96
    fay sells 1 at 96 to dan
    dan is filled
    fay is filled
    gus is triggered
    gus sells 2 at 95 to eve
    gus is filled
    alice is triggered
    alice sells 2 at 95 to eve
    alice is filled
    hal is triggered
    hal sells 1 at 95 to eve
    eve is filled
    hal is expired`,

  'a take-profit to sell triggers at or above its trigger': `${around100}
    > alice sells 2 profit 104 at market 90
    > gus sells 2 profit 105 at market 90
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice sells 1 at 96 to dan
    dan is filled
    alice sells 1 at 95 to eve
    alice is filled
    > waiting?
    gus`,

  'a take-profit to buy triggers at or below its trigger': `${around100}
    > alice buys 2 profit 96 at market 110
    > gus buys 2 profit 95 at market 110
    > fay sells 1 at 96
    fay sells 1 at 96 to dan
    dan is filled
    fay is filled
    alice is triggered
    alice buys 1 at 104 from bob
    bob is filled
    alice buys 1 at 105 from cat
    alice is filled
    > waiting?
    gus`,

  'only a trade triggers, not a price that is offered': `
    > alice buys 2 stop 104 at market 110
    > bob sells 1 at 104
    > cat buys 1 at 103
    > waiting?
    alice`,

  'an order whose condition holds already is refused': `${around100}
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    > alice buys 2 stop 104 at market 110
    refused stop_would_trigger
    > alice buys 2 stop 103 at 110
    refused stop_would_trigger
    > alice sells 2 stop 104 at market 90
    refused stop_would_trigger
    > alice sells 2 stop 105 at 90
    refused stop_would_trigger
    > alice sells 2 profit 104 at market 90
    refused stop_would_trigger
    > alice buys 2 profit 104 at 90
    refused stop_would_trigger
    > alice buys 2 stop 105 at market 110
    > alice sells 2 stop 103 at market 90
    > alice sells 2 profit 105 at market 90
    > alice buys 2 profit 103 at 90
    > waiting?
    alice
    alice#2
    alice#3
    alice#4`,

  'before the first trade no condition holds, whatever the reference price is': `
    terms referenceTicks 100
    > alice buys 2 stop 90 at 95
    > alice sells 2 stop 110 at 95
    > waiting?
    alice
    alice#2`,

  'a stop-limit enters as a limit order and rests': `${around100}
    > alice buys 9 stop 104 at 105
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice buys 5 at 105 from cat
    cat is filled
    | bid     | price | ask |
    | alice 4 | 105   |     |
    | dan 1   | 96    |     |
    | eve 5   | 95    |     |`,

  'a take-profit-limit that does not cross rests': `${around100}
    > alice sells 9 profit 104 at 106
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    | bid   | price | ask     |
    |       | 106   | alice 9 |
    |       | 105   | cat 5   |
    | dan 1 | 96    |         |
    | eve 5 | 95    |         |`,

  'a stop-limit enters with a new place in time': `${around100}
    > alice buys 1 stop 104 at 100
    > gus buys 1 at 100
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    | bid            | price | ask   |
    |                | 105   | cat 5 |
    | gus 1, alice 1 | 100   |       |
    | dan 1          | 96    |       |
    | eve 5          | 95    |       |`,

  'a triggered iceberg rests as one': `${around100}
    > alice buys 9 stop 104 at 100 shows 2
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    | bid       | price | ask   |
    |           | 105   | cat 5 |
    | alice 2/9 | 100   |       |
    | dan 1     | 96    |       |
    | eve 5     | 95    |       |`,

  'a stop by money spends its money': `${around100}
    > alice spends 300 stop 104 at market 110
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice buys 2 at 105 from cat
    alice is filled`,

  'a stop-limit IOC never rests': `${around100}
    > alice buys 9 stop 104 at 105 ioc
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice buys 5 at 105 from cat
    cat is filled
    alice is expired`,

  'while it waits a stop holds its credit, can be cancelled and expires': `
    > alice is granted 500 USDC
    > alice buys 5 stop 104 at 100 for 500 ms
    > alice has?
    0 USDC free, 500 held
    > alice?
    untriggered, 0 of 5 done
    > 500 ms pass
    alice is expired
    > alice buys 5 stop 104 at 100
    > alice cancels alice#2
    alice#2 is cancelled
    > alice has?
    500 USDC free, 0 held`,
};
