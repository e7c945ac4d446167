/** Settlement: what a batch moves, what it leaves out and why, and what makes it revert as a whole. */

import { id } from 'ethers';
import { describe, expect, it } from 'vitest';
import type { BatchFill, BatchOrder } from '../../shared/wire/settlement-batch.ts';
import { batchGas } from '../../shared/wire/settlement-gas.ts';
import {
  delaySeconds,
  exchangeCalls,
  graceSeconds,
  hardFeeCapBps,
  reverts,
  User,
  vaultCalls,
} from './chain-world.ts';
import {
  alice,
  bob,
  buys,
  carol,
  eth,
  has,
  passAndSettle,
  said,
  sells,
  usdc,
  useMarket,
  world,
} from './market-floor.ts';
import { encoded, fillOf, nextBatch, settle, signedDelegation } from './signed-trades.ts';

useMarket();

describe('a trade', () => {
  it('moves both assets, and fees to the fee account', async () => {
    const batch = await nextBatch(
      world,
      [sells(alice), buys(bob)],
      [fillOf({ makerFeeAtoms: -1n, takerFeeAtoms: 2n })],
    );
    const { outcomes, receipt } = await settle(world, batch);
    expect(outcomes).toEqual([{ reason: 'settled' }]);
    expect(await has(alice)).toEqual([9_900n, 10_201n]);
    expect(await has(bob)).toEqual([10_100n, 9_798n]);
    expect(await has(world.places.fees)).toEqual([0n, 1n]);
    const [maker] = batch.orders;
    expect(await world.read('filledOf', [alice.address, maker?.digest])).toBe(100n);
    const [log] = receipt.logs;
    const event = exchangeCalls.parseLog(log ?? { topics: [], data: '0x' });
    expect([event?.name, ...(event?.args ?? [])]).toEqual(['BatchSettled', 1n, 0n, 1n, 0n]);
  });

  it('may spend what an earlier fill of the batch brought', async () => {
    const orders = [sells(alice), buys(carol), sells(carol), buys(bob)];
    await world.fund(carol.address, usdc, 200n);
    const fills = [fillOf({}), fillOf({ maker: 2, taker: 3 })];
    const { outcomes } = await settle(world, await nextBatch(world, orders, fills));
    expect(outcomes.map(({ reason }) => reason)).toEqual(['settled', 'settled']);
    expect(await has(carol)).toEqual([0n, 200n]);
  });

  it('that is bad is left out and named; the rest goes on', async () => {
    const orders = [sells(alice), buys(bob), sells(carol)];
    const fills = [fillOf({ maker: 2 }), fillOf({})];
    const { outcomes, receipt } = await settle(world, await nextBatch(world, orders, fills));
    expect(outcomes).toEqual([{ reason: 'balance_too_low', side: 'maker' }, { reason: 'settled' }]);
    const event = exchangeCalls.parseLog(receipt.logs[0] ?? { topics: [], data: '0x' });
    expect([event?.name, ...(event?.args ?? [])]).toEqual(['FillRejected', 1n, 0n, 13n]);
  });

  it('of an order in money counts the quote', async () => {
    const order = buys(bob, { cap: 1, quoteAmount: 2_000n });
    const all = { baseAtoms: 1_000n, quoteAtoms: 2_000n };
    expect(await said([sells(alice), order], all)).toBe('settled');
    expect(await world.read('filledOf', [bob.address, order.digest])).toBe(2_000n);
    const again = { baseAtoms: 1n, quoteAtoms: 2n };
    expect(await said([sells(alice), order], again)).toBe('overfilled of the taker');
  });
});

