/**
 * Books drawn as tables, and sentences that traders say to them:
 *
 *     | bid          | price | ask   |
 *     |              | 101   | bob 7 |
 *     | dan 4, eve 1 | 100   |       |
 *
 * A cell is the level's queue, oldest first, as `trader lots`. Any engine can be driven.
 */
import type { EngineEvent } from '#domain/event.ts';
import type { Market } from '#domain/market.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { address, type Placing, plainMarket, TradingFloor } from './trading-floor.ts';

/** Plenty for any drawn case, far below safe integers for all of them together. */
const plentyUnits = 1_000_000_000;

export class DrawnBook {
  readonly floor: TradingFloor;
  #traders = new Map<string, string>();

  constructor(engine: Engine, table: string, market: Partial<Market> = {}) {
    this.floor = new TradingFloor(engine, market);
    for (const row of rowsOf(table)) {
      for (const side of ['buy', 'sell'] as const) {
        for (const { trader, lots } of row[side]) {
          const verb = side === 'buy' ? 'buys' : 'sells';
          const said = this.says(`${trader} ${verb} ${lots} at ${row.price}`);
          if (said.length > 0) throw new Error(`the drawn book trades by itself: ${said.join()}`);
        }
      }
    }
  }

  /**
   * Places or cancels and tells what happened, event by event, without the `accepted`:
   * `bob buys 5 at 101`, `… ioc`, `bob sells 5 at market 99` (99 is the worst price),
   * `bob spends 500 at market 101`, `bob cancels 3` (his third order).
   */
  says(sentence: string, placing: Placing = {}): string[] {
    const [trader = '', verb = '', amount = '', ...rest] = sentence.split(' ');
    const account = this.#enter(trader);
    if (verb === 'cancels') {
      const order = this.#ordersOf(account)[Number(amount) - 1];
      return this.#told(this.floor.cancel(order ?? 'none', account));
    }
    const isMarket = rest.includes('market');
    return this.#told(
      this.floor.place({
        account,
        side: verb === 'sells' ? 'sell' : 'buy',
        orderType: isMarket ? 'market' : 'limit',
        timeInForce: isMarket || rest.includes('ioc') ? 'ioc' : 'gtc',
        limitTicks: Number(rest.find((word) => /^\d+$/.test(word))),
        ...(verb === 'spends' ? { spendUnits: Number(amount) } : { sizeLots: Number(amount) }),
        ...placing,
      }),
    );
  }

  /** The book as it stands, in the notation of `drawn`. */
  drawn(): string {
    const { bids, asks } = this.floor.engine.depth(plainMarket.id, 1_000);
    const prices = [...asks.map(([price]) => price).reverse(), ...bids.map(([price]) => price)];
    return drawing(
      prices.map((price) => ({
        price,
        buy: this.#queue('buy', price),
        sell: this.#queue('sell', price),
      })),
    );
  }

  /** Moves the clock and tells what expired. */
  waits(laterMs: number): string[] {
    return this.#told(this.floor.tick(laterMs));
  }

  #enter(trader: string): string {
    const account = address(trader);
    if (this.#traders.has(account)) return account;
    this.#traders.set(account, trader);
    this.floor.grant(account, 'ETH', plentyUnits);
    this.floor.grant(account, 'USDC', plentyUnits);
    return account;
  }

  #ordersOf(account: string): string[] {
    const placed = this.floor.commands.filter((each) => each.type === 'place');
    return placed.filter((each) => each.account === account).map((each) => each.commandId);
  }

  /** Digests of a floor count up, so their order is the order of time. */
  #queue(side: 'buy' | 'sell', price: number): Resting[] {
    return [...this.#traders.keys()]
      .flatMap((account) => this.floor.engine.ordersOf(account))
      .filter((order) => order.side === side && order.limitTicks === price)
      .sort((one, other) => (one.digest < other.digest ? -1 : 1))
      .map((order) => ({
        trader: this.#traders.get(order.account) ?? order.account,
        lots: order.sizeLots - order.filledLots,
      }));
  }

  #told(events: EngineEvent[]): string[] {
    return events.flatMap((event) => {
      if (event.type === 'refused') return [`refused ${event.code}`];
      if (event.type === 'order_done') return [`${this.#name(event.account)} is ${event.reason}`];
      if (event.type !== 'trade') return [];
      const [taker, maker] = [this.#name(event.takerAccount), this.#name(event.makerAccount)];
      const verb = event.takerSide === 'buy' ? 'buys' : 'sells';
      const preposition = event.takerSide === 'buy' ? 'from' : 'to';
      return [`${taker} ${verb} ${event.sizeLots} at ${event.priceTicks} ${preposition} ${maker}`];
    });
  }

  #name(account: string): string {
    return this.#traders.get(account) ?? account;
  }
}

/** A table in canonical spacing, to compare with `DrawnBook.drawn()`. */
export const drawn = (table: string): string => drawing(rowsOf(table));

type Resting = { trader: string; lots: number };
type Row = { price: number; buy: Resting[]; sell: Resting[] };

function rowsOf(table: string): Row[] {
  const lines = table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const [header = '', ...rows] = lines.map(cellsOf);
  if (header.toString() !== 'bid,price,ask') throw new Error(`not a drawn book: ${table}`);
  return rows.map(([bid = '', price = '', ask = '']) => {
    return { price: Number(price), buy: queueOf(bid), sell: queueOf(ask) };
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
    const [trader = '', lots = ''] = resting.split(' ');
    if (!/^[a-z]+$/.test(trader) || !/^\d+$/.test(lots))
      throw new Error(`not an order: ${resting}`);
    return { trader, lots: Number(lots) };
  });
}

function drawing(rows: Row[]): string {
  const queue = (orders: Resting[]) =>
    orders.map(({ trader, lots }) => `${trader} ${lots}`).join(', ');
  const lines = rows.map((row) => `| ${queue(row.buy)} | ${row.price} | ${queue(row.sell)} |`);
  return ['| bid | price | ask |', ...lines].join('\n');
}
