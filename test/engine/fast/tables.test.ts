/** The fast engine's tables beside plain maps and arrays that do the same. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExpiryQueue } from '../../../containers/matcher/engine/fast/expiry-queue.ts';
import { createFastEngine } from '../../../containers/matcher/engine/fast/fast-engine.ts';
import { accepted, IdTable } from '../../../containers/matcher/engine/fast/id-table.ts';
import { none, OrderTable, place } from '../../../containers/matcher/engine/fast/order-table.ts';
import { PagePool, PriceLadder } from '../../../containers/matcher/engine/fast/price-ladder.ts';
import { address, digest, TradingFloor } from '../trading-floor.ts';

const words = (number: number) =>
  Int32Array.from({ length: 8 }, (_, at) => (at === 7 ? number : 0));

describe('the table of ids', () => {
  test('finds what is in it and nothing else, whatever comes and goes', () => {
    const deeds = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 })), {
      minLength: 50,
      maxLength: 400,
    });
    fc.assert(
      fc.property(deeds, fc.integer(), (drawn, secret) => {
        const ids = new IdTable(secret);
        const rows = new Map<number, number>();
        for (const [adds, number] of drawn) {
          const hash = ids.hashOf(words(number));
          if (adds && !rows.has(number)) {
            const row = ids.add(words(number), hash);
            ids.remember(row, { sequence: number + 1, code: accepted, atMs: 0 });
            rows.set(number, row);
          } else if (!adds && rows.size > 0) {
            const [oldest] = rows.keys();
            ids.forgetOldest();
            rows.delete(oldest as number);
          }
          for (let each = 0; each <= 40; each += 1) {
            const found = ids.find(words(each), ids.hashOf(words(each)));
            expect(found).toBe(rows.get(each) ?? none);
            if (found !== none) expect(ids.text(found)).toBe(digest(each));
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  test('tells digests apart that have one hash', () => {
    const ids = new IdTable(1);
    const [one, other] = [ids.add(words(1), 5), ids.add(words(2), 5)];
    expect([ids.find(words(1), 5), ids.find(words(2), 5)]).toEqual([one, other]);
    expect(ids.find(words(3), 5)).toBe(none);
  });
});

describe.each([true, false])('a ladder of prices, highest first: %s', (isDescending) => {
  test('keeps its levels in order, near and far', () => {
    const price = fc.oneof(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    );
    const deeds = fc.array(fc.tuple(fc.boolean(), price), { maxLength: 300 });
    fc.assert(
      fc.property(deeds, (drawn) => {
        const ladder = new PriceLadder(new PagePool(), { owner: 3, isDescending });
        const prices = new Map<number, number>();
        drawn.forEach(([, ticks], level) => {
          if (prices.has(ticks)) {
            ladder.remove(ticks);
            prices.delete(ticks);
          } else {
            ladder.insert(ticks, level);
            prices.set(ticks, level);
          }
          const inOrder = [...prices].sort(([one], [other]) =>
            isDescending ? other - one : one - other,
          );
          expect(ladder.best).toBe(inOrder[0]?.[1] ?? none);
          expect(ladder.find(ticks)).toBe(prices.get(ticks) ?? none);
          inOrder.forEach(([each], at) => {
            expect(ladder.next(each)).toBe(inOrder[at + 1]?.[1] ?? none);
          });
        });
      }),
      { numRuns: 60 },
    );
  });
});

test('orders expire by time, then by age, and those that are over never', () => {
  const deeds = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(deeds, (drawn) => {
      const orders = new OrderTable();
      const queue = new ExpiryQueue(orders);
      let live: number[] = [];
      drawn.forEach(([expiresAtMs, ends], admitted) => {
        const [leaving] = live;
        if (ends && leaving !== undefined) {
          orders.retire(leaving, 0);
          queue.leave(leaving);
          orders.releaseRetired();
          live = live.slice(1);
        } else {
          const slot = orders.take();
          orders.places[slot] = place.book;
          orders.expiresAtMs[slot] = expiresAtMs;
          orders.admitted[slot] = admitted;
          queue.add(slot);
          live.push(slot);
        }
        const due = (slot: number) =>
          (orders.expiresAtMs[slot] as number) * 1e6 + (orders.admitted[slot] as number);
        const [first] = [...live].sort((one, other) => due(one) - due(other));
        expect(queue.first).toBe(first ?? none);
      });
    }),
    { numRuns: 60 },
  );
});

test('no result depends on the secret of the process', () => {
  const hashes = [1, 2].map((hashSecret) => {
    const floor = new TradingFloor(createFastEngine({ hashSecret }));
    floor.grant(address('alice'), 'USDC', 10_000);
    floor.grant(address('bob'), 'ETH', 10_000);
    for (let nth = 0; nth < 20; nth += 1) {
      const account = address(nth % 2 === 0 ? 'alice' : 'bob');
      floor.place({ account, side: nth % 2 === 0 ? 'buy' : 'sell', limitTicks: 90 + nth });
    }
    return [floor.engine.eventHash(), floor.engine.stateHash()];
  });
  expect(hashes[0]).toEqual(hashes[1]);
});
