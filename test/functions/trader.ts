/** A user with a key: signs orders and cancels as a wallet does. */
import { Wallet } from 'ethers';
import type { SignedOrder } from '#domain/command.ts';
import {
  amendTypes,
  cancelTypes,
  orderTypes,
  type SigningDomain,
  typedDomain,
} from '#wire/eip712.ts';
import { orderJson } from '#wire/order-body.ts';
import { demoDigests, demoDomain } from './demo-catalog.ts';

let salt = 0n;

export function trader(privateKey: string, clock: { nowMs(): number }) {
  const wallet = new Wallet(privateKey);
  const account = wallet.address.toLowerCase();

  /** Buys 1 ETH at 2,000 USDC unless told otherwise. */
  const order = (changes: Partial<SignedOrder> = {}): SignedOrder => ({
    account,
    signer: account,
    baseAsset: '0xe1',
    quoteAsset: '0xd1',
    side: 0,
    cap: 0,
    baseAmount: 10n ** 18n,
    quoteAmount: 2_000_000_000n,
    maxFeeBps: 10,
    createdAtMs: clock.nowMs(),
    expiresAtMs: clock.nowMs() + 3_600_000,
    epoch: 0n,
    salt: ++salt,
    terms: 'ETH-USDC limit gtc',
    ...changes,
  });

  return {
    account,
    wallet,
    order,
    digestOf: demoDigests.order,
    /** The body of `POST /v1/orders`. */
    async signed(changes: Partial<SignedOrder> = {}, domain: SigningDomain = demoDomain) {
      const value = order(changes);
      const signature = await wallet.signTypedData(typedDomain(domain), orderTypes, value);
      return { order: orderJson(value), signature };
    },
    /** The body of `POST /v1/orders/cancel`. */
    async signedCancel(orderDigest: string, changes: { account?: string } = {}) {
      const cancel = { account, orderDigest, createdAtMs: clock.nowMs(), ...changes };
      const signature = await wallet.signTypedData(typedDomain(demoDomain), cancelTypes, cancel);
      return { cancel, signature };
    },
    /** The body of `POST /v1/orders/amend`. */
    async signedAmend(orderDigest: string, newAmount: bigint, changes: { account?: string } = {}) {
      const amend = { account, orderDigest, newAmount, createdAtMs: clock.nowMs(), ...changes };
      const signature = await wallet.signTypedData(typedDomain(demoDomain), amendTypes, amend);
      return { amend: { ...amend, newAmount: newAmount.toString() }, signature };
    },
  };
}

export const aliceKey = `0x${'a1'.repeat(32)}`;
export const bobKey = `0x${'b2'.repeat(32)}`;
