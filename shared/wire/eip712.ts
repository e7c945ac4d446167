/** The structs that users sign (EIP-712), shared by wallets, the API and the contract. Final: a changed field is a new version. */
import { concat, keccak256, recoverAddress, TypedDataEncoder, type TypedDataField } from 'ethers';
import type { SignedOrder } from '#domain/command.ts';
import type { Address, Digest } from '#domain/order.ts';

export const orderTypes: Record<string, TypedDataField[]> = {
  Order: [
    { name: 'account', type: 'address' },
    { name: 'signer', type: 'address' },
    { name: 'baseAsset', type: 'uint256' },
    { name: 'quoteAsset', type: 'uint256' },
    { name: 'side', type: 'uint8' },
    { name: 'cap', type: 'uint8' },
    { name: 'baseAmount', type: 'uint128' },
    { name: 'quoteAmount', type: 'uint128' },
    { name: 'maxFeeBps', type: 'uint16' },
    { name: 'createdAtMs', type: 'uint64' },
    { name: 'expiresAtMs', type: 'uint64' },
    { name: 'epoch', type: 'uint64' },
    { name: 'salt', type: 'uint64' },
    { name: 'terms', type: 'string' },
  ],
};

export const cancelTypes: Record<string, TypedDataField[]> = {
  Cancel: [
    { name: 'account', type: 'address' },
    { name: 'orderDigest', type: 'bytes32' },
    { name: 'createdAtMs', type: 'uint64' },
  ],
};

/** `newAmount` in atoms: the new whole, fills included, of base, or of quote where money bounds the order. */
export const amendTypes: Record<string, TypedDataField[]> = {
  Amend: [
    { name: 'account', type: 'address' },
    { name: 'orderDigest', type: 'bytes32' },
    { name: 'newAmount', type: 'uint128' },
    { name: 'createdAtMs', type: 'uint64' },
  ],
};

/** What an owner allows a session key: signed once, used by every order that the key signs. */
export const delegationTypes: Record<string, TypedDataField[]> = {
  Delegation: [
    { name: 'account', type: 'address' },
    { name: 'sessionKey', type: 'address' },
    { name: 'quoteAsset', type: 'uint256' },
    { name: 'maxNotionalPerDay', type: 'uint128' },
    { name: 'maxFeeBps', type: 'uint16' },
    { name: 'marketsRoot', type: 'bytes32' },
    { name: 'createdAtMs', type: 'uint64' },
    { name: 'expiresAtMs', type: 'uint64' },
    { name: 'epoch', type: 'uint64' },
    { name: 'salt', type: 'uint64' },
  ],
};

/** A withdrawal past the exit's delay: its owner signs it, the operator approves it (`WithdrawalApproval`). */
export const withdrawTypes: Record<string, TypedDataField[]> = {
  Withdraw: [
    { name: 'account', type: 'address' },
    { name: 'asset', type: 'uint256' },
    { name: 'amount', type: 'uint128' },
    { name: 'recipient', type: 'address' },
    { name: 'afterBatch', type: 'uint64' },
    { name: 'deadlineMs', type: 'uint64' },
    { name: 'withdrawalId', type: 'uint256' },
  ],
};

/** The operator's word that nothing matched before the withdrawal is left to settle once `afterBatch` is. */
export const withdrawalApprovalTypes: Record<string, TypedDataField[]> = {
  WithdrawalApproval: [
    { name: 'withdrawalDigest', type: 'bytes32' },
    { name: 'afterBatch', type: 'uint64' },
  ],
};

/** Where signatures are valid: the chain and the Vault, so that a new Exchange contract needs no new signatures. */
export type SigningDomain = { chainId: bigint; verifyingContract: Address };

export type SignedCancel = { account: Address; orderDigest: Digest; createdAtMs: number };

export type SignedAmend = {
  account: Address;
  orderDigest: Digest;
  newAmount: bigint;
  createdAtMs: number;
};

