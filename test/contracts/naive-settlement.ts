/** What settlement must do, in the plainest words there are: the contracts' answers are compared with it, fill by fill. */
import type { BatchFill, BatchOrder } from '../../shared/wire/settlement-batch.ts';

/** All that the vault knows, by plain keys. */
export class NaiveVault {
  readonly balances = new Map<string, bigint>();
  readonly filled = new Map<string, bigint>();
  readonly cancels = new Map<string, number>();
  readonly epochs = new Map<string, { epoch: bigint; next: bigint; requestedAtMs: number }>();
  readonly exits: {
    account: string;
    asset: string;
    amount: bigint;
    requestedAtMs: number;
    over: boolean;
  }[] = [];
  matchedThroughMs = 0;
  lastBatch = 0;

  balance(account: string, asset: string): bigint {
    return this.balances.get(`${account}:${asset}`) ?? 0n;
  }

  add(account: string, asset: string, atoms: bigint): void {
    const left = this.balance(account, asset) + atoms;
    if (left < 0n) throw new Error(`${account} would have ${left} of ${asset}`);
    this.balances.set(`${account}:${asset}`, left);
  }

  isEffective(requestedAtMs: number | undefined, nowMs: number, delayMs: number): boolean {
    if (requestedAtMs === undefined) return false;
    return nowMs >= requestedAtMs + delayMs && this.matchedThroughMs >= requestedAtMs;
  }

  epochOf(account: string, nowMs: number, delayMs: number): bigint {
    const state = this.epochs.get(account);
    if (!state) return 0n;
    return this.isEffective(state.requestedAtMs, nowMs, delayMs) ? state.next : state.epoch;
  }

  bump(account: string, nowMs: number, delayMs: number): void {
    const next = (this.epochs.get(account)?.next ?? 0n) + 1n;
    const epoch = this.epochOf(account, nowMs, delayMs);
    this.epochs.set(account, { epoch, next, requestedAtMs: nowMs });
  }
}

export type Rules = {
  nowMs: number;
  delayMs: number;
  graceMs: number;
  hardFeeCapBps: bigint;
  feeAccount: string;
  /** Whether the order's signature is its signer's. */
  isSigned(order: BatchOrder): boolean;
};

/** Settles a fill of direct orders, if every rule holds; answers whether it did. */
export function settleNaively(
  vault: NaiveVault,
  { maker, taker, fill }: { maker: BatchOrder; taker: BatchOrder; fill: BatchFill },
  rules: Rules,
): boolean {
  const { baseAtoms, quoteAtoms, makerFeeAtoms, takerFeeAtoms } = fill;
  const [a, b] = [maker.signed, taker.signed];
  if (a.account === b.account || a.side === b.side) return false;
  if (a.baseAsset !== b.baseAsset || a.quoteAsset !== b.quoteAsset) return false;
  if (-makerFeeAtoms > takerFeeAtoms) return false;
  const sides = [
    { order: maker, fee: makerFeeAtoms },
    { order: taker, fee: takerFeeAtoms },
  ];
  for (const { order, fee } of sides) {
    if (!mayFill(vault, order, { baseAtoms, quoteAtoms, fee }, rules)) return false;
  }
  for (const { order, fee } of sides) {
    const { account, baseAsset, quoteAsset, side, cap } = order.signed;
    vault.add(account, baseAsset, side === 1 ? -baseAtoms : baseAtoms);
    vault.add(account, quoteAsset, (side === 1 ? quoteAtoms : -quoteAtoms) - fee);
    const before = vault.filled.get(order.digest) ?? 0n;
    vault.filled.set(order.digest, before + (cap === 1 ? quoteAtoms : baseAtoms));
  }
  vault.add(rules.feeAccount, a.quoteAsset, makerFeeAtoms + takerFeeAtoms);
  return true;
}

type Part = { baseAtoms: bigint; quoteAtoms: bigint; fee: bigint };

function mayFill(
  vault: NaiveVault,
  order: BatchOrder,
  { baseAtoms, quoteAtoms, fee }: Part,
  { nowMs, delayMs, graceMs, hardFeeCapBps, isSigned }: Rules,
): boolean {
  const { signed, digest } = order;
  const { account, baseAsset, quoteAsset, side, cap, baseAmount, quoteAmount } = signed;
  if (!isSigned(order)) return false;
  if (vault.isEffective(vault.cancels.get(`${account}:${digest}`), nowMs, delayMs)) return false;
  if (signed.epoch < vault.epochOf(account, nowMs, delayMs)) return false;
  if (signed.expiresAtMs + graceMs < nowMs) return false;
  const before = vault.filled.get(digest) ?? 0n;
  if (before + (cap === 1 ? quoteAtoms : baseAtoms) > (cap === 1 ? quoteAmount : baseAmount)) {
    return false;
  }
  const paid = quoteAtoms * baseAmount;
  const limit = baseAtoms * quoteAmount;
  if (baseAmount === 0n || (side === 1 ? paid < limit : paid > limit)) return false;
  const bps = BigInt(signed.maxFeeBps) < hardFeeCapBps ? BigInt(signed.maxFeeBps) : hardFeeCapBps;
  if (fee * 10_000n > quoteAtoms * bps) return false;
  if (side === 1 && vault.balance(account, baseAsset) < baseAtoms) return false;
  const cost = (side === 1 ? -quoteAtoms : quoteAtoms) + fee;
  return cost <= 0n || vault.balance(account, quoteAsset) >= cost;
}
