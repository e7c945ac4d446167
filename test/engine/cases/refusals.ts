/**
 * "The first broken rule is the answer." Each case breaks two rules, and then the later one alone: the earlier one is the answer as long as it is broken.
 * Where two neighbours of the list cannot be broken by one command, the next one that can stands in.
 */
import type { Cases } from './script.ts';

export const placementRefusals: Cases = {
  'unknown_market comes before order_too_late': `
    > alice buys 1 at 100 signed 60001 ms ago in DOGE-USDC
    refused unknown_market
    > alice buys 1 at 100 signed 60001 ms ago
    refused order_too_late`,

  'market_not_open comes before order_too_late': `
    terms state pre_open
    > alice buys 1 at 100 signed 60001 ms ago
    refused market_not_open
    > alice buys 1 at 100 signed 60001 ms ago post-only
    refused order_too_late`,

  'order_too_late comes before order_expired': `
    > alice buys 1 at 100 signed 60001 ms ago for 0 ms
    refused order_too_late
    > alice buys 1 at 100 signed 60000 ms ago for 0 ms
    refused order_expired`,

  'order_from_the_future comes before order_expired': `
    > alice buys 1 at 100 signed -5001 ms ago for 0 ms
    refused order_from_the_future
    > alice buys 1 at 100 signed -5000 ms ago for 0 ms
    refused order_expired`,

  'order_expired comes before duplicate_order': `
    > alice buys 1 at 100 for 500 ms
    > 499 ms pass
    > alice repeats alice
    refused duplicate_order
    > 1 ms pass
    alice is expired
    > alice repeats alice
    refused order_expired`,

  'duplicate_order comes before duplicate_client_order_id': `
    > alice buys 1 at 100 called mine
    > alice repeats alice
    refused duplicate_order
    > alice buys 1 at 100 called mine
    refused duplicate_client_order_id`,

  'duplicate_client_order_id comes before price_off_tick': `
    > alice buys 1 at 100 called mine
    > alice buys 1 at 100 called mine misfit price_off_tick
    refused duplicate_client_order_id
    > alice buys 1 at 100 misfit price_off_tick
    refused price_off_tick`,

  // A limit order by money.
  'price_off_tick comes before size_off_lot': `
    > alice spends 100 at 100 misfit price_off_tick
    refused price_off_tick
    > alice spends 100 at 100
    refused size_off_lot`,

  'size_off_lot comes before size_too_small': `
    terms minSizeLots 5
    > alice buys 4 at 100 misfit size_off_lot
    refused size_off_lot
    > alice buys 4 at 100
    refused size_too_small`,

  'size_off_lot comes before notional_too_large': `
    > alice spends 100 at 100 misfit notional_too_large
    refused size_off_lot
    > alice buys 100 at 100 misfit notional_too_large
    refused notional_too_large`,

  'size_too_small comes before notional_too_small': `
    terms minSizeLots 5 minNotionalUnits 1000
    > alice buys 4 at 100
    refused size_too_small
    > alice buys 9 at 100 shows 4
    refused size_too_small
    > alice buys 9 at 100 shows 5
    refused notional_too_small`,

  'notional_too_small comes before notional_too_large': `
    terms minNotionalUnits 1000 maxNotionalUnits 500
    > alice buys 6 at 100
    refused notional_too_small
    > alice buys 10 at 100
    refused notional_too_large`,

  'what is too large to count is not looked at for being too small': `
    terms minSizeLots 5 minNotionalUnits 1000
    > alice buys 1 at 100 misfit notional_too_large
    refused notional_too_large`,

  'notional_too_large comes before price_outside_band': `
    terms maxNotionalUnits 500 bandBps 500 referenceTicks 100
    > alice buys 5 at 106
    refused notional_too_large
    > alice buys 4 at 106
    refused price_outside_band`,

  'price_outside_band comes before fee_above_signed': `
    terms takerFeeBps 20 bandBps 500 referenceTicks 100
    > alice buys 5 at 106 paying 19
    refused price_outside_band
    > alice buys 5 at 105 paying 19
    refused fee_above_signed`,

  'fee_above_signed comes before stop_would_trigger': `
    terms takerFeeBps 20
    > bob sells 1 at 100
    > cat buys 1 at 100
    cat buys 1 at 100 from bob
    bob is filled
    cat is filled
    > alice buys 5 stop 100 at 101 paying 19
    refused fee_above_signed
    > alice buys 5 stop 100 at 101 paying 20
    refused stop_would_trigger`,

  'fee_above_signed comes before post_only_would_cross': `
    terms takerFeeBps 20
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > alice buys 5 at 101 post-only paying 19
    refused fee_above_signed
    > alice buys 5 at 101 post-only paying 20
    refused post_only_would_cross`,

  'would_self_trade comes before delegation_limit_reached': `
    > alice sells 1 at 100
    > alice buys 1 at 100 fok by phone up to 99
    refused would_self_trade
    > alice buys 1 at 100 fok expire_maker by phone up to 99
    refused delegation_limit_reached`,

  'delegation_limit_reached comes before balance_too_low': `
    > alice is granted 99 USDC
    > alice buys 1 at 100 by phone up to 99
    refused delegation_limit_reached
    > alice buys 1 at 100 by phone up to 100
    refused balance_too_low`,

  'delegation_limit_reached comes before fill_or_kill_unfilled': `
    > alice buys 1 at 100 fok by phone up to 99
    refused delegation_limit_reached
    > alice buys 1 at 100 fok by phone up to 100
    refused fill_or_kill_unfilled`,

  'stop_would_trigger comes before balance_too_low': `
    > alice is granted 99 USDC
    > bob sells 1 at 100
    > cat buys 1 at 100
    cat buys 1 at 100 from bob
    bob is filled
    cat is filled
    > alice buys 1 stop 100 at 101
    refused stop_would_trigger
    > alice buys 1 stop 101 at 101
    refused balance_too_low`,

  'post_only_would_cross comes before balance_too_low': `
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > alice is granted 99 USDC
    > alice buys 1 at 101 post-only
    refused post_only_would_cross
    > alice buys 1 at 100 post-only
    refused balance_too_low`,

  'would_self_trade comes before balance_too_low': `
    > alice is granted 1 ETH
    > alice is granted 99 USDC
    > alice sells 1 at 100
    > alice buys 1 at 100 fok
    refused would_self_trade
    > alice buys 1 at 100 fok expire_maker
    refused balance_too_low`,

  'balance_too_low comes before fill_or_kill_unfilled': `
    > alice is granted 99 USDC
    > alice buys 1 at 100 fok
    refused balance_too_low
    > alice buys 1 at 99 fok
    refused fill_or_kill_unfilled`,

  'fill_or_kill_unfilled comes before unknown_order': `
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > alice buys 4 at 101 fok replacing nothing
    refused fill_or_kill_unfilled
    > alice buys 3 at 101 fok replacing nothing
    refused unknown_order`,

  'fill_or_kill_unfilled comes before not_owner': `
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > alice buys 4 at 101 fok replacing bob
    refused fill_or_kill_unfilled
    > alice buys 3 at 101 fok replacing bob
    refused not_owner`,

  'an order that is not the own one is not gone for the rules before': `
    | bid | price | ask   |
    |     | 101   | bob 3 |
    > alice buys 1 at 101 post-only replacing bob
    refused post_only_would_cross`,

  'an amount of money beside a size, or of a sell, is refused size_off_lot, even where it is too large': `
    > alice buys 5 spending 500 at market 110
    refused size_off_lot
    > alice sells 5 spending 500 at market 90
    refused size_off_lot
    > alice sells 5 spending 500 at market 90 misfit notional_too_large
    refused size_off_lot
    > alice buys 5 spending 500 at 100
    refused size_off_lot`,
};

