/**
 * Situations that other exchanges and engines publish, in our units and words; what they say happens is what happens here.
 * Sources: Binance Spot's pages on self-trade prevention and on amending, Coinbase Exchange's page on its matching engine,
 * the order book tests of exchange-core.
 */
import type { Cases } from './script.ts';

const threeBids = `
  | bid       | price | ask |
  | alice 12  | 120   |     |
  | alice#2 13 | 110  |     |
  | alice#3 81 | 100  |     |`;

/** Many levels on both sides, as exchange-core's tests begin. */
const deep = `
  | bid          | price  | ask          |
  |              | 201000 | dan 28, gus 32 |
  |              | 200954 | eve 10       |
  |              | 81600  | bob 100      |
  |              | 81599  | cat 50, fay 25 |
  | ivy 40       | 81593  |              |
  | jim 20, kim 1 | 81590 |              |
  | leo 20       | 81200  |              |`;

export const asOthersDocument: Cases = {
  'Binance: expire_maker clears three own bids, and the sell goes on the book': `${threeBids}
    > alice sells 30 at 100 expire_maker
    alice is self_trade
    alice#2 is self_trade
    alice#3 is self_trade
    | bid | price | ask        |
    |     | 100   | alice#4 30 |`,

  'Binance: expire_taker leaves three own bids, and the sell is over': `${threeBids}
    > alice sells 30 at 100 expire_taker
    alice#4 is self_trade
    ${threeBids}`,

  'Binance: expire_both ends one bid and the sell': `
    | bid      | price | ask |
    | alice 10 | 100   |     |
    > alice sells 30 at 100 expire_both
    alice is self_trade
    alice#2 is self_trade
    | bid | price | ask |`,

  "Binance: the mode of the order that comes counts, not the resting one's": `
    > alice buys 10 at 100 expire_maker
    > alice sells 10 at 100 expire_taker
    alice#2 is self_trade
    | bid      | price | ask |
    | alice 10 | 100   |     |`,

  'Binance: a market order with expire_maker clears its own and then finds nothing': `
    | bid      | price | ask |
    | alice 10 | 100   |     |
    > alice sells 10 at market 1 expire_maker
    alice is self_trade
    alice#2 is expired
    | bid | price | ask |`,

  'Binance: decrement takes the smaller off the larger': `
    | bid     | price | ask |
    | alice 6 | 2     |     |
    > alice sells 2 at 2 decrement
    alice is decremented to 4
    alice#2 is self_trade
    | bid     | price | ask |
    | alice 4 | 2     |     |`,

  'Binance: lowered by an amend, an order stays second of its level; replaced, it goes last': `
    | bid                 | price | ask |
    | bob 10, alice 55, cat 40 | 87000 |     |
    | dan 20              | 86999 |     |
    > alice amends alice to 50
    alice is amended to 50
    | bid                 | price | ask |
    | bob 10, alice 50, cat 40 | 87000 |     |
    | dan 20              | 86999 |     |
    > alice buys 45 at 87000 replacing alice
    alice is cancelled
    | bid                 | price | ask |
    | bob 10, cat 40, alice#2 45 | 87000 |     |
    | dan 20              | 86999 |     |`,

  "Binance: an iceberg's slice changes only where its new size is below it": `
    | bid       | price | ask |
    | alice 3/9 | 100   |     |
    > alice amends alice to 4
    alice is amended to 4
    | bid       | price | ask |
    | alice 3/4 | 100   |     |
    > alice amends alice to 2
    alice is amended to 2
    | bid     | price | ask |
    | alice 2 | 100   |     |`,

  'Coinbase: a sell below the best bid trades at the bid, which was there first': `
    | bid   | price | ask |
    | bob 1 | 100   |     |
    > cat sells 1 at 80
    cat sells 1 at 100 to bob
    bob is filled
    cat is filled`,

  'Coinbase: decrement of orders as large ends both': `
    | bid     | price | ask |
    | alice 5 | 100   |     |
    > alice sells 5 at 100 decrement
    alice is self_trade
    alice#2 is self_trade
    | bid | price | ask |`,

  'Coinbase: decrement lowers the money of a market buy by money': `
    | bid | price | ask          |
    |     | 100   | alice 3, bob 9 |
    > alice spends 1000 at market 100 decrement
    alice is self_trade
    alice#2 is decremented to spend 700
    alice#2 buys 7 at 100 from bob
    alice#2 is filled`,

  'exchange-core: an IOC sell of one lot more than the best bid takes it from the next': `${deep}
    > alice sells 41 at 1 ioc
    alice sells 40 at 81593 to ivy
    ivy is filled
    alice sells 1 at 81590 to jim
    alice is filled`,

  'exchange-core: an IOC buy of more than all asks ends with the rest, a GTC buy rests with it': `${deep}
    > alice buys 200 at 81600 ioc
    alice buys 50 at 81599 from cat
    cat is filled
    alice buys 25 at 81599 from fay
    fay is filled
    alice buys 100 at 81600 from bob
    bob is filled
    alice is expired
    > hal buys 71 at 201000
    hal buys 10 at 200954 from eve
    eve is filled
    hal buys 28 at 201000 from dan
    dan is filled
    hal buys 32 at 201000 from gus
    gus is filled
    | bid          | price  | ask |
    | hal 1        | 201000 |     |
    | ivy 40       | 81593  |     |
    | jim 20, kim 1 | 81590 |     |
    | leo 20       | 81200  |     |`,

  'exchange-core: a resting buy that is moved to where it crosses trades over two prices': `${deep}
    > alice buys 100 at 81594
    > alice buys 100 at 81600 replacing alice
    alice is cancelled
    alice#2 buys 50 at 81599 from cat
    cat is filled
    alice#2 buys 25 at 81599 from fay
    fay is filled
    alice#2 buys 25 at 81600 from bob
    alice#2 is filled`,

  'exchange-core: an order that is moved into a level goes behind those that are there': `${deep}
    > leo buys 20 at 81590 replacing leo
    leo is cancelled
    > alice sells 62 at 81590
    alice sells 40 at 81593 to ivy
    ivy is filled
    alice sells 20 at 81590 to jim
    jim is filled
    alice sells 1 at 81590 to kim
    kim is filled
    alice sells 1 at 81590 to leo#2
    alice is filled`,
};
