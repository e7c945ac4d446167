/** Insurance in a place that would not settle, and outcomes: minted, merged, redeemed. */

import { beforeEach, describe, expect, it } from 'vitest';
import { reverts, type User } from './chain-world.ts';
import {
  alice,
  bob,
  buys,
  carol,
  has,
  passAndSettle,
  said,
  sells,
  usdc,
  useMarket,
  world,
} from './market-floor.ts';
import { encoded, nextBatch, settle, signedOrder } from './signed-trades.ts';

useMarket();

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
