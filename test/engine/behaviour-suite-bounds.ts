/** "A command yields at most 1,000 events. Work stops where fewer than four more fit and goes on with `continue` commands." */
import { expect, test } from 'vitest';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import {
  eventsPerCommand,
  eventsPerStep,
  openOrdersPerAccount,
} from '../../containers/matcher/engine/limits.ts';
import { DrawnBook } from './drawn-book.ts';

const empty = '| bid | price | ask |';

/** Says many sentences without looking at the whole state behind each. */
function prepare(book: DrawnBook, sentences: string[]): void {
  book.watched.isWatched = false;
  for (const sentence of sentences) {
    const told = book.says(sentence);
    if (told.length > 0) throw new Error(`${sentence}: ${told.join()}`);
  }
  book.watched.isWatched = true;
}

const times = (count: number, sentence: string): string[] =>
  Array.from({ length: count }, () => sentence);

/** What was told of a sentence, and the commands that it took: type and number of events. */
function say(book: DrawnBook, sentence: string) {
  const before = book.watched.applied.length;
  const told = book.says(sentence);
  // A trader who is new comes with a grant.
  const applied = book.watched.applied
    .slice(before)
    .filter(({ command }) => command.type !== 'grant');
  // Each command but the last was stopped by the bound, not before.
  for (const { events } of applied.slice(0, -1)) {
    expect(events).toBeGreaterThan(eventsPerCommand - eventsPerStep);
  }
  return { told, types: applied.map(({ command }) => command.type) };
}

const count = (told: string[], pattern: RegExp) => told.filter((line) => pattern.test(line)).length;

export function boundedCommands(createEngine: () => Engine): void {
  sweeps(createEngine);
  openings(createEngine);
  cancellations(createEngine);
  openOrders(createEngine);
}

