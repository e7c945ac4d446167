/** Takes a signed withdrawal in: the first broken rule is the answer; the same signed words are the same withdrawal. */

import { withdrawalToJson } from '#cloud/funding-json.ts';
import { type ApiAnswer, type ApiRequest, checked, isRefused, refuse } from '#cloud/http-edge.ts';
import type { LedgerStore } from '#cloud/ledger-store.ts';
import { signerOf } from '#cloud/signer-of.ts';
import { firstNamedAtMs, takeIn } from '#cloud/withdrawal-intake.ts';
import { advancePayout, type PayoutPorts } from '#cloud/withdrawal-steps.ts';
import { type Payout, payoutIdOf, readPayout } from '#cloud/withdrawal-store.ts';
import { parseDecimal, type Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import { type Asset, atomsPerUnit } from '#domain/asset.ts';
import { canonicalSignature, type digests, type SignedWithdraw } from '#wire/eip712.ts';
import { withdrawBody } from '#wire/order-body.ts';
import type { WithdrawalTerms } from '#wire/withdrawal-terms.ts';

export type RequestPorts = PayoutPorts & {
  ledger: PayoutPorts['ledger'] & Pick<LedgerStore, 'balances' | 'withdrawal'>;
  /** Every asset of every listed market. */
  assets(): Promise<readonly Asset[]>;
  digestOf: Pick<ReturnType<typeof digests>, 'withdraw'>;
  /** The exchange's own contracts: what is paid to them is lost. */
  contracts: readonly string[];
  terms: WithdrawalTerms;
};

const zeroAddress = `0x${'0'.repeat(40)}`;

/** `POST /v1/account/withdrawals`: 201 with the withdrawal as it stands, 200 where it was asked for before. */
export async function requestWithdrawal(
  request: ApiRequest,
  ports: RequestPorts,
): Promise<ApiAnswer> {
  const body = checked(withdrawBody, request.body);
  if (isRefused(body)) return body;
  const { withdraw, signature } = body.value;
  const digest = ports.digestOf.withdraw(withdraw);
  const assets = new Map((await ports.assets()).map((each) => [each.id, each]));
  if (await readPayout(ports, digest)) return answered(ports, digest, assets, 200);

  const ownerSignature = canonicalSignature(signature);
  if (!ownerSignature || signerOf(digest, ownerSignature) !== withdraw.account)
    return refuse('bad_signature');
  const asset = [...assets.values()].find(({ chainAsset }) => chainAsset === withdraw.asset);
  if (!asset) return refuse('unknown_asset');
  if (withdraw.amount === 0n || withdraw.amount % atomsPerUnit(asset) !== 0n)
    return refuse('amount_not_whole', { decimals: asset.decimals });
  if (isNowhere(withdraw, ports)) return refuse('bad_recipient');
  const notBeforeMs = await mayLeaveAt(withdraw, ports);
  const window = deadlineWindow(notBeforeMs, ports);
  if (withdraw.deadlineMs < window.fromMs || withdraw.deadlineMs > window.toMs)
    return refuse('bad_deadline', window);
  const payout = payoutOf(withdraw, { digest, ownerSignature, asset, notBeforeMs }, ports);
  if (!(await isCovered(payout, ports))) return refuse('balance_too_low');

  // Accepted, unless the day's limit is reached, or the same request was faster.
  const limits = ports.terms.limits[asset.id];
  if (!(await takeIn(ports, payout, limits && unitsOf(limits.perDay, asset)))) {
    if (await readPayout(ports, digest)) return answered(ports, digest, assets, 200);
    return refuse('withdrawal_limit_reached', limits);
  }
  return answered(ports, digest, assets, 201);
}

async function answered(
  ports: RequestPorts,
  digest: string,
  assets: ReadonlyMap<string, Asset>,
  status: 200 | 201,
): Promise<ApiAnswer> {
  const payout = await advancePayout(ports, digest);
  const withdrawal = await ports.ledger.withdrawal(payoutIdOf(digest));
  assert(withdrawal, `${digest} was asked for and is not in the ledger`);
  return { status, body: withdrawalToJson(withdrawal, assets, payout) };
}

function isNowhere(
  { recipient, asset }: SignedWithdraw,
  { contracts }: Pick<RequestPorts, 'contracts'>,
): boolean {
  return (
    recipient === zeroAddress ||
    BigInt(recipient) === BigInt(asset) ||
    contracts.includes(recipient)
  );
}

/** An owner's own address is not new to him; another one waits since it was named first. */
async function mayLeaveAt(named: SignedWithdraw, ports: RequestPorts): Promise<number> {
  const nowMs = ports.clock.nowMs();
  if (named.recipient === named.account) return nowMs;
  const firstAtMs = (await firstNamedAtMs(ports, named)) ?? nowMs;
  return Math.max(nowMs, firstAtMs + ports.terms.newRecipientDelayMs);
}

const deadlineWindow = (notBeforeMs: number, { terms, clock }: RequestPorts) => ({
  fromMs: notBeforeMs + terms.deadlineAtLeastMs,
  toMs: Math.max(clock.nowMs(), notBeforeMs) + terms.deadlineAtMostMs,
});

type Judged = { digest: string; ownerSignature: string; asset: Asset; notBeforeMs: number };

function payoutOf(
  withdraw: SignedWithdraw,
  { digest, ownerSignature, asset, notBeforeMs }: Judged,
  { terms, clock }: RequestPorts,
): Payout {
  const { account, recipient, deadlineMs, amount: atoms } = withdraw;
  const asked = (atoms / atomsPerUnit(asset)) as Units;
  const limits = terms.limits[asset.id];
  return {
    ...{ digest, account, recipient, deadlineMs, atoms, ownerSignature, notBeforeMs },
    asset: asset.id,
    units: asked,
    chainAsset: asset.chainAsset,
    signedAfterBatch: withdraw.afterBatch,
    withdrawalNumber: withdraw.withdrawalId,
    requestedAtMs: clock.nowMs(),
    needsReview: !limits || asked >= unitsOf(limits.reviewFrom, asset),
    status: 'requested',
    version: 1,
  };
}

function unitsOf(text: string, asset: Asset): bigint {
  const parsed = parseDecimal(text, asset.decimals);
  assert(parsed !== undefined, `the stage's terms say ${text} of ${asset.id}`);
  return parsed;
}

/** What orders and matchers hold counts: it comes back, or the deadline ends the wait. */
async function isCovered(
  { account, asset, units }: Payout,
  { ledger }: RequestPorts,
): Promise<boolean> {
  const balance = (await ledger.balances(account)).find((each) => each.asset === asset);
  if (!balance) return false;
  const lent = balance.credit.reduce((sum, { frozen, pending }) => sum + frozen + pending, 0n);
  return balance.available - balance.demanded + lent >= units;
}
