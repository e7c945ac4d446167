/** Deposits and withdrawals as the API and exports show them. */
import { formatDecimal } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import type { DepositJson, WithdrawalJson } from '#wire/rest-api.ts';
import { type ChainDeposit, depositIdOf } from './deposit-store.ts';
import type { Withdrawal } from './ledger-withdrawals.ts';
import { MatcherUnavailable } from './matcher-client.ts';
import type { Deposited } from './statement-store.ts';
import type { Payout } from './withdrawal-store.ts';

type Assets = ReadonlyMap<string, Asset>;

export const depositToJson = (deposit: Deposited, assets: Assets): DepositJson => ({
  depositId: deposit.depositId,
  asset: deposit.asset,
  amount: amountOf(deposit, assets),
  status: 'credited',
  atMs: deposit.atMs,
  ...placeOf(deposit.depositId),
});

/** A deposit on the chain is called by its place there. */
function placeOf(depositId: string): Partial<DepositJson> {
  const place = /^deposit:(\d+):(0x[0-9a-f]{64}):(\d+)$/.exec(depositId);
  if (!place) return {};
  const [, chainId, transactionHash = '', logIndex] = place;
  return { chainId: Number(chainId), transactionHash, logIndex: Number(logIndex) };
}

export type ChainHead = { headNumber: number; confirmationsNeeded: number };

/** A deposit that is not credited (yet), by what the chain says of it. */
export function uncreditedToJson(
  deposit: ChainDeposit,
  assets: Assets,
  { headNumber, confirmationsNeeded }: ChainHead,
): DepositJson {
  const { chainId, transactionHash, logIndex, blockNumber, atoms, chainAsset, seenAtMs } = deposit;
  const asset = [...assets.values()].find((each) => each.chainAsset === chainAsset);
  const isOnTheWay = deposit.status === 'pending' || deposit.status === 'crediting';
  // Final blocks are told a moment later than their number is reached.
  const above = Math.max(0, headNumber - blockNumber) + 1;
  return {
    depositId: depositIdOf(deposit),
    asset: asset?.id ?? chainAsset,
    amount: asset ? formatDecimal(atoms, asset.chainDecimals) : String(atoms),
    status: isOnTheWay ? 'pending' : (deposit.status as DepositJson['status']),
    atMs: seenAtMs,
    ...{ chainId, transactionHash, logIndex },
    ...(isOnTheWay
      ? { confirmations: Math.min(above, confirmationsNeeded), confirmationsNeeded }
      : {}),
  };
}

/** `payout`: where it was asked for by a signed Withdraw, how far that is. */
export function withdrawalToJson(
  withdrawal: Withdrawal,
  assets: Assets,
  payout?: Payout,
): WithdrawalJson {
  const { withdrawalId, asset, status, askedAtMs, heldAtMs, endedAtMs } = withdrawal;
  return {
    withdrawalId,
    asset,
    amount: amountOf(withdrawal, assets),
    status,
    askedAtMs,
    ...(heldAtMs === undefined ? {} : { heldAtMs }),
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(payout ? stageOf(payout) : {}),
  };
}

function stageOf(payout: Payout): Partial<WithdrawalJson> {
  const { status, recipient, deadlineMs, notBeforeMs, requestedAtMs } = payout;
  const { afterBatch, operatorSignature, transactionHash, failure, lacksFunds } = payout;
  const isOpen = status === 'signed' || status === 'broadcast';
  return {
    ...{ stage: status, recipient, deadlineMs },
    ...(notBeforeMs > requestedAtMs ? { notBeforeMs } : {}),
    ...(transactionHash === undefined ? {} : { transactionHash }),
    ...(afterBatch === undefined || operatorSignature === undefined
      ? {}
      : { approval: { afterBatch: String(afterBatch), signature: operatorSignature } }),
    ...(isOpen && lacksFunds ? { waitsForDeadline: true as const } : {}),
    ...(failure ? { failure } : {}),
  };
}

function amountOf({ asset, units }: { asset: string; units: bigint }, assets: Assets): string {
  const listed = assets.get(asset);
  // Only in the first seconds of a new market the directory may not have its assets yet, which passes.
  if (!listed) throw new MatcherUnavailable('busy', `${asset} is not in the directory yet`);
  return formatDecimal(units, listed.decimals);
}
