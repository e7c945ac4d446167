/** Settlement: what a batch moves, what it leaves out and why, and what makes it revert as a whole. */
import { concat, id, keccak256 } from 'ethers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { marketProofOf, marketsRootOf } from '../../shared/wire/market-tree.ts';
import type { BatchFill, BatchOrder, SettlementBatch } from '../../shared/wire/settlement-batch.ts';
import { batchGas } from '../../shared/wire/settlement-gas.ts';
import {
  type ChainWorld,
  delaySeconds,
  exchangeCalls,
  graceSeconds,
  hardFeeCapBps,
  leafOf,
  reverts,
  startChainWorld,
  User,
  vaultCalls,
} from './chain-world.ts';
import {
  encoded,
  fillOf,
  nextBatch,
  settle,
  signedDelegation,
  signedOrder,
} from './signed-trades.ts';

let world: ChainWorld;
let stop: () => Promise<void>;
let eth: string;
let usdc: string;
let kept: string;
const alice = new User('alice');
const bob = new User('bob');
const carol = new User('carol');

beforeAll(async () => {
  ({ world, stop } = await startChainWorld());
  eth = await world.token('ETH');
  usdc = await world.token('USDC', 6);
  for (const user of [alice, bob]) {
    await world.fund(user.address, eth, 10_000n);
    await world.fund(user.address, usdc, 10_000n);
  }
  kept = await world.chain.rpc('evm_snapshot');
});
afterAll(() => stop?.());

/** Each story begins with alice and bob, 10,000 atoms of both assets each. */
beforeEach(async () => {
  await world.chain.rpc('evm_revert', kept);
  kept = await world.chain.rpc('evm_snapshot');
});

type Draft = Parameters<typeof signedOrder>[2];
const market = () => ({ baseAsset: eth, quoteAsset: usdc });
const sells = (user: User, more: Partial<Draft> = {}) =>
  signedOrder(world, user, { ...market(), side: 1, ...more });
const buys = (user: User, more: Partial<Draft> = {}) =>
  signedOrder(world, user, { ...market(), side: 0, ...more });
const has = async (user: { address: string }) => [
  await world.balance(user.address, eth),
  await world.balance(user.address, usdc),
];

/** What the contract says of one fill between two orders, and that nothing moves where it does not settle. */
async function said(
  orders: BatchOrder[],
  fill: Partial<BatchFill> = {},
  more: Partial<SettlementBatch> = {},
): Promise<string> {
  const before = [...(await has(alice)), ...(await has(bob))];
  const { outcomes } = await settle(world, await nextBatch(world, orders, [fillOf(fill)], more));
  const [outcome] = outcomes;
  if (outcome?.reason !== 'settled') {
    expect([...(await has(alice)), ...(await has(bob))]).toEqual(before);
  }
  return [outcome?.reason, outcome?.side].filter(Boolean).join(' of the ');
}

async function passAndSettle(seconds: number): Promise<void> {
  await world.chain.pass(seconds);
  const matchedThroughMs = await world.chain.nowMs();
  await settle(world, await nextBatch(world, [], [], { matchedThroughMs }));
}

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

describe('insurance', () => {
  it('takes a place that would not settle: the other side gets what it signed', async () => {
    const { insurance } = world.places;
    await world.fund(insurance.address, usdc, 500n);
    const poor = buys(carol);
    const place = { insured: 'taker' as const, takerFeeAtoms: 1n };
    expect(await said([sells(alice), poor], place)).toBe('settled');
    expect(await has(alice)).toEqual([9_900n, 10_200n]);
    expect(await has(insurance)).toEqual([100n, 299n]);
    expect(await world.read('filledOf', [carol.address, poor.digest])).toBe(0n);
    const back = { maker: 0, taker: 1, insured: 'maker' as const };
    expect(await said([sells(carol), buys(bob)], back)).toBe('settled');
    expect(await has(insurance)).toEqual([0n, 499n]);
    expect(await said([sells(carol), buys(bob)], back)).toBe('balance_too_low of the maker');
  });

  it('takes no place against the other side’s limits', async () => {
    await world.fund(world.places.insurance.address, usdc, 500n);
    const place = { insured: 'taker' as const, quoteAtoms: 199n };
    expect(await said([sells(alice), buys(carol)], place)).toBe('price_outside_limit of the maker');
  });

  it('pays what operators adjusted, before the fills; no transfer takes from anybody else', async () => {
    const { insurance, operator, exchange } = world.places;
    await world.fund(insurance.address, usdc, 500n);
    const transfers = [{ account: carol.address, asset: BigInt(usdc), atoms: 200n }];
    expect(await said([sells(alice), buys(carol)], {}, { transfers })).toBe('settled');
    expect(await has(insurance)).toEqual([0n, 300n]);
    const much = [{ account: carol.address, asset: BigInt(usdc), atoms: 301n }];
    const batch = await nextBatch(world, [], [], { transfers: much });
    await reverts(settle(world, batch), 'InsuranceTooLow', BigInt(usdc), 300n, 301n);
    // Alice named in the place of insurance.
    const few = {
      ...batch,
      transfers: [{ account: carol.address, asset: BigInt(usdc), atoms: 1n }],
    };
    const forged = encoded(world, few).replace(insurance.address.slice(2), alice.address.slice(2));
    const call = { from: operator.address, to: exchange, data: forged };
    await reverts(world.chain.call(call), 'AssetNotInsured');
    const unmarked = encoded(world, few).replace(`${usdc.slice(2)}01`, `${usdc.slice(2)}00`);
    await reverts(world.chain.call({ ...call, data: unmarked }), 'AssetNotInsured');
  });
});

