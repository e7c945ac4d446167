/** What commands left to do, first one first. */
import { noAccount, noOrder, noWork, state } from './engine-state.ts';
import { stateOpen } from './market-state.ts';
import { releaseRow, smallPool, takeRow } from './row-pool.ts';
import { Market, Work } from './rows.ts';

/** In the order of `workKinds` in ../engine-work.ts. */
export const workCancelAll: i32 = 0;
export const workCascade: i32 = 1;
export const workUncross: i32 = 2;
export const workClose: i32 = 3;

/** Adds work behind all other. */
export function addWork(kind: i32, market: Market): Work {
  const work = changetype<Work>(takeRow(smallPool));
  work.kind = kind;
  work.market = market;
  work.account = noAccount;
  work.side = -1;
  work.next = noWork;
  if (state.firstWork === noWork) state.firstWork = work;
  else state.lastWork.next = work;
  state.lastWork = work;
  return work;
}

/** The first work is done. */
export function dropWork(): void {
  const work = state.firstWork;
  state.firstWork = work.next;
  releaseRow(smallPool, changetype<usize>(work));
}

/** Triggered orders begin to enter, where the market is open and they are not at it already. */
export function beginCascade(market: Market): void {
  if (market.firstTriggered === noOrder || market.state !== stateOpen) return;
  for (let work = state.firstWork; work !== noWork; work = work.next) {
    if (work.kind === workCascade && work.market === market) return;
  }
  addWork(workCascade, market);
}
