import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OrderProgress } from '#domain/order.ts';
import { creditsIn } from '#wire/snapshot-part.ts';
import { recordsIn } from '../../containers/matcher/snapshot-reader.ts';
import type { StoredRecord } from '../../containers/matcher/snapshot-words.ts';
import { PartWriter } from '../../containers/matcher/snapshot-writer.ts';

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

test('no record of a part reads where its end is cut off', () => {
  fc.assert(
    fc.property(record, fc.integer({ min: 1, max: 30 }), (each, cut) => {
      const whole = new PartWriter();
      whole.append(each);
      const part = whole.take();
      const read = () => [...recordsIn(part.subarray(0, Math.max(1, part.length - cut)))];
      // A name of its own that was told before it may be all that is left.
      let records: StoredRecord[] = [];
      try {
        records = read();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      expect(records).toEqual([]);
    }),
  );
});

test('a part of format 1, which spells a name where it needs it first, still reads', () => {
  const part = Buffer.from(
    [
      'AWV/wQEBq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6sAAAAACAAAAEVUSC1VU0RDAQAAAAcAAAAweGExMWNlAAAAAABA',
      'WUAAAAAAAAAcQAAAAAAAAABAAAAAAABAaUAAAAAAAAAUQAAAAAAAACJAAAAAAAAA8D8AAAAAAAAAQAAAAAAAAAhAAAAAAAAAFEAA',
      'AAAAAAAUQAFl/8EBAc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3NAAAAAAEAAAAAAAAAAEBZQAAAAAAAABxAAAAAAAAA',
      'AEAAAAAAAEBpQAAAAAAAABRAAAAAAAAAIkAAAAAAAADwPwAAAAAAAABAAAAAAAAACEAAAAAAAAAUQAAAAAAAABRABAAAAG1pbmUE',
      'AAEAAAB4AgAAAAUAAAAweGIwYgAAAAAAABBA',
    ].join(''),
    'base64',
  );
  const order = {
    ...{ kind: 'order', digest: `0x${'ab'.repeat(32)}`, account: '0xa11ce', marketId: 'ETH-USDC' },
    ...{ side: 'sell', orderType: 'limit', timeInForce: 'gtc', postOnly: true },
    ...{ selfTrade: 'decrement', limitTicks: 101, triggerTicks: 0, sizeLots: 7, displayLots: 0 },
    ...{ spendUnits: 0, filledLots: 2, filledQuoteUnits: 202, feeUnits: 0, createdAtMs: 5 },
    ...{ expiresAtMs: 9, place: 'book', makerFeeBps: 1, takerFeeBps: 2, admitted: 3 },
    ...{ heldUnits: 5, shownLots: 5 },
  };
  expect([...recordsIn(part)]).toEqual([
    order,
    { ...order, digest: `0x${'cd'.repeat(32)}`, clientOrderId: 'mine' },
    { kind: 'buried', digest: 'x', account: '0xb0b', atMs: 4 },
  ]);
  expect([...creditsIn(part)]).toEqual([]);
});
