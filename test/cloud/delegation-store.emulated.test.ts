import { Interface } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vaultAbi } from '#abi/vault.ts';
import { delegationFacts } from '#cloud/delegation-facts.ts';
import {
  createDelegationStore,
  type DelegationStore,
  type KnownDelegation,
} from '#cloud/delegation-store.ts';
import { createSigningRights } from '#cloud/signing-rights.ts';
import { delegationsOfKeyAtMost } from '#wire/delegation-body.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';

let dynamo: DynamoTwin;
let store: DelegationStore;

beforeAll(async () => {
  dynamo = await startDynamo('chain');
  store = createDelegationStore(dynamo);
});
afterAll(() => dynamo.stop());

const digestOf = (at: number) => `0x${at.toString(16).padStart(64, '0')}`;
const addressOf = (at: number) => `0x${at.toString(16).padStart(40, '0')}`;

/** Numbers as large as can be signed. */
const known = (at: number, account: number, changes: Partial<KnownDelegation> = {}) => ({
  digest: digestOf(at),
  signed: {
    account: addressOf(account),
    sessionKey: addressOf(99),
    quoteAsset: `0x${'f'.repeat(64)}`,
    maxNotionalPerDay: 2n ** 128n - 1n,
    maxFeeBps: 10_000,
    marketsRoot: digestOf(7),
    createdAtMs: 1_800_000_000_000 + at,
    expiresAtMs: 253_402_300_799_999,
    epoch: 2n ** 64n - 1n,
    salt: 2n ** 64n - 1n,
  },
  signature: `0x${'ab'.repeat(65)}`,
  markets: [{ base: '0xe1', quote: '0xd1' }],
  registeredAtMs: 1_800_000_000_500,
  ...changes,
});

describe('a delegation', () => {
  test('is read back as it was signed, by its digest and by its key', async () => {
    const one = known(1, 1);
    expect(await store.register(one)).toBe('created');
    expect(await store.find(one.digest)).toEqual(one);
    expect(await store.ofKey(addressOf(1), addressOf(99))).toEqual([one]);
    expect(await store.ofKey(addressOf(1), addressOf(98))).toEqual([]);
    expect(await store.find(digestOf(1_000))).toBeUndefined();
  });

  test('is kept once, however many register it at once', async () => {
    const one = known(2, 2);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => store.register(one)));
    expect(outcomes.filter((each) => each === 'created')).toHaveLength(1);
    const other = { ...one, markets: [], registeredAtMs: 1 };
    expect(await store.register(other)).toBe('exists');
    expect(await store.find(one.digest)).toEqual(one);
  });

  test('is revoked by its owner only, and since the first time', async () => {
    const one = known(3, 3);
    await store.register(one);
    const { digest } = one;
    await store.revoke({ account: addressOf(4), digest, atMs: 1 });
    expect(await store.find(digest)).not.toHaveProperty('revokedAtMs');
    for (const atMs of [20, 10, 30]) await store.revoke({ account: addressOf(3), digest, atMs });
    expect((await store.find(digest))?.revokedAtMs).toBe(20);
  });

  test('may be revoked before it is known', async () => {
    const one = known(5, 5);
    await store.revoke({ account: addressOf(5), digest: one.digest, atMs: 20 });
    await store.register(one);
    expect((await store.ofKey(addressOf(5), addressOf(99)))[0]?.revokedAtMs).toBe(20);
  });

  test('is one of so many of a key at most, the newest first', async () => {
    for (let at = 0; at < delegationsOfKeyAtMost; at += 1)
      expect(await store.register(known(600 + at, 6))).toBe('created');
    expect(await store.register(known(700, 6))).toBe('too_many');
    expect(await store.register(known(600, 6))).toBe('exists');
    const digests = (await store.ofKey(addressOf(6), addressOf(99))).map(({ digest }) => digest);
    expect(digests).toHaveLength(delegationsOfKeyAtMost);
    expect(digests[0]).toBe(digestOf(600 + delegationsOfKeyAtMost - 1));
  });

  test('counts as registered on the chain when a final log of the vault says so', async () => {
    const vault = addressOf(255);
    const event = new Interface(vaultAbi);
    const log = (address: string, account: number, at: number) => ({
      address,
      ...event.encodeEventLog('DelegationRegistered', [addressOf(account), digestOf(at)]),
      ...{ transactionHash: digestOf(1), logIndex: 0 },
      ...{ blockNumber: 1, blockHash: digestOf(2), blockAtMs: 5 },
    });
    const facts = delegationFacts({ store, vault });
    await facts.final?.(log(vault, 8, 8));
    await facts.final?.(log(addressOf(254), 8, 9));
    expect(await store.isConfirmed(addressOf(8), digestOf(8))).toBe(true);
    expect(await store.isConfirmed(addressOf(7), digestOf(8))).toBe(false);
    expect(await store.isConfirmed(addressOf(8), digestOf(9))).toBe(false);
  });
});

test('an account that never raised its epoch is at 0, and what was raised is read again after two seconds', async () => {
  let nowMs = 0;
  const rights = createSigningRights({ ...dynamo, clock: { monotonicMs: () => nowMs } });
  expect(await rights.epochOf(addressOf(50))).toBe(0n);
  await store.register(known(51, 50));
  expect(await rights.delegationsOf(addressOf(50), addressOf(99))).toHaveLength(1);
  await store.revoke({ account: addressOf(50), digest: digestOf(51), atMs: 9 });
  nowMs = 2_000;
  const [read] = await rights.delegationsOf(addressOf(50), addressOf(99));
  expect(read?.revokedAtMs).toBe(9);
});