let yes: string;
let no: string;
const conditionId = `0x${'01'.repeat(32)}`;

async function registerOutcomes(): Promise<void> {
  await world.vault(world.places.resolver, 'registerCondition', [conditionId, BigInt(usdc)]);
  const outcome = await world.read<bigint>('outcomeOf', [conditionId, BigInt(usdc)]);
  [yes, no] = [`0x${outcome.toString(16)}`, `0x${(outcome + 1n).toString(16)}`];
}

const outcomeOrder = (user: User, side: 0 | 1, baseAsset: string, quoteAmount: bigint) =>
  signedOrder(world, user, {
    baseAsset,
    quoteAsset: usdc,
    side,
    baseAmount: 1_000n,
    quoteAmount,
  });
const set = { baseAtoms: 100n, quoteAtoms: 60n };

describe('outcomes', () => {
  beforeEach(registerOutcomes);

  it('are minted for two buyers, traded, merged for two sellers; collateral stays whole', async () => {
    const buyers = [outcomeOrder(alice, 0, no, 400n), outcomeOrder(bob, 0, yes, 600n)];
    expect(await said(buyers, { ...set, kind: 'mint', takerFeeAtoms: 0n })).toBe('settled');
    expect(await world.balance(alice.address, no)).toBe(100n);
    expect(await world.balance(bob.address, yes)).toBe(100n);
    expect((await has(alice))[1]).toBe(9_960n);
    expect((await has(bob))[1]).toBe(9_940n);
    expect(await world.read('totalOf', [BigInt(usdc)])).toBe(19_900n);
    expect(await world.read('totalOf', [BigInt(yes)])).toBe(100n);
    const trade = [outcomeOrder(bob, 1, yes, 600n), outcomeOrder(alice, 0, yes, 600n)];
    expect(await said(trade, { baseAtoms: 40n, quoteAtoms: 24n })).toBe('settled');
    const sellers = [outcomeOrder(alice, 1, no, 300n), outcomeOrder(bob, 1, yes, 600n)];
    expect(await said(sellers, { baseAtoms: 50n, quoteAtoms: 31n, kind: 'merge' })).toBe('settled');
    expect(await world.read('totalOf', [BigInt(usdc)])).toBe(19_950n);
    expect(await world.read('totalOf', [BigInt(no)])).toBe(50n);
  });

  it('are not minted at prices, sides or of assets that do not fit', async () => {
    const buyers = [outcomeOrder(alice, 0, no, 400n), outcomeOrder(bob, 0, yes, 600n)];
    const at = (quoteAtoms: bigint) => said(buyers, { baseAtoms: 100n, quoteAtoms, kind: 'mint' });
    expect(await at(61n)).toBe('price_outside_limit of the taker');
    expect(await at(59n)).toBe('price_outside_limit of the maker');
    expect(await at(101n)).toBe('price_outside_limit of the taker');
    expect(await said(buyers, { ...set, kind: 'merge' })).toBe('sides_do_not_match');
    expect(
      await said([outcomeOrder(alice, 0, yes, 400n), outcomeOrder(bob, 0, yes, 600n)], {
        ...set,
        kind: 'mint',
      }),
    ).toBe('assets_differ');
    const [a, b] = [`0x${'f0'.repeat(32)}`, `0x${'f0'.repeat(31)}f1`];
    const unknown = [outcomeOrder(alice, 0, b, 400n), outcomeOrder(bob, 0, a, 600n)];
    expect(await said(unknown, { ...set, kind: 'mint' })).toBe('unknown_outcome');
  });
});

describe('outcomes of a resolved condition', () => {
  beforeEach(registerOutcomes);

  it('are redeemed once resolved and all matches before are settled, by anybody, to their owner', async () => {
    const buyers = [outcomeOrder(alice, 0, no, 400n), outcomeOrder(bob, 0, yes, 600n)];
    await said(buyers, { ...set, kind: 'mint' });
    const outcome = BigInt(yes);
    const { resolver } = world.places;
    await reverts(world.vault(alice.address, 'resolve', [outcome, 10_000]), 'SenderNotAllowed');
    await reverts(world.vault(resolver, 'resolve', [outcome, 10_001]), 'PayoutTooLarge');
    await reverts(world.vault(resolver, 'resolve', [outcome + 2n, 1]), 'ConditionUnknown');
    await reverts(
      world.vault(alice.address, 'redeem', [bob.address, outcome]),
      'ConditionNotResolved',
    );
    await world.vault(resolver, 'resolve', [outcome, 7_050]);
    await reverts(world.vault(resolver, 'resolve', [outcome, 1]), 'ConditionAlreadyResolved');
    await reverts(
      world.vault(alice.address, 'redeem', [bob.address, outcome]),
      'NotSettledThrough',
    );
    await passAndSettle(1);
    await world.vault(alice.address, 'redeem', [bob.address, outcome]);
    await world.vault(alice.address, 'redeem', [alice.address, outcome + 1n]);
    expect((await has(bob))[1]).toBe(9_940n + 70n);
    expect((await has(alice))[1]).toBe(9_960n + 29n);
    expect(await world.read('totalOf', [outcome])).toBe(0n);
    await reverts(world.vault(alice.address, 'redeem', [bob.address, outcome]), 'BalanceTooLow');
    await reverts(
      world.vault(resolver, 'registerCondition', [conditionId, BigInt(usdc)]),
      'ConditionKnown',
    );
    await reverts(
      world.vault(resolver, 'registerCondition', [conditionId, 1n << 160n]),
      'AssetNotAToken',
    );
    await reverts(
      world.vault(alice.address, 'registerCondition', [conditionId, 0n]),
      'SenderNotAllowed',
    );
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
