import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  availableChange,
  type ClearedFrame,
  type CreditChange,
  changeKey,
  frozenChange,
  netFrames,
} from '#domain/clearing.ts';
import type { EngineEvent } from '#domain/event.ts';

const fees = 'house:fees';
const address = (index: number) => `0x${index.toString(16).padStart(40, '0')}`;
const alice = address(1);
const bob = address(2);

function frames(...eventsOfFrames: EngineEvent[][]): ClearedFrame[] {
  return eventsOfFrames.map((events, index) => ({
    frame: index + 7,
    clock: 100 + index,
    outcomes: [{ command: { type: 'tick', commandId: 't', nowMs: 0 }, events }],
  }));
}

function trade(of: Partial<Extract<EngineEvent, { type: 'trade' }>>): EngineEvent {
  return {
    type: 'trade',
    sequence: 1,
    marketId: 'ETH-USDC',
    atMs: 0,
    priceTicks: 10,
    sizeLots: 3,
    baseUnits: 3,
    quoteUnits: 3_000,
    takerSide: 'buy',
    makerDigest: '0xm',
    takerDigest: '0xt',
    makerAccount: bob,
    takerAccount: alice,
    makerFeeUnits: 1,
    takerFeeUnits: 2,
    ...of,
  };
}

/** The change of one balance, by account and asset. */
const changesOf = (run: ClearedFrame[]) => {
  const changes = new Map(netFrames(run, fees).map((change) => [changeKey(change), change]));
  return (account: string, asset: string): CreditChange => {
    const change = changes.get(`${account}#${asset}`);
    if (!change) throw new Error(`no change of ${asset} for ${account}`);
    return change;
  };
};

describe('netting a run of frames', () => {
  test('a trade moves base to the buyer, quote to the seller and both fees to the house', () => {
    const changeOf = changesOf(frames([trade({ sequence: 9 })]));
    expect(frozenChange(changeOf(alice, 'ETH'))).toBe(3n);
    expect(frozenChange(changeOf(alice, 'USDC'))).toBe(-3_002n);
    expect(frozenChange(changeOf(bob, 'ETH'))).toBe(-3n);
    expect(frozenChange(changeOf(bob, 'USDC'))).toBe(2_999n);
    expect(frozenChange(changeOf(fees, 'USDC'))).toBe(3n);
    expect(changeOf(bob, 'USDC').lines).toEqual([
      { sequence: 9, marketId: 'ETH-USDC', units: 3_000n, feeUnits: 1n },
    ]);
  });

  test('where the taker sells, the maker pays', () => {
    const changeOf = changesOf(frames([trade({ takerSide: 'sell' })]));
    expect(frozenChange(changeOf(bob, 'USDC'))).toBe(-3_001n);
    expect(frozenChange(changeOf(alice, 'USDC'))).toBe(2_998n);
  });

  test('a grant moves pending to frozen, a return frozen to available, stamped with its frame', () => {
    const changeOf = changesOf(
      frames(
        [
          {
            type: 'credit_granted',
            sequence: 1,
            account: alice,
            asset: 'ETH',
            grantNumber: 4,
            units: 50,
          },
        ],
        [
          {
            type: 'credit_returned',
            sequence: 2,
            account: alice,
            asset: 'ETH',
            returnNumber: 1,
            units: 20,
          },
        ],
        [],
      ),
    );
    const change = changeOf(alice, 'ETH');
    expect(change.granted).toEqual({ grantNumber: 4, units: 50n });
    expect(frozenChange(change)).toBe(30n);
    expect(availableChange(change)).toBe(-30n);
    expect(change.returnedClock).toBe(101);
  });

  test('orders that end, change or trigger and markets that change move no money in the ledger', () => {
    const of = { digest: '0xd', account: alice, marketId: 'ETH-USDC', atMs: 0 };
    const run = frames([
      { type: 'order_triggered', sequence: 3, ...of },
      {
        type: 'order_amended',
        sequence: 4,
        ...of,
        sizeLots: 1,
        spendUnits: 0,
        reason: 'self_trade',
      },
      {
        type: 'market_state_changed',
        sequence: 5,
        marketId: 'ETH-USDC',
        state: 'halted',
        reason: 'volatility',
        atMs: 0,
        untilMs: 9,
      },
      { type: 'accepted', sequence: 1, commandId: 'a' },
      { type: 'refused', sequence: 2, commandId: 'b', code: 'balance_too_low' },
    ]);
    expect(netFrames(run, fees)).toEqual([]);
  });
});

