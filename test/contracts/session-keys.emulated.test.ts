/** Orders of session keys: what a delegation allows, and what it does not. */

import { concat, keccak256 } from 'ethers';
import { describe, expect, it } from 'vitest';
import { marketProofOf, marketsRootOf } from '../../shared/wire/market-tree.ts';
import { delaySeconds, graceSeconds, leafOf, User } from './chain-world.ts';
import {
  alice,
  bob,
  eth,
  market,
  passAndSettle,
  said,
  sells,
  usdc,
  useMarket,
  world,
} from './market-floor.ts';
import { signedDelegation, signedOrder } from './signed-trades.ts';

useMarket();

const key = new User('session key');
const delegated = (terms = {}, order = {}) => {
  const delegation = signedDelegation(world, { owner: bob, key }, { quoteAsset: usdc, ...terms });
  const draft = { ...market(), side: 0 as const, ...order };
  return { ...signedOrder(world, bob, draft, { key, delegation }), delegation };
};

describe('a session key', () => {
  it('trades within its delegation', async () => {
    expect(await said([sells(alice), delegated()])).toBe('settled');
  });

  it('does not where the delegation is of another key, asset, market or time', async () => {
    const invalid = 'delegation_invalid of the taker';
    const order = delegated();
    const { delegation } = order;
    const foreign = { ...delegation, signature: alice.sign(delegation.digest) };
    expect(await said([sells(alice), { ...order, delegation: foreign }])).toBe(invalid);
    const unsigned = { ...delegation, signature: undefined };
    const registered = { digest: unsigned.digest, signed: unsigned.signed, marketProof: [] };
    expect(await said([sells(alice), { ...order, delegation: registered }])).toBe(invalid);
    expect(await said([sells(alice), delegated({ quoteAsset: eth })])).toBe(invalid);
    const gone = (await world.chain.nowMs()) - graceSeconds * 1000 - 1;
    expect(await said([sells(alice), delegated({ expiresAtMs: gone })])).toBe(invalid);
    const byHand = { ...order, signature: bob.sign(order.digest) };
    expect(await said([sells(alice), byHand])).toBe('bad_signature of the taker');
  });

  it('trades the markets of its root, with a proof', async () => {
    const [here, there] = [leafOf(BigInt(eth), BigInt(usdc)), leafOf(1n, 2n)];
    const pair = [here, there].sort() as [string, string];
    const order = delegated({ marketsRoot: keccak256(concat(pair)) });
    const proven = { ...order, delegation: { ...order.delegation, marketProof: [there] } };
    expect(await said([sells(alice), proven])).toBe('settled');
    expect(await said([sells(alice), order])).toBe('delegation_invalid of the taker');
  });

  it('trades by the tree that the door builds, at every depth of a leaf', async () => {
    for (const others of [0, 1, 2, 4]) {
      const here = { base: eth, quote: usdc };
      const there = Array.from({ length: others }, (_, at) => ({
        base: `0x${at + 1}`,
        quote: usdc,
      }));
      const markets = [here, ...there];
      const order = delegated({ marketsRoot: marketsRootOf(markets) });
      const marketProof = marketProofOf(markets, here) ?? [];
      const proven = { ...order, delegation: { ...order.delegation, marketProof } };
      expect(await said([sells(alice), proven])).toBe('settled');
    }
  });
});

describe('a delegation', () => {
  it('lets no fee above its own be paid', async () => {
    const order = delegated({ maxFeeBps: 50 });
    expect(await said([sells(alice), order], { takerFeeAtoms: 2n })).toBe(
      'fee_too_high of the taker',
    );
  });

  it('is spent twice its daily limit at most, at its own signed price, anew each day', async () => {
    const delegation = signedDelegation(
      world,
      { owner: bob, key },
      { quoteAsset: usdc, maxNotionalPerDay: 500n },
    );
    const order = () =>
      signedOrder(
        world,
        bob,
        { ...market(), side: 0, baseAmount: 1_000n, quoteAmount: 3_000n },
        { key, delegation },
      );
    // Of 333 base atoms at a price of 3: 999, though 2 is paid.
    const fill = { baseAtoms: 333n, quoteAtoms: 666n };
    expect(await said([sells(alice), order()], fill)).toBe('settled');
    const one = { baseAtoms: 1n, quoteAtoms: 2n };
    expect(await said([sells(alice), order()], one)).toBe('delegation_limit_reached of the taker');
    await world.chain.pass(86_400);
    expect(await said([sells(alice), order()], one)).toBe('settled');
  });

  it('of a wallet contract counts once it is registered on the chain', async () => {
    const order = delegated();
    const { digest, signed } = order.delegation;
    const args = { ...signed, quoteAsset: BigInt(signed.quoteAsset) };
    await world.vault(bob.address, 'registerDelegation', [args]);
    const registered = { ...order, delegation: { digest, signed, marketProof: [] } };
    expect(await said([sells(alice), registered])).toBe('settled');
    expect(await said([sells(alice), registered])).toBe('settled');
  });

  it('is of no use once it is revoked, or below the epoch', async () => {
    const order = delegated({}, { epoch: 5n });
    await world.vault(bob.address, 'revoke', [order.delegation.digest]);
    expect(await said([sells(alice), order])).toBe('settled');
    const other = delegated({}, { epoch: 5n });
    await world.vault(bob.address, 'bumpEpoch');
    await passAndSettle(delaySeconds);
    expect(await said([sells(alice), order])).toBe('delegation_invalid of the taker');
    expect(await said([sells(alice), other])).toBe('delegation_invalid of the taker');
    expect(await said([sells(alice), delegated({ epoch: 1n }, { epoch: 1n })])).toBe('settled');
  });
});
