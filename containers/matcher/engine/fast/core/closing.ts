/** A market closes: bids best first and in queue order, asks likewise, those that wait for their trigger oldest first, then those triggered. */
import { noOrder } from './engine-state.ts';
import { doneCancelled } from './order-place.ts';
import { nextLevel, noLevel } from './price-ladder.ts';
import { grownRegion, takeRegion } from './regions.ts';
import { endOrder } from './resting.ts';
import { Ladder, Market, Order } from './rows.ts';
import { dropWork } from './work.ts';

const startLog = 6;

/** One order. */
export function closeStep(market: Market): void {
  const level = market.bids.best === noLevel ? market.asks.best : market.bids.best;
  let order = level === noLevel ? noOrder : level.head;
  if (order === noOrder) order = oldestUntriggered(market);
  if (order === noOrder) order = market.firstTriggered;
  if (order === noOrder) dropWork();
  else endOrder(order, doneCancelled);
}

/** Put in order once: to look for the oldest each time takes as long as there are triggers. Nothing comes between that could change them. */
function oldestUntriggered(market: Market): Order {
  if (market.untriggeredCount === 0) {
    collect(market, market.rising);
    collect(market, market.falling);
    for (let at = (market.untriggeredCount >> 1) - 1; at >= 0; at -= 1) {
      sink(market, orderAt(market, at), at);
    }
  }
  if (market.untriggeredCount === 0) return noOrder;
  const oldest = orderAt(market, 0);
  market.untriggeredCount -= 1;
  sink(market, orderAt(market, market.untriggeredCount), 0);
  return oldest;
}

function collect(market: Market, ladder: Ladder): void {
  if (market.untriggered === 0) {
    market.untriggeredLog = startLog;
    market.untriggered = takeRegion(startLog);
  }
  for (let level = ladder.best; level !== noLevel; level = nextLevel(level)) {
    for (let order = level.head; order !== noOrder; order = order.behind) {
      if (market.untriggeredCount << 2 === 1 << market.untriggeredLog) {
        market.untriggered = grownRegion(market.untriggered, market.untriggeredLog);
        market.untriggeredLog += 1;
      }
      put(market, order, market.untriggeredCount);
      market.untriggeredCount += 1;
    }
  }
}

function orderAt(market: Market, at: i32): Order {
  return load<Order>(market.untriggered + ((<usize>at) << 2));
}

function put(market: Market, order: Order, at: i32): void {
  store<Order>(market.untriggered + ((<usize>at) << 2), order);
}

/** Moves an order downwards from a hole in the heap, whose top is the oldest. */
function sink(market: Market, order: Order, from: i32): void {
  const count = market.untriggeredCount;
  let at = from;
  for (;;) {
    let child = (at << 1) + 1;
    if (child >= count) break;
    const other = child + 1;
    if (other < count && orderAt(market, other).admitted < orderAt(market, child).admitted) {
      child = other;
    }
    if (order.admitted < orderAt(market, child).admitted) break;
    put(market, orderAt(market, child), at);
    at = child;
  }
  put(market, order, at);
}
