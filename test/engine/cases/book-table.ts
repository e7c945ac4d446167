/**
 * Books drawn as tables:
 *
 *     | bid            | price | ask     |
 *     |                | 101   | bob 7   |
 *     | dan 4, eve 2/9 | 100   |         |
 *     |                | 99    | dan#2 1 |
 *
 * A cell is the level's queue, first to trade first: each order with what is left of it, an iceberg as `shown/left`.
 * A trader's first order has its trader's name, the next ones are `dan#2`, `dan#3`.
 */
import type { Side } from '#domain/order.ts';

export type Resting = { name: string; shownLots: number; leftLots: number };
export type Row = { priceTicks: number } & { [side in Side]: Resting[] };

export function rowsOf(table: string): Row[] {
  const lines = table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^\|[-|]+$/.test(line));
  const [header = '', ...rows] = lines.map(cellsOf);
  if (header.toString() !== 'bid,price,ask') throw new Error(`not a drawn book: ${table}`);
  return rows.map(([bid = '', price = '', ask = '']) => {
    return { priceTicks: Number(price), buy: queueOf(bid), sell: queueOf(ask) };
  });
}

function cellsOf(line: string): string[] {
  const cells = line.split('|').map((cell) => cell.trim());
  if (cells.length !== 5) throw new Error(`not a row of a drawn book: ${line}`);
  return cells.slice(1, 4);
}

function queueOf(cell: string): Resting[] {
  if (cell === '') return [];
  return cell.split(', ').map((resting) => {
    const [, name = '', shown = '', left = shown] =
      /^([a-z]+(?:#\d+)?) (\d+)(?:\/(\d+))?$/.exec(resting) ?? [];
    if (name === '') throw new Error(`not an order: ${resting}`);
    return { name, shownLots: Number(shown), leftLots: Number(left) };
  });
}

/** Rows as one text in canonical spacing, highest price first: two drawings of one book are the same text. */
export function drawing(rows: Row[]): string {
  const queue = (orders: Resting[]) => orders.map(restingText).join(', ');
  const lines = rows
    .toSorted((one, other) => other.priceTicks - one.priceTicks)
    .map((row) => `| ${queue(row.buy)} | ${row.priceTicks} | ${queue(row.sell)} |`);
  return ['| bid | price | ask |', ...lines].join('\n');
}

function restingText({ name, shownLots, leftLots }: Resting): string {
  return shownLots === leftLots ? `${name} ${leftLots}` : `${name} ${shownLots}/${leftLots}`;
}
