import type { KMSClient } from '@aws-sdk/client-kms';
import { id, recoverAddress } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKmsSigner, rAndS } from '#cloud/kms-signer.ts';
import { createLocalSigner } from '#cloud/local-signer.ts';
import { canonicalSignature } from '#wire/eip712.ts';
import { type KeyTwin, startKeys } from '../twins/key-twin.ts';

let keys: KeyTwin;
beforeAll(async () => {
  keys = await startKeys();
});
afterAll(() => keys.stop());

test('a key of KMS signs as its own address, with the lower s, whatever s KMS took', async () => {
  const signer = createKmsSigner(keys);
  const address = await signer.address();
  expect(address).toMatch(/^0x[0-9a-f]{40}$/);
  // KMS takes either s by chance: of twenty signatures some had the higher one.
  for (let at = 0; at < 20; at += 1) {
    const digest = id(`digest ${at}`);
    const signature = await signer.sign(digest);
    expect(canonicalSignature(signature)).toBe(signature);
    expect(recoverAddress(digest, signature).toLowerCase()).toBe(address);
  }
});

test('the address is asked for once, and again where nobody answered', async () => {
  const commands: string[] = [];
  let isDown = true;
  const send = async (command: object) => {
    commands.push(command.constructor.name);
    if (isDown) throw new Error('nobody answers');
    return keys.client.send(command as Parameters<KMSClient['send']>[0]);
  };
  const client = { send } as unknown as KMSClient;
  const signer = createKmsSigner({ client, keyId: keys.keyId });
  await expect(signer.address()).rejects.toThrow('nobody answers');
  isDown = false;
  await signer.address();
  await signer.sign(id('one'));
  await signer.sign(id('two'));
  expect(commands).toEqual([
    'GetPublicKeyCommand',
    'GetPublicKeyCommand',
    'SignCommand',
    'SignCommand',
  ]);
});

test('what another key signed is never given out as ours', async () => {
  const other = await startKeys();
  try {
    const send = (command: object) =>
      (command.constructor.name === 'SignCommand' ? other : keys).client.send(
        command as Parameters<KMSClient['send']>[0],
      );
    const client = { send } as unknown as KMSClient;
    const signer = createKmsSigner({ client, keyId: keys.keyId });
    await expect(signer.sign(id('one'))).rejects.toThrow('another key');
  } finally {
    await other.stop();
  }
});

test('a key in memory signs in the same form', async () => {
  const signer = createLocalSigner(id('a private key'));
  const signature = await signer.sign(id('one'));
  expect(canonicalSignature(signature)).toBe(signature);
  expect(recoverAddress(id('one'), signature).toLowerCase()).toBe(await signer.address());
});

test('bytes that are no signature in DER are refused', () => {
  const good = Uint8Array.from([0x30, 6, 2, 1, 5, 2, 1, 7]);
  expect(rAndS(good)).toEqual({ r: 5n, s: 7n });
  const bad = [
    [],
    [0x30, 6, 2, 1, 5, 2, 1],
    [0x31, 6, 2, 1, 5, 2, 1, 7],
    [0x30, 6, 3, 1, 5, 2, 1, 7],
  ];
  for (const bytes of [...bad, [0x30, 9, 2, 1, 5, 2, 1, 7, 2, 1, 9], [0x30, 6, 2, 1, 5, 2, 9, 7]])
    expect(() => rAndS(Uint8Array.from(bytes))).toThrow();
});