/** Assets as the chain's numbers, amounts in atoms of `quoteAsset`. */
export type SignedDelegation = {
  account: Address;
  sessionKey: Address;
  quoteAsset: string;
  /** Of filled amounts at the orders' own signed prices, in a UTC day. */
  maxNotionalPerDay: bigint;
  maxFeeBps: number;
  /** Root of the Merkle tree of allowed markets; 32 zero bytes allow all. */
  marketsRoot: string;
  createdAtMs: number;
  expiresAtMs: number;
  epoch: bigint;
  salt: bigint;
};

export type SignedWithdraw = {
  account: Address;
  asset: string;
  amount: bigint;
  recipient: Address;
  afterBatch: bigint;
  deadlineMs: number;
  withdrawalId: bigint;
};

export function typedDomain({ chainId, verifyingContract }: SigningDomain) {
  return { name: 'Crossbook', version: '1', chainId, verifyingContract };
}

// An encoder compiles its types once; hashing through it is several times cheaper than TypedDataEncoder.hash.
const orderEncoder = TypedDataEncoder.from(orderTypes);
const cancelEncoder = TypedDataEncoder.from(cancelTypes);
const amendEncoder = TypedDataEncoder.from(amendTypes);
const delegationEncoder = TypedDataEncoder.from(delegationTypes);
const withdrawEncoder = TypedDataEncoder.from(withdrawTypes);
const approvalEncoder = TypedDataEncoder.from(withdrawalApprovalTypes);

/** Hashes orders of one signing domain. */
export function digests(domain: SigningDomain) {
  const separator = TypedDataEncoder.hashDomain(typedDomain(domain));
  const digest = (struct: string) => keccak256(concat(['0x1901', separator, struct]));
  return {
    order: (order: SignedOrder): Digest => digest(orderEncoder.hashStruct('Order', order)),
    cancel: (cancel: SignedCancel): Digest => digest(cancelEncoder.hashStruct('Cancel', cancel)),
    amend: (amend: SignedAmend): Digest => digest(amendEncoder.hashStruct('Amend', amend)),
    delegation: (delegation: SignedDelegation): Digest =>
      digest(delegationEncoder.hashStruct('Delegation', delegation)),
    withdraw: (withdraw: SignedWithdraw): Digest =>
      digest(withdrawEncoder.hashStruct('Withdraw', withdraw)),
    approval: (approval: { withdrawalDigest: Digest; afterBatch: bigint }): Digest =>
      digest(approvalEncoder.hashStruct('WithdrawalApproval', approval)),
  };
}

/** The public address behind a canonical signature; undefined, or a throw, where there is none. */
export type Recover = (digest: Digest, canonical: string) => Address | undefined;

/**
 * The address that signed a digest, lower-case; undefined where the bytes are no ECDSA signature in
 * canonical form (65 bytes, low s): the contract takes no other, so neither may the door. `recover` may be a faster
 * one than ethers' (`#cloud/signer-of.ts`).
 */
export function signerOf(
  digest: Digest,
  signature: string,
  recover: Recover = recoverAddress,
): Address | undefined {
  const canonical = canonicalSignature(signature);
  if (!canonical) return undefined;
  try {
    return recover(digest, canonical)?.toLowerCase();
  } catch {
    return undefined;
  }
}

/** Half of secp256k1's order: of s and order - s, which sign the same, only the lower counts (EIP-2). */
const highestS = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/**
 * The signature as 65 bytes r ‖ s ‖ v with v 27 or 28; undefined where it is not canonical.
 * ethers alone would take any s below 2^255 and read EIP-155's v, which the contract does not.
 */
export function canonicalSignature(signature: string): string | undefined {
  const parts = /^0x([0-9a-fA-F]{64})([0-9a-fA-F]{64})(00|01|1[bB]|1[cC])$/.exec(signature);
  if (!parts || BigInt(`0x${parts[2]}`) > highestS) return undefined;
  const [, r, s, v] = parts;
  const parity = v === '00' || v?.toLowerCase() === '1b' ? '1b' : '1c';
  return `0x${r}${s}${parity}`.toLowerCase();
}
