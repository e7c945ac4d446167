/**
 * Takes a withdrawal as far as it goes now: whoever comes, the request itself, a new block or a sweep, takes the next step that it
 * has the means for. Each step first does what may be done again (the ledger's operations, the sender's transaction),
 * then writes it down on condition that nobody was faster; so a step that dies anywhere is taken again.
 */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Interface } from 'ethers';
import { vaultAbi } from '#abi/vault.ts';
import { assert } from '#domain/assertion.ts';
import type { Digest } from '#domain/order.ts';
import type { digests } from '#wire/eip712.ts';
import type { Clock } from './clock.ts';
import type { LedgerStore } from './ledger-store.ts';
import { type DigestSigner, type TransactionSender, WouldRevert } from './send-transaction.ts';
import { type Payout, payoutIdOf, readPayout, stepPayout } from './withdrawal-store.ts';

export type PayoutLedger = Pick<
  LedgerStore,
  `${'demand' | 'hold' | 'finish' | 'return'}Withdrawal`
>;

export type PayoutPorts = {
  client: DynamoDBDocumentClient;
  /** The Chain table. */
  table: string;
  ledger: PayoutLedger;
  clock: Pick<Clock, 'nowMs'>;
  /** Calls credit back from matchers, for whoever reaches them. */
  callBack?: (payout: Payout) => Promise<void>;
  /** For whoever reaches the chain. */
  chain?: PayoutChain;
};

export type PayoutChain = {
  digestOf: ReturnType<typeof digests>;
  signer: DigestSigner;
  sender: Pick<TransactionSender, 'send' | 'find'>;
  vault: string;
  /** The last batch that the vault has settled, at the chain's head. */
  lastBatch(): Promise<bigint>;
  /** The time of the newest block that is final and whose facts are all taken: a payment before it would be known. */
  finalAtMs(): Promise<number>;
  horizon: BatchHorizon;
};

/** Which batches hold what was matched before a moment. */
export type BatchHorizon = {
  /** What is matched and cleared by now. */
  due(): Promise<string>;
  /** The last batch of the first plan that holds all of it; undefined while there is none. */
  batchBehind(due: string): Promise<bigint | undefined>;
};

const vault = new Interface(vaultAbi);

/** More steps than a withdrawal has: another one's steps count as well. */
const stepsAtMost = 30;
/** Of our own transactions, mined and reverted; its owner may still send it. */
const revertsAtMost = 5;

/** The withdrawal where it stands when nothing more can be done now. */
export async function advancePayout(ports: PayoutPorts, digest: Digest): Promise<Payout> {
  for (let steps = 0; ; steps += 1) {
    const payout = await readPayout(ports, digest);
    assert(payout, `withdrawal ${digest} is gone`);
    const changed = steps < stepsAtMost && (await step(ports, payout));
    if (!changed) return payout;
  }
}

/** Whether somebody went a step on meanwhile: this process or another. */
function step(ports: PayoutPorts, payout: Payout): Promise<boolean> {
  switch (payout.status) {
    case 'requested':
      return hold(ports, payout);
    case 'held':
    case 'review':
      return sign(ports, payout);
    case 'signed':
    case 'broadcast':
      return send(ports, payout);
    case 'confirmed':
      return finish(ports, payout);
    case 'failed':
      return giveBack(ports, payout);
    case 'returned':
      return Promise.resolve(false);
  }
}

async function hold(ports: PayoutPorts, payout: Payout): Promise<boolean> {
  const { ledger, clock, callBack } = ports;
  if (isTooLate(ports, payout)) return fail(ports, payout);
  const demanded = await ledger.demandWithdrawal(requestOf(payout, clock.nowMs()));
  assert(
    demanded.status === 'created' || demanded.status === 'exists',
    `${payout.digest} is demanded: ${demanded.status}`,
  );
  const tryToHold = () => ledger.holdWithdrawal(requestOf(payout, clock.nowMs()));
  let { status } = await tryToHold();
  if (status === 'balance_too_low' && callBack) {
    await callBack(payout);
    ({ status } = await tryToHold());
  }
  // Somebody gave it up since it was read: the next look says so.
  if (status === 'withdrawal_is_returned') return true;
  if (status === 'balance_too_low') return false;
  assert(status === 'created' || status === 'exists', `${payout.digest} is held: ${status}`);
  await stepPayout(ports, payout, { status: 'held' });
  return true;
}

const requestOf = ({ digest, account, asset, units }: Payout, atMs: number) => ({
  withdrawalId: payoutIdOf(digest),
  ...{ account, asset, units, atMs },
});

