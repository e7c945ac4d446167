/** What a command left to do, between the core's rows and records. */
import { assert } from '#domain/assertion.ts';
import type { Work } from '../snapshot-record.ts';
import { nobody } from './core-instance.ts';
import { engineState, orderRow, stateAt, workRow } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { stateReasons } from './market-terms.ts';
import { orderPlace } from './order-place.ts';
import { placeOf } from './order-row.ts';

/** What is left to do apart from an order at hand, by the numbers that the core has for it. */
const workKinds = ['cancel_all', 'cascade', 'uncross', 'close'] as const;
const bounds = ['bandLowTicks', 'bandHighTicks', 'haltLowTicks', 'haltHighTicks'] as const;

/** An order at hand comes first. */
export function* worksOf(state: FastState): Generator<Work> {
  const { core } = state;
  const incoming = core.int(stateAt, engineState.incoming);
  if (incoming !== nobody) {
    const digest = state.idText(core.int(incoming, orderRow.id));
    const [bandLowTicks = 0, bandHighTicks = 0, haltLowTicks = 0, haltHighTicks = 0] = bounds.map(
      (name) => core.int(stateAt, engineState[name]),
    );
    yield { work: 'match', digest, bandLowTicks, bandHighTicks, haltLowTicks, haltHighTicks };
  }
  let row = core.int(stateAt, engineState.firstWork);
  for (; row !== nobody; row = core.int(row, workRow.next)) yield workOf(state, row);
}

function workOf(state: FastState, row: number): Work {
  const { core } = state;
  const work = workKinds[core.int(row, workRow.kind)] as (typeof workKinds)[number];
  const market = core.int(row, workRow.market);
  if (work === 'cancel_all') {
    const account = state.accountName(core.int(row, workRow.account));
    const side = core.int(row, workRow.side);
    const ofMarket = market === nobody ? {} : { marketId: state.marketAt(market).id };
    const ofSide = side < 0 ? {} : { side: side === 1 ? ('sell' as const) : ('buy' as const) };
    return { work, account, ...ofMarket, ...ofSide };
  }
  const { id: marketId } = state.marketAt(market);
  if (work !== 'uncross') return { work, marketId };
  return {
    work,
    marketId,
    priceTicks: core.int(row, workRow.priceTicks),
    leftLots: core.double(row, workRow.leftLots),
    reason: stateReasons[core.int(row, workRow.reason)] as (typeof stateReasons)[number],
  };
}

export function restoreWork(state: FastState, work: Work): void {
  const { core } = state;
  if (work.work === 'match') {
    const order = state.orderOf(state.id(work.digest));
    assert(placeOf(core, order) === orderPlace.incoming, 'no order is at hand');
    core.setInt(stateAt, engineState.incoming, order);
    for (const name of bounds) core.setInt(stateAt, engineState[name], work[name]);
    return;
  }
  const { marketId } = work;
  const market = marketId === undefined ? nobody : (state.market(marketId)?.row ?? nobody);
  const row = core.calls.restoreWork(workKinds.indexOf(work.work), market);
  if (work.work === 'cancel_all') {
    core.setInt(row, workRow.account, state.accountFor(work.account));
    core.setInt(row, workRow.side, work.side === undefined ? -1 : work.side === 'sell' ? 1 : 0);
  } else if (work.work === 'uncross') {
    core.setInt(row, workRow.priceTicks, work.priceTicks);
    core.setInt(row, workRow.reason, stateReasons.indexOf(work.reason));
    core.setDouble(row, workRow.leftLots, work.leftLots);
  }
}