function sweeps(createEngine: () => Engine): void {
  test('a sweep of more makers than one command has events for goes on to its end', () => {
    const book = new DrawnBook(createEngine(), empty);
    prepare(book, times(600, 'bob sells 1 at 101'));
    const { told, types } = say(book, 'alice buys 601 at 101');
    expect(types).toEqual(['place', 'continue']);
    expect(count(told, /^alice buys 1 at 101 from bob/)).toBe(600);
    expect(count(told, /^bob(#\d+)? is filled$/)).toBe(600);
    expect(book.drawn()).toBe(`${empty}\n| alice 1 | 101 |  |`);
  });

  test('makers trade in their order across the halves', () => {
    const book = new DrawnBook(createEngine(), empty);
    prepare(book, times(600, 'bob sells 1 at 101'));
    const { told } = say(book, 'alice buys 600 at 101');
    const makers = told.filter((line) => line.endsWith('is filled'));
    const numbered = Array.from({ length: 599 }, (_, at) => `bob#${at + 2} is filled`);
    expect(makers).toEqual(['bob is filled', ...numbered, 'alice is filled']);
  });

  test('the volatility bound is the one of the entry, in the second half too', () => {
    const terms = { haltBps: 500, haltWindowMs: 8_000, referenceTicks: 100 };
    const book = new DrawnBook(createEngine(), '| bid | price | ask |\n| | 106 | cat 1 |', terms);
    prepare(book, times(600, 'bob sells 1 at 101'));
    // By then the mean is 101, and 106 within 5 of it.
    const { told, types } = say(book, 'alice buys 601 at 106');
    expect(types).toEqual(['place', 'continue']);
    expect(told.slice(-2)).toEqual(['alice is halted', 'market is halted by volatility']);
  });

  test('the band is the one of the entry, in the second half too', () => {
    const book = new DrawnBook(createEngine(), '| bid | price | ask |\n| | 109 | cat 1 |');
    prepare(book, [
      ...times(600, 'bob sells 1 at 105'),
      'market lists bandBps 500 referenceTicks 100',
    ]);
    const { told, types } = say(book, 'alice buys 601 at market 120');
    expect(types).toEqual(['place', 'continue']);
    expect(told.at(-1)).toBe('alice is expired');
  });

  test('a cascade of more stops than one command has events for goes on to its end', () => {
    const book = new DrawnBook(createEngine(), empty);
    prepare(book, [
      ...times(400, 'alice buys 1 stop 101 at market 110'),
      ...times(401, 'bob sells 1 at 101'),
    ]);
    const { told, types } = say(book, 'eve buys 1 at 101');
    expect(types).toEqual(['place', 'continue']);
    const triggered = told.filter((line) => line.endsWith('is triggered'));
    const numbered = Array.from({ length: 399 }, (_, at) => `alice#${at + 2} is triggered`);
    expect(triggered).toEqual(['alice is triggered', ...numbered]);
    expect(count(told, /^alice(#\d+)? is filled$/)).toBe(400);
    expect(book.drawn()).toBe(empty);
  });

  test('a stop that one half of a command sets off enters behind its second half', () => {
    const book = new DrawnBook(createEngine(), empty);
    prepare(book, [
      'cat buys 1 stop 101 at market 110',
      ...times(600, 'bob sells 1 at 101'),
      'dan sells 1 at 102',
    ]);
    const { told } = say(book, 'alice buys 600 at 101');
    expect(told.slice(-5)).toEqual([
      'alice is filled',
      'cat is triggered',
      'cat buys 1 at 102 from dan',
      'dan is filled',
      'cat is filled',
    ]);
  });
}

function openings(createEngine: () => Engine): void {
  test('an uncross of more trades than one command has events for goes on to its end', () => {
    const book = new DrawnBook(createEngine(), empty, { state: 'auction' });
    prepare(book, [...times(500, 'alice buys 1 at 101'), ...times(500, 'bob sells 1 at 100')]);
    const { told, types } = say(book, 'market turns open');
    expect(types).toEqual(['set_market_state', 'continue']);
    expect(count(told, / at 100 to alice/)).toBe(500);
    expect(told.at(-1)).toBe('market is open by operator');
    expect(book.drawn()).toBe(empty);
  });

  test('a market of more orders than one command has events for closes to its end', () => {
    const book = new DrawnBook(createEngine(), empty);
    prepare(book, [...times(600, 'alice buys 1 at 99'), ...times(600, 'bob sells 1 at 101')]);
    const { told, types } = say(book, 'market turns closed');
    expect(types).toEqual(['set_market_state', 'continue']);
    expect(told[0]).toBe('market is closed by operator');
    expect(count(told, /^(alice|bob)(#\d+)? is cancelled$/)).toBe(1_200);
    expect(book.drawn()).toBe(empty);
  });
}

function cancellations(createEngine: () => Engine): void {
  test('all orders of an account are cancelled, however many they are', () => {
    const book = new DrawnBook(createEngine(), empty);
    prepare(book, times(openOrdersPerAccount, 'alice buys 1 at 99'));
    const { told, types } = say(book, 'alice cancels all');
    expect(types).toEqual(['cancel_all', 'continue']);
    expect(told).toHaveLength(openOrdersPerAccount);
    expect(told.slice(0, 2)).toEqual(['alice is cancelled', 'alice#2 is cancelled']);
  });

  test("a dead man's switch goes on to its end", () => {
    const book = new DrawnBook(createEngine(), empty);
    prepare(book, [
      ...times(openOrdersPerAccount, 'alice buys 1 at 99'),
      'alice cancels all after 500 ms',
    ]);
    const { told, types } = say(book, '500 ms pass');
    expect(types).toEqual(['tick', 'continue']);
    expect(told).toHaveLength(openOrdersPerAccount);
  });

  test('what expires together ends before any other command, however much it is', () => {
    const book = new DrawnBook(createEngine(), empty);
    prepare(book, [
      ...times(600, 'alice buys 1 at 99 for 500 ms'),
      ...times(600, 'bob buys 1 at 99 for 500 ms'),
    ]);
    const { told, types } = say(book, '500 ms pass');
    expect(types).toEqual(['tick', 'tick']);
    expect(count(told, /^(alice|bob)(#\d+)? is expired$/)).toBe(1_200);
  });
}

function openOrders(createEngine: () => Engine): void {
  test('an account has at most a thousand open orders, those that wait for a trigger among them', () => {
    const book = new DrawnBook(createEngine(), '| bid | price | ask |\n| | 102 | bob 9 |');
    prepare(book, [
      ...times(openOrdersPerAccount - 1, 'alice buys 1 at 99'),
      'alice buys 1 stop 105 at market 110',
    ]);
    expect(book.says('alice buys 1 at 99')).toEqual(['refused too_many_open_orders']);
    expect(book.says('alice buys 1 at 99 gtd')).toEqual(['refused too_many_open_orders']);
    expect(book.says('alice sells 1 stop 90 at market 80')).toEqual([
      'refused too_many_open_orders',
    ]);
    // What cannot rest, and what takes another's place, is no more than there was.
    expect(book.says('alice buys 1 at 99 ioc').at(-1)).toMatch(/^alice#\d+ is expired$/);
    expect(book.says('alice buys 1 at 98 replacing alice')).toEqual(['alice is cancelled']);
    // The limit comes before the balance.
    expect(book.says('alice buys 100000000 at 100')).toEqual(['refused too_many_open_orders']);
    expect(book.says('alice buys 100000000 at 100 ioc')).toEqual(['refused balance_too_low']);
    expect(book.says('cat buys 1 at 99')).toEqual([]);
  });
}
