/** Raw transactions: signed with their nonce, and signed again with other fees or another nonce. */
import { getBytes, hexlify, keccak256, Transaction, toUtf8Bytes } from 'ethers';
import { assert } from '#domain/assertion.ts';
import type { Fees } from './fee-caps.ts';
import type { DigestSigner, WantedTransaction } from './send-transaction.ts';

export type RawTransaction = { raw: Uint8Array; hash: string };

/** Nodes take no transaction above 128 KiB into their pools (geth: txMaxSize). */
export const rawBytesAtMost = 128 * 1024;
/** A transaction's gas is limited by itself (EIP-7825): 2^24. */
export const gasAtMost = 16_777_216n;

export type Signing = { signer: DigestSigner; chainId: number };

export async function signTransaction(
  signing: Signing,
  wanted: WantedTransaction,
  given: { nonce: number; gasLimit: bigint; fees: Fees },
): Promise<RawTransaction> {
  const { nonce, gasLimit, fees } = given;
  assert(gasLimit <= gasAtMost, `${wanted.id} takes more gas than a transaction may`);
  const transaction = Transaction.from({
    type: 2,
    chainId: signing.chainId,
    nonce,
    to: wanted.to,
    data: wanted.data,
    value: wanted.valueAtoms ?? 0n,
    gasLimit,
    maxFeePerGas: fees.maxFeeWei,
    maxPriorityFeePerGas: fees.tipWei,
  });
  return signed(signing.signer, transaction);
}

/** The same transaction with other fees, under the same nonce or another one. */
export async function signAgain(
  { signer }: Signing,
  raw: Uint8Array,
  { fees, nonce }: { fees: Fees; nonce?: number },
): Promise<RawTransaction> {
  const transaction = Transaction.from(hexlify(raw));
  transaction.signature = null;
  if (nonce !== undefined) transaction.nonce = nonce;
  transaction.maxFeePerGas = fees.maxFeeWei;
  transaction.maxPriorityFeePerGas = fees.tipWei;
  return signed(signer, transaction);
}

/** What a raw transaction may cost its sender at most. */
export function costAtMost(raw: Uint8Array): bigint {
  const { gasLimit, maxFeePerGas, value } = Transaction.from(hexlify(raw));
  return gasLimit * (maxFeePerGas ?? 0n) + value;
}

/** What a business id stands for: asked for again, it must be the same. */
export function contentHash({ to, data, valueAtoms = 0n }: WantedTransaction): string {
  return keccak256(toUtf8Bytes(`${to.toLowerCase()} ${data.toLowerCase()} ${valueAtoms}`));
}

async function signed(signer: DigestSigner, transaction: Transaction): Promise<RawTransaction> {
  transaction.signature = await signer.sign(transaction.unsignedHash);
  const raw = getBytes(transaction.serialized);
  assert(raw.length <= rawBytesAtMost, `a transaction of ${raw.length} bytes: no node takes it`);
  return { raw, hash: keccak256(raw) };
}
