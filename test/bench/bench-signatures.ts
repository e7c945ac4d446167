/** Signature checks at the door: the WebAssembly one beside ethers', in turns, on the same signed orders. */
import { strict as assert } from 'node:assert';
import { SigningKey, sha256, toUtf8Bytes } from 'ethers';
import { signerOf as signerFast } from '#cloud/signer-of.ts';
import { signerOf as signerSlow } from '#wire/eip712.ts';
import { type Benchmark, beside } from './figure.ts';

const rounds = 15;
const each = 40;

const samples = Array.from({ length: each }, (_, at) => {
  const digest = sha256(toUtf8Bytes(`order ${at}`));
  const key = new SigningKey(sha256(toUtf8Bytes(`key ${at}`)));
  return { digest, signature: key.sign(digest).serialized };
});

type SignerOf = typeof signerFast;

/** ms a check; the answers of both must be the same. */
function timed(signerOf: SignerOf): number {
  const began = performance.now();
  for (const { digest, signature } of samples) assert.ok(signerOf(digest, signature));
  return (performance.now() - began) / each;
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function recoverCase() {
  for (const { digest, signature } of samples)
    assert.equal(signerFast(digest, signature), signerSlow(digest, signature));
  const fast: number[] = [];
  const slow: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    slow.push(timed(signerSlow));
    fast.push(timed(signerFast));
  }
  return [beside('check', 'ms', median(fast), { name: 'ethers', value: median(slow) })];
}

export const benchmark: Benchmark = {
  about: `${each} signatures in ${rounds} paired rounds, median of each side: from a digest and 65 bytes to an address. Hashing the typed data is left out.`,
  cases: { recover: recoverCase },
};
