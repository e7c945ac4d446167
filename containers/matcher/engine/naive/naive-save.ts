/** The naive engine's state as records, in the order that `SnapshotRecord` asks for, and a state from records. */
import { assert, unreachable } from '#domain/assertion.ts';
import { HashLanes } from '../hash-lanes.ts';
import type { CreditRecord, OrderRecord, SnapshotRecord } from '../snapshot-record.ts';
import { queueOf } from './naive-book.ts';
import { heldUnitsOf, holdFor } from './naive-credit.ts';
import { openUnitsBy } from './naive-delegations.ts';
import {
  byText,
  emptyState,
  listedMarket,
  type NaiveLine,
  type NaiveOrder,
  type NaiveState,
  progressOf,
} from './naive-state.ts';
import { triggeredIn, untriggeredIn } from './naive-stops.ts';

export function save(state: NaiveState, write: (record: SnapshotRecord) => void): void {
  saveTrading(state, write);
  const { sequence, nowMs } = state;
  write({ kind: 'clock', sequence, nowMs, eventLanes: state.events.state() });
  for (const { commandId, atMs, result } of state.seen) {
    write({ kind: 'remembered', commandId, atMs, ...result });
  }
  for (const { order, status, atMs } of state.ended) {
    write({ kind: 'ended', ...order, status, atMs });
  }
}

/** What future trading depends on: all but the clock and what is remembered of the past. */
export function saveTrading(state: NaiveState, write: (record: SnapshotRecord) => void): void {
  for (const listed of inOrderOf(state.markets, ({ market }) => market.id)) {
    const window = listed.window.map((part) => ({ ...part }));
    write({ kind: 'market', ...listed, window });
    const { id } = listed.market;
    const isIncoming = (order: NaiveOrder) => order.place === 'incoming' && order.marketId === id;
    for (const order of [
      ...queueOf(state, id, 'buy'),
      ...queueOf(state, id, 'sell'),
      ...untriggeredIn(state, id),
      ...triggeredIn(state, id),
      ...state.live.filter(isIncoming),
    ]) {
      write(orderRecord(state, order));
    }
  }
  for (const line of inOrderOf(usedLines(state), ({ account, asset }) => `${account} ${asset}`)) {
    write(line);
  }
  for (const tier of [...state.feeTiers].sort((one, other) => one.tier - other.tier)) {
    write({ kind: 'fee_tier', ...tier });
  }
  for (const each of inOrderOf(state.accountTiers, ({ account }) => account)) {
    write({ kind: 'account_tier', ...each });
  }
  for (const each of inOrderOf(state.switches, ({ account }) => account)) {
    write({ kind: 'switch', ...each });
  }
  for (const row of inOrderOf(state.delegations, (each) => `${each.account} ${each.digest}`)) {
    write({ kind: 'delegation', ...row, openUnits: openUnitsBy(state, row) });
  }
  for (const work of state.work) write({ kind: 'work', work: { ...work } });
}

function orderRecord(state: NaiveState, order: NaiveOrder): OrderRecord {
  const { place, makerFeeBps, takerFeeBps, admitted, shownLots } = order;
  const heldUnits = holdFor(order, listedMarket(state, order.marketId).market);
  const record = { place, makerFeeBps, takerFeeBps, admitted, heldUnits, shownLots };
  return { kind: 'order', ...progressOf(order), ...record, ...delegationIn(order) };
}

const delegationIn = ({ delegation }: { delegation?: string }) =>
  delegation === undefined ? {} : { delegation };

/** "A line that was never granted and is empty is no credit: nothing tells it from none." */
export function usedLines(state: NaiveState): CreditRecord[] {
  return state.lines
    .map((line): CreditRecord => {
      const heldUnits = heldUnitsOf(state, line.account, line.asset);
      return { kind: 'credit', ...line, heldUnits };
    })
    .filter((line) => line.freeUnits + line.heldUnits + line.grantNumber + line.returnNumber > 0);
}

function inOrderOf<T>(items: T[], key: (item: T) => string): T[] {
  return [...items].sort((one, other) => byText(key(one), key(other)));
}

/** The state that these records were saved from. */
export function restore(
  records: Iterable<SnapshotRecord>,
  groupId: string | undefined,
): NaiveState {
  const all = [...records];
  const clock = all.find((record) => record.kind === 'clock');
  assert(clock, 'a snapshot without a clock');
  const state = emptyState(groupId, new HashLanes(clock.eventLanes));
  state.sequence = clock.sequence;
  state.nowMs = clock.nowMs;
  for (const record of all) take(state, record);
  // Kept by age, as though they had come one by one.
  state.live.sort((one, other) => one.admitted - other.admitted);
  return state;
}

function take(state: NaiveState, record: SnapshotRecord): void {
  switch (record.kind) {
    case 'market': {
      const { kind: _, ...listed } = record;
      state.markets.push({ ...listed, window: listed.window.map((part) => ({ ...part })) });
      return;
    }
    case 'order':
      takeOrder(state, record);
      return;
    case 'credit':
      takeLine(state, record);
      return;
    case 'fee_tier': {
      const { kind: _, ...tier } = record;
      state.feeTiers.push(tier);
      return;
    }
    case 'account_tier': {
      const { kind: _, ...each } = record;
      state.accountTiers.push(each);
      return;
    }
    case 'switch': {
      const { kind: _, ...each } = record;
      state.switches.push(each);
      return;
    }
    case 'delegation': {
      const { kind: _, openUnits: __, ...row } = record;
      state.delegations.push(row);
      return;
    }
    case 'work':
      state.work.push({ ...record.work });
      return;
    case 'remembered': {
      const { commandId, atMs, sequence, code } = record;
      state.seen.push({ commandId, atMs, result: code ? { sequence, code } : { sequence } });
      return;
    }
    case 'ended':
      state.ended.push({ order: progressOf(record), status: record.status, atMs: record.atMs });
      return;
    case 'clock':
      return;
    default:
      unreachable(record);
  }
}

/** Records come in the order of the queues. */
function takeOrder(state: NaiveState, record: OrderRecord): void {
  const { place, admitted, makerFeeBps, takerFeeBps, shownLots } = record;
  state.queued += 1;
  const { queued } = state;
  const more = { place, admitted, queued, makerFeeBps, takerFeeBps, shownLots };
  state.live.push({ ...progressOf(record), ...more, ...delegationIn(record) });
}

function takeLine(state: NaiveState, record: CreditRecord): void {
  const { account, asset, freeUnits, grantNumber, returnNumber, returnedUnits } = record;
  const line: NaiveLine = { account, asset, freeUnits, grantNumber, returnNumber, returnedUnits };
  state.lines.push(line);
}
