/**
 * One command, whole. Due orders end first, so that their credit and their place are free for the command;
 * yet its first event is always its own `accepted` or `refused`, then the expiries, then what it did.
 */
import { assert, unreachable } from '#domain/assertion.ts';
import type { Command, GrantCredit, ReturnCredit } from '#domain/command.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import { type Admission, admitCancel, admitGrant, admitListing, admitOrder } from './admit.ts';
import type { BookOrder } from './book-order.ts';
import { announceDone, endOrder, withdrawDue } from './end-order.ts';
import type { EngineState } from './engine-state.ts';
import { listMarket } from './list-market.ts';
import { placeOrder } from './place-order.ts';

export function applyCommand(command: Command, state: EngineState): void {
  assert(
    Number.isSafeInteger(command.nowMs) && command.nowMs >= state.nowMs,
    'the clock went back',
  );
  state.nowMs = command.nowMs;
  state.remembered.prune(state.nowMs);
  state.live.prune(state.nowMs);

  const due = withdrawDue(state);
  const decision = decide(command, state);
  const sequence = answer(command, decision, state);
  for (const order of due) announceDone(order, state);
  if (typeof decision === 'function') decision(sequence);
}

/** What the command will do, given its answer's sequence number; or why it may not. */
type Decision = ((sequence: number) => void) | EngineRefusal;

function decide(command: Command, state: EngineState): Decision {
  switch (command.type) {
    case 'place': {
      const admission: Admission | EngineRefusal = admitOrder(command, state);
      if (typeof admission === 'string') return admission;
      return (admitted) => placeOrder(command, { admission, admitted }, state);
    }
    case 'cancel': {
      const order: BookOrder | EngineRefusal = admitCancel(command, state);
      if (typeof order === 'string') return order;
      return () => endOrder(order, 'cancelled', state);
    }
    case 'list_market':
      return admitListing(command, state) ?? (() => listMarket(command, state));
    case 'grant':
      // Its number is its identity: sent again under any id, it is taken and does nothing; refused, it may come again.
      return admitGrant(command, state) ?? (() => grantCredit(command, state));
    case 'return':
      if (state.remembered.has(command.commandId)) return 'duplicate_order';
      return () => returnCredit(command, state);
    case 'tick':
      if (state.remembered.has(command.commandId)) return 'duplicate_order';
      return () => {};
    default:
      return unreachable(command);
  }
}

function answer({ commandId }: Command, decision: Decision, state: EngineState): number {
  const sequence = state.out.next;
  if (typeof decision === 'function') {
    state.out.emit({ type: 'accepted', sequence, commandId });
    state.remembered.add(commandId, { sequence }, state.nowMs);
  } else {
    state.out.emit({ type: 'refused', sequence, commandId, code: decision });
    state.remembered.add(commandId, { sequence, code: decision }, state.nowMs);
  }
  return sequence;
}

function grantCredit(command: GrantCredit, { credit, out }: EngineState): void {
  const { account, asset, grantNumber, units } = command;
  const line = credit.line(account, asset);
  if (grantNumber <= line.grantNumber) return;
  credit.grant(line, grantNumber, units);
  out.emit({ type: 'credit_granted', sequence: out.next, account, asset, grantNumber, units });
}

function returnCredit(command: ReturnCredit, { credit, out }: EngineState): void {
  const { account, asset } = command;
  assert(Number.isSafeInteger(command.units) && command.units > 0, 'a return of nothing');
  const line = credit.find(account, asset);
  const units = Math.min(command.units, line?.freeUnits ?? 0);
  if (!line || units === 0) return;
  credit.giveBack(line, units);
  const { returnNumber } = line;
  out.emit({ type: 'credit_returned', sequence: out.next, account, asset, returnNumber, units });
}
