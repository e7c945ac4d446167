/** What every engine promises, as drawn books: one suite, run over each implementation. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { DrawnBook, drawn } from './drawn-book.ts';
import { address } from './trading-floor.ts';

const twoSided = `
  | bid   | price | ask   |
  |       | 102   | cat 5 |
  |       | 101   | bob 3 |
  | dan 4 | 100   |       |
  | eve 6 | 99    |       |`;

const empty = `
  | bid | price | ask |`;

export function engineBehaviour(name: string, createEngine: () => Engine): void {
  const book = (table: string) => new DrawnBook(createEngine(), table);
  describe(name, () => {
    describe('priority', () => priority(book));
    describe('time in force', () => timeInForce(book));
    describe('market orders', () => marketOrders(book));
    describe('orders by amount of money', () => moneyOrders(book));
    describe('self-trade prevention', () => selfTrade(book));
    describe('cancels', () => cancels(book));
    describe('expiry', () => expiry(book));
  });
}

type Draw = (table: string) => DrawnBook;

function priority(book: Draw): void {
  test('an order that crosses nothing rests', () => {
    const trading = book(twoSided);
    expect(trading.says('alice buys 2 at 98')).toEqual([]);
    expect(trading.drawn()).toBe(
      drawn(`
        | bid     | price | ask   |
        |         | 102   | cat 5 |
        |         | 101   | bob 3 |
        | dan 4   | 100   |       |
        | eve 6   | 99    |       |
        | alice 2 | 98    |       |`),
    );
  });

  test('the best price trades first, at the price of the maker', () => {
    const trading = book(twoSided);
    expect(trading.says('alice buys 7 at 103')).toEqual([
      'alice buys 3 at 101 from bob',
      'bob is filled',
      'alice buys 4 at 102 from cat',
      'alice is filled',
    ]);
    expect(trading.drawn()).toBe(
      drawn(`
        | bid   | price | ask   |
        |       | 102   | cat 1 |
        | dan 4 | 100   |       |
        | eve 6 | 99    |       |`),
    );
  });

  test('a sell takes the highest bid first', () => {
    const trading = book(twoSided);
    expect(trading.says('alice sells 5 at 99')).toEqual([
      'alice sells 4 at 100 to dan',
      'dan is filled',
      'alice sells 1 at 99 to eve',
      'alice is filled',
    ]);
  });

  test('at one price the oldest order trades first', () => {
    const trading = book(`
      | bid                 | price | ask |
      | dan 4, eve 6, dan 1 | 100   |     |`);
    expect(trading.says('alice sells 5 at 100')).toEqual([
      'alice sells 4 at 100 to dan',
      'dan is filled',
      'alice sells 1 at 100 to eve',
      'alice is filled',
    ]);
    expect(trading.drawn()).toBe(
      drawn(`
        | bid          | price | ask |
        | eve 5, dan 1 | 100   |     |`),
    );
  });

  test('a partial fill keeps the place in the queue', () => {
    const trading = book(`
      | bid          | price | ask |
      | dan 4, eve 6 | 100   |     |`);
    trading.says('alice sells 1 at 100');
    expect(trading.says('alice sells 1 at 100')).toContain('alice sells 1 at 100 to dan');
  });

  test('what a crossing limit order leaves rests at its own price', () => {
    const trading = book(twoSided);
    expect(trading.says('alice buys 5 at 101')).toEqual([
      'alice buys 3 at 101 from bob',
      'bob is filled',
    ]);
    expect(trading.drawn()).toBe(
      drawn(`
        | bid     | price | ask   |
        |         | 102   | cat 5 |
        | alice 2 | 101   |       |
        | dan 4   | 100   |       |
        | eve 6   | 99    |       |`),
    );
  });

  test('an order at the best price goes behind those that wait there', () => {
    const trading = book(twoSided);
    trading.says('alice sells 9 at 101');
    expect(trading.says('fay buys 4 at 101')).toEqual([
      'fay buys 3 at 101 from bob',
      'bob is filled',
      'fay buys 1 at 101 from alice',
      'fay is filled',
    ]);
  });
}

function timeInForce(book: Draw): void {
  test('an IOC order trades what it can and never rests', () => {
    const trading = book(twoSided);
    expect(trading.says('alice buys 5 at 101 ioc')).toEqual([
      'alice buys 3 at 101 from bob',
      'bob is filled',
      'alice is expired',
    ]);
    expect(trading.drawn()).toBe(
      drawn(`
        | bid   | price | ask   |
        |       | 102   | cat 5 |
        | dan 4 | 100   |       |
        | eve 6 | 99    |       |`),
    );
  });

  test('an IOC order that finds nothing is accepted and expires', () => {
    const trading = book(twoSided);
    expect(trading.says('alice buys 5 at 100 ioc')).toEqual(['alice is expired']);
    expect(trading.drawn()).toBe(drawn(twoSided));
  });

  test('an IOC order that trades whole is filled', () => {
    const trading = book(twoSided);
    expect(trading.says('alice sells 4 at 100 ioc').at(-1)).toBe('alice is filled');
  });
}

function marketOrders(book: Draw): void {
  test('a market order takes level after level up to its worst price', () => {
    const trading = book(twoSided);
    expect(trading.says('alice buys 20 at market 101')).toEqual([
      'alice buys 3 at 101 from bob',
      'bob is filled',
      'alice is expired',
    ]);
  });

  test('a market order never rests', () => {
    const trading = book(empty);
    expect(trading.says('alice buys 20 at market 101')).toEqual(['alice is expired']);
    expect(trading.drawn()).toBe(drawn(empty));
  });

  test('a market order does not rest even where its time in force says so', () => {
    const trading = book(empty);
    const said = trading.says('alice buys 20 at market 101', { timeInForce: 'gtc' });
    expect(said).toEqual(['alice is expired']);
  });

  test('a market sell takes the bids', () => {
    const trading = book(twoSided);
    expect(trading.says('alice sells 10 at market 1')).toEqual([
      'alice sells 4 at 100 to dan',
      'dan is filled',
      'alice sells 6 at 99 to eve',
      'eve is filled',
      'alice is filled',
    ]);
  });
}

function moneyOrders(book: Draw): void {
  test('an order by money buys whole lots at each level', () => {
    const trading = book(twoSided);
    // 3 × 101 leave 297: two lots at 102 cost 204, the last 93 buy no lot at 102.
    expect(trading.says('alice spends 600 at market 102')).toEqual([
      'alice buys 3 at 101 from bob',
      'bob is filled',
      'alice buys 2 at 102 from cat',
      'alice is filled',
    ]);
  });

  test('an order by money that is spent to the last unit is filled', () => {
    const trading = book(twoSided);
    expect(trading.says('alice spends 202 at market 102').at(-1)).toBe('alice is filled');
  });

  test('an order by money that could still buy a lot at its limit expires', () => {
    const trading = book(twoSided);
    // 3 × 101 leave 110, more than one lot at the limit of 101.
    expect(trading.says('alice spends 413 at market 101')).toEqual([
      'alice buys 3 at 101 from bob',
      'bob is filled',
      'alice is expired',
    ]);
  });

  test('an order by money whose rest buys no lot at its limit is filled', () => {
    const trading = book(twoSided);
    expect(trading.says('alice spends 403 at market 101').at(-1)).toBe('alice is filled');
  });

  test('an order by money that cannot buy one lot expires', () => {
    const trading = book(twoSided);
    expect(trading.says('alice spends 100 at market 102')).toEqual(['alice is expired']);
    expect(trading.drawn()).toBe(drawn(twoSided));
  });
}

function selfTrade(book: Draw): void {
  test("an order that meets its owner's order ends there, and the maker stays", () => {
    const trading = book(`
      | bid | price | ask            |
      |     | 102   | cat 5          |
      |     | 101   | bob 3, alice 2 |`);
    expect(trading.says('alice buys 9 at 102')).toEqual([
      'alice buys 3 at 101 from bob',
      'bob is filled',
      'alice is self_trade',
    ]);
    expect(trading.drawn()).toBe(
      drawn(`
        | bid | price | ask     |
        |     | 102   | cat 5   |
        |     | 101   | alice 2 |`),
    );
  });

  test('an order that is filled before it meets its own is not touched', () => {
    const trading = book(`
      | bid | price | ask            |
      |     | 101   | bob 3, alice 2 |`);
    expect(trading.says('alice buys 3 at 102').at(-1)).toBe('alice is filled');
  });

  test('an order by money that is spent before it meets its own is filled', () => {
    const trading = book(`
      | bid | price | ask     |
      |     | 102   | alice 2 |
      |     | 101   | bob 3   |`);
    // The last 97 buy no lot at 102.
    expect(trading.says('alice spends 400 at market 103').at(-1)).toBe('alice is filled');
  });

  test('orders of one owner may rest on both sides', () => {
    const trading = book(twoSided);
    expect(trading.says('dan sells 1 at 101')).toEqual([]);
    expect(trading.says('alice sells 4 at 100').at(-1)).toBe('alice is filled');
  });
}

function cancels(book: Draw): void {
  test('a cancelled order never fills', () => {
    const trading = book(`
      | bid                 | price | ask |
      | dan 4, eve 6, fay 1 | 100   |     |`);
    expect(trading.says('eve cancels 1')).toEqual(['eve is cancelled']);
    expect(trading.says('alice sells 20 at 100')).toEqual([
      'alice sells 4 at 100 to dan',
      'dan is filled',
      'alice sells 1 at 100 to fay',
      'fay is filled',
    ]);
  });

  test('the last order of a level takes the level with it', () => {
    const trading = book(twoSided);
    trading.says('dan cancels 1');
    expect(trading.drawn()).toBe(
      drawn(`
        | bid   | price | ask   |
        |       | 102   | cat 5 |
        |       | 101   | bob 3 |
        | eve 6 | 99    |       |`),
    );
  });

  test('an order that is over cannot be cancelled', () => {
    const trading = book(twoSided);
    trading.says('alice buys 3 at 101');
    expect(trading.says('bob cancels 1')).toEqual(['refused unknown_order']);
    trading.says('dan cancels 1');
    expect(trading.says('dan cancels 1')).toEqual(['refused unknown_order']);
  });
}

function expiry(book: Draw): void {
  test('an order ends at its expiresAtMs, not before', () => {
    const trading = book(twoSided);
    trading.says('alice buys 1 at 98', { expiresAtMs: trading.floor.nowMs + 500 });
    expect(trading.waits(499)).toEqual([]);
    expect(trading.waits(1)).toEqual(['alice is expired']);
    expect(trading.drawn()).toBe(drawn(twoSided));
  });

  test('an order that is due does not trade with the command that comes after', () => {
    const trading = book(twoSided);
    trading.says('alice buys 1 at 100', { expiresAtMs: trading.floor.nowMs + 500 });
    trading.floor.nowMs += 500;
    expect(trading.says('eve sells 5 at 100')).toEqual([
      'alice is expired',
      'eve sells 4 at 100 to dan',
      'dan is filled',
    ]);
  });

  test('orders that are due together end by time, then by admission', () => {
    const trading = book(empty);
    const at = trading.floor.nowMs;
    trading.says('alice buys 1 at 100', { expiresAtMs: at + 300 });
    trading.says('bob buys 1 at 99', { expiresAtMs: at + 200 });
    trading.says('cat buys 1 at 98', { expiresAtMs: at + 300 });
    trading.says('dan buys 1 at 97', { expiresAtMs: at + 100 });
    trading.says('eve buys 1 at 96', { expiresAtMs: at + 250 });
    trading.says('eve cancels 1');
    expect(trading.waits(400)).toEqual([
      'dan is expired',
      'bob is expired',
      'alice is expired',
      'cat is expired',
    ]);
  });

  test("an expired order's credit is free for the very command that ended it", () => {
    const trading = book(empty);
    const { floor } = trading;
    trading.says('alice buys 10000000 at 100', { expiresAtMs: floor.nowMs + 500 });
    expect(floor.credit(address('alice'), 'USDC').freeUnits).toBe(0);
    expect(trading.says('alice buys 1 at 100')).toEqual(['refused balance_too_low']);
    floor.nowMs += 500;
    expect(trading.says('alice buys 1 at 100')).toEqual(['alice is expired']);
    expect(floor.engine.depth('ETH-USDC', 1).bids).toEqual([[100, 1]]);
  });
}