describe('a fill is rejected', () => {
  it('where an order was not signed as it is', async () => {
    const order = sells(alice);
    const changed = { ...order, signed: { ...order.signed, quoteAmount: 1n } };
    expect(await said([changed, buys(bob)])).toBe('bad_signature of the maker');
    expect(await said([sells(alice), { ...buys(bob), signature: order.signature }])).toBe(
      'bad_signature of the taker',
    );
    const { r, s, yParity } = new User('alice').key.sign(order.digest);
    const flipped = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n - BigInt(s);
    const highS = `${r}${flipped.toString(16).padStart(64, '0')}${yParity ? '1b' : '1c'}`;
    // The encoder sends no such signature; the contract takes none either.
    const data = encoded(world, await nextBatch(world, [order, buys(bob)], [fillOf({})]));
    // v is a flag: 5 bytes, the amounts, fee, times, salt and terms lie between it and r.
    const [rs, place] = [
      order.signature.slice(2, 130),
      data.indexOf(order.signature.slice(2, 130)),
    ];
    const flag = place - 2 * 99;
    const flipV = (Number.parseInt(data.slice(flag, flag + 2), 16) ^ 8)
      .toString(16)
      .padStart(2, '0');
    const forged = `${data.slice(0, flag)}${flipV}${data.slice(flag + 2)}`.replace(
      rs,
      highS.slice(2, 130),
    );
    expect(forged).not.toBe(data);
    const { operator, exchange } = world.places;
    const answer = await world.chain.call({ from: operator.address, to: exchange, data: forged });
    expect(answer).toContain(`01${'00'.repeat(31)}`);
  });

  it('above what was signed, over all batches', async () => {
    const maker = sells(alice);
    expect(await said([maker, buys(bob)], { baseAtoms: 600n, quoteAtoms: 1_200n })).toBe('settled');
    const more = { baseAtoms: 401n, quoteAtoms: 802n };
    expect(await said([maker, buys(bob)], more)).toBe('overfilled of the maker');
    expect(await said([maker, buys(bob)], { baseAtoms: 400n, quoteAtoms: 800n })).toBe('settled');
  });

  it('at a price worse than signed, by an atom', async () => {
    expect(await said([sells(alice), buys(bob)], { quoteAtoms: 201n })).toBe(
      'price_outside_limit of the taker',
    );
    expect(await said([sells(alice), buys(bob)], { quoteAtoms: 199n })).toBe(
      'price_outside_limit of the maker',
    );
    const noBase = buys(bob, { baseAmount: 0n, cap: 1 });
    expect(await said([sells(alice), noBase])).toBe('price_outside_limit of the taker');
  });

  it('at a fee above the signed one, above the hard cap, or a rebate above the taker’s fee', async () => {
    const plain = [sells(alice), buys(bob)];
    expect(await said(plain, { takerFeeAtoms: 3n })).toBe('fee_too_high of the taker');
    expect(await said(plain, { makerFeeAtoms: 3n })).toBe('fee_too_high of the maker');
    expect(await said(plain, { makerFeeAtoms: -2n, takerFeeAtoms: 1n })).toBe(
      'fee_too_high of the maker',
    );
    const generous = [sells(alice, { maxFeeBps: 10_000 }), buys(bob, { maxFeeBps: 10_000 })];
    const highest = (200n * BigInt(hardFeeCapBps)) / 10_000n;
    expect(await said(generous, { takerFeeAtoms: highest + 1n })).toBe('fee_too_high of the taker');
    expect(await said(generous, { takerFeeAtoms: highest })).toBe('settled');
  });
});

describe('a fill between orders is rejected', () => {
  it('between orders that do not fit', async () => {
    expect(await said([sells(alice), buys(alice)])).toBe('same_account');
    expect(await said([sells(alice), sells(bob)])).toBe('sides_do_not_match');
    expect(await said([sells(alice, { quoteAsset: eth, baseAsset: usdc }), buys(bob)])).toBe(
      'assets_differ',
    );
    expect(await said([sells(alice, { quoteAsset: '0x0' }), buys(bob)])).toBe('assets_differ');
  });

  it('where a side does not have what it gives, fee included', async () => {
    const poor = buys(carol);
    expect(await said([sells(alice), poor])).toBe('balance_too_low of the taker');
    await world.fund(carol.address, usdc, 201n);
    expect(await said([sells(alice), poor], { takerFeeAtoms: 2n })).toBe(
      'balance_too_low of the taker',
    );
    expect(await said([sells(alice), poor], { takerFeeAtoms: 1n })).toBe('settled');
  });

  it('after expiry and grace, not before', async () => {
    const now = await world.chain.nowMs();
    const grace = graceSeconds * 1000;
    const old = sells(alice, { expiresAtMs: now - grace - 1 });
    expect(await said([old, buys(bob)])).toBe('order_expired of the maker');
    const late = sells(alice, { expiresAtMs: now - grace + 60_000 });
    expect(await said([late, buys(bob)])).toBe('settled');
  });
});

