/** What settlement must do, in the plainest words there are: the contracts' answers are compared with it, fill by fill. */
import type { BatchFill, BatchOrder } from '../../shared/wire/settlement-batch.ts';

/** All that the vault knows, by plain keys. */
export class NaiveVault {
  readonly balances = new Map<string, bigint>();
  readonly filled = new Map<string, bigint>();
  readonly cancels = new Map<string, number>();
  /** By account and digest of a delegation. */
  readonly revokes = new Map<string, number>();
  /** By digest of a delegation and day of the block. */
  readonly spent = new Map<string, bigint>();
  /** What an outcome makes a whole set with, and of what. */
  readonly outcomes = new Map<string, { complement: string; collateral: string }>();
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
  isFrozen = false;

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
    if (this.isFrozen) return true;
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
  insuranceAccount: string;
  /** Whether the order's signature is its signer's. */
  isSigned(order: BatchOrder): boolean;
};

/** One side of a fill, as it would be moved. */
type Side = {
  account: string;
  baseAsset: string;
  quoteAsset: string;
  isSell: boolean;
  baseAtoms: bigint;
  quoteAtoms: bigint;
  fee: bigint;
  /** None where insurance has its place: then nothing was signed. */
  order?: BatchOrder;
};

/** Settles a fill, if every rule holds; answers whether it did. */
export function settleNaively(
  vault: NaiveVault,
  { maker, taker, fill }: { maker: BatchOrder; taker: BatchOrder; fill: BatchFill },
  rules: Rules,
): boolean {
  const { kind, baseAtoms, quoteAtoms, makerFeeAtoms, takerFeeAtoms } = fill;
  // A complete set is worth one atom of its collateral: what one side does not pay of it, the other does.
  if (kind !== 'trade' && quoteAtoms > baseAtoms) return false;
  const makerQuote = kind === 'trade' ? quoteAtoms : baseAtoms - quoteAtoms;
  const signed = {
    maker: sideOf(maker, { baseAtoms, quoteAtoms: makerQuote, fee: makerFeeAtoms }),
    taker: sideOf(taker, { baseAtoms, quoteAtoms, fee: takerFeeAtoms }),
  };
  const sides = { ...signed };
  const { insured } = fill;
  if (insured) {
    const { quoteAsset, isSell } = sides[insured === 'maker' ? 'taker' : 'maker'];
    const { order: _, ...place } = sides[insured];
    const account = rules.insuranceAccount;
    sides[insured] = { ...place, account, quoteAsset, isSell: isSell !== (kind === 'trade') };
  }
  if (!belongTogether(vault, kind, sides)) return false;
  if (-makerFeeAtoms > takerFeeAtoms) return false;
  const both = [sides.maker, sides.taker];
  if (!both.every((side) => maySettle(vault, side, rules))) return false;
  for (const side of both) move(vault, side, rules);
  vault.add(rules.feeAccount, sides.taker.quoteAsset, makerFeeAtoms + takerFeeAtoms);
  return true;
}

type Amounts = Pick<Side, 'baseAtoms' | 'quoteAtoms' | 'fee'>;
function sideOf(order: BatchOrder, amounts: Amounts): Side {
  const { account, baseAsset, quoteAsset, side } = order.signed;
  return { account, baseAsset, quoteAsset, isSell: side === 1, ...amounts, order };
}

/** Whether both sides are of one market, or of one set of outcomes, and want what the fill does. */
function belongTogether(
  { outcomes }: NaiveVault,
  kind: BatchFill['kind'],
  { maker, taker }: Record<'maker' | 'taker', Side>,
): boolean {
  if (maker.account === taker.account || maker.quoteAsset !== taker.quoteAsset) return false;
  if (kind === 'trade') return maker.baseAsset === taker.baseAsset && maker.isSell !== taker.isSell;
  const set = outcomes.get(taker.baseAsset);
  const isSell = kind === 'merge';
  return (
    set?.complement === maker.baseAsset &&
    set.collateral === taker.quoteAsset &&
    maker.isSell === isSell &&
    taker.isSell === isSell
  );
}

const filledBy = ({ order, baseAtoms, quoteAtoms }: Side): bigint =>
  order?.signed.cap === 1 ? quoteAtoms : baseAtoms;