test('a run with a hole, or with two grants of one balance, is a bug', () => {
  const holed = frames([], [], []).filter((frame) => frame.frame !== 8);
  expect(() => netFrames(holed, fees)).toThrow('breaks the run');
  const grant = (grantNumber: number): EngineEvent => ({
    type: 'credit_granted',
    sequence: grantNumber,
    account: alice,
    asset: 'ETH',
    grantNumber,
    units: 1,
  });
  expect(() => netFrames(frames([grant(1), grant(2)]), fees)).toThrow('two grants in one run');
});

describe('a rebate', () => {
  test("comes out of the taker's fee, and the house gets the rest", () => {
    const changeOf = changesOf(frames([trade({ makerFeeUnits: -2, takerFeeUnits: 5 })]));
    expect(frozenChange(changeOf(alice, 'USDC'))).toBe(-3_005n);
    expect(frozenChange(changeOf(bob, 'USDC'))).toBe(3_002n);
    expect(frozenChange(changeOf(fees, 'USDC'))).toBe(3n);
  });

  test('of the whole fee leaves the house nothing, not even a line', () => {
    const run = frames([trade({ makerFeeUnits: -2, takerFeeUnits: 2 })]);
    const houses = netFrames(run, fees).filter((change) => change.account === fees);
    expect(houses).toEqual([]);
  });

  test('above the fee is a bug', () => {
    const run = frames([trade({ sequence: 9, makerFeeUnits: -3, takerFeeUnits: 2 })]);
    expect(() => netFrames(run, fees)).toThrow('trade 9 pays a rebate above its fee');
  });
});

const anyEvent = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({
        maker: fc.integer({ min: 0, max: 4 }),
        taker: fc.integer({ min: 0, max: 4 }),
        baseUnits: fc.integer({ min: 1, max: 2 ** 50 }),
        quoteUnits: fc.integer({ min: 1, max: 2 ** 50 }),
        makerFeeUnits: fc.integer({ min: -500, max: 1_000 }),
        takerFeeUnits: fc.integer({ min: 500, max: 1_000 }),
        takerSide: fc.constantFrom('buy' as const, 'sell' as const),
        marketId: fc.constantFrom('ETH-USDC', 'BTC-USDC', 'ETH-BTC'),
      })
      .map(({ maker, taker, ...rest }) =>
        trade({ ...rest, makerAccount: address(maker), takerAccount: address(taker) }),
      ),
  },
  fc
    .record({ owner: fc.integer({ min: 0, max: 4 }), units: fc.integer({ min: 1, max: 2 ** 50 }) })
    .map(
      ({ owner, units }): EngineEvent => ({
        type: 'credit_returned',
        sequence: 0,
        account: address(owner),
        asset: 'USDC',
        returnNumber: 1,
        units,
      }),
    ),
);

const anyRun = fc.array(fc.array(anyEvent, { maxLength: 6 }), { maxLength: 6 }).map((run) => {
  let sequence = 0;
  return frames(
    ...run.map((events) => events.map((event) => ({ ...event, sequence: ++sequence }))),
  );
});

describe('for any run', () => {
  test('no asset is made or lost', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const sums = new Map<string, bigint>();
        for (const change of netFrames(run, fees)) {
          const moved = frozenChange(change) + availableChange(change);
          sums.set(change.asset, (sums.get(change.asset) ?? 0n) + moved);
        }
        expect([...sums.values()].every((sum) => sum === 0n)).toBe(true);
      }),
    );
  });

  test('netting it at once equals netting its frames one by one', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const stepwise = new Map<string, { frozen: bigint; available: bigint; lines: number }>();
        for (const frame of run)
          for (const change of netFrames([frame], fees)) {
            const sum = stepwise.get(changeKey(change)) ?? { frozen: 0n, available: 0n, lines: 0 };
            stepwise.set(changeKey(change), {
              frozen: sum.frozen + frozenChange(change),
              available: sum.available + availableChange(change),
              lines: sum.lines + change.lines.length,
            });
          }
        const atOnce = netFrames(run, fees).map((change) => [
          changeKey(change),
          {
            frozen: frozenChange(change),
            available: availableChange(change),
            lines: change.lines.length,
          },
        ]);
        expect(atOnce).toEqual([...stepwise].sort(([a], [b]) => (a < b ? -1 : 1)));
      }),
    );
  });

  test('the lines of a balance add up to what its trades change', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        for (const change of netFrames(run, fees)) {
          const lines = change.lines.reduce((sum, line) => sum + line.units - line.feeUnits, 0n);
          expect(lines).toBe(change.tradedUnits);
        }
      }),
    );
  });
});
