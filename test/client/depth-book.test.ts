import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDepthBook } from '#client/depth-book.ts';
import type { DepthDelta, DepthSnapshot } from '#wire/feed-message.ts';
import type { DepthLevel } from '#wire/matcher-api.ts';
import { depthChecksum, levelsToText } from '#wire/present.ts';
import { ethUsdc } from './listed-market.ts';

type Change = { side: 'bids' | 'asks'; ticks: number; lots: number };

/** The exchange's book, told as a snapshot or as the change between two moments. */
class Exchange {
  readonly sides = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  sequence = 0;
  #told = 0;

  levels(side: 'bids' | 'asks'): DepthLevel[] {
    const sign = side === 'bids' ? -1 : 1;
    return [...this.sides[side]].sort(([left], [right]) => sign * (left - right));
  }

  snapshot(): DepthSnapshot {
    return { type: 'depth_snapshot', sequence: this.sequence, ...this.#text(), ...this.#end() };
  }

  change(changes: Change[]): DepthDelta {
    const changed = { bids: new Map<number, number>(), asks: new Map<number, number>() };
    for (const { side, ticks, lots } of changes) {
      this.sequence += 1;
      if (lots === 0) this.sides[side].delete(ticks);
      else this.sides[side].set(ticks, lots);
      changed[side].set(ticks, lots);
    }
    const firstSequence = this.#told + 1;
    this.#told = this.sequence;
    return {
      type: 'depth',
      firstSequence,
      lastSequence: this.sequence,
      bids: levelsToText([...changed.bids], ethUsdc),
      asks: levelsToText([...changed.asks], ethUsdc),
      ...this.#end(),
    };
  }

  #text() {
    const text = (side: 'bids' | 'asks') => levelsToText(this.levels(side), ethUsdc);
    return { bids: text('bids'), asks: text('asks') };
  }

  #end() {
    const checksum = depthChecksum(this.levels('bids'), this.levels('asks'));
    return { market: 'ETH-USDC', checksum };
  }
}

/** Sides that overlap, as they do while an auction collects. */
const change = fc.oneof(
  fc.record({
    side: fc.constant('bids' as const),
    ticks: fc.integer({ min: 90, max: 115 }),
    lots: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({
    side: fc.constant('asks' as const),
    ticks: fc.integer({ min: 95, max: 130 }),
    lots: fc.integer({ min: 0, max: 3 }),
  }),
);
const changes = fc.array(fc.array(change, { minLength: 1, maxLength: 5 }), { maxLength: 30 });

const told = (exchange: Exchange) => {
  const { bids, asks } = exchange.snapshot();
  return { bids, asks };
};
const seen = (book: ReturnType<typeof createDepthBook>) => ({
  bids: book.bids(500),
  asks: book.asks(500),
});

describe('a book kept from deltas', () => {
  test('is the exchange’s book, whenever the snapshot came', () => {
    fc.assert(
      fc.property(changes, fc.nat(30), (rounds, snapshotAt) => {
        const exchange = new Exchange();
        const book = createDepthBook(ethUsdc);
        rounds.forEach((round, index) => {
          if (index === snapshotAt) book.snapshot(exchange.snapshot());
          book.delta(exchange.change(round));
        });
        book.snapshot(exchange.snapshot());
        expect(book.state).toBe('live');
        expect(seen(book)).toEqual(told(exchange));
      }),
    );
  });

  test('is the same book when deltas come doubled and out of order', () => {
    fc.assert(
      fc.property(changes, fc.infiniteStream(fc.nat(3)), (rounds, shifts) => {
        const exchange = new Exchange();
        const book = createDepthBook(ethUsdc);
        book.snapshot(exchange.snapshot());
        const deltas = rounds.map((round) => exchange.change(round));
        const shuffled = [...deltas, ...deltas]
          .map((delta, index) => ({ delta, at: index + (shifts.next().value ?? 0) }))
          .sort((left, right) => left.at - right.at);
        for (const { delta } of shuffled) book.delta(delta);
        expect(book.state).toBe('live');
        expect(book.sequence).toBe(exchange.sequence);
        expect(seen(book)).toEqual(told(exchange));
      }),
    );
  });

  test('never passes a missing delta silently', () => {
    fc.assert(
      fc.property(changes, fc.nat(29), (rounds, lostAt) => {
        fc.pre(rounds.length > lostAt + 1);
        const exchange = new Exchange();
        const book = createDepthBook(ethUsdc);
        book.snapshot(exchange.snapshot());
        rounds.forEach((round, index) => {
          const delta = exchange.change(round);
          if (index !== lostAt) book.delta(delta);
        });
        expect(book.state).toBe('early');
        book.reset();
        book.snapshot(exchange.snapshot());
        expect(seen(book)).toEqual(told(exchange));
      }),
    );
  });
});

test('a book tells what an auction would do, for as long as there is one', () => {
  const exchange = new Exchange();
  const book = createDepthBook(ethUsdc);
  const auction = { price: '1', size: '0.002', imbalance: '0' };
  book.snapshot({ ...exchange.snapshot(), auction });
  expect(book.auction).toEqual(auction);
  const crossed = exchange.change([
    { side: 'bids', ticks: 101, lots: 2 },
    { side: 'asks', ticks: 100, lots: 2 },
  ]);
  book.delta({ ...crossed, auction: { ...auction, price: '1.01' } });
  expect(book.auction?.price).toBe('1.01');
  expect([book.state, book.bids(1)[0]?.[0], book.asks(1)[0]?.[0]]).toEqual(['live', '1.01', '1']);
  book.delta(exchange.change([{ side: 'bids', ticks: 101, lots: 0 }]));
  expect(book.auction).toBeUndefined();
});

describe('a book that is wrong', () => {
  const exchangeWithLevels = () => {
    const exchange = new Exchange();
    exchange.change([
      { side: 'bids', ticks: 99, lots: 5 },
      { side: 'asks', ticks: 101, lots: 7 },
    ]);
    return exchange;
  };

  test('is found by the checksum of a delta, and stays stale until a snapshot', () => {
    const exchange = exchangeWithLevels();
    const book = createDepthBook(ethUsdc);
    book.snapshot(exchange.snapshot());
    const delta = exchange.change([{ side: 'bids', ticks: 98, lots: 1 }]);
    book.delta({ ...delta, bids: [['0.98', '0.002']] });
    expect(book.state).toBe('stale');

    book.delta(exchange.change([{ side: 'bids', ticks: 97, lots: 1 }]));
    expect(book.state).toBe('stale');
    book.snapshot(exchange.snapshot());
    expect(book.state).toBe('live');
    expect(seen(book)).toEqual(told(exchange));
  });

  test('is found by the checksum of a snapshot', () => {
    const book = createDepthBook(ethUsdc);
    book.snapshot({ ...exchangeWithLevels().snapshot(), asks: [] });
    expect(book.state).toBe('stale');
  });

  test('is not brought back by a snapshot older than its deltas', () => {
    const exchange = exchangeWithLevels();
    const old = exchange.snapshot();
    const book = createDepthBook(ethUsdc);
    book.snapshot(old);
    book.delta(exchange.change([{ side: 'asks', ticks: 101, lots: 0 }]));
    book.snapshot(old);
    expect(seen(book)).toEqual(told(exchange));
  });
});
