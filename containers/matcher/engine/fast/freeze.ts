/**
 * The state of a moment, to be read later while commands go on: a copy of the columns, which is as fast as memory is
 * (docs/decisions/0017). Names are shared: they are only ever added.
 */
import type { SnapshotRecord } from '../snapshot-record.ts';
import { Accounts } from './accounts.ts';
import { FastState } from './fast-state.ts';
import { copiedInts } from './grown.ts';
import type { MarketBook } from './market-book.ts';
import { recordsOf } from './save.ts';
import { VolatilityWindow } from './volatility.ts';

/** Copies, and keeps the memory of one that was read to its end for the next. */
export function createFreezer(state: FastState): () => Generator<SnapshotRecord, void> {
  let kept: FastState | undefined;
  return () => {
    const copy = kept ?? new FastState({ groupId: state.groupId, hashSecret: 0 });
    kept = undefined;
    copyState(state, copy);
    return read(copy, () => {
      kept = copy;
    });
  };
}

function* read(copy: FastState, done: () => void): Generator<SnapshotRecord, void> {
  try {
    yield* recordsOf(copy);
  } finally {
    done();
  }
}

/** What comes of it is good for `recordsOf` and nothing else. */
function copyState(state: FastState, copy: FastState): void {
  state.orders.copyTo(copy.orders);
  state.ids.copyTo(copy.ids);
  state.credit.copyTo(copy.credit);
  state.pages.copyTo(copy.pages);
  state.ended.copyTo(copy.ended);
  const { levels } = copy;
  levels.ticks = copiedInts(state.levels.ticks, levels.ticks, state.levels.ticks.length);
  levels.head = copiedInts(state.levels.head, levels.head, state.levels.head.length);
  copy.events.resume(state.events.sequence, state.events.chain.state());
  const small: Partial<FastState> = {
    ...{ nowMs: state.nowMs, incoming: state.incoming, bounds: { ...state.bounds } },
    ...{ accounts: accountsOf(state), switches: state.switches.copy() },
    ...{ feeTiers: new Map(state.feeTiers), assets: [...state.assets] },
    work: state.work.map((each) => ({ ...each })),
    markets: state.markets.map((book) => bookOf(book, copy.pages)),
  };
  Object.assign(copy, small);
}

function accountsOf({ accounts }: FastState): Accounts {
  return Object.assign(new Accounts(), {
    names: accounts.names.slice(),
    feeTier: accounts.feeTier.slice(),
  });
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
