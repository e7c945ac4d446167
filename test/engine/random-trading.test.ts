/** Random commands of every kind; after each: every invariant, the money, and at the end a replay. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '#domain/command.ts';
import type { EngineEvent, OrderDone, Trade } from '#domain/event.ts';
import { isDue } from '../../containers/matcher/engine/drive.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { address, digest, type Placing, TradingFloor } from './trading-floor.ts';

const accounts = ['alice', 'bob', 'cat', 'dan'].map(address);
const terms = {
  baseUnitsPerLot: 3,
  quoteUnitsPerTickLot: 7,
  minSizeLots: 2,
  minNotionalUnits: 2_000,
  makerFeeBps: 13,
  takerFeeBps: 27,
};

const account = fc.constantFrom(...accounts);
const asset = fc.constantFrom('ETH' as const, 'USDC' as const);
const laterMs = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  fc.integer({ min: 1, max: 30_000 }),
);

/** Eight times of nine the one, else the other. */
const mostly = <const A, const B>(usual: A, rare: B) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constant(rare) },
  );

const kinds = [
  ...Array.from({ length: 9 }, () => ['limit', 'gtc'] as const),
  ['limit', 'gtd'],
  ['limit', 'ioc'],
  ['limit', 'fok'],
  ['market', 'ioc'],
  ['market', 'fok'],
  ['stop', 'ioc'],
  ['take_profit', 'fok'],
  ['stop_limit', 'gtc'],
  ['take_profit_limit', 'gtc'],
] as const;

const placing = fc
  .record({
    account,
    side: fc.constantFrom('buy' as const, 'sell' as const),
    limitTicks: fc.noBias(fc.integer({ min: 96, max: 104 })),
    triggerTicks: fc.noBias(fc.integer({ min: 96, max: 104 })),
    sizeLots: fc.noBias(fc.integer({ min: 1, max: 40 })),
    displayLots: mostly(0, 3),
    kind: fc.constantFrom(...kinds),
    selfTrade: fc.constantFrom(
      'expire_taker' as const,
      'expire_maker' as const,
      'expire_both' as const,
      'decrement' as const,
    ),
    isPostOnly: mostly(false, true),
    spendUnits: fc.integer({ min: 1_500, max: 40_000 }),
    byMoney: fc.boolean(),
    clientOrderId: mostly(undefined, 'a'),
    livesMs: fc.noBias(fc.integer({ min: 0, max: 300_000 })),
    maxFeeBps: mostly(30, 25),
    misfit: mostly(undefined, 'size_off_lot' as const),
  })
  .map(({ kind, byMoney, isPostOnly, spendUnits, sizeLots, clientOrderId, ...drawn }) => {
    const { displayLots, triggerTicks, ...given } = drawn;
    const [orderType, timeInForce] = kind;
    const rests = timeInForce === 'gtc' || timeInForce === 'gtd';
    const isConditional = orderType !== 'limit' && orderType !== 'market';
    const isMarketBuy = orderType === 'market' && given.side === 'buy';
    return {
      ...given,
      orderType,
      timeInForce,
      postOnly: isPostOnly && rests && orderType === 'limit',
      displayLots: rests ? displayLots : 0,
      triggerTicks: isConditional ? triggerTicks : 0,
      ...(isMarketBuy && byMoney ? { spendUnits } : { sizeLots }),
      ...(clientOrderId === undefined ? {} : { clientOrderId }),
    };
  });

const deed = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('place' as const), placing }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('cancel' as const),
      nth: fc.nat(60),
      account,
      own: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('grant' as const),
      account,
      asset,
      units: fc.integer({ min: 1, max: 200_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('return' as const),
      account,
      asset,
      units: fc.integer({ min: 1, max: 300_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('list' as const),
      takerFeeBps: fc.integer({ min: 20, max: 30 }),
      quoteUnitsPerTickLot: mostly(7, 8),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('repeat' as const), nth: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('tick' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('amend' as const),
      nth: fc.nat(60),
      sizeLots: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel_all' as const), account }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('switch' as const),
      account,
      afterMs: fc.integer({ min: 0, max: 20_000 }),
    }),
  },
  // Twice as often as anything else stops a market, it opens again.
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('state' as const),
      state: fc.constantFrom('open' as const, 'open' as const, 'auction' as const),
    }),
  },
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

const story = fc.array(fc.record({ deed, laterMs }), { minLength: 1, maxLength: 100, size: 'max' });

