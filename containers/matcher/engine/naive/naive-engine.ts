/**
 * The matching engine's naive twin: arrays and plain loops, written from docs/market-rules.md alone, slow and
 * obviously right. Tests run it beside the production engine; what the two say differently is a bug of one of them.
 */
import { assert, unreachable } from '#domain/assertion.ts';
import type {
  AmendOrder,
  AssignFeeTier,
  CancelAll,
  CancelAllAfter,
  Command,
  DefineFeeTier,
} from '#domain/command.ts';
import type { Digest } from '#domain/order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import type { Engine } from '../engine.ts';
import { foldEvent } from '../event-hash.ts';
import { HashLanes } from '../hash-lanes.ts';
import { memoryMs } from '../limits.ts';
import type { SnapshotRecord } from '../snapshot-record.ts';
import { hashState } from '../state-hash.ts';
import { readingOf } from '../state-reading.ts';
import { endAuction } from './naive-auction.ts';
import { emitAmended, end, leftLots, levelsOf, lower, touch } from './naive-book.ts';
import { giveBack, grant } from './naive-credit.ts';
import { areSoundFees, changeState, listMarket } from './naive-market.ts';
import { refusalOf } from './naive-refusal.ts';
import { restore, save, saveTrading } from './naive-save.ts';
import {
  emptyState,
  listedMarket,
  liveOrder,
  type NaiveOrder,
  type NaiveState,
} from './naive-state.ts';
import { placeOrder } from './naive-trading.ts';
import { validate } from './naive-validate.ts';
import { viewsOf } from './naive-views.ts';
import { isAnythingDue, run } from './naive-work.ts';

export function createNaiveEngine(options: { groupId?: string } = {}): Engine {
  return engineOver(emptyState(options.groupId, new HashLanes()));
}

/** An engine that goes on where the one that saved these records was. */
export function restoreNaiveEngine(
  records: Iterable<SnapshotRecord>,
  options: { groupId?: string } = {},
): Engine {
  return engineOver(restore(records, options.groupId));
}

function engineOver(state: NaiveState): Engine {
  const engine: Engine = {
    apply(command, emit) {
      state.emitted = 0;
      state.emit = (unnumbered) => {
        state.sequence += 1;
        state.emitted += 1;
        const event = { ...unnumbered, sequence: state.sequence };
        foldEvent(state.events, event);
        emit(event);
        return event.sequence;
      };
      applyCommand(state, command);
    },
    get sequence() {
      return state.sequence;
    },
    get nowMs() {
      return state.nowMs;
    },
    get isUnfinished() {
      return state.work.length > 0;
    },
    ...viewsOf(state),
    takeLevelChanges() {
      const { touched } = state;
      state.touched = [];
      return touched.map((level) => {
        const now = levelsOf(state, level.marketId, level.side);
        const found = now.find(([priceTicks]) => priceTicks === level.priceTicks);
        return { ...level, sizeLots: found ? found[1] : 0 };
      });
    },
    save: (write) => save(state, write),
    freeze() {
      const records: SnapshotRecord[] = [];
      save(state, (record) => records.push(structuredClone(record)));
      return readingOf(records.values());
    },
    stateHash: () => hashState({ save: (write) => saveTrading(state, write) }),
    eventHash: () => state.events.digest(),
    validate: () => validate(state),
  };
  return engine;
}

function applyCommand(state: NaiveState, command: Command): void {
  const isOnTime = Number.isSafeInteger(command.nowMs) && command.nowMs >= state.nowMs;
  assert(isOnTime, 'the clock went back');
  state.nowMs = command.nowMs;
  state.seen = state.seen.filter((seen) => state.nowMs - seen.atMs <= memoryMs);
  state.ended = state.ended.filter((ended) => state.nowMs - ended.atMs <= memoryMs);
  if (command.type !== 'continue') {
    assert(state.work.length === 0, 'something is left undone');
    assert(command.type === 'tick' || !isAnythingDue(state), 'something is due');
  }

  const code = refusalOf(state, command);
  const { commandId } = command;
  const sequence = state.emit(
    code ? { type: 'refused', commandId, code } : { type: 'accepted', commandId },
  );
  remember(state, command, code ? { sequence, code } : { sequence });
  if (!code) perform(state, command, sequence);
  run(state, command);
}

