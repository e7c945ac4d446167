import { describe, expect, test } from 'vitest';
import { openOrdersPerAccount } from '../../containers/matcher/engine/limits.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { address, codeOf, digest, type Placing, TradingFloor } from './trading-floor.ts';

const alice = address('alice');

/** One way to break each rule, in the order of precedence. A later rule's breach may be undone by an earlier one's where both need one field. */
const breaches: { code: string; breach: (floor: TradingFloor) => Placing }[] = [
  { code: 'unknown_market', breach: () => ({ marketId: 'DOGE-USDC' }) },
  {
    code: 'market_not_open',
    breach(floor) {
      floor.list({ ...terms, state: 'halted' });
      return {};
    },
  },
  { code: 'order_too_late', breach: ({ nowMs }) => ({ createdAtMs: nowMs - 60_001 }) },
  { code: 'order_from_the_future', breach: ({ nowMs }) => ({ createdAtMs: nowMs + 5_001 }) },
  { code: 'order_expired', breach: ({ nowMs }) => ({ expiresAtMs: nowMs }) },
  { code: 'duplicate_order', breach: () => ({ commandId: digest(1) }) },
  { code: 'duplicate_client_order_id', breach: () => ({ clientOrderId: 'mine' }) },
  { code: 'price_off_tick', breach: () => ({ misfit: 'price_off_tick', ...nothing }) },
  { code: 'size_off_lot', breach: () => ({ misfit: 'size_off_lot', ...nothing }) },
  { code: 'size_too_small', breach: () => ({ sizeLots: 4, limitTicks: 100, misfit: undefined }) },
  { code: 'notional_too_small', breach: () => ({ sizeLots: 5, limitTicks: 1, misfit: undefined }) },
  { code: 'notional_too_large', breach: () => ({ misfit: 'notional_too_large', ...nothing }) },
  { code: 'fee_above_signed', breach: () => ({ maxFeeBps: 19 }) },
  {
    code: 'too_many_open_orders',
    breach(floor) {
      const open = floor.engine.ordersOf(alice).length;
      // Just what the orders hold: another breach may have left the account without funds.
      floor.grant(alice, 'USDC', (openOrdersPerAccount - open) * 501);
      for (let count = open; count < openOrdersPerAccount; count += 1) {
        floor.applyUnchecked(floor.placing({ sizeLots: 5, limitTicks: 100 }));
      }
      return {};
    },
  },
  {
    code: 'balance_too_low',
    breach(floor) {
      floor.giveBack(alice, 'USDC', Number.MAX_SAFE_INTEGER);
      return {};
    },
  },
];

const terms = { minSizeLots: 5, minNotionalUnits: 100, makerFeeBps: 10, takerFeeBps: 20 };
const nothing = { limitTicks: 0, sizeLots: 0, spendUnits: 0 };

/** A floor on which alice has one live order, with clientOrderId "mine" and digest 1. */
function openFloor(): TradingFloor {
  const floor = new TradingFloor(createEngine(), terms);
  floor.grant(alice, 'USDC', 10_000_000);
  floor.place({ sizeLots: 5, clientOrderId: 'mine' });
  return floor;
}

/** Sends the order that breaks the given rules, the first one's breach on top. */
function refuse(broken: typeof breaches) {
  const floor = openFloor();
  const placing: Placing = { sizeLots: 5 };
  for (const { breach } of broken.toReversed()) Object.assign(placing, breach(floor));
  const command = floor.placing(placing);
  const before = floor.engine.stateHash();
  const events = floor.apply(command);
  return { code: codeOf(events), events, before, after: floor.engine.stateHash() };
}

describe('a placement', () => {
  test('that breaks no rule is accepted', () => {
    expect(refuse([]).code).toBeUndefined();
  });

  test.each(breaches)('is refused $code, and nothing changes', ({ code, breach }) => {
    const refused = refuse([{ code, breach }]);
    expect(refused.events).toEqual([
      expect.objectContaining({ type: 'refused', code, sequence: expect.any(Number) }),
    ]);
    expect(refused.after).toBe(refused.before);
  });

  test.each(breaches)('that breaks every rule from $code on is refused $code', ({ code }) => {
    const from = breaches.findIndex((each) => each.code === code);
    expect(refuse(breaches.slice(from)).code).toBe(code);
  });
});

describe('an amount of money', () => {
  const spending = { cap: 'quote', spendUnits: 1_000, sizeLots: 0 } as const;
  test.each([
    ['a sell', { ...spending, orderType: 'market', side: 'sell' }],
    ['a limit order', { ...spending, orderType: 'limit' }],
    ['a size', { ...spending, orderType: 'market', sizeLots: 5 }],
  ] as const)('cannot bound %s', (_, placing) => {
    expect(codeOf(openFloor().place(placing))).toBe('size_off_lot');
  });

  test('that bounds a sell is refused size_off_lot even where it is too large', () => {
    const tooLarge = { ...nothing, cap: 'quote', misfit: 'notional_too_large' } as const;
    const placing = { ...tooLarge, orderType: 'market', side: 'sell' } as const;
    expect(codeOf(openFloor().place(placing))).toBe('size_off_lot');
  });

  test('below the smallest notional is refused', () => {
    const placing = { orderType: 'market', timeInForce: 'ioc', spendUnits: 99 } as const;
    expect(codeOf(openFloor().place(placing))).toBe('notional_too_small');
  });
});

test('a market order by size may be worth little at its worst price', () => {
  const floor = openFloor();
  floor.grant(alice, 'ETH', 10);
  const placing = { side: 'sell', orderType: 'market', sizeLots: 5, limitTicks: 1 } as const;
  expect(codeOf(floor.place(placing))).toBeUndefined();
});

test('a maker fee above the signed one is refused too', () => {
  const floor = openFloor();
  floor.list({ makerFeeBps: 30, takerFeeBps: 20 });
  expect(codeOf(floor.place({ maxFeeBps: 25 }))).toBe('fee_above_signed');
});

test('an order that cannot rest is taken beside any number of resting ones', () => {
  const floor = openFloor();
  breaches.find(({ code }) => code === 'too_many_open_orders')?.breach(floor);
  expect(codeOf(floor.place({ sizeLots: 5 }))).toBe('too_many_open_orders');
  expect(codeOf(floor.place({ sizeLots: 5, timeInForce: 'ioc' }))).toBeUndefined();
});

describe('a cancel', () => {
  test('of an order that does not live is refused unknown_order', () => {
    const floor = openFloor();
    const before = floor.engine.stateHash();
    expect(codeOf(floor.cancel(digest(77)))).toBe('unknown_order');
    expect(floor.engine.stateHash()).toBe(before);
  });

  test("of somebody else's order is refused not_owner", () => {
    const floor = openFloor();
    const before = floor.engine.stateHash();
    expect(codeOf(floor.cancel(digest(1), address('mallory')))).toBe('not_owner');
    expect(floor.engine.stateHash()).toBe(before);
    expect(floor.engine.order(digest(1))?.status).toBe('open');
  });

  test('sent twice is refused duplicate_order', () => {
    const floor = openFloor();
    const { nowMs } = floor;
    const cancel = { type: 'cancel', commandId: 'one', nowMs, account: alice } as const;
    expect(codeOf(floor.apply({ ...cancel, digest: digest(1) }))).toBeUndefined();
    expect(codeOf(floor.apply({ ...cancel, digest: digest(1) }))).toBe('duplicate_order');
  });
});
