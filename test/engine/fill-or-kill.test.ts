/** A fill-or-kill order is taken exactly where the same order, immediate or cancel, would end filled. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OrderDone } from '#domain/event.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { address, type Placing, TradingFloor } from './trading-floor.ts';

const nearTicks = fc.integer({ min: 96, max: 106 });
const resting = fc.record({
  account: fc.constantFrom('alice', 'bob', 'bob', 'cat', 'cat').map(address),
  limitTicks: nearTicks,
  sizeLots: fc.integer({ min: 1, max: 9 }),
  displayLots: fc.constantFrom(0, 0, 0, 1, 2),
});
const terms = fc.record({
  quoteUnitsPerTickLot: fc.constantFrom(1, 7),
  bandBps: fc.constantFrom(0, 0, 300),
  haltBps: fc.constantFrom(0, 0, 0, 300),
  haltWindowMs: fc.constant(8_000),
  referenceTicks: fc.constant(100),
});
const wish = fc.record({
  side: fc.constantFrom('buy' as const, 'buy' as const, 'sell' as const),
  orderType: fc.constantFrom('limit' as const, 'market' as const),
  limitTicks: nearTicks,
  sizeLots: fc.integer({ min: 1, max: 30 }),
  spendUnits: fc.integer({ min: 1, max: 15_000 }),
  byMoney: fc.boolean(),
  selfTrade: fc.constantFrom(
    'expire_taker' as const,
    'expire_maker' as const,
    'expire_both' as const,
  ),
});

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;
type World = { market: Drawn<typeof terms>; book: Drawn<typeof resting>[] };

/** Places one order in a book of others of the other side, and says what came of it. */
function outcome(engine: Engine, { market, book }: World, placing: Placing): string | undefined {
  const floor = new TradingFloor(engine, { quoteUnitsPerTickLot: market.quoteUnitsPerTickLot });
  for (const account of ['alice', 'bob', 'cat'].map(address)) {
    floor.grant(account, 'USDC', 1_000_000);
    floor.grant(account, 'ETH', 1_000_000);
  }
  const side = placing.side === 'buy' ? 'sell' : 'buy';
  for (const order of book) floor.place({ ...order, side });
  // The bands come last, so that some levels are outside.
  floor.list(market);
  const events = floor.place(placing);
  const done = events.find(
    (event): event is OrderDone =>
      event.type === 'order_done' && event.digest === floor.commands.at(-1)?.commandId,
  );
  return done?.reason;
}

const engines = [
  ['the matching engine', createEngine],
  ['the naive engine', createNaiveEngine],
] as const;

describe.each(engines)('%s', (_, create) => {
  test('takes a fill-or-kill order where the same as ioc would end filled, and nowhere else', () => {
    let filled = 0;
    const run = fc.property(terms, fc.array(resting, { maxLength: 12 }), wish, (...drawn) => {
      const [market, all, { byMoney, sizeLots, spendUnits, ...given }] = drawn;
      // An ioc order may end own orders beyond the volatility bound and trade behind them: nothing that a fok order counts on.
      const book = all.filter(
        ({ account }) => market.haltBps === 0 || account !== address('alice'),
      );
      const isByMoney = byMoney && given.side === 'buy' && given.orderType === 'market';
      const bound = isByMoney ? { spendUnits } : { sizeLots };
      const [fok, ioc] = (['fok', 'ioc'] as const).map((timeInForce) =>
        outcome(create(), { market, book }, { ...given, ...bound, timeInForce }),
      );
      expect(fok === 'filled').toBe(ioc === 'filled');
      if (ioc === 'filled') filled += 1;
    });
    fc.assert(run, { numRuns: Number(process.env['CROSSBOOK_RUNS'] ?? 400) });
    expect(filled).toBeGreaterThan(0);
  });
});
