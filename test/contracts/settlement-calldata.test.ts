/** A batch's bytes: each row once, positions by the fills, and what the contract answers in words. */
import { AbiCoder, Interface, Wallet } from 'ethers';
import { describe, expect, it } from 'vitest';
import { exchangeAbi } from '../../contracts/abi/exchange.ts';
import type { BatchOrder, SettlementBatch } from '../../shared/wire/settlement-batch.ts';
import { rejectionReasons } from '../../shared/wire/settlement-batch.ts';
import { decodeReasons, encodeSettleBatch } from '../../shared/wire/settlement-calldata.ts';
import { fillOf } from './signed-trades.ts';

const exchange = new Interface(exchangeAbi);
const insuranceAccount = `0x${'ee'.repeat(20)}`;
const [eth, usdc] = [`0x${'e1'.repeat(20)}`, `0x${'c1'.repeat(20)}`];
const wallet = new Wallet(`0x${'11'.repeat(32)}`);

function orderOf(account: string, side: 0 | 1): BatchOrder {
  const digest = `0x${account.slice(2, 4).repeat(32)}`;
  const signed = {
    ...{ account, signer: account, baseAsset: eth, quoteAsset: usdc, side, cap: 0 as const },
    ...{ baseAmount: 10n, quoteAmount: 20n, maxFeeBps: 3, createdAtMs: 4, expiresAtMs: 5 },
    ...{ epoch: 6n, salt: 7n, terms: 'ETH-USDC limit gtc' },
  };
  return { digest, signed, signature: wallet.signingKey.sign(digest).serialized };
}

const alice = orderOf(`0x${'a1'.repeat(20)}`, 1);
const bob = orderOf(`0x${'b1'.repeat(20)}`, 0);
const batchOf = (more: Partial<SettlementBatch> = {}): SettlementBatch => ({
  ...{ batchId: 7, matchedThroughMs: 1_000, transfers: [], orders: [alice, bob] },
  fills: [fillOf({})],
  ...more,
});

/** The packed bytes as hex without 0x. */
function packed(batch: SettlementBatch): string {
  const data = encodeSettleBatch(batch, { insuranceAccount });
  const [batchId, matchedThroughMs, bytes] = exchange.decodeFunctionData('settleBatch', data);
  expect([batchId, matchedThroughMs]).toEqual([7n, 1_000n]);
  return String(bytes).slice(2);
}

const countsOf = (batch: SettlementBatch) =>
  packed(batch)
    .slice(0, 28)
    .match(/.{4}/g)
    ?.map((count) => Number.parseInt(count, 16));

describe('calldata', () => {
  it('holds each account, asset and order once, however many fills there are', () => {
    expect(countsOf(batchOf())).toEqual([2, 2, 0, 2, 0, 1, 0]);
    expect(countsOf(batchOf({ fills: [fillOf({}), fillOf({}), fillOf({})] }))).toEqual([
      2, 2, 0, 2, 0, 3, 0,
    ]);
    const text = packed(batchOf());
    expect(text.split('a1'.repeat(20)).length - 1).toBe(1);
    // Counts, accounts, two assets with two holders each, two orders, a fill.
    expect(text.length / 2).toBe(14 + 2 * 20 + 2 * (35 + 4) + 2 * 167 + 69);
  });

  it('has insurance as the first holder where it takes a place, whose order it leaves out', () => {
    const batch = batchOf({ fills: [fillOf({ insured: 'taker' })] });
    expect(countsOf(batch)).toEqual([2, 2, 0, 1, 0, 1, 0]);
    const text = packed(batch);
    expect(text).not.toContain('b1'.repeat(20));
    // Insurance was added after alice, so its position is 1.
    expect(text).toContain(`${eth.slice(2)}01000200010000`);
    const fill = text.slice(-2 * 69);
    expect(fill.slice(0, 10)).toBe('0800000000');
  });

  it('marks rebates and refuses what does not fit', () => {
    const fill = packed(batchOf({ fills: [fillOf({ makerFeeAtoms: -5n, takerFeeAtoms: 9n })] }));
    expect(fill.slice(-64)).toBe(`8${'0'.repeat(30)}5${'0'.repeat(31)}9`);
    expect(() => packed(batchOf({ fills: [fillOf({ baseAtoms: 1n << 128n })] }))).toThrow(
      '16 bytes',
    );
    expect(() => packed(batchOf({ fills: [fillOf({ maker: 2 })] }))).toThrow('order 2 of 2');
  });
});

describe('outcomes', () => {
  const answer = (bytes: number[]) =>
    AbiCoder.defaultAbiCoder().encode(['bytes'], [Uint8Array.from(bytes)]);

  it('name the reason, and the side whose order is at fault', () => {
    expect(decodeReasons(answer([0, 1, 129, 7, 141]))).toEqual([
      { reason: 'settled' },
      { reason: 'bad_signature', side: 'maker' },
      { reason: 'bad_signature', side: 'taker' },
      { reason: 'same_account' },
      { reason: 'balance_too_low', side: 'taker' },
    ]);
    expect(decodeReasons(answer([]))).toEqual([]);
    expect(() => decodeReasons(answer([rejectionReasons.length]))).toThrow('for reason 15');
  });
});
