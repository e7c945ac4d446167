/** Deposits and withdrawals as the API and exports show them. */
import { formatDecimal } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import type { DepositJson, WithdrawalJson } from '#wire/rest-api.ts';
import type { Withdrawal } from './ledger-withdrawals.ts';
import { MatcherUnavailable } from './matcher-client.ts';
import type { Deposited } from './statement-store.ts';

type Assets = ReadonlyMap<string, Asset>;

export const depositToJson = (deposit: Deposited, assets: Assets): DepositJson => ({
  depositId: deposit.depositId,
  asset: deposit.asset,
  amount: amountOf(deposit, assets),
  status: 'credited',
  atMs: deposit.atMs,
});

export function withdrawalToJson(withdrawal: Withdrawal, assets: Assets): WithdrawalJson {
  const { withdrawalId, asset, status, askedAtMs, heldAtMs, endedAtMs } = withdrawal;
  return {
    withdrawalId,
    asset,
    amount: amountOf(withdrawal, assets),
    status,
    askedAtMs,
    ...(heldAtMs === undefined ? {} : { heldAtMs }),
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
  };
}

function amountOf({ asset, units }: { asset: string; units: bigint }, assets: Assets): string {
  const listed = assets.get(asset);
  // Only in the first seconds of a new market the directory may not have its assets yet, which passes.
  if (!listed) throw new MatcherUnavailable('busy', `${asset} is not in the directory yet`);
  return formatDecimal(units, listed.decimals);
}
