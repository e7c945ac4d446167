/** A market floor to which one speaks in sentences, and which answers with what happened: any engine can stand behind it. */
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { assetsOf, type Market, type MarketState } from '#domain/market.ts';
import type { Side } from '#domain/order.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { dayMs } from '../../containers/matcher/engine/limits.ts';
import type { OrderPlace, OrderRecord } from '../../containers/matcher/engine/snapshot-record.ts';
import { drawing, type Row, rowsOf } from './cases/book-table.ts';
import { delegationDigest, orderOf } from './cases/spoken-order.ts';
import { termsOf } from './cases/spoken-terms.ts';
import { type Names, toldOf } from './cases/told-event.ts';
import { WatchedEngine } from './cases/watched-engine.ts';
import { address, base, plainMarket, quote, TradingFloor } from './trading-floor.ts';

/** Plenty for any drawn case, far below safe integers for all of them together. */
const plentyUnits = 1_000_000_000;

/** A table in canonical spacing, to compare with `DrawnBook.drawn()`. */
export const drawn = (table: string): string => drawing(rowsOf(table));

/** Who gives the operator's commands, and why. */
const ordered = { by: 'operator', why: 'a case' };

export class DrawnBook {
  readonly watched: WatchedEngine;
  readonly #floor: TradingFloor;
  /** Names by address. */
  #traders = new Map<string, string>();
  /** Placements that were taken, by the order's name. */
  #orders = new Map<string, PlaceOrder>();
  #names: Names;

