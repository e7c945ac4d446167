/** In which order triggered orders enter, what becomes of them on entry, and how they wait for a market that is not open. */
import type { Cases } from './script.ts';

const around100 = `
  | bid   | price | ask   |
  |       | 105   | cat 5 |
  |       | 104   | bob 1 |
  | dan 1 | 96    |       |
  | eve 5 | 95    |       |`;

export const cascades: Cases = {
  'orders that one trade sets off by a rise enter lowest trigger first, at one trigger the older first': `
    > alice buys 1 stop 103 at 90
    > bob buys 1 stop 101 at 90
    > cat buys 1 stop 102 at 90
    > dan buys 1 stop 101 at 90
    > eve sells 1 at 105
    > fay buys 1 at 105
    fay buys 1 at 105 from eve
    eve is filled
    fay is filled
    bob is triggered
    dan is triggered
    cat is triggered
    alice is triggered
    | bid                          | price | ask |
    | bob 1, dan 1, cat 1, alice 1 | 90    |     |`,

  'orders that one trade sets off by a fall enter highest trigger first': `
    > alice sells 1 stop 97 at 110
    > bob sells 1 stop 99 at 110
    > cat buys 1 profit 98 at 90
    > dan sells 1 stop 99 at 110
    > eve buys 1 at 95
    > fay sells 1 at 95
    fay sells 1 at 95 to eve
    eve is filled
    fay is filled
    bob is triggered
    dan is triggered
    cat is triggered
    alice is triggered`,

  'those set off by a rise enter before those set off by a fall': `
    > alice sells 1 stop 110 at 120
    > bob buys 1 stop 90 at 80
    > cat buys 1 profit 120 at 80
    > dan sells 1 profit 80 at 120
    > eve sells 1 at 100
    > fay buys 1 at 100
    fay buys 1 at 100 from eve
    eve is filled
    fay is filled
    dan is triggered
    bob is triggered
    cat is triggered
    alice is triggered`,

  'they enter after the order that set them off is done with': `
    | bid | price | ask   |
    |     | 106   | dan 1 |
    |     | 105   | cat 1 |
    |     | 104   | bob 1 |
    > alice buys 1 stop 104 at market 110
    > fay buys 2 at 105
    fay buys 1 at 104 from bob
    bob is filled
    fay buys 1 at 105 from cat
    cat is filled
    fay is filled
    alice is triggered
    alice buys 1 at 106 from dan
    dan is filled
    alice is filled`,

  'one of them may trade with what the order that set it off left': `
    | bid | price | ask   |
    |     | 104   | bob 1 |
    > alice sells 2 profit 104 at 103
    > fay buys 3 at 104
    fay buys 1 at 104 from bob
    bob is filled
    alice is triggered
    alice sells 2 at 104 to fay
    fay is filled
    alice is filled`,

  'one sets off another, which enters after those that wait already': `
    | bid | price | ask   |
    |     | 107   | hal 1 |
    |     | 106   | gus 1 |
    |     | 105   | eve 1 |
    |     | 104   | dan 1 |
    > alice buys 1 stop 104 at market 110
    > bob buys 1 stop 105 at market 110
    > cat buys 1 stop 104 at market 110
    > fay buys 1 at 104
    fay buys 1 at 104 from dan
    dan is filled
    fay is filled
    alice is triggered
    alice buys 1 at 105 from eve
    eve is filled
    alice is filled
    cat is triggered
    cat buys 1 at 106 from gus
    gus is filled
    cat is filled
    bob is triggered
    bob buys 1 at 107 from hal
    hal is filled
    bob is filled`,

  'a cascade goes as far as triggers reach': `
    | bid | price | ask   |
    |     | 103   | hal 1 |
    |     | 102   | gus 1 |
    |     | 101   | eve 1 |
    > alice buys 1 stop 101 at market 110
    > bob buys 1 stop 102 at market 110
    > cat buys 1 stop 103 at market 110
    > fay buys 1 at 101
    fay buys 1 at 101 from eve
    eve is filled
    fay is filled
    alice is triggered
    alice buys 1 at 102 from gus
    gus is filled
    alice is filled
    bob is triggered
    bob buys 1 at 103 from hal
    hal is filled
    bob is filled
    cat is triggered
    cat is expired
    | bid | price | ask |`,

  'a FOK order that cannot be filled whole on entry expires': `${around100}
    > alice buys 9 stop 104 at market 110 fok
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice is expired`,

  'a FOK order that can be filled whole on entry is': `${around100}
    > alice buys 5 stop 104 at 110 fok
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice buys 5 at 105 from cat
    cat is filled
    alice is filled`,

  'a FOK order that meets its own on entry ends self_trade': `${around100}
    > alice sells 1 at 106
    > alice buys 6 stop 104 at 110 fok
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice#2 is triggered
    alice#2 is self_trade`,

  'an order whose limit is outside the band on entry expires': `
    | bid | price | ask   |
    |     | 105   | cat 5 |
    |     | 104   | bob 1 |
    > market lists bandBps 500 referenceTicks 100
    > alice buys 2 stop 104 at 110
    > dan buys 2 stop 104 at 109
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    // 104 ± 5 by now
    alice is triggered
    alice is expired
    dan is triggered
    dan buys 2 at 105 from cat
    dan is filled`,

  'a stop may have a worst price outside the band, as any market order': `
    | bid | price | ask   |
    |     | 105   | cat 5 |
    |     | 104   | bob 1 |
    > market lists bandBps 500 referenceTicks 100
    > alice buys 2 stop 104 at market 200
    > dan buys 2 stop 104 at market 200 fok
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice buys 2 at 105 from cat
    alice is filled
    dan is triggered
    dan buys 2 at 105 from cat
    dan is filled`,

  'a market order whose first level is outside the band on entry expires': `
    | bid | price | ask   |
    |     | 110   | cat 5 |
    |     | 104   | bob 1 |
    > market lists bandBps 500 referenceTicks 100
    > alice buys 2 stop 104 at market 110
    > fay buys 1 at 104
    fay buys 1 at 104 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice is expired`,

  'a stop and a take-profit with one trigger enter the older first': `
    > alice sells 1 profit 101 at 120
    > bob buys 1 stop 101 at 90
    > cat sells 1 profit 101 at 120
    > eve sells 1 at 105
    > fay buys 1 at 105
    fay buys 1 at 105 from eve
    eve is filled
    fay is filled
    alice is triggered
    bob is triggered
    cat is triggered`,

  'an order keeps the fees of its placement until it enters': `
    terms makerFeeBps 0 takerFeeBps 100
    > alice buys 10 stop 100 at market 100
    > market lists takerFeeBps 0
    > bob sells 1 at 100
    > cat sells 10 at 100
    > fay buys 1 at 100
    fay buys 1 at 100 from bob
    bob is filled
    fay is filled
    alice is triggered
    alice buys 10 at 100 from cat, fees 10 and 0
    cat is filled
    alice is filled`,

  'volatility is measured from the mean of the moment in which an order enters': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    | bid | price | ask    |
    |     | 109   | cat 1  |
    |     | 105   | bob 10 |
    > alice buys 1 stop 105 at market 120
    > fay buys 11 at 109 fok
    refused fill_or_kill_unfilled
    > fay buys 10 at 109
    fay buys 10 at 105 from bob
    bob is filled
    fay is filled
    // 105 ± 5 by now
    alice is triggered
    alice buys 1 at 109 from cat
    cat is filled
    alice is filled`,
};

export const waitingStops: Cases = {
  'a halt lets triggered orders wait until the market opens': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    | bid | price | ask   |
    |     | 106   | cat 5 |
    |     | 104   | bob 1 |
    > alice buys 2 stop 104 at market 110
    > fay buys 3 at 106
    fay buys 1 at 104 from bob
    bob is filled
    fay is halted
    market is halted by volatility
    > waiting?
    alice (triggered)
    > alice?
    untriggered, 0 of 2 done
    > market turns auction
    market is auction by operator
    > market turns open
    market is open by operator
    alice is triggered
    alice buys 2 at 106 from cat
    alice is filled`,

  'a cascade that halts the market leaves the others waiting': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    | bid | price | ask   |
    |     | 120   | eve 5 |
    |     | 104   | dan 1 |
    > alice buys 1 stop 104 at market 130
    > bob buys 1 stop 104 at 100
    > fay buys 1 at 104
    fay buys 1 at 104 from dan
    dan is filled
    fay is filled
    alice is triggered
    alice is halted
    market is halted by volatility
    > waiting?
    bob (triggered)`,

  'a triggered order that waits can be cancelled, amended and replaced, and expires': `
    terms haltBps 500 haltWindowMs 8000 referenceTicks 100
    | bid | price | ask   |
    |     | 120   | eve 5 |
    |     | 104   | dan 1 |
    > alice buys 2 stop 104 at market 130
    > bob buys 2 stop 104 at 100 for 500 ms
    > cat buys 2 stop 104 at 100
    > fay buys 2 at 120
    fay buys 1 at 104 from dan
    dan is filled
    fay is halted
    market is halted by volatility
    > alice cancels alice
    alice is cancelled
    > cat amends cat to 1
    cat is amended to 1
    > 500 ms pass
    bob is expired
    > waiting?
    cat (triggered)
    > market turns auction
    market is auction by operator
    > market turns open
    market is open by operator
    cat is triggered
    | bid   | price | ask   |
    |       | 120   | eve 5 |
    | cat 1 | 100   |       |`,

  'an uncross sets off stops, which enter once the market is open': `
    terms state pre_open referenceTicks 100
    > market turns open
    market is open by operator
    > alice buys 1 stop 100 at 99
    > bob sells 1 stop 100 at 101
    > market turns auction
    market is auction by operator
    > cat buys 2 at 100
    > dan sells 2 at 100
    > market turns open
    dan sells 2 at 100 to cat
    cat is filled
    dan is filled
    market is open by operator
    alice is triggered
    bob is triggered
    | bid     | price | ask   |
    |         | 101   | bob 1 |
    | alice 1 | 99    |       |`,

  'an order that entered by its trigger is as old as its entry': `
    > alice buys 1 stop 100 at 90
    > alice buys 1 at 91
    > alice buys 1 stop 200 at 90
    > bob sells 1 at 100
    > cat buys 1 at 100
    cat buys 1 at 100 from bob
    bob is filled
    cat is filled
    alice is triggered
    > alice cancels all
    alice#2 is cancelled
    alice#3 is cancelled
    alice is cancelled`,
};