function perform(floor: TradingFloor, done: Deed): EngineEvent[] {
  switch (done.type) {
    case 'place': {
      const { livesMs, ...placing } = done.placing;
      const given: Placing = { ...placing, expiresAtMs: floor.nowMs + livesMs };
      return floor.place(given);
    }
    case 'cancel': {
      const placed = floor.commands.filter((command) => command.type === 'place');
      const order = placed[done.nth % Math.max(placed.length, 1)];
      return floor.cancel(
        order?.commandId ?? digest(9_999),
        done.own ? order?.account : done.account,
      );
    }
    case 'grant':
      return floor.grant(done.account, done.asset, done.units);
    case 'return':
      return floor.giveBack(done.account, done.asset, done.units);
    case 'list':
      return floor.list({
        ...terms,
        takerFeeBps: done.takerFeeBps,
        quoteUnitsPerTickLot: done.quoteUnitsPerTickLot,
      });
    case 'repeat': {
      const command = floor.commands[done.nth % floor.commands.length] as Command;
      return floor.apply({ ...command, nowMs: floor.nowMs });
    }
    case 'tick':
      return floor.tick();
    case 'amend': {
      const placed = floor.commands.filter((command) => command.type === 'place');
      const order = placed[done.nth % Math.max(placed.length, 1)];
      const { sizeLots } = done;
      return floor.amend(order?.commandId ?? digest(9_999), { sizeLots }, order?.account);
    }
    case 'cancel_all':
      return floor.cancelAll(done.account);
    case 'switch':
      return floor.cancelAllAfter(done.afterMs, done.account);
    case 'state':
      return floor.setState(done.state);
  }
}

/** What accounts own by the events alone, free or held, and what was charged: nothing of the engine's own books. */
class EventLedger {
  readonly #units = new Map<string, number>();

  add(owner: string, asset: string, units: number): void {
    const key = `${owner} ${asset}`;
    this.#units.set(key, (this.#units.get(key) ?? 0) + units);
  }

  of(owner: string, asset: string): number {
    return this.#units.get(`${owner} ${asset}`) ?? 0;
  }

  take(event: EngineEvent): void {
    if (event.type === 'credit_granted') this.add(event.account, event.asset, event.units);
    if (event.type === 'credit_returned') this.add(event.account, event.asset, -event.units);
    if (event.type === 'trade') this.#takeTrade(event);
  }

  #takeTrade(trade: Trade): void {
    const maker = { account: trade.makerAccount, feeUnits: trade.makerFeeUnits };
    const taker = { account: trade.takerAccount, feeUnits: trade.takerFeeUnits };
    const [buyer, seller] = trade.takerSide === 'buy' ? [taker, maker] : [maker, taker];
    this.add(buyer.account, 'ETH', trade.baseUnits);
    this.add(buyer.account, 'USDC', -trade.quoteUnits - buyer.feeUnits);
    this.add(seller.account, 'ETH', -trade.baseUnits);
    this.add(seller.account, 'USDC', trade.quoteUnits - seller.feeUnits);
    this.add('fees', 'USDC', buyer.feeUnits + seller.feeUnits);
  }
}

function checkCommand(events: EngineEvent[], hashes: { before: string; after: string }): void {
  const opening = events.filter(({ type }) => type === 'accepted' || type === 'refused');
  expect(opening).toEqual(events.slice(0, 1));
  if (events[0]?.type === 'refused' && events.length === 1)
    expect(hashes.after).toBe(hashes.before);
}

/** Every trade within both limits, never with oneself, and at the maker's price where it is not an auction's one price. */
function checkTrades(events: EngineEvent[], placed: Map<string, Placing>): void {
  const trades = events.filter((event) => event.type === 'trade');
  const opens = events.findIndex(
    (event) => event.type === 'market_state_changed' && event.state === 'open',
  );
  // Behind the opening come those that it triggers.
  const uncrossed = new Set(trades.filter((trade) => events.indexOf(trade) < opens));
  expect(new Set([...uncrossed].map((trade) => trade.priceTicks)).size).toBeLessThan(2);
  for (const trade of trades) {
    const { priceTicks, makerDigest, takerDigest, takerSide } = trade;
    expect(trade.makerAccount).not.toBe(trade.takerAccount);
    const limitOf = (name: string) => placed.get(name)?.limitTicks ?? Number.NaN;
    const [buyer, seller] =
      takerSide === 'buy' ? [takerDigest, makerDigest] : [makerDigest, takerDigest];
    expect(priceTicks).toBeLessThanOrEqual(limitOf(buyer));
    expect(priceTicks).toBeGreaterThanOrEqual(limitOf(seller));
    if (!uncrossed.has(trade)) expect(limitOf(makerDigest)).toBe(priceTicks);
  }
}

