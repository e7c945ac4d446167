/** A key in memory that signs as a key of KMS does: for tests, drills and local tools. */
import { computeAddress, SigningKey } from 'ethers';
import type { DigestSigner } from './send-transaction.ts';

export function createLocalSigner(privateKey: string): DigestSigner {
  const key = new SigningKey(privateKey);
  const address = computeAddress(key.publicKey).toLowerCase();
  return {
    address: async () => address,
    // Of s and order - s, ethers takes the lower one.
    sign: async (digest) => key.sign(digest).serialized,
  };
}