async function sign(ports: PayoutPorts, payout: Payout): Promise<boolean> {
  const { chain, clock } = ports;
  if (isTooLate(ports, payout)) return fail(ports, payout);
  if (payout.status === 'held' && payout.needsReview) {
    await stepPayout(ports, payout, { status: 'review' });
    return true;
  }
  if (!chain || (payout.needsReview && !payout.approval)) return false;
  if (clock.nowMs() < payout.notBeforeMs) return false;
  if (payout.due === undefined) {
    await stepPayout(ports, payout, { due: await chain.horizon.due() });
    return true;
  }
  const behind = await chain.horizon.batchBehind(payout.due);
  if (behind === undefined) return false;
  const { signedAfterBatch, digest } = payout;
  let afterBatch = signedAfterBatch;
  if (behind > afterBatch) afterBatch = behind;
  const approval = chain.digestOf.approval({ withdrawalDigest: digest, afterBatch });
  const operatorSignature = await chain.signer.sign(approval);
  // Whoever loses this race has shown its signature to nobody.
  await stepPayout(ports, payout, { status: 'signed', afterBatch, operatorSignature });
  return true;
}

async function send(ports: PayoutPorts, payout: Payout): Promise<boolean> {
  const { chain, clock } = ports;
  if (!chain) return false;
  // Final blocks beyond the deadline were looked through, and it is in none of them: now nobody can be paid by it any more.
  if ((await chain.finalAtMs()) > payout.deadlineMs) return fail(ports, payout);
  const reverted = payout.reverted ?? 0;
  if (reverted >= revertsAtMost || clock.nowMs() > payout.deadlineMs) return false;
  const id =
    reverted === 0 ? payoutIdOf(payout.digest) : `${payoutIdOf(payout.digest)}:${reverted}`;
  const known = await chain.sender.find(id);
  if (known?.status === 'reverted') {
    await stepPayout(ports, payout, { status: 'broadcast', reverted: reverted + 1 });
    return true;
  }
  if (known && payout.status === 'broadcast') return false;
  const { afterBatch = 0n } = payout;
  if (!known && (await chain.lastBatch()) < afterBatch) return false;
  try {
    const data = callOf(payout);
    const sent = known ?? (await chain.sender.send({ id, to: chain.vault, data }));
    const transactionHash = sent.minedHash ?? sent.hashes.at(-1);
    const hash = transactionHash === undefined ? {} : { transactionHash };
    await stepPayout(ports, payout, { status: 'broadcast', ...hash }, { isSolved: true });
    return true;
  } catch (error) {
    if (!(error instanceof WouldRevert)) throw error;
    await note(ports, payout, error);
    return false;
  }
}

/** It may still be paid by anybody who saw the signature, once its owner has enough in the vault again: only its deadline ends it. */
async function note(ports: PayoutPorts, payout: Payout, error: WouldRevert): Promise<void> {
  if (payout.problem === error.message) return;
  const reason = error.data === undefined ? null : vault.parseError(error.data);
  const why = reason?.name === 'BalanceTooLow' ? ({ lacksFunds: true } as const) : {};
  await stepPayout(ports, payout, { problem: error.message, ...why }, { isSolved: true });
}

/** What the vault is called with; its owner may call it, too. */
export function callOf(payout: Payout): string {
  const { account, chainAsset, atoms, recipient, deadlineMs, ownerSignature } = payout;
  assert(payout.operatorSignature !== undefined, `${payout.digest} is not signed`);
  const signed = {
    ...{ account, recipient, deadlineMs },
    asset: BigInt(chainAsset),
    amount: atoms,
    afterBatch: payout.signedAfterBatch,
    withdrawalId: payout.withdrawalNumber,
  };
  const operator = [payout.afterBatch ?? 0n, payout.operatorSignature];
  return vault.encodeFunctionData('withdraw', [signed, ownerSignature, ...operator]);
}

async function finish(ports: PayoutPorts, payout: Payout): Promise<boolean> {
  const ended = { withdrawalId: payoutIdOf(payout.digest), atMs: ports.clock.nowMs() };
  const { status } = await ports.ledger.finishWithdrawal(ended);
  assert(status === 'created' || status === 'exists', `${payout.digest} has left: ${status}`);
  await stepPayout(ports, payout, {}, { isOver: true });
  return false;
}

/** It is demanded first, where whoever asked for it did not come so far: a demand that comes later finds it given up. */
async function giveBack(ports: PayoutPorts, payout: Payout): Promise<boolean> {
  const { ledger, clock } = ports;
  await ledger.demandWithdrawal(requestOf(payout, clock.nowMs()));
  const ended = { withdrawalId: payoutIdOf(payout.digest), atMs: clock.nowMs() };
  const { status } = await ledger.returnWithdrawal(ended);
  assert(status === 'created' || status === 'exists', `${payout.digest} is given up: ${status}`);
  await stepPayout(ports, payout, { status: 'returned' }, { isOver: true });
  return true;
}

async function fail(ports: PayoutPorts, payout: Payout): Promise<boolean> {
  await stepPayout(ports, payout, { status: 'failed', failure: 'deadline_passed' });
  return true;
}

/** Of one that the operator never signed. */
const isTooLate = ({ clock }: PayoutPorts, { deadlineMs }: Payout): boolean =>
  clock.nowMs() > deadlineMs;