test('no random day of trading breaks an invariant, loses a unit or replays differently', {
  timeout: 120_000,
}, () => {
  // Makers that pay, and makers that are paid.
  const makerFeeBps = fc.constantFrom(terms.makerFeeBps, -terms.makerFeeBps);
  fc.assert(
    fc.property(story, makerFeeBps, (deeds, fee) => {
      const floor = new TradingFloor(createEngine(), { ...terms, makerFeeBps: fee });
      const ledger = new EventLedger();
      for (const account of accounts) {
        for (const event of floor.grant(account, 'USDC', 500_000)) ledger.take(event);
        for (const event of floor.grant(account, 'ETH', 1_500)) ledger.take(event);
      }
      const placed = new Map<string, Placing>();
      const ends = new Map<string, OrderDone>();
      for (const { deed, laterMs } of deeds) {
        floor.nowMs += laterMs;
        // What is due comes first, by itself: what follows is the deed's alone.
        while (isDue(floor.engine, floor.nowMs)) noteEnds(floor.tick(), ends);
        const before = floor.engine.stateHash();
        const events = perform(floor, deed);
        checkCommand(events, { before, after: floor.engine.stateHash() });
        const last = floor.commands.at(-1);
        if (last?.type === 'place' && events[0]?.type === 'accepted')
          placed.set(last.commandId, last.amounts);
        for (const event of events) ledger.take(event);
        noteEnds(events, ends);
        checkTrades(events, placed);
        for (const owner of accounts) {
          for (const asset of ['ETH', 'USDC'] as const) {
            const { freeUnits, heldUnits } = floor.credit(owner, asset);
            expect(freeUnits + heldUnits).toBe(ledger.of(owner, asset));
          }
        }
      }
      replaysTheSame(floor);
      fillsAddUp(floor.events, ends);
    }),
    { numRuns: 200 },
  );
});

/** An order ends once. */
function noteEnds(events: EngineEvent[], ends: Map<string, OrderDone>): void {
  for (const event of events) {
    if (event.type !== 'order_done') continue;
    expect(ends.has(event.digest)).toBe(false);
    ends.set(event.digest, event);
  }
}

function replaysTheSame(floor: TradingFloor): void {
  const again = createEngine();
  for (const command of floor.commands) again.apply(command, () => {});
  expect(again.eventHash()).toBe(floor.engine.eventHash());
  expect(again.stateHash()).toBe(floor.engine.stateHash());
  expect(again.sequence).toBe(floor.engine.sequence);
}

/** What an order's end says of its fills is what the trades said. */
function fillsAddUp(events: EngineEvent[], ends: Map<string, OrderDone>): void {
  const sums = new Map<string, { lots: number; quote: number; fee: number }>();
  const add = (digest: string, trade: Trade, feeUnits: number) => {
    const sum = sums.get(digest) ?? { lots: 0, quote: 0, fee: 0 };
    sum.lots += trade.sizeLots;
    sum.quote += trade.quoteUnits;
    sum.fee += feeUnits;
    sums.set(digest, sum);
  };
  for (const event of events) {
    if (event.type !== 'trade') continue;
    add(event.makerDigest, event, event.makerFeeUnits);
    add(event.takerDigest, event, event.takerFeeUnits);
  }
  for (const [digest, end] of ends) {
    const { lots = 0, quote = 0, fee = 0 } = sums.get(digest) ?? {};
    expect({ lots, quote, fee }).toEqual({
      lots: end.filledLots,
      quote: end.filledQuoteUnits,
      fee: end.feeUnits,
    });
    if (end.reason === 'filled' && end.spendUnits === 0) expect(end.filledLots).toBe(end.sizeLots);
  }
}

test('engines that did different things have different hashes', () => {
  const floors = [100, 101].map((limitTicks) => {
    const floor = new TradingFloor(createEngine());
    floor.grant(address('alice'), 'USDC', 1_000);
    floor.place({ limitTicks });
    return floor.engine;
  });
  const [one, other] = floors.map((engine) => [engine.stateHash(), engine.eventHash()]);
  expect(one?.[0]).not.toBe(other?.[0]);
  // Resting without a trade tells the outside nothing of the price: only the state differs.
  expect(one?.[1]).toBe(other?.[1]);
});