describe('what owners took back', () => {
  it('a cancelled order settles until the delay is over and all matches before are settled', async () => {
    const maker = sells(alice);
    await world.vault(alice.address, 'cancel', [maker.digest]);
    expect(await said([maker, buys(bob)])).toBe('settled');
    await world.chain.pass(delaySeconds);
    // This batch still holds what was matched before the cancel.
    const matchedThroughMs = await world.chain.nowMs();
    expect(await said([maker, buys(bob)], {}, { matchedThroughMs })).toBe('settled');
    expect(await said([maker, buys(bob)])).toBe('order_cancelled of the maker');
  });

  it('a cancel by anybody else does nothing', async () => {
    const maker = sells(alice);
    await world.vault(bob.address, 'cancel', [maker.digest]);
    await passAndSettle(delaySeconds);
    expect(await said([maker, buys(bob)])).toBe('settled');
  });

  it('orders below the epoch settle no longer once a bump counts', async () => {
    await world.vault(bob.address, 'bumpEpoch');
    expect(await said([sells(alice), buys(bob)])).toBe('settled');
    await passAndSettle(delaySeconds);
    expect(await said([sells(alice), buys(bob)])).toBe('epoch_too_low of the taker');
    expect(await said([sells(alice), buys(bob, { epoch: 1n })])).toBe('settled');
  });
});

describe('a batch', () => {
  it('is the operator’s, the next one, and of a time that does not go back or lie ahead', async () => {
    const batch = await nextBatch(world, [sells(alice), buys(bob)], [fillOf({})]);
    const data = encoded(world, batch);
    await reverts(
      world.chain.call({ from: bob.address, to: world.places.exchange, data }),
      'SenderNotAllowed',
      bob.address,
      world.places.operator.address,
    );
    await reverts(settle(world, { ...batch, batchId: 2 }), 'BatchOutOfTurn', 2n, 1n);
    const now = await world.chain.nowMs();
    await reverts(
      settle(world, { ...batch, matchedThroughMs: now + 60_000 }),
      'MatchedThroughInFuture',
    );
    await settle(world, { ...batch, matchedThroughMs: now });
    await reverts(settle(world, batch), 'BatchOutOfTurn', 1n, 2n);
    await reverts(
      settle(world, { ...batch, batchId: 2, matchedThroughMs: now - 1 }),
      'MatchedThroughGoesBack',
    );
  });

  it('whose bytes end elsewhere, or that fills an order twice over, reverts', async () => {
    const maker = sells(alice);
    const batch = await nextBatch(
      world,
      [maker, buys(bob), maker, buys(bob)],
      [
        fillOf({ baseAtoms: 1_000n, quoteAtoms: 2_000n }),
        fillOf({ maker: 2, taker: 3, baseAtoms: 1_000n, quoteAtoms: 2_000n }),
      ],
    );
    await reverts(settle(world, batch), 'RowChangedTwice', maker.digest, 1_000n, 0n);
    const packed = exchangeCalls.decodeFunctionData(
      'settleBatch',
      encoded(world, batch),
    )[2] as string;
    const sent = (bytes: string) =>
      world.exchange(world.places.operator.address, 'settleBatch', [1, 0, bytes]);
    await reverts(sent(`${packed}00`), 'BatchMalformed');
    await reverts(sent(packed.slice(0, -2)), 'BatchMalformed');
    await reverts(sent('0x'), 'BatchMalformed');
  });
});

describe('the gas of a batch', () => {
  it('is at most what its estimate says, which is no more than 15 % above', async () => {
    const orders: BatchOrder[] = [];
    const fills: BatchFill[] = [];
    for (let i = 0; i < 12; i += 1) {
      const [seller, buyer] = [new User(`seller ${i}`), new User(`buyer ${i}`)];
      await world.fund(seller.address, eth, 100n);
      await world.fund(buyer.address, usdc, 202n);
      fills.push(fillOf({ maker: 2 * i, taker: 2 * i + 1, makerFeeAtoms: 1n, takerFeeAtoms: 2n }));
      orders.push(sells(seller), buys(buyer));
    }
    const batch = await nextBatch(world, orders, fills);
    const { outcomes, receipt } = await settle(world, batch);
    expect(outcomes.every(({ reason }) => reason === 'settled')).toBe(true);
    const gas = Number(receipt.gasUsed);
    expect(batchGas(batch)).toBeGreaterThanOrEqual(gas);
    expect(batchGas(batch)).toBeLessThan(1.15 * gas);
  });
});

