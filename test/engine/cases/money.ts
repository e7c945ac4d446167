/** Market orders, orders by an amount of money, and what trades cost. */
import type { Cases } from './script.ts';

const twoSided = `
  | bid   | price | ask   |
  |       | 102   | cat 5 |
  |       | 101   | bob 3 |
  | dan 4 | 100   |       |
  | eve 6 | 99    |       |`;

export const marketOrders: Cases = {
  'a market order takes level after level up to its worst price': `${twoSided}
    > alice buys 20 at market 101
    alice buys 3 at 101 from bob
    bob is filled
    alice is expired
    | bid   | price | ask   |
    |       | 102   | cat 5 |
    | dan 4 | 100   |       |
    | eve 6 | 99    |       |`,

  'a market order never rests': `
    > alice buys 20 at market 101
    alice is expired
    | bid | price | ask |`,

  'a market sell takes the bids': `${twoSided}
    > alice sells 10 at market 1
    alice sells 4 at 100 to dan
    dan is filled
    alice sells 6 at 99 to eve
    eve is filled
    alice is filled`,

  'a market order holds its worst price and is given back what it saves': `${twoSided}
    > alice is granted 500 USDC
    > alice buys 5 at market 101
    refused balance_too_low
    > alice buys 4 at market 125
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 1 at 102 from cat
    alice is filled
    > alice has?
    4 ETH free, 0 held
    95 USDC free, 0 held`,

  'a market order by size has no smallest notional': `
    terms minNotionalUnits 1000
    > dan buys 10 at 100
    > alice sells 1 at market 1
    alice sells 1 at 100 to dan
    alice is filled
    > alice sells 1 at 100
    refused notional_too_small`,
};

export const moneyOrders: Cases = {
  // 3 × 101 leave 297: two lots at 102 cost 204, the last 93 buy no lot at 102.
  'an order by money buys whole lots at each level': `${twoSided}
    > alice spends 600 at market 102
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 2 at 102 from cat
    alice is filled
    > alice?
    filled, 507 of 600 spent`,

  'an order by money that is spent to the last unit is filled': `${twoSided}
    > alice spends 202 at market 102
    alice buys 2 at 101 from bob
    alice is filled`,

  // 3 × 101 leave 110, more than one lot at the limit of 101.
  'an order by money that could still buy a lot at its limit expires': `${twoSided}
    > alice spends 413 at market 101
    alice buys 3 at 101 from bob
    bob is filled
    alice is expired`,

  'an order by money whose rest buys no lot at its limit is filled': `${twoSided}
    > alice spends 403 at market 101
    alice buys 3 at 101 from bob
    bob is filled
    alice is filled`,

  'where the book has run out, the rest is measured at the limit': `
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > alice spends 412 at market 110
    alice buys 3 at 101 from bob
    bob is filled
    alice is filled`,

  'an order by money that cannot buy one lot expires': `${twoSided}
    > alice spends 100 at market 102
    alice is expired
    ${twoSided}`,

  'an order by money holds its money and is given back what it does not spend': `${twoSided}
    > alice is granted 600 USDC
    > alice spends 601 at market 102
    refused balance_too_low
    > alice spends 600 at market 102
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 2 at 102 from cat
    alice is filled
    > alice has?
    5 ETH free, 0 held
    93 USDC free, 0 held`,

  'the fee of an order by money comes on top of the money': `
    terms takerFeeBps 100
    | bid | price | ask    |
    |     | 100   | bob 10 |
    > alice is granted 1009 USDC
    > alice spends 1000 at market 100
    refused balance_too_low
    > alice is granted 1 USDC
    > alice spends 1000 at market 100
    alice buys 10 at 100 from bob, fees 10 and 0
    bob is filled
    alice is filled
    > alice has?
    10 ETH free, 0 held`,

  'only buys at the market are bound by money': `
    > alice spends 500 at 100
    refused size_off_lot
    > alice spends 500 stop 105 at 110
    refused size_off_lot
    > alice spends 500 stop 105 at market 110
    > alice spends 500 profit 95 at market 100
    > waiting?
    alice
    alice#2`,

  'the smallest notional counts on the money': `
    terms minNotionalUnits 300
    > alice spends 299 at market 110
    refused notional_too_small
    > alice spends 300 at market 110
    alice is expired`,
};