/** At the order's own price, rounded up. */
function notionalOf({ order, baseAtoms, quoteAtoms }: Side): bigint {
  const { cap, baseAmount = 1n, quoteAmount = 0n } = order?.signed ?? {};
  return cap === 1 ? quoteAtoms : (baseAtoms * quoteAmount + baseAmount - 1n) / baseAmount;
}

const dayOf = ({ nowMs }: Rules): number => Math.floor(nowMs / 86_400_000);

function move(vault: NaiveVault, side: Side, rules: Rules): void {
  const { account, baseAsset, quoteAsset, isSell, baseAtoms, quoteAtoms, fee, order } = side;
  vault.add(account, baseAsset, isSell ? -baseAtoms : baseAtoms);
  vault.add(account, quoteAsset, (isSell ? quoteAtoms : -quoteAtoms) - fee);
  if (!order) return;
  vault.filled.set(order.digest, (vault.filled.get(order.digest) ?? 0n) + filledBy(side));
  if (!order.delegation) return;
  const key = `${order.delegation.digest}:${dayOf(rules)}`;
  vault.spent.set(key, (vault.spent.get(key) ?? 0n) + notionalOf(side));
}

function maySettle(vault: NaiveVault, side: Side, rules: Rules): boolean {
  const { account, baseAsset, quoteAsset, isSell, baseAtoms, quoteAtoms, fee, order } = side;
  if (order && !isAllowed(vault, side, order, rules)) return false;
  if (fee * 10_000n > quoteAtoms * rules.hardFeeCapBps) return false;
  if (isSell && vault.balance(account, baseAsset) < baseAtoms) return false;
  const cost = (isSell ? -quoteAtoms : quoteAtoms) + fee;
  return cost <= 0n || vault.balance(account, quoteAsset) >= cost;
}

/** What the owner signed, and has not taken back. */
function isAllowed(vault: NaiveVault, side: Side, order: BatchOrder, rules: Rules): boolean {
  const { nowMs, delayMs, graceMs, isSigned } = rules;
  const { account, cap, baseAmount, quoteAmount, maxFeeBps, epoch, expiresAtMs } = order.signed;
  if (!isSigned(order) || !isDelegated(vault, side, order, rules)) return false;
  const cancelledAtMs = vault.cancels.get(`${account}:${order.digest}`);
  if (vault.isEffective(cancelledAtMs, nowMs, delayMs)) return false;
  if (epoch < vault.epochOf(account, nowMs, delayMs) || expiresAtMs + graceMs < nowMs) return false;
  const filled = (vault.filled.get(order.digest) ?? 0n) + filledBy(side);
  if (filled > (cap === 1 ? quoteAmount : baseAmount)) return false;
  const [paid, limit] = [side.quoteAtoms * baseAmount, side.baseAtoms * quoteAmount];
  if (baseAmount === 0n || (side.isSell ? paid < limit : paid > limit)) return false;
  return side.fee * 10_000n <= side.quoteAtoms * BigInt(maxFeeBps);
}

/** Of an order by its owner's own key there is nothing to ask. */
function isDelegated(vault: NaiveVault, side: Side, order: BatchOrder, rules: Rules): boolean {
  const { delegation, signed: wanted } = order;
  if (!delegation) return wanted.signer === wanted.account;
  const { nowMs, delayMs, graceMs } = rules;
  const { signed, digest } = delegation;
  if (signed.account !== wanted.account || signed.sessionKey !== wanted.signer) return false;
  if (signed.quoteAsset !== wanted.quoteAsset || signed.expiresAtMs + graceMs < nowMs) return false;
  if (signed.epoch < vault.epochOf(signed.account, nowMs, delayMs)) return false;
  const revokedAtMs = vault.revokes.get(`${signed.account}:${digest}`);
  if (vault.isEffective(revokedAtMs, nowMs, delayMs)) return false;
  if (side.fee * 10_000n > side.quoteAtoms * BigInt(signed.maxFeeBps)) return false;
  const spent = (vault.spent.get(`${digest}:${dayOf(rules)}`) ?? 0n) + notionalOf(side);
  return spent <= 2n * signed.maxNotionalPerDay;
}
