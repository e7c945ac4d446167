/** The fast check of signatures says of every input what ethers' says. */
import { SigningKey, sha256, toBeHex, toUtf8Bytes } from 'ethers';
import { describe, expect, it } from 'vitest';
import { signerOf as signerFast } from '#cloud/signer-of.ts';
import { signerOf as signerSlow } from '#wire/eip712.ts';

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const fieldPrime = 2n ** 256n - 2n ** 32n - 977n;
const half = order / 2n;
const word = (value: bigint) => toBeHex(value, 32).slice(2);
const hash = (text: string) => sha256(toUtf8Bytes(text));
const key = new SigningKey(hash('a key of these tests'));

const signed = (text: string) => {
  const { r, s, v } = key.sign(hash(text));
  return { digest: hash(text), r: BigInt(r), s: BigInt(s), v };
};
const bytes = (r: bigint, s: bigint, v: number) =>
  `0x${word(r)}${word(s)}${v.toString(16).padStart(2, '0')}`;

const { digest, r, s, v } = signed('an order');
/** After Wycheproof's cases of ECDSA: each edge of r, s, v and of the encoding. */
const edges: Record<string, [string, string]> = {
  'as signed': [digest, bytes(r, s, v)],
  'the other parity': [digest, bytes(r, s, 55 - v)],
  'parity 0 and 1': [digest, bytes(r, s, v - 27)],
  'parity of another encoding': [digest, bytes(r, s, v + 10)],
  'v 29': [digest, bytes(r, s, 29)],
  'v 2': [digest, bytes(r, s, 2)],
  'high s': [digest, bytes(r, order - s, 55 - v)],
  'the highest low s': [digest, bytes(r, half, v)],
  'the lowest high s': [digest, bytes(r, half + 1n, v)],
  'r 0': [digest, bytes(0n, s, v)],
  's 0': [digest, bytes(r, 0n, v)],
  'r and s 0': [digest, bytes(0n, 0n, v)],
  'r 1': [digest, bytes(1n, s, v)],
  's 1': [digest, bytes(r, 1n, v)],
  'r 1 and s 1': [digest, bytes(1n, 1n, v)],
  'r below the order': [digest, bytes(order - 1n, s, v)],
  'r is the order': [digest, bytes(order, s, v)],
  'r above the order': [digest, bytes(order + 1n, s, v)],
  'r + order': [digest, bytes((r + order) % 2n ** 256n, s, v)],
  'r below the prime': [digest, bytes(fieldPrime - 1n, s, v)],
  'r is the prime': [digest, bytes(fieldPrime, s, v)],
  'r of no point': [digest, bytes(5n, s, v)],
  'r of all ones': [digest, bytes(2n ** 256n - 1n, s, v)],
  's is the order': [digest, bytes(r, order, v)],
  's below the order': [digest, bytes(r, order - 1n, v)],
  'digest 0': [`0x${word(0n)}`, bytes(r, s, v)],
  'digest is the order': [`0x${word(order)}`, bytes(r, s, v)],
  'digest of all ones': [`0x${word(2n ** 256n - 1n)}`, bytes(r, s, v)],
  'digest 1, r 1, s 1': [`0x${word(1n)}`, bytes(1n, 1n, 27)],
  'point at infinity': infinity(),
  'one byte short': [digest, bytes(r, s, v).slice(0, -2)],
  'one byte long': [digest, `${bytes(r, s, v)}00`],
  '64 bytes, EIP-2098': [digest, `0x${word(r)}${word(s | (1n << 255n))}`],
  'no bytes': [digest, '0x'],
  'no prefix': [digest, bytes(r, s, v).slice(2)],
  'upper case': [digest, `0x${bytes(r, s, v).slice(2).toUpperCase()}`],
  'no hex': [digest, bytes(r, s, v).replace(/.$/, 'g')],
  DER: [digest, `0x3044022${word(r)}0220${word(s)}`],
};

/** With s·R = digest·G the key would be the point at infinity, which is no key: R is G itself here, so s is the digest. */
function infinity(): [string, string] {
  const generatorX = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n;
  const small = 123_456_789n;
  return [`0x${word(small)}`, bytes(generatorX, small, 27)];
}

describe('the fast check of a signature', () => {
  it.each(Object.entries(edges))('says what ethers says of %s', (_, [of, signature]) => {
    expect(signerFast(of, signature)).toBe(signerSlow(of, signature));
  });

  it('finds who signed', () => {
    const found = Array.from({ length: 20 }, (_, at) => {
      const each = signed(`order ${at}`);
      return signerFast(each.digest, bytes(each.r, each.s, each.v));
    });
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toBe(signerSlow(digest, bytes(r, s, v)));
  });

  it('takes no signature twice in two forms', () => {
    expect(signerFast(digest, bytes(r, s, v))).toBeDefined();
    expect(signerFast(digest, bytes(r, order - s, 55 - v))).toBeUndefined();
  });

  it('says what ethers says of bytes at random', () => {
    for (let at = 0; at < 40; at += 1) {
      const signature = `${hash(`r ${at}`)}${word(BigInt(hash(`s ${at}`)) % half)}1${at % 2 ? 'b' : 'c'}`;
      expect(signerFast(digest, signature)).toBe(signerSlow(digest, signature));
    }
  });
});
