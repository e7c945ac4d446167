import { expect, test } from 'vitest';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { address, codeOf, digest, TradingFloor } from './trading-floor.ts';

const alice = address('alice');

function funded(): TradingFloor {
  const floor = new TradingFloor(createEngine());
  floor.grant(alice, 'USDC', 1_000_000);
  return floor;
}

test('an order signed just 60 s ago, or just 5 s ahead, is taken', () => {
  const floor = funded();
  expect(codeOf(floor.place({ createdAtMs: floor.nowMs - 60_000 }))).toBeUndefined();
  expect(codeOf(floor.place({ createdAtMs: floor.nowMs + 5_000 }))).toBeUndefined();
});

test('the same signature never enters twice, whenever it is sent again', () => {
  // Signed 5 s ahead is the worst case: it stays young enough for 65 s.
  const floor = funded();
  const placing = {
    commandId: digest(9),
    createdAtMs: floor.nowMs + 5_000,
    timeInForce: 'ioc',
  } as const;
  expect(codeOf(floor.place(placing))).toBeUndefined();
  for (const laterMs of [0, 1, 59_999, 5_000, 1, 60_000]) {
    floor.nowMs += laterMs;
    expect(codeOf(floor.place(placing))).toMatch(/^(duplicate_order|order_too_late)$/);
  }
});

test('a refused order is remembered as well', () => {
  const floor = funded();
  const placing = { commandId: digest(9), account: address('poor') };
  expect(codeOf(floor.place(placing))).toBe('balance_too_low');
  floor.grant(address('poor'), 'USDC', 1_000);
  expect(codeOf(floor.place(placing))).toBe('duplicate_order');
});

test('the first result of an id stays its result', () => {
  const floor = funded();
  const [accepted] = floor.place({ commandId: digest(9) });
  floor.place({ commandId: digest(9) });
  expect(floor.engine.firstResult(digest(9))).toEqual({ sequence: accepted?.sequence });
  const [refused] = floor.place({ commandId: digest(10), account: address('poor') });
  floor.place({ commandId: digest(10), account: address('poor') });
  expect(floor.engine.firstResult(digest(10))).toEqual({
    sequence: refused?.sequence,
    code: 'balance_too_low',
  });
  expect(floor.engine.firstResult(digest(11))).toBeUndefined();
});

test('ids and ended orders are forgotten after the window: memory is bounded', () => {
  const floor = funded();
  floor.place({ commandId: digest(9), timeInForce: 'ioc' });
  floor.place({ commandId: digest(10) });
  floor.tick(65_000);
  expect(floor.engine.firstResult(digest(9))).toBeDefined();
  expect(floor.engine.order(digest(9))?.status).toBe('expired');
  floor.tick(1);
  expect(floor.engine.firstResult(digest(9))).toBeUndefined();
  expect(floor.engine.order(digest(9))).toBeUndefined();
  expect(floor.engine.order(digest(10))?.status).toBe('open');
});

test('thousands of ids pass through the window and none stays', () => {
  const floor = funded();
  for (let count = 0; count < 5_000; count += 1) {
    floor.nowMs += 20;
    const { nowMs } = floor;
    const commandId = `cancel-${count}`;
    floor.applyUnchecked({ type: 'cancel_all', commandId, nowMs, account: alice });
  }
  const known = (count: number) => floor.engine.firstResult(`cancel-${count}`) !== undefined;
  const kept = Array.from({ length: 5_000 }, (_, count) => count).filter(known);
  expect(kept).toEqual(Array.from({ length: 3_251 }, (_, index) => 1_749 + index));
});

test("a clientOrderId is unique among its owner's live orders only", () => {
  const floor = funded();
  floor.grant(address('bob'), 'USDC', 1_000);
  expect(codeOf(floor.place({ clientOrderId: 'a', commandId: digest(9) }))).toBeUndefined();
  expect(codeOf(floor.place({ clientOrderId: 'a' }))).toBe('duplicate_client_order_id');
  expect(codeOf(floor.place({ clientOrderId: 'a', account: address('bob') }))).toBeUndefined();
  floor.cancel(digest(9));
  expect(codeOf(floor.place({ clientOrderId: 'a' }))).toBeUndefined();
});

test("an order that never rested leaves another's clientOrderId alone", () => {
  const floor = funded();
  floor.place({ clientOrderId: 'a', timeInForce: 'ioc' });
  expect(codeOf(floor.place({ clientOrderId: 'a' }))).toBeUndefined();
  expect(codeOf(floor.place({ clientOrderId: 'a' }))).toBe('duplicate_client_order_id');
});

test('ticks, continues and grants are not remembered: whoever sends them makes their ids', () => {
  const floor = funded();
  floor.applyUnchecked({ type: 'tick', commandId: 'same', nowMs: floor.nowMs });
  expect(floor.engine.firstResult('same')).toBeUndefined();
  expect(floor.engine.firstResult(`grant:${alice}:USDC:1`)).toBeUndefined();
});

test('a clock that goes back is a bug', () => {
  const floor = funded();
  floor.nowMs -= 1;
  expect(() => floor.tick()).toThrow('the clock went back');
});
