/** `npm run ops -- adjust`, `adjustments`, `approve`, `reject`, `transfer-house`, `withdrawals`: asks for it, and tells what became of it. */
import type { LedgerResult } from '#domain/ledger-operation.ts';
import {
  type AdjustmentJson,
  adjustmentIdOf,
  houseTransferIdOf,
  type MoneyAnswer,
  type MoneyOrder,
} from '#wire/adjustments.ts';
import { type MoneyWish, readMoneyWish } from './money-wish.ts';
import { tellWithdrawals } from './tell-withdrawals.ts';
import { Wrong } from './wrong.ts';

export type MoneyPorts = {
  /** Reaches the function of a stage as this person; throws where there is none. */
  reach(where: { stage: string; stateFolder?: string; by?: string }): Promise<{
    ask(order: MoneyOrder): Promise<MoneyAnswer>;
  }>;
  /** Of a-z 0-9. */
  newId(): string;
  say(line: string): void;
  complain(line: string): void;
};

/** Answers the exit code: 0 done, 1 not done, 2 not understood. */
export async function moveMoney(words: readonly string[], ports: MoneyPorts): Promise<number> {
  const isJson = words.includes('--json');
  try {
    const wish = readMoneyWish(words, {
      adjustment: () => adjustmentIdOf(ports.newId()),
      transfer: () => houseTransferIdOf(ports.newId()),
    });
    const { ask } = await ports.reach(wish);
    const answer = await ask(wish.order);
    const ok = isDone(answer);
    if (wish.json) ports.say(JSON.stringify({ ok, order: wish.order, answer }));
    else tell(wish, answer, ports);
    return ok ? 0 : 1;
  } catch (error) {
    const { message } = error as Error;
    if (isJson) ports.say(JSON.stringify({ ok: false, error: message }));
    else if (error instanceof Wrong) ports.complain(`${message}\nSee: npm run ops -- --help`);
    else ports.complain(message);
    return error instanceof Wrong ? 2 : 1;
  }
}

/** An approval that waits for another person's has done what it could. */
const doneResults: readonly LedgerResult[] = ['created', 'exists', 'approvals_missing'];

const isDone = (answer: MoneyAnswer): boolean =>
  answer.status === 'adjustments' ||
  answer.status === 'withdrawals' ||
  (answer.status === 'reviewed' &&
    (answer.result === 'approved' || answer.result === 'rejected')) ||
  (answer.status === 'answered' && doneResults.includes(answer.result));

function tell({ order }: MoneyWish, answer: MoneyAnswer, { say, complain }: MoneyPorts): void {
  if (answer.status === 'adjustments') {
    if (answer.adjustments.length === 0) say('Nobody ever proposed an adjustment.');
    for (const line of answer.adjustments.flatMap(linesOf)) say(line);
  } else if (answer.status === 'withdrawals' || answer.status === 'reviewed') {
    tellWithdrawals(answer, { say, complain });
  } else if (answer.status === 'refused') {
    const details = answer.details === undefined ? '' : `\n${JSON.stringify(answer.details)}`;
    complain(`Refused, ${answer.code}: ${answer.message}${details}`);
  } else if (isDone(answer)) {
    const before = answer.result === 'exists' ? ' It was so before.' : '';
    say(`Done by ${answer.by}: ${effectOf(order, answer.adjustment)}.${before}`);
    for (const line of answer.adjustment ? linesOf(answer.adjustment) : []) say(line);
  } else complain(`Refused, ${answer.result}: ${sentences[answer.result]}`);
}

function effectOf(order: MoneyOrder, adjustment: AdjustmentJson | undefined): string {
  if (order.type === 'transfer_house')
    return `${order.amount} ${order.asset} went from ${order.from} to ${order.to} as ${order.operationId}`;
  const { adjustmentId = '', status } = adjustment ?? {};
  switch (status) {
    case 'posted':
      return `${adjustmentId} is posted`;
    case 'rejected':
      return `${adjustmentId} is rejected`;
    default:
      return `${adjustmentId} waits: two people other than its proposer approve it by npm run ops -- approve ${adjustmentId}`;
  }
}

function linesOf(adjustment: AdjustmentJson): string[] {
  const { adjustmentId, status, account, house, asset, amount, by, why, approvals } = adjustment;
  const way = amount.startsWith('-') ? `${account} → ${house}` : `${house} → ${account}`;
  const approved = approvals.map((each) => each.by).join(', ') || 'nobody';
  const lines = [
    `${adjustmentId}  ${status}  ${amount.replace('-', '')} ${asset}  ${way}`,
    `  proposed by ${by}, ${new Date(adjustment.atMs).toISOString()}: ${why}`,
    `  approved by ${approved}`,
  ];
  const { rejection } = adjustment;
  return rejection ? [...lines, `  rejected by ${rejection.by}: ${rejection.why}`] : lines;
}

/** What the ledger's refusals mean to who ordered. */
const sentences: Record<LedgerResult, string> = {
  created: 'done',
  exists: 'it was done before',
  exists_with_different_content: 'this id is taken by something else; take another one.',
  accounts_are_the_same: 'both sides are the same account.',
  owners_differ:
    'adjustments are between a user and the house, transfers within the house; the vault’s own line is moved by deposits and withdrawals only.',
  unknown_withdrawal: 'there is no such withdrawal.',
  withdrawal_is_finished: 'the withdrawal has left.',
  withdrawal_is_returned: 'the withdrawal was given up.',
  withdrawal_is_not_held: 'nothing is set aside for the withdrawal.',
  unknown_adjustment: 'there is no adjustment of this id: npm run ops -- adjustments',
  adjustment_is_posted: 'it is posted; propose the opposite one instead.',
  adjustment_is_rejected: 'it was rejected; propose it anew.',
  approver_is_proposer: 'who proposed it cannot approve it.',
  approvals_missing: 'it waits for another approval.',
  amount_not_positive: 'the amount is nothing.',
  amount_too_large: 'no account may hold so much.',
  unknown_asset: 'no market trades this asset.',
  balance_too_low: 'who gives has not so much available.',
};
