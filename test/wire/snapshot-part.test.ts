import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OrderProgress } from '#domain/order.ts';
import { creditsIn } from '#wire/snapshot-part.ts';
import { PartWriter, type StoredRecord } from '../../containers/matcher/snapshot-codec.ts';

const number = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 40 }));
const name = fc.constantFrom('0xa11ce', '0xb0b', 'ETH-USDC', 'ü');
const id = fc.oneof(
  fc.constant(`0x${'ab'.repeat(32)}`),
  fc.string({ minLength: 1, maxLength: 20 }),
);

const progress: fc.Arbitrary<OrderProgress> = fc
  .record({
    digest: id,
    account: name,
    marketId: name,
    limitTicks: number,
    triggerTicks: number,
    sizeLots: number,
    displayLots: number,
    spendUnits: number,
    filledLots: number,
    filledQuoteUnits: number,
    feeUnits: number,
    createdAtMs: number,
    expiresAtMs: number,
    clientOrderId: fc.option(fc.string(), { nil: undefined }),
  })
  .map(({ clientOrderId, ...each }) => ({
    ...each,
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    ...{ side: 'sell', orderType: 'stop_limit', timeInForce: 'gtd' },
    ...{ postOnly: true, selfTrade: 'decrement' },
  })) as fc.Arbitrary<OrderProgress>;

const record: fc.Arbitrary<StoredRecord> = fc.oneof(
  fc
    .record({
      of: progress,
      rest: fc.array(number, { minLength: 5, maxLength: 5 }),
      delegation: fc.option(id, { nil: undefined }),
    })
    .map(
      ({
        of,
        delegation,
        rest: [makerFeeBps = 0, takerFeeBps = 0, admitted = 0, heldUnits = 0, shownLots = 0],
      }) => ({
        ...of,
        ...{ kind: 'order' as const, place: 'book' as const },
        ...{ makerFeeBps, takerFeeBps, admitted, heldUnits, shownLots },
        ...(delegation === undefined ? {} : { delegation }),
      }),
    ),
  fc.record({ of: progress, atMs: number }).map(({ of, atMs }) => ({
    ...of,
    ...{ kind: 'ended' as const, status: 'filled' as const, atMs },
  })),
  fc.record({ commandId: id, sequence: number, atMs: number }).map((each) => ({
    kind: 'remembered' as const,
    ...each,
  })),
  fc.record({ digest: id, account: name, atMs: number }).map((each) => ({
    kind: 'buried' as const,
    ...each,
  })),
  fc.record({ account: name, tier: number }).map((each) => ({
    kind: 'account_tier' as const,
    ...each,
  })),
  fc.record({ account: name, asset: name, freeUnits: number, heldUnits: number }).map((each) => ({
    ...{ kind: 'credit' as const, ...each },
    ...{ grantNumber: 1, returnNumber: 0, returnedUnits: 0 },
  })),
);

test('a reader of credit finds every line of it among any other records, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 40 }), (records) => {
      const writer = new PartWriter();
      for (const each of records) writer.append(each);
      const credits = records.filter(({ kind }) => kind === 'credit');
      expect([...creditsIn(writer.take())]).toEqual(credits);
    }),
  );
});

test('a part that ends too early is refused', () => {
  const writer = new PartWriter();
  writer.append({ kind: 'account_tier', account: '0xa11ce', tier: 1 });
  const part = writer.take();
  expect(() => [...creditsIn(part.subarray(0, part.length - 1))]).toThrow(RangeError);
  expect(() => [...creditsIn(Uint8Array.of(9))]).toThrow(RangeError);
});
