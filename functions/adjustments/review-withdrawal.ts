/** What operators see of withdrawals that are not over, and their word on those that wait for one. */
import type { withdrawalReviewOf } from '#cloud/withdrawal-review.ts';
import type { Payout } from '#cloud/withdrawal-store.ts';
import { formatDecimal } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import type { MoneyAnswer, MoneyOrder, OpenWithdrawalJson } from '#wire/adjustments.ts';
import { refusalTable } from '#wire/refusal-status.ts';

export type WithdrawalOrder = Extract<
  MoneyOrder,
  { type: 'show_withdrawals' | 'approve_withdrawal' | 'reject_withdrawal' }
>;

export type ReviewPorts = {
  withdrawals?: ReturnType<typeof withdrawalReviewOf>;
  assets: ReadonlyMap<string, Asset>;
};

export const isOfWithdrawals = (order: MoneyOrder): order is WithdrawalOrder =>
  order.type.endsWith('_withdrawal') || order.type === 'show_withdrawals';

export async function reviewWithdrawal(
  order: WithdrawalOrder,
  by: string,
  { withdrawals, assets }: ReviewPorts,
): Promise<MoneyAnswer> {
  if (!withdrawals) {
    const code = 'not_found';
    return { status: 'refused', code, message: refusalTable[code].message };
  }
  if (order.type === 'show_withdrawals') {
    const open = await withdrawals.open();
    return { status: 'withdrawals', withdrawals: open.map((each) => jsonOf(each, assets)) };
  }
  const { digest } = order;
  const { result, payout } =
    order.type === 'approve_withdrawal'
      ? await withdrawals.approve({ digest, by })
      : await withdrawals.reject({ digest, by, why: order.why });
  const withdrawal = payout ? { withdrawal: jsonOf(payout, assets) } : {};
  return { status: 'reviewed', result, by, ...withdrawal };
}

function jsonOf(payout: Payout, assets: ReadonlyMap<string, Asset>): OpenWithdrawalJson {
  const { digest, account, asset, recipient, requestedAtMs, deadlineMs, notBeforeMs } = payout;
  const { units, status: stage, needsReview, approval, problem, transactionHash } = payout;
  const decimals = assets.get(asset)?.decimals ?? 0;
  return {
    ...{ digest, account, asset, recipient, stage, requestedAtMs, deadlineMs, notBeforeMs },
    ...{ amount: formatDecimal(units, decimals), needsReview },
    ...(approval ? { approvedBy: approval.by } : {}),
    ...(problem === undefined ? {} : { problem }),
    ...(transactionHash === undefined ? {} : { transactionHash }),
  };
}