export const changeRefusals: Cases = {
  'of an amend, duplicate_order comes before size_off_lot': `
    > alice buys 5 at 100
    > alice amends alice misfit
    refused size_off_lot
    > again
    refused duplicate_order`,

  'of an amend, size_off_lot comes before unknown_order': `
    > alice amends nothing misfit
    refused size_off_lot
    > alice amends nothing to 5
    refused unknown_order`,

  'of an amend, size_off_lot comes before size_not_smaller': `
    > alice spends 500 stop 105 at market 110
    > alice amends alice to 600
    refused size_off_lot
    > alice amends alice to spend 600
    refused size_not_smaller`,

  'of an amend, size_too_small comes before notional_too_small': `
    terms minSizeLots 4 minNotionalUnits 500
    > alice buys 10 at 100
    > alice amends alice to 3
    refused size_too_small
    > alice amends alice to 4
    refused notional_too_small`,

  'of an amend, size_too_small comes before size_not_smaller': `
    > alice buys 5 at 100
    > market lists minSizeLots 10
    > alice amends alice to 9
    refused size_too_small
    > alice amends alice to 10
    refused size_not_smaller`,

  'of an amend, notional_too_small comes before size_not_smaller': `
    > alice buys 5 at 100
    > market lists minNotionalUnits 1000
    > alice amends alice to 9
    refused notional_too_small
    > alice amends alice to 10
    refused size_not_smaller`,

  'of an amend, not_owner comes before size_not_smaller': `
    > alice buys 5 at 100
    > bob amends alice to 5
    refused not_owner
    > alice amends alice to 5
    refused size_not_smaller`,

  "another's order is not looked at for being too small": `
    terms minSizeLots 3
    > alice buys 5 at 100
    > bob amends alice to 1
    refused not_owner`,

  'of a cancel, duplicate_order comes before unknown_order': `
    > alice cancels nothing
    refused unknown_order
    > again
    refused duplicate_order
    > alice buys 5 at 100
    > alice cancels alice
    alice is cancelled
    > again
    refused duplicate_order`,

  'of a cancel, unknown_order comes before not_owner': `
    > alice buys 5 at 100
    > bob cancels alice
    refused not_owner
    > alice cancels alice
    alice is cancelled
    > bob cancels alice
    refused unknown_order`,

  'cancel all finds nothing in a market that is not listed, which is no reason to refuse it': `
    > alice cancels all in DOGE-USDC
    > again
    refused duplicate_order`,

  'cancel all and the switch are refused duplicate_order where they come again': `
    > alice cancels all
    > again
    refused duplicate_order
    > alice cancels all after 500 ms
    > again
    refused duplicate_order`,

  'what is given back is given back once': `
    > alice is granted 500 USDC
    > alice returns 100 USDC
    alice is given back 100 USDC
    > again
    refused duplicate_order
    > alice has?
    400 USDC free, 0 held`,

  'a grant over the sum of safe integers is refused, and may come again': `
    > alice is granted 9007199254740000 USDC
    > bob is granted 992 USDC
    refused notional_too_large
    > again
    refused notional_too_large
    > alice returns 1 USDC
    alice is given back 1 USDC
    > bob is granted 992 USDC
    > bob has?
    992 USDC free, 0 held`,
};

