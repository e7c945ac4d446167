import { expect, test } from 'vitest';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { address, codeOf, TradingFloor } from './trading-floor.ts';

const alice = address('alice');

const floor = () => new TradingFloor(createEngine());

function grant(trading: TradingFloor, grantNumber: number, units = 100, commandId = 'again') {
  const { nowMs } = trading;
  const asset = 'USDC';
  const command = { type: 'grant', commandId, nowMs, account: alice, asset, clock: 0 } as const;
  return trading.apply({ ...command, grantNumber, units });
}

test('PROTOCOL 3: only grant n = last + 1 is applied', () => {
  const trading = floor();
  expect(grant(trading, 1).map((event) => event.type)).toEqual(['accepted', 'credit_granted']);
  expect(grant(trading, 2, 50).map((event) => event.type)).toEqual(['accepted', 'credit_granted']);
  expect(trading.credit(alice, 'USDC').freeUnits).toBe(150);
});

test('PROTOCOL 3: a grant that is submitted again is accepted and changes nothing', () => {
  const trading = floor();
  grant(trading, 1);
  grant(trading, 2, 50);
  const before = trading.engine.stateHash();
  for (const commandId of ['again', 'other']) {
    expect(grant(trading, 1, 100, commandId).map((event) => event.type)).toEqual(['accepted']);
    expect(grant(trading, 2, 50, commandId).map((event) => event.type)).toEqual(['accepted']);
  }
  expect(trading.engine.stateHash()).toBe(before);
});

test('a grant that was left out is a bug', () => {
  const trading = floor();
  grant(trading, 1);
  expect(() => grant(trading, 3)).toThrow('grant 3 after 1');
});

test.each([
  ['the engine', createEngine],
  ['its naive twin', createNaiveEngine],
])('%s refuses a grant whose sum would leave safe integers, until there is room', (_, create) => {
  const trading = new TradingFloor(create());
  grant(trading, 1, Number.MAX_SAFE_INTEGER - 10);
  const before = trading.engine.stateHash();
  expect(codeOf(grant(trading, 2, 11))).toBe('notional_too_large');
  expect(trading.engine.stateHash()).toBe(before);
  expect(grant(trading, 1).map((event) => event.type)).toEqual(['accepted']);
  trading.giveBack(alice, 'USDC', 1);
  expect(grant(trading, 2, 11).map((event) => event.type)).toEqual(['accepted', 'credit_granted']);
});

test('a grant of nothing is a bug', () => {
  expect(() => grant(floor(), 1, 0)).toThrow('a grant of nothing');
});

test('a return gives back what is free, at most what was asked', () => {
  const trading = floor();
  grant(trading, 1, 300);
  trading.place({ limitTicks: 100 });
  const events = trading.giveBack(alice, 'USDC', 120);
  expect(events[1]).toMatchObject({ type: 'credit_returned', units: 120, returnNumber: 1 });
  expect(trading.giveBack(alice, 'USDC', 500)[1]).toMatchObject({ units: 80, returnNumber: 2 });
  expect(trading.credit(alice, 'USDC')).toEqual({ freeUnits: 0, heldUnits: 100 });
});

test('what was ever returned is counted, and starts anew where numbers stop being exact', () => {
  const trading = floor();
  const most = Number.MAX_SAFE_INTEGER;
  const counted = () => trading.engine.creditOf(alice)[0]?.returnedUnits;
  for (const [index, units] of [most, 3, most].entries()) {
    grant(trading, index + 1, units);
    trading.giveBack(alice, 'USDC', units);
  }
  expect(counted()).toBe(1);
  expect(trading.engine.creditOf(alice)).toMatchObject([{ grantNumber: 3, returnNumber: 3 }]);
});

test('the state hash tells two histories of returns apart', () => {
  const hashes = [
    [10, 30],
    [20, 30],
  ].map((grants) => {
    const trading = floor();
    for (const [index, units] of grants.entries()) {
      grant(trading, index + 1, units);
      trading.giveBack(alice, 'USDC', units);
    }
    return trading.engine.stateHash();
  });
  expect(hashes[0]).not.toBe(hashes[1]);
});

test('a return of nothing is accepted without an event', () => {
  const trading = floor();
  const before = trading.engine.stateHash();
  expect(trading.giveBack(alice, 'USDC', 500).map((event) => event.type)).toEqual(['accepted']);
  expect(trading.engine.stateHash()).toBe(before);
});

test('a return sent twice is refused duplicate_order', () => {
  const trading = floor();
  grant(trading, 1, 300);
  const { nowMs } = trading;
  const command = { type: 'return', nowMs, account: alice, asset: 'USDC', units: 10 } as const;
  trading.apply({ ...command, commandId: 'r' });
  expect(codeOf(trading.apply({ ...command, commandId: 'r' }))).toBe('duplicate_order');
  expect(trading.credit(alice, 'USDC').freeUnits).toBe(290);
});

test('the shortfall of a placement is exactly what makes it acceptable', () => {
  const trading = new TradingFloor(createEngine(), { takerFeeBps: 25 });
  grant(trading, 1, 1_000);
  const order = trading.placing({ sizeLots: 77, limitTicks: 33 });
  const { asset, units } = trading.engine.shortfall(order);
  expect({ asset, units }).toEqual({ asset: 'USDC', units: 77 * 33 + 6 - 1_000 });
  trading.grant(alice, 'USDC', units - 1);
  expect(trading.engine.shortfall(order)).toEqual({ asset: 'USDC', units: 1 });
  trading.grant(alice, 'USDC', 1);
  expect(trading.engine.shortfall(order)).toEqual({ asset: 'USDC', units: 0 });
  expect(codeOf(trading.apply(order))).toBeUndefined();
});

test('an order that is refused for another reason lacks no credit', () => {
  const trading = floor();
  const shortfall = (placing: object) => trading.engine.shortfall(trading.placing(placing)).units;
  expect(shortfall({ side: 'sell', sizeLots: 3 })).toBe(3);
  expect(shortfall({ side: 'sell', sizeLots: 3, expiresAtMs: trading.nowMs })).toBe(0);
  expect(shortfall({ marketId: 'DOGE-USDC' })).toBe(0);
});

test('only lines with something in them count as credit', () => {
  const trading = floor();
  grant(trading, 1, 100);
  trading.giveBack(alice, 'USDC', 100);
  expect(trading.engine.credits()).toEqual([]);
  expect(trading.engine.creditOf(alice)).toMatchObject([{ asset: 'USDC', grantNumber: 1 }]);
});