/** "Ids of users' and operators' commands and of returns, refused ones too, are remembered with their first result." */
function remember(
  state: NaiveState,
  { type, commandId }: Command,
  result: { sequence: number; code?: EngineRefusal },
): void {
  if (type === 'grant' || type === 'tick' || type === 'continue') return;
  if (state.seen.some((seen) => seen.commandId === commandId)) return;
  state.seen.push({ commandId, atMs: state.nowMs, result });
}

function perform(state: NaiveState, command: Command, sequence: number): void {
  switch (command.type) {
    case 'place':
      placeOrder(state, command, sequence);
      return;
    case 'cancel':
      end(state, own(state, command.digest), 'cancelled');
      return;
    case 'amend':
      amend(state, command);
      return;
    case 'cancel_all':
      cancelAll(state, command);
      return;
    case 'cancel_all_after':
      setSwitch(state, command);
      return;
    case 'grant':
      grant(state, command);
      return;
    case 'return':
      giveBack(state, command);
      return;
    case 'list_market':
      listMarket(state, command);
      return;
    case 'set_market_state': {
      const listed = listedMarket(state, command.marketId);
      const endsAuction = listed.market.state === 'auction' && command.state === 'open';
      if (endsAuction) endAuction(state, listed, 'operator');
      else changeState(state, listed, { to: command.state, reason: 'operator' });
      return;
    }
    case 'define_fee_tier':
      defineFeeTier(state, command);
      return;
    case 'assign_fee_tier':
      assignFeeTier(state, command);
      return;
    case 'tick':
    case 'continue':
      return;
    default:
      unreachable(command);
  }
}

function own(state: NaiveState, digest: Digest): NaiveOrder {
  const order = liveOrder(state, digest);
  assert(order, `${digest} was accepted and is not live`);
  return order;
}

/** "Lowering the size (or, of an order by money, the money) keeps the place in the queue." */
function amend(state: NaiveState, { digest, sizeLots, spendUnits }: AmendOrder): void {
  const order = own(state, digest);
  lower(state, order, { sizeLots, spendUnits });
  if (order.place === 'book') {
    order.shownLots = Math.min(order.shownLots, leftLots(order));
    touch(state, order);
  }
  emitAmended(state, order, 'amended');
}

function cancelAll(state: NaiveState, { account, marketId, side }: CancelAll): void {
  const of = { ...(marketId === undefined ? {} : { marketId }), ...(side ? { side } : {}) };
  state.work.push({ work: 'cancel_all', account, ...of });
}

/** "Sent again, it starts anew; 0 disarms it. It fires once." */
function setSwitch(state: NaiveState, { account, afterMs, nowMs }: CancelAllAfter): void {
  assert(Number.isSafeInteger(afterMs) && afterMs >= 0, 'a switch without a time');
  state.switches = state.switches.filter((each) => each.account !== account);
  if (afterMs > 0) state.switches.push({ account, dueMs: nowMs + afterMs });
}

/** "A tier's rates replace the market's own for the accounts in it." */
function defineFeeTier(state: NaiveState, command: DefineFeeTier): void {
  const { tier, makerFeeBps, takerFeeBps } = command;
  assert(Number.isInteger(tier) && tier >= 1 && tier <= 255, `${tier} is no fee tier`);
  assert(areSoundFees(command), `fee tier ${tier}: bad fee`);
  state.feeTiers = state.feeTiers.filter((each) => each.tier !== tier);
  state.feeTiers.push({ tier, makerFeeBps, takerFeeBps });
}

function assignFeeTier(state: NaiveState, { account, tier }: AssignFeeTier): void {
  state.accountTiers = state.accountTiers.filter((each) => each.account !== account);
  if (tier > 0) state.accountTiers.push({ account, tier });
}
