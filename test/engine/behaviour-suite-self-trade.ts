/** The table of self-trade prevention that docs/market-rules.md publishes: every mode, type and time in force, as both engines do it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { DrawnBook } from './drawn-book.ts';

const modes = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'] as const;

/** What an order of each type says between its size and its mode. `alice` has the own order in the way; its trigger is set off by a trade at 90. */
const saying: Record<string, string> = {
  limit: 'at 102',
  market: 'at market 102',
  stop: 'stop 90 at market 102',
  take_profit: 'profit 90 at market 102',
  stop_limit: 'stop 90 at 102',
  take_profit_limit: 'profit 90 at 102',
};

const timesInForce: Record<string, string[]> = {
  limit: ['gtc', 'gtd', 'ioc', 'fok'],
  market: ['ioc', 'fok'],
  stop: ['ioc', 'fok'],
  take_profit: ['ioc', 'fok'],
  stop_limit: ['gtc', 'gtd', 'ioc', 'fok'],
  take_profit_limit: ['gtc', 'gtd', 'ioc', 'fok'],
};

const combinations = Object.entries(timesInForce).flatMap(([type, times]) =>
  times.map((time) => `${type} ${time}`),
);

/** Rows of the published table: the size, the kinds of orders, and for each mode what happens. */
type Published = { lots: number; kinds: string[]; outcomes: string[] };

function publishedRows(): Published[] {
  const rules = readFileSync(new URL('../../docs/market-rules.md', import.meta.url), 'utf8');
  const [, table = ''] = rules.split('| lots | order |');
  const rows: Published[] = [];
  for (const line of table.split('\n').slice(2)) {
    if (!line.startsWith('|')) break;
    const [lots = '', kinds = '', ...outcomes] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    rows.push({ lots: Number(lots), kinds: kinds.split(', ').flatMap(kindsOf), outcomes });
  }
  return rows;
}

/** `limit gtc/gtd` is two kinds. */
function kindsOf(text: string): string[] {
  const [type = '', times = ''] = text.split(' ');
  return times.split('/').map((time) => `${type} ${time}`);
}

/** The book of the table, then the order; a conditional one is set off by a trade at 90. */
function outcomeOf(
  engine: Engine,
  { lots, kind, mode }: { lots: number; kind: string; mode: string },
) {
  const [type = '', time = ''] = kind.split(' ');
  const isConditional = type.includes('stop') || type.includes('profit');
  const book = new DrawnBook(
    engine,
    `| bid | price | ask            |
     |     | 102   | cat 5          |
     |     | 101   | bob 2, alice 3 |`,
  );
  if (isConditional) book.says('eve buys 1 at 90');
  const placed = book.says(`alice buys ${lots} ${saying[type]} ${time} ${mode}`);
  if (!isConditional) return { told: placed, drawn: book.drawn() };
  expect(placed).toEqual([]);
  const [trade, maker, taker, triggered, ...told] = book.says('fay sells 1 at 90');
  expect([trade, maker, taker, triggered]).toEqual([
    'fay sells 1 at 90 to eve',
    'eve is filled',
    'fay is filled',
    'alice#2 is triggered',
  ]);
  return { told, drawn: book.drawn() };
}

/** The same in the words of the table: what of bob and cat it buys, what becomes of the own order, and of the incoming one. */
function wordsOf({ told, drawn }: ReturnType<typeof outcomeOf>): string {
  const words: string[] = [];
  for (const line of told) {
    const [, lots, trader] = /^alice#2 buys (\d) at \d+ from (\w+)$/.exec(line) ?? [];
    if (lots) words.push(`${lots} from ${trader}`);
    const [, ownEnd] = /^alice is (.*)$/.exec(line) ?? [];
    if (ownEnd) words.push(`own ${ownEnd}`);
    const [, end] = /^alice#2 is (.*)$/.exec(line) ?? [];
    if (end) words.push(end);
    if (line.startsWith('refused ')) words.push(line);
  }
  const [, rests] = /alice#2 (\d+)/.exec(drawn) ?? [];
  if (rests) words.push(`${rests} rest`);
  return words.join(', ');
}

export function selfTradeTable(createEngine: () => Engine): void {
  const rows = publishedRows();

  test.each([6, 12])(
    'names each type with each time in force once, for an order of %i lots',
    (lots) => {
      const named = rows.filter((row) => row.lots === lots).flatMap(({ kinds }) => kinds);
      expect(named.toSorted()).toEqual(combinations.toSorted());
    },
  );

  const cells = rows.flatMap(({ lots, kinds, outcomes }) =>
    kinds.flatMap((kind) =>
      modes.map((mode, at) => ({ lots, kind, mode, outcome: outcomes[at] ?? '' })),
    ),
  );
  test.each(cells)('$lots lots, $kind, $mode: $outcome', ({ outcome, ...order }) => {
    expect(wordsOf(outcomeOf(createEngine(), order))).toBe(outcome);
  });
}