export const operatorRefusals: Cases = {
  'of a change of state, unknown_market comes before duplicate_order': `
    > DOGE-USDC turns open
    refused unknown_market
    > again
    refused unknown_market`,

  'of a change of state, duplicate_order comes before state_not_reachable': `
    > market turns open
    refused state_not_reachable
    > again
    refused duplicate_order`,

  'of a change of state, price_outside_band is for those that are reachable': `
    terms auctionBandBps 500 referenceTicks 100 state auction
    > alice buys 1 at 106
    > bob sells 1 at 106
    > market turns open
    refused price_outside_band
    > market turns auction
    refused state_not_reachable
    > market turns halted
    market is halted by operator`,

  'of a listing, duplicate_order comes before market_has_orders': `
    > alice buys 1 at 100
    > market lists baseUnitsPerLot 2
    refused market_has_orders
    > again
    refused duplicate_order`,

  'of a listing, market_has_orders comes before asset_has_other_terms': `
    > alice buys 1 at 100
    > market lists baseUnitsPerLot 2 decimals 2
    refused market_has_orders
    > market lists decimals 2
    refused asset_has_other_terms`,

  'of a listing, asset_has_other_terms comes before state_not_reachable': `
    > market turns closed
    market is closed by operator
    > market lists decimals 2
    refused asset_has_other_terms
    > market lists bandBps 500
    refused state_not_reachable`,

  'of a tier, duplicate_order comes before unknown_fee_tier': `
    > alice is in tier 9
    refused unknown_fee_tier
    > again
    refused duplicate_order`,
};
