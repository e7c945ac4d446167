/** What is printed of withdrawals that are not over, and of an operator's word on one. */
import type { MoneyAnswer, OpenWithdrawalJson, ReviewResult } from '#wire/adjustments.ts';

type Answer = Extract<MoneyAnswer, { status: 'withdrawals' | 'reviewed' }>;
type Terminal = { say(line: string): void; complain(line: string): void };

export function tellWithdrawals(answer: Answer, { say, complain }: Terminal): void {
  if (answer.status === 'withdrawals') {
    if (answer.withdrawals.length === 0) say('No withdrawal is under way.');
    for (const line of answer.withdrawals.flatMap(linesOf)) say(line);
    return;
  }
  const { result, by, withdrawal } = answer;
  if (result === 'approved' || result === 'rejected') say(`The withdrawal is ${result} (${by}).`);
  else complain(`Refused, ${result}: ${sentences[result]}`);
  for (const line of withdrawal ? linesOf(withdrawal) : []) say(line);
}

const sentences: Record<Exclude<ReviewResult, 'approved' | 'rejected'>, string> = {
  unknown_withdrawal: 'there is no withdrawal of this digest: npm run ops -- withdrawals list',
  not_in_review: 'it waits for nobody (yet): only one that is in review is approved.',
  too_late: 'it is signed or over; what is signed may be paid until its deadline.',
};

function linesOf(withdrawal: OpenWithdrawalJson): string[] {
  const { digest, stage, account, recipient, asset, amount, needsReview, approvedBy } = withdrawal;
  const time = (ms: number) => new Date(ms).toISOString();
  const { requestedAtMs, notBeforeMs, deadlineMs, problem, transactionHash } = withdrawal;
  const review = needsReview
    ? `  ${approvedBy ? `approved by ${approvedBy}` : 'needs a word'}`
    : '';
  return [
    `${digest}  ${stage}  ${amount} ${asset}${review}`,
    `  ${account} → ${recipient}`,
    `  asked ${time(requestedAtMs)}, not before ${time(notBeforeMs)}, until ${time(deadlineMs)}`,
    ...(transactionHash === undefined ? [] : [`  transaction ${transactionHash}`]),
    ...(problem === undefined ? [] : [`  ${problem}`]),
  ];
}
