/**
 * The state of a moment, to be read later while commands go on: a copy of the columns, which is as fast as memory is
 * (docs/decisions/0017). Names are shared: they are only ever added.
 */
import { Accounts } from './accounts.ts';
import { EventRows } from './event-rows.ts';
import { FastState } from './fast-state.ts';
import { LevelPool } from './level-pool.ts';
import type { MarketBook } from './market-book.ts';
import { recordsOf } from './save.ts';
import { VolatilityWindow } from './volatility.ts';

/** A copy that is good for `recordsOf` and nothing else. */
export function freeze(state: FastState): ReturnType<typeof recordsOf> {
  const frozen = new FastState({ groupId: state.groupId, hashSecret: 0 });
  const pages = state.pages.copy();
  const copies: Partial<FastState> = {
    ...{ nowMs: state.nowMs, incoming: state.incoming, bounds: { ...state.bounds } },
    ...{ pages, orders: state.orders.copy(), ids: state.ids.copy(), credit: state.credit.copy() },
    ...{ levels: levelsOf(state), accounts: accountsOf(state), events: clockOf(state) },
    ...{ switches: state.switches.copy(), ended: state.ended.copy() },
    ...{ feeTiers: new Map(state.feeTiers), assets: [...state.assets] },
    work: state.work.map((each) => ({ ...each })),
    markets: state.markets.map((book) => bookOf(book, pages)),
  };
  return recordsOf(Object.assign(frozen, copies));
}

function levelsOf({ levels }: FastState): LevelPool {
  const copy = new LevelPool();
  copy.ticks = levels.ticks.slice();
  copy.head = levels.head.slice();
  return copy;
}

function accountsOf({ accounts }: FastState): Accounts {
  return Object.assign(new Accounts(), {
    names: accounts.names.slice(),
    feeTier: accounts.feeTier.slice(),
  });
}

function clockOf({ events }: FastState): EventRows {
  const copy = new EventRows();
  copy.resume(events.sequence, events.chain.state());
  return copy;
}

function bookOf(book: MarketBook, pages: FastState['pages']): MarketBook {
  const window = new VolatilityWindow();
  window.restore(book.window.save());
  return {
    ...book,
    window,
    bids: book.bids.copy(pages),
    asks: book.asks.copy(pages),
    rising: book.rising.copy(pages),
    falling: book.falling.copy(pages),
  };
}
