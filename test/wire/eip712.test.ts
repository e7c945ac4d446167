import { SigningKey, TypedDataEncoder, Wallet } from 'ethers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  amendTypes,
  cancelTypes,
  canonicalSignature,
  digests,
  orderTypes,
  signerOf,
  typedDomain,
} from '#wire/eip712.ts';
import { anySignedOrder } from './journal-arbitraries.ts';

const domain = { chainId: 31_337n, verifyingContract: `0x${'cc'.repeat(20)}` };
const hash = digests(domain);

test("an order's digest is the one that wallets sign", () => {
  fc.assert(
    fc.property(anySignedOrder, (order) => {
      expect(hash.order(order)).toBe(TypedDataEncoder.hash(typedDomain(domain), orderTypes, order));
    }),
  );
});

test("a cancel's digest is the one that wallets sign", () => {
  const cancel = {
    account: `0x${'a1'.repeat(20)}`,
    orderDigest: `0x${'0d'.repeat(32)}`,
    createdAtMs: 1_790_000_000_000,
  };
  const expected = TypedDataEncoder.hash(typedDomain(domain), cancelTypes, cancel);
  expect(hash.cancel(cancel)).toBe(expected);
});

test("an amend's digest is the one that wallets sign, and no cancel's", () => {
  const amend = {
    account: `0x${'a1'.repeat(20)}`,
    orderDigest: `0x${'0d'.repeat(32)}`,
    newAmount: 10n ** 18n,
    createdAtMs: 1_790_000_000_000,
  };
  const expected = TypedDataEncoder.hash(typedDomain(domain), amendTypes, amend);
  expect(hash.amend(amend)).toBe(expected);
  expect(hash.amend({ ...amend, newAmount: 1n })).not.toBe(expected);
  expect(hash.cancel(amend)).not.toBe(expected);
});

test('another chain, contract or field is another digest', () => {
  const [order] = fc.sample(anySignedOrder, { numRuns: 1, seed: 7 });
  if (!order) throw new Error('no sample');
  const others = [
    digests({ ...domain, chainId: 1n }).order(order),
    digests({ ...domain, verifyingContract: `0x${'cd'.repeat(20)}` }).order(order),
    hash.order({ ...order, salt: order.salt ^ 1n }),
    hash.order({ ...order, side: order.side === 0 ? 1 : 0 }),
    hash.order({ ...order, terms: `${order.terms} ` }),
  ];
  expect(new Set([hash.order(order), ...others]).size).toBe(6);
});

test('the signed structs are those of PROTOCOL 1', () => {
  expect(TypedDataEncoder.from(orderTypes).encodeType('Order')).toBe(
    'Order(address account,address signer,uint256 baseAsset,uint256 quoteAsset,uint8 side,uint8 cap,' +
      'uint128 baseAmount,uint128 quoteAmount,uint16 maxFeeBps,uint64 createdAtMs,uint64 expiresAtMs,' +
      'uint64 epoch,uint64 salt,string terms)',
  );
  expect(TypedDataEncoder.from(cancelTypes).encodeType('Cancel')).toBe(
    'Cancel(address account,bytes32 orderDigest,uint64 createdAtMs)',
  );
  expect(TypedDataEncoder.from(cancelTypes).encodeType('Cancel')).toBe(
    'Cancel(address account,bytes32 orderDigest,uint64 createdAtMs)',
  );
  expect(TypedDataEncoder.from(amendTypes).encodeType('Amend')).toBe(
    'Amend(address account,bytes32 orderDigest,uint128 newAmount,uint64 createdAtMs)',
  );
});

describe('a signature', () => {
  const wallet = new Wallet(`0x${'11'.repeat(32)}`);
  const signed = `0x${'77'.repeat(32)}`;
  const { r, s, v } = new SigningKey(wallet.privateKey).sign(signed);
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const text = (value: bigint) => value.toString(16).padStart(64, '0');
  const signature = `${r}${s.slice(2)}${v.toString(16)}`;

  test('names its signer, lower-case', () => {
    expect(signerOf(signed, signature)).toBe(wallet.address.toLowerCase());
  });

  test('of another digest names somebody else', () => {
    expect(signerOf(`0x${'78'.repeat(32)}`, signature)).not.toBe(wallet.address.toLowerCase());
  });

  test('may end in parity 0 or 1 instead of 27 or 28, and becomes the same bytes', () => {
    const parity = `${signature.slice(0, -2)}0${v - 27}`;
    expect(canonicalSignature(parity)).toBe(signature);
    expect(canonicalSignature(signature.toUpperCase().replace('0X', '0x'))).toBe(signature);
    expect(signerOf(signed, parity)).toBe(wallet.address.toLowerCase());
  });

  test('with a high s is not taken, although it would recover', () => {
    const twin = `${r}${text(order - BigInt(s))}${(v === 27 ? 28 : 27).toString(16)}`;
    expect(canonicalSignature(twin)).toBeUndefined();
    expect(signerOf(signed, twin)).toBeUndefined();
  });

  test('with s just above half of the order is not taken', () => {
    const v27 = '1b';
    expect(canonicalSignature(`${r}${text(order / 2n + 1n)}${v27}`)).toBeUndefined();
    expect(canonicalSignature(`${r}${text(order / 2n)}${v27}`)).toBeDefined();
  });

  test.each(['02', '1a', '1d', '23', '24', 'ff'])('with v 0x%s is not taken', (last) => {
    expect(canonicalSignature(`${signature.slice(0, -2)}${last}`)).toBeUndefined();
  });

  test.each([
    ['64 bytes', signature.slice(0, -2)],
    ['66 bytes', `${signature}00`],
    ['no prefix', signature.slice(2)],
    ['no hex', `0x${'zz'.repeat(65)}`],
    ['nothing', ''],
    ['zero r', `0x${'00'.repeat(32)}${s.slice(2)}1b`],
  ])('of %s names nobody', (_, broken) => {
    expect(signerOf(signed, broken)).toBeUndefined();
  });
});
