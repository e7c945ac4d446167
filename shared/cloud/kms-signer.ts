/** Signs with a secp256k1 key that never leaves AWS KMS. Source: KMS API reference, GetPublicKey and Sign (ECC_SECG_P256K1). */
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { computeAddress, getBytes, hexlify, recoverAddress, Signature, toBeHex } from 'ethers';
import { assert } from '#domain/assertion.ts';
import type { DigestSigner } from './send-transaction.ts';

const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export function createKmsSigner({
  client,
  keyId,
}: {
  client: Pick<KMSClient, 'send'>;
  keyId: string;
}): DigestSigner {
  // A key's public part never changes: it is asked for once, and again only where that failed.
  let known: Promise<string> | undefined;
  const address = (): Promise<string> => {
    known ??= readAddress(client, keyId).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    address,
    async sign(digest) {
      const expected = await address();
      const { Signature: der } = (await client.send(
        new SignCommand({
          KeyId: keyId,
          Message: getBytes(digest),
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      )) as { Signature?: Uint8Array };
      assert(der, `KMS signed nothing with ${keyId}`);
      return recoverable(digest, rAndS(der), expected);
    },
  };
}

async function readAddress(client: Pick<KMSClient, 'send'>, keyId: string): Promise<string> {
  const { PublicKey } = (await client.send(new GetPublicKeyCommand({ KeyId: keyId }))) as {
    PublicKey?: Uint8Array;
  };
  assert(PublicKey, `KMS knows no public key of ${keyId}`);
  return addressOfPublicKey(PublicKey);
}

/** DER SubjectPublicKeyInfo of this curve always ends with the uncompressed point: 4, x, y. */
export function addressOfPublicKey(der: Uint8Array): string {
  const point = der.slice(-65);
  assert(point.length === 65 && point[0] === 4, 'the public key is no uncompressed point');
  return computeAddress(hexlify(point)).toLowerCase();
}

type RAndS = { r: bigint; s: bigint };

/** DER: SEQUENCE of two INTEGERs, each with as many bytes as it needs and a zero in front where it would be negative. */
export function rAndS(der: Uint8Array): RAndS {
  assert(der[0] === 0x30 && der[1] === der.length - 2, 'the signature is no DER sequence');
  const [r, afterR] = readInteger(der, 2);
  const [s, afterS] = readInteger(der, afterR);
  assert(afterS === der.length, 'the signature has something behind it');
  return { r, s };
}

function readInteger(der: Uint8Array, at: number): [bigint, number] {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  assert(der[at] === 2 && length > 0 && end <= der.length, 'the signature is no pair of integers');
  return [BigInt(hexlify(der.slice(at + 2, end))), end];
}

/** KMS says neither which of two s it took nor which point belongs to r: the lower s, and the one that gives our address. */
function recoverable(digest: string, { r, s }: RAndS, expected: string): string {
  const low = s > curveOrder / 2n ? curveOrder - s : s;
  for (const v of [27, 28]) {
    const signature = Signature.from({ r: toBeHex(r, 32), s: toBeHex(low, 32), v });
    if (recoverAddress(digest, signature).toLowerCase() === expected) return signature.serialized;
  }
  throw new Error(`KMS signed with another key than that of ${expected}`);
}
