/** Orders that session keys sign: `by KEY up to UNITS` names the delegation and its limit a day. The floor's day is over after 85,400,000 ms. */
import type { Cases } from './script.ts';

export const delegations: Cases = {
  'what is open and what was matched today count together, to the unit': `
    | bid | price | ask   |
    |     | 100   | bob 9 |
    > alice buys 2 at 100 by phone up to 500
    alice buys 2 at 100 from bob
    alice is filled
    > alice buys 2 at 99 by phone up to 500
    > alice by phone?
    198 open, 200 matched today
    > alice buys 1 at 103 by phone up to 500
    refused delegation_limit_reached
    > alice buys 1 at 102 post-only by phone up to 500
    refused post_only_would_cross
    > alice buys 1 at 95 by phone up to 493
    > alice by phone?
    293 open, 200 matched today
    > alice sells 7 at 1 by phone up to 500
    alice#4 is self_trade
    > alice buys 1 at 8 by phone up to 500
    refused delegation_limit_reached
    > alice buys 1 at 7 by phone up to 500`,

  'an order counts at its own price, whatever it trades at': `
    | bid   | price | ask   |
    |       | 101   | bob 9 |
    | cat 9 | 100   |       |
    > alice buys 2 at 110 by phone up to 300
    alice buys 2 at 101 from bob
    alice is filled
    > alice by phone?
    0 open, 220 matched today
    > alice sells 2 at 40 by phone up to 300
    alice#2 sells 2 at 100 to cat
    alice#2 is filled
    > alice by phone?
    0 open, 300 matched today
    > alice sells 1 at 1 by phone up to 300
    refused delegation_limit_reached`,

  'a maker counts at its own price too, as it trades': `
    > alice buys 4 at 100 by phone up to 400
    > bob sells 1 at 90
    bob sells 1 at 100 to alice
    bob is filled
    > alice by phone?
    300 open, 100 matched today
    > bob sells 3 at 90
    bob#2 sells 3 at 100 to alice
    alice is filled
    bob#2 is filled
    > alice by phone?
    0 open, 400 matched today`,

  'an order by money counts as the money that it may spend, then as what it spent': `
    | bid | price | ask   |
    |     | 102   | cat 5 |
    |     | 101   | bob 3 |
    > alice spends 501 at market 110 by phone up to 500
    refused delegation_limit_reached
    > alice spends 500 at market 110 by phone up to 500
    alice buys 3 at 101 from bob
    bob is filled
    alice buys 1 at 102 from cat
    alice is filled
    > alice by phone?
    0 open, 405 matched today`,

  'what a market order by size does not find counts no longer': `
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > alice buys 5 at market 100 by phone up to 499
    refused delegation_limit_reached
    > alice buys 5 at market 120 by phone up to 600
    alice buys 3 at 101 from bob
    bob is filled
    alice is expired
    > alice by phone?
    0 open, 360 matched today`,

  'what is cancelled, expires or is amended away counts no longer': `
    > alice buys 3 at 100 by phone up to 600
    > alice buys 2 at 100 for 500 ms by phone up to 600
    > alice buys 1 at 100 by phone up to 600
    > alice buys 1 at 1 by phone up to 600
    refused delegation_limit_reached
    > alice amends alice to 1
    alice is amended to 1
    > alice by phone?
    400 open, 0 matched today
    > 500 ms pass
    alice#2 is expired
    > alice by phone?
    200 open, 0 matched today
    > alice cancels alice
    alice is cancelled
    > alice cancels all
    alice#3 is cancelled
    > alice by phone?
    nothing`,

  "what a dead man's switch or a market's close cancels counts no longer": `
    > alice buys 3 at 100 by phone up to 600
    > alice buys 2 stop 120 at 130 by phone up to 600
    > alice cancels all after 20 ms
    > 20 ms pass
    alice is cancelled
    alice#2 is cancelled
    > alice by phone?
    nothing
    > alice buys 3 at 100 by phone up to 600
    > market turns closed
    market is closed by operator
    alice#3 is cancelled
    > alice by phone?
    nothing`,

  'an iceberg counts whole, and slice by slice as it trades': `
    > alice sells 6 at 100 shows 2 by phone up to 600
    > bob buys 3 at 100
    bob buys 2 at 100 from alice
    bob buys 1 at 100 from alice
    bob is filled
    > alice by phone?
    300 open, 300 matched today`,

  'a stop counts while it waits, at the price at which it would enter': `
    | bid | price | ask   |
    |     | 104   | bob 4 |
    > alice buys 2 stop 104 at market 120 by phone up to 240
    > alice by phone?
    240 open, 0 matched today
    > alice buys 1 at 1 by phone up to 240
    refused delegation_limit_reached
    > gus buys 1 at 104
    gus buys 1 at 104 from bob
    gus is filled
    alice is triggered
    alice buys 2 at 104 from bob
    alice is filled
    > alice by phone?
    0 open, 240 matched today`,

  'an order takes the place of another one of its delegation, and of what that counted': `
    > alice buys 4 at 100 by phone up to 400
    > alice buys 1 at 100 by phone up to 400
    refused delegation_limit_reached
    > alice buys 5 at 100 replacing alice by phone up to 400
    refused delegation_limit_reached
    > alice buys 5 at 80 replacing alice by phone up to 400
    alice is cancelled
    > alice by phone?
    400 open, 0 matched today
    // By another key, or by the owner: each counts where it belongs.
    > alice buys 1 at 100 replacing alice#2 by laptop up to 100
    alice#2 is cancelled
    > alice by phone?
    nothing
    > alice buys 9 at 100 replacing alice#3
    alice#3 is cancelled
    > alice by laptop?
    nothing`,

  'what decrementing takes off counts no longer, on both sides': `
    > alice sells 4 at 100 by phone up to 1000
    > alice buys 3 at 120 decrement by laptop up to 1000
    alice is decremented to 1
    alice#2 is self_trade
    > alice by phone?
    100 open, 0 matched today
    > alice by laptop?
    nothing
    > bob sells 1 at 101
    > alice spends 450 at market 120 decrement by laptop up to 1000
    alice is self_trade
    alice#3 is decremented to spend 350
    alice#3 buys 1 at 101 from bob
    bob is filled
    alice#3 is expired
    > alice by laptop?
    0 open, 101 matched today
    > alice by phone?
    nothing`,

  'both orders of a self-trade that ends them count no longer': `
    > alice sells 4 at 100 by phone up to 1000
    > alice buys 3 at 120 expire_both by phone up to 1000
    alice is self_trade
    alice#2 is self_trade
    > alice by phone?
    nothing`,

  'with the UTC day what was matched is forgotten, and what is open stays': `
    | bid | price | ask   |
    |     | 100   | bob 9 |
    > alice buys 5 at 100 ioc by phone up to 500
    alice buys 5 at 100 from bob
    alice is filled
    > 85399999 ms pass
    > alice buys 1 at 100 by phone up to 500
    refused delegation_limit_reached
    > 1 ms pass
    > alice buys 3 at 90 by phone up to 500
    > alice by phone?
    270 open, 0 matched today
    > bob sells 1 at 90
    bob#2 sells 1 at 90 to alice#2
    bob#2 is filled
    > alice by phone?
    180 open, 90 matched today
    > alice buys 3 at 80 by phone up to 500
    refused delegation_limit_reached
    > alice buys 2 at 80 by phone up to 500`,

  'an order of yesterday counts for the day on which it trades': `
    > alice buys 4 at 100 by phone up to 500
    > bob sells 1 at 100
    bob sells 1 at 100 to alice
    bob is filled
    > 85400000 ms pass
    > alice by phone?
    300 open, 0 matched today
    > bob sells 1 at 100
    bob#2 sells 1 at 100 to alice
    bob#2 is filled
    > alice by phone?
    200 open, 100 matched today`,

  'in an uncross both sides count at their own prices': `
    terms state auction
    > alice buys 2 at 110 by phone up to 220
    > bob sells 2 at 90 by tablet up to 180
    > market turns open
    bob sells 2 at 90 to alice
    alice is filled
    bob is filled
    market is open by operator
    > alice by phone?
    0 open, 220 matched today
    > bob by tablet?
    0 open, 180 matched today`,

  'delegations count apart, and what the owner signs counts for none': `
    > alice buys 5 at 100 by phone up to 500
    > alice buys 5 at 100 by laptop up to 500
    > alice buys 5 at 100
    > alice buys 1 at 100 by phone up to 500
    refused delegation_limit_reached
    > alice buys 1 at 100 by laptop up to 500
    refused delegation_limit_reached
    > alice buys 1 at 100`,

  'a delegation counts in all markets together': `
    > BTC-USDC lists quoteUnitsPerTickLot 10
    > alice buys 1 at 30 by phone up to 500
    > alice buys 1 at 48 in BTC-USDC by phone up to 500
    refused delegation_limit_reached
    > alice buys 1 at 47 in BTC-USDC by phone up to 500
    > alice by phone?
    500 open, 0 matched today`,

  'a limit is what the order at hand says': `
    > alice buys 1 at 100 by phone up to 0
    refused delegation_limit_reached
    > alice buys 4 at 100 by phone up to 400
    > alice buys 1 at 100 by phone up to 9007199254740991
    > alice buys 1 at 100 by phone up to 400
    refused delegation_limit_reached`,

  'who has no account yet is refused all the same': `
    > alice is granted 1 USDC
    > alice buys 1 at 100 by phone up to 99
    refused delegation_limit_reached
    > alice buys 1 at 100 by phone up to 100
    refused balance_too_low`,

  'one delegation more than an account may use is refused until another is free': `
    ${Array.from({ length: 32 }, (_, at) => `> alice buys 1 at 100 by key${at} up to 500`).join('\n')}
    > alice buys 1 at 100 by another up to 500
    refused delegation_limit_reached
    > alice buys 1 at 100 by key31 up to 500
    > alice buys 1 at 90 by another up to 500 replacing alice
    alice is cancelled
    > bob buys 1 at 100 by another up to 500
    > bob sells 1 at 100 ioc by more up to 500
    bob#2 sells 1 at 100 to alice#2
    alice#2 is filled
    bob#2 is filled
    // Nothing is open by key1, but it matched today.
    > alice buys 1 at 90 by more up to 500
    refused delegation_limit_reached
    > alice by key1?
    0 open, 100 matched today
    > 85400000 ms pass
    > alice buys 1 at 90 by more up to 500
    > alice by key1?
    nothing`,
};