export const fees: Cases = {
  'each side pays its rate of the notional, rounded down to a unit': `
    terms makerFeeBps 10 takerFeeBps 25
    | bid | price | ask      |
    |     | 101   | bob 1000 |
    > alice is granted 200000 USDC
    > alice buys 999 at 101
    // 100,899 × 25 and × 10 basis points: 252.2 and 100.9
    alice buys 999 at 101 from bob, fees 252 and 100
    alice is filled
    > alice has?
    999 ETH free, 0 held
    98849 USDC free, 0 held`,

  "each trade's fee is rounded for itself": `
    terms takerFeeBps 100
    | bid | price | ask           |
    |     | 150   | bob 1, cat 1 |
    > alice buys 2 at 150
    // 1.5 and 1.5
    alice buys 1 at 150 from bob, fees 1 and 0
    bob is filled
    alice buys 1 at 150 from cat, fees 1 and 0
    cat is filled
    alice is filled`,

  'a buy holds the higher of its rates, and what the maker saves is freed with the fill': `
    terms makerFeeBps 10 takerFeeBps 20
    > alice is granted 100200 USDC
    > alice buys 1000 at 100
    > alice has?
    0 USDC free, 100200 held
    > bob sells 400 at 100
    bob sells 400 at 100 to alice, fees 80 and 40
    bob is filled
    > alice has?
    400 ETH free, 0 held
    40 USDC free, 60120 held`,

  'a sell holds its lots and pays from the proceeds': `
    terms makerFeeBps 10 takerFeeBps 20
    > bob is granted 1000 ETH
    > bob sells 1000 at 100
    > bob has?
    0 ETH free, 1000 held
    > alice buys 1000 at 100
    alice buys 1000 at 100 from bob, fees 200 and 100
    bob is filled
    alice is filled
    > bob has?
    99900 USDC free, 0 held`,

  'proceeds are free at once': `
    | bid   | price | ask   |
    |       | 101   | cat 1 |
    | dan 1 | 100   |       |
    > alice is granted 1 ETH
    > alice sells 1 at 100
    alice sells 1 at 100 to dan
    dan is filled
    alice is filled
    > alice buys 1 at 100
    > alice has?
    0 USDC free, 100 held`,

  'a rebate is paid to the maker': `
    terms makerFeeBps -5 takerFeeBps 20
    | bid | price | ask      |
    |     | 100   | bob 1000 |
    > alice buys 1000 at 100
    alice buys 1000 at 100 from bob, fees 200 and -50
    bob is filled
    alice is filled`,

  'a rebate never exceeds the taker fee of the same trade': `
    terms makerFeeBps -20 takerFeeBps 20
    > tier 1 pays 0 5
    > alice is in tier 1
    > bob sells 1000 at 100
    > alice buys 1000 at 100
    alice buys 1000 at 100 from bob, fees 50 and -50
    bob is filled
    alice is filled`,

  "a tier's rates replace the market's own": `
    terms makerFeeBps 10 takerFeeBps 20
    > tier 7 pays 1 2
    > alice is in tier 7
    > alice pays?
    1 as maker, 2 as taker
    > bob sells 1000 at 100
    > alice buys 1000 at 100
    alice buys 1000 at 100 from bob, fees 20 and 100
    bob is filled
    alice is filled
    > alice is in tier 0
    > alice pays?
    10 as maker, 20 as taker`,

  'a tier that was never defined cannot be assigned': `
    > alice is in tier 3
    refused unknown_fee_tier
    > tier 3 pays 1 2
    > alice is in tier 3
    > alice is in tier 4
    refused unknown_fee_tier
    > alice pays?
    1 as maker, 2 as taker`,

  'a tier defined anew holds for the orders from then on': `
    terms makerFeeBps 10 takerFeeBps 20
    > tier 1 pays 5 6
    > bob is in tier 1
    > bob sells 1000 at 100
    > tier 1 pays 7 8
    > bob sells 1000 at 101
    > alice buys 2000 at 101
    alice buys 1000 at 100 from bob, fees 200 and 50
    bob is filled
    alice buys 1000 at 101 from bob#2, fees 202 and 70
    bob#2 is filled
    alice is filled`,

  'an order keeps the rates of its admission': `
    terms makerFeeBps 10 takerFeeBps 20
    > bob sells 1000 at 100
    > market lists makerFeeBps 30 takerFeeBps 40
    > alice buys 1000 at 100
    alice buys 1000 at 100 from bob, fees 400 and 100
    bob is filled
    alice is filled`,

  'an order is refused where a rate is above what its owner signed': `
    terms makerFeeBps 10 takerFeeBps 20
    > alice buys 5 at 100 paying 19
    refused fee_above_signed
    > alice buys 5 at 100 paying 20
    > tier 1 pays 30 5
    > alice is in tier 1
    > alice buys 5 at 100 paying 29
    refused fee_above_signed`,

  'where the maker rate is the higher one, that is what a buy holds': `
    terms makerFeeBps 30 takerFeeBps 20
    > alice is granted 100299 USDC
    > alice buys 1000 at 100
    refused balance_too_low
    > alice is granted 1 USDC
    > alice buys 1000 at 100
    > alice has?
    0 USDC free, 100300 held
    > bob sells 1000 at 100
    bob sells 1000 at 100 to alice, fees 200 and 300
    alice is filled
    bob is filled
    > alice has?
    1000 ETH free, 0 held`,

  'a hold is made of the rates of the tier': `
    terms makerFeeBps 30 takerFeeBps 20
    > alice is granted 100050 USDC
    > tier 2 pays 0 5
    > alice is in tier 2
    > alice buys 1000 at 100
    > alice has?
    0 USDC free, 100050 held`,
};