  constructor(engine: Engine, table: string, terms: Partial<Market> = {}) {
    this.watched = new WatchedEngine(engine);
    this.#floor = new TradingFloor(engine, terms);
    engine.takeLevelChanges();
    this.#names = {
      order: (digest) => this.#nameOf(digest),
      trader: (account) => this.#traders.get(account) ?? account,
      market: (marketId) => (marketId === plainMarket.id ? 'market' : marketId),
    };
    this.#setUp(table, terms.state);
  }

  /** The orders of a table come in from its top row down, each side's in the order of the queue. */
  #setUp(table: string, state: MarketState = 'open'): void {
    for (const row of rowsOf(table)) {
      for (const side of ['buy', 'sell'] as const) {
        for (const { name, shownLots, leftLots } of row[side]) {
          const shows = shownLots < leftLots ? ` shows ${shownLots}` : '';
          const postOnly = state === 'pre_open' ? ' post-only' : '';
          const [trader] = name.split('#');
          const said = this.says(
            `${trader} ${side}s ${leftLots} at ${row.priceTicks}${shows}${postOnly}`,
          );
          if (said.length > 0) throw new Error(`the drawn book does not rest: ${said.join()}`);
          if (!this.#orders.has(name)) throw new Error(`${name} is not this order's number`);
        }
      }
    }
  }

  get engine(): Engine {
    return this.watched.engine;
  }

  get nowMs(): number {
    return this.#floor.nowMs;
  }

  /** The book as it stands, in the notation of tables. */
  drawn(marketId: string = plainMarket.id): string {
    const rows = new Map<number, Row>();
    for (const order of this.#ordersAt('book')) {
      if (order.marketId !== marketId) continue;
      const { limitTicks: priceTicks, sizeLots, filledLots, shownLots } = order;
      const row = rows.get(priceTicks) ?? { priceTicks, buy: [], sell: [] };
      rows.set(priceTicks, row);
      const name = this.#nameOf(order.digest);
      row[order.side].push({ name, shownLots, leftLots: sizeLots - filledLots });
    }
    return drawing([...rows.values()]);
  }

  /** Says one sentence and answers what is told of it, without `accepted`. See `cases/` for what can be said. */
  says(sentence: string): string[] {
    const words = sentence.split(' ');
    const [subject = '', verb = '', ...rest] = words;
    if (sentence.endsWith('?')) return this.#asked(sentence.slice(0, -1));
    if (/^\d+$/.test(subject)) return this.#passes(Number(subject));
    if (subject === 'market') return this.#operated(plainMarket.id, verb, rest);
    if (subject.includes('-')) return this.#operated(subject, verb, rest);
    if (sentence === 'again') return this.#again();
    if (subject === 'tier') return this.#definesTier([verb, ...rest].map(Number));
    return this.#spoken(subject, verb, rest);
  }

  #spoken(trader: string, verb: string, rest: string[]): string[] {
    const account = address(trader);
    const [first = '', second = '', third = ''] = rest;
    const isGrant = verb === 'is' && first === 'granted';
    if (!this.#traders.has(account)) {
      this.#traders.set(account, trader);
      if (!isGrant) for (const asset of ['ETH', 'USDC']) this.#grant(account, asset, plentyUnits);
    }
    if (isGrant) return this.#grant(account, third, Number(second));
    if (verb === 'is')
      return this.#applied({
        type: 'assign_fee_tier',
        account,
        tier: Number(rest.at(-1)),
        ...ordered,
      });
    if (verb === 'returns') {
      return this.#applied({ type: 'return', account, units: Number(first), asset: second });
    }
    if (verb === 'repeats') return this.#repeats(first);
    if (verb === 'cancels') return this.#cancels(account, rest);
    if (verb === 'amends') return this.#amends(account, rest);
    return this.#places(account, verb, rest);
  }

  /** `buys 5 at 101 …`: see spoken-order.ts. */
  #places(account: string, verb: string, [amount = '', ...words]: string[]): string[] {
    if (!['buys', 'sells', 'spends'].includes(verb)) throw new Error(`nobody ${verb}`);
    const { placing, replacing, lifetimeMs, ageMs } = orderOf(verb, amount, words);
    const { nowMs } = this;
    const command = this.#floor.placing({
      account,
      createdAtMs: nowMs - ageMs,
      ...(replacing === undefined ? {} : { replaces: this.#digestOf(replacing) }),
      ...(lifetimeMs === undefined ? {} : { expiresAtMs: nowMs + lifetimeMs }),
      ...placing,
    });
    const { base: traded } = assetsOf(command.marketId);
    if (traded !== base.id && command.side === 'sell') this.#grant(account, traded, plentyUnits);
    const name = this.#nextName(account);
    this.#orders.set(name, command);
    const events = this.watched.drive(command);
    const answer = events.find(
      (event) => 'commandId' in event && event.commandId === command.commandId,
    );
    const told = this.#told(events);
    if (answer?.type === 'refused') this.#orders.delete(name);
    return told;
  }

  /** The placement of an order once more, as it was, at the time that it is now. */
  #repeats(name: string): string[] {
    const placed = this.#orders.get(name);
    if (!placed) throw new Error(`there is no ${name}`);
    return this.#told(this.watched.drive({ ...placed, nowMs: this.nowMs }));
  }

  /** `alice#2`, `all`, `all buys in ETH-USDC`, `all after 500 ms`. */
  #cancels(account: string, words: string[]): string[] {
    const [what = '', when] = words;
    if (what !== 'all')
      return this.#applied({ type: 'cancel', account, digest: this.#digestOf(what) });
    if (when === 'after') {
      return this.#applied({ type: 'cancel_all_after', account, afterMs: Number(words[2]) });
    }
    const side = words.find((word) => word === 'buys' || word === 'sells')?.slice(0, -1);
    const marketId = words.find((word) => word.includes('-'));
    return this.#applied({
      type: 'cancel_all',
      account,
      ...(side === undefined ? {} : { side: side as Side }),
      ...(marketId === undefined ? {} : { marketId }),
    });
  }

  /** `alice to 3`, `alice to spend 300`, `alice misfit`. */
  #amends(account: string, words: string[]): string[] {
    const [name = ''] = words;
    const amount = Number(words.at(-1));
    const bound = words.includes('spend')
      ? { sizeLots: 0, spendUnits: amount }
      : { sizeLots: amount, spendUnits: 0 };
    const command = { type: 'amend', account, digest: this.#digestOf(name) } as const;
    if (!words.includes('misfit')) return this.#applied({ ...command, ...bound });
    return this.#applied({ ...command, sizeLots: 0, spendUnits: 0, misfit: 'size_off_lot' });
  }

  /** `turns halted`, `lists bandBps 500 haltBps 100`, `lists decimals 2` (of the traded asset). */
  #operated(marketId: string, verb: string, words: string[]): string[] {
    if (verb === 'turns') {
      const state = words[0] as MarketState;
      return this.#applied({ type: 'set_market_state', marketId, state, ...ordered });
    }
    const now = this.engine.market(marketId);
    const { decimals, ...terms } = termsOf(words.join(' '));
    const market = { ...(now?.market ?? plainMarket), ...terms, id: marketId };
    const { base: traded } = assetsOf(marketId);
    const known = traded === base.id ? base : { ...base, id: traded, chainAsset: address(traded) };
    const asset = { ...known, decimals: decimals ?? known.decimals };
    return this.#applied({ type: 'list_market', market, base: asset, quote, ...ordered });
  }

  /** `tier 1 pays -1 5`: the maker's rate, then the taker's. */
  #definesTier(words: number[]): string[] {
    const [tier = 0, , makerFeeBps = 0, takerFeeBps = 0] = words;
    return this.#applied({ type: 'define_fee_tier', tier, makerFeeBps, takerFeeBps, ...ordered });
  }

  #passes(laterMs: number): string[] {
    this.#floor.nowMs += laterMs;
    const events: EngineEvent[] = [];
    // As the matcher does: a tick only where something is due.
    while ((this.engine.nextDueMs() ?? Number.POSITIVE_INFINITY) <= this.nowMs) {
      const commandId = `tick-${this.watched.applied.length}`;
      events.push(...this.watched.drive({ type: 'tick', commandId, nowMs: this.nowMs }));
    }
    return this.#told(events);
  }

  #grant(account: string, asset: string, units: number): string[] {
    const line = this.engine.creditOf(account).find((each) => each.asset === asset);
    const grantNumber = (line?.grantNumber ?? 0) + 1;
    return this.#applied({ type: 'grant', account, asset, grantNumber, units, clock: 0 });
  }

  /** `market?`, `alice?`, `alice#2?`, `alice has?`, `alice pays?`, `alice by phone?`, `waiting?`. */
  #asked(subject: string): string[] {
    const [name = '', what, key = ''] = subject.split(' ');
    if (name === 'waiting') return this.#waiting();
    if (name === 'market') return this.#standing(plainMarket.id);
    if (name.includes('-')) return this.#standing(name);
    const account = address(name);
    if (what === 'by') return this.#countedBy(account, key);
    if (what === 'has') {
      return this.engine
        .creditOf(account)
        .filter(({ freeUnits, heldUnits }) => freeUnits + heldUnits > 0)
        .toSorted((one, other) => (one.asset < other.asset ? -1 : 1))
        .map(({ asset, freeUnits, heldUnits }) => `${freeUnits} ${asset} free, ${heldUnits} held`);
    }
    if (what === 'pays') {
      const { makerFeeBps, takerFeeBps } = this.engine.feesOf(account, plainMarket.id);
      return [`${makerFeeBps} as maker, ${takerFeeBps} as taker`];
    }
    const order = this.engine.order(this.#digestOf(name));
    if (!order) return ['unknown'];
    const { status, filledLots, filledQuoteUnits, sizeLots, spendUnits } = order;
    const done =
      spendUnits > 0
        ? `${filledQuoteUnits} of ${spendUnits} spent`
        : `${filledLots} of ${sizeLots} done`;
    return [`${status}, ${done}`];
  }

  /** Conditional orders that are not in the market yet: those that wait for their trigger oldest first, then those triggered. */
  #waiting(): string[] {
    const untriggered = this.#ordersAt('untriggered').map(({ digest }) => this.#nameOf(digest));
    const triggered = this.#ordersAt('triggered').map(({ digest }) => this.#nameOf(digest));
    return [...untriggered, ...triggered.map((name) => `${name} (triggered)`)];
  }

  #standing(marketId: string): string[] {
    const status = this.engine.marketStatus(marketId);
    const state = this.engine.market(marketId)?.market.state;
    if (!status) return ['unknown'];
    const { untilMs, lastTicks, referenceTicks, auction } = status;
    const until = untilMs > 0 ? ` for ${untilMs - this.nowMs} ms` : '';
    const prices = `${state}${until}, last ${lastTicks}, reference ${referenceTicks}`;
    if (!auction) return [prices];
    const { priceTicks, sizeLots, imbalanceLots } = auction;
    return [
      prices,
      `would trade ${sizeLots} at ${priceTicks}, imbalance ${Math.abs(imbalanceLots)}`,
    ];
  }

  /** What counts against the limit of a delegation now. */
  #countedBy(account: string, name: string): string[] {
    const digest = delegationDigest(name);
    let told = 'nothing';
    this.engine.save((record) => {
      if (record.kind !== 'delegation' || record.account !== account) return;
      if (record.digest !== digest) return;
      const { openUnits, matchedUnits, day } = record;
      const isToday = day === Math.floor(this.nowMs / dayMs);
      told = `${openUnits} open, ${isToday ? matchedUnits : 0} matched today`;
    });
    return [told];
  }

  #ordersAt(place: OrderPlace): OrderRecord[] {
    const orders: OrderRecord[] = [];
    this.engine.save((record) => {
      if (record.kind === 'order' && record.place === place) orders.push({ ...record });
    });
    return orders;
  }

  #nextName(account: string): string {
    const trader = this.#names.trader(account);
    let count = 1;
    while (this.#orders.has(count === 1 ? trader : `${trader}#${count}`)) count += 1;
    return count === 1 ? trader : `${trader}#${count}`;
  }

  #nameOf(digest: string): string {
    for (const [name, placed] of this.#orders) if (placed.commandId === digest) return name;
    return digest;
  }

  #digestOf(name: string): string {
    return this.#orders.get(name)?.commandId ?? `0x${'ee'.repeat(32)}`;
  }

  /** What was said last comes once more, under the same id. */
  #again(): string[] {
    const last = this.watched.driven.at(-1);
    if (!last) throw new Error('nothing was said');
    return this.#told(this.watched.drive({ ...last, nowMs: this.nowMs }));
  }

  /** Gives a command its id and time, applies it, and tells what happened. */
  #applied(command: Unsent): string[] {
    const commandId = `said-${this.watched.applied.length}`;
    return this.#told(this.watched.drive({ ...command, commandId, nowMs: this.nowMs } as Command));
  }

  #told(events: EngineEvent[]): string[] {
    return events.flatMap((event) => toldOf(event, this.#names));
  }
}

/** A command without what the floor gives to each. */
type Unsent = Command extends infer C
  ? C extends Command
    ? Omit<C, 'commandId' | 'nowMs'>
    : never
  : never;