describe('an exchange', () => {
  it('that is paused settles nothing; leaving and taking back do not', async () => {
    const { guardian, operator } = world.places;
    await reverts(world.exchange(operator.address, 'pauseSettlement'), 'SenderNotAllowed');
    await world.vault(alice.address, 'requestWithdraw', [BigInt(usdc), 5n]);
    await passAndSettle(delaySeconds);
    await world.exchange(guardian, 'pauseSettlement');
    const batch = await nextBatch(world, [], []);
    await reverts(settle(world, batch), 'SettlementIsPaused');
    await world.vault(alice.address, 'finalizeWithdraw', [1n]);
    await world.vault(alice.address, 'requestWithdraw', [BigInt(usdc), 5n]);
    await world.vault(alice.address, 'cancel', [`0x${'07'.repeat(32)}`]);
    await reverts(world.exchange(operator.address, 'resumeSettlement'), 'SenderNotAllowed');
    await world.exchange(guardian, 'resumeSettlement');
    expect((await settle(world, batch)).outcomes).toEqual([]);
  });

  it('that is new settles what was signed for the old one, and the old one settles no more', async () => {
    const maker = sells(alice);
    expect(await said([maker, buys(bob)])).toBe('settled');
    const old = world.places.exchange;
    const exchange = await world.deployExchange();
    await world.govern(
      world.places.vault,
      vaultCalls.encodeFunctionData('setExchange', [exchange]),
    );
    const batch = await nextBatch(world, [maker, buys(bob)], [fillOf({})]);
    await reverts(settle(world, batch), 'SenderNotAllowed', old, exchange);
    const call = { from: world.places.operator.address, to: exchange, data: encoded(world, batch) };
    await world.chain.send(call);
    expect(await world.read('filledOf', [alice.address, maker.digest])).toBe(200n);
  });

  it('has a guardian that the timelock names, and a fee cap of no more than all', async () => {
    const set = exchangeCalls.encodeFunctionData('setGuardian', [carol.address]);
    await reverts(
      world.exchange(alice.address, 'setGuardian', [carol.address]),
      'SenderNotAllowed',
    );
    await world.govern(world.places.exchange, set);
    await world.exchange(carol.address, 'pauseSettlement');
    const zero = exchangeCalls.encodeFunctionData('setGuardian', [`0x${'00'.repeat(20)}`]);
    await reverts(world.govern(world.places.exchange, zero), 'AddressMissing');
    await reverts(world.deployExchange({ guardian: `0x${'00'.repeat(20)}` }), 'AddressMissing');
    await reverts(world.deployExchange({ feeCapBps: 10_001 }), 'FeeCapTooHigh', 10_001n, 10_000n);
  });
});

describe('digests', () => {
  it('are the same on the chain and off it', async () => {
    const { signed, digest } = sells(alice, { cap: 1, epoch: 3n, maxFeeBps: 7 });
    const order = { ...signed, typeHash: `0x${'00'.repeat(32)}`, termsHash: id(signed.terms) };
    const data = exchangeCalls.encodeFunctionData('orderDigestOf', [order]);
    expect(await world.chain.call({ from: alice.address, to: world.places.exchange, data })).toBe(
      digest,
    );
    const delegation = signedDelegation(world, { owner: alice, key: bob }, { quoteAsset: usdc });
    expect(await world.read('delegationDigestOf', [delegation.signed])).toBe(delegation.digest);
    const withdrawal = {
      account: alice.address,
      asset: usdc,
      amount: 3n,
      recipient: bob.address,
      afterBatch: 4n,
      deadlineMs: 5,
      withdrawalId: 6n,
    };
    const withdrawalDigest = world.digests.withdraw(withdrawal);
    expect(await world.read('withdrawalDigestOf', [withdrawal])).toBe(withdrawalDigest);
    const approval = { withdrawalDigest, afterBatch: 9n };
    expect(await world.read('approvalDigestOf', [withdrawalDigest, 9n])).toBe(
      world.digests.approval(approval),
    );
  });
});
