import fc from 'fast-check';
import { expect, test } from 'vitest';
import { units } from '#domain/amount.ts';
import {
  isSameOperation,
  type LedgerOperation,
  ownerOf,
  postingsOf,
} from '#domain/ledger-operation.ts';

const account = fc.constantFrom('0xa', '0xb', '0xa/bot');
const amount = fc.bigInt({ min: -(10n ** 31n), max: 10n ** 31n }).map(units);
const asset = fc.constantFrom('USDC', 'ETH');
const common = { asset, units: amount };
const operation: fc.Arbitrary<LedgerOperation> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      ...(['deposit', 'withdraw_hold', 'withdraw_finish', 'withdraw_return'] as const),
    ),
    ...{ account, ...common },
  }),
  fc.record({ kind: fc.constant('transfer' as const), from: account, to: account, ...common }),
  fc.record({
    kind: fc.constant('adjust' as const),
    house: fc.constantFrom('house:insurance', 'house:dust'),
    ...{ account, ...common },
  }),
);

test('no operation makes or loses a unit, and each side names the other', () => {
  fc.assert(
    fc.property(operation, (drawn) => {
      const postings = postingsOf(drawn, 'house:vault');
      const moved = postings.map((each) => each.availableUnits + each.withdrawingUnits);
      expect(moved.reduce((sum, each) => sum + each, 0n)).toBe(0n);
      const sides = postings.map((each) => `${each.account} ${each.counterparty}`);
      const turned = postings.map((each) => `${each.counterparty} ${each.account}`);
      expect(sides.sort()).toEqual(turned.sort());
    }),
  );
});

test('an operation is the same as itself, and as none whose content differs', () => {
  fc.assert(
    fc.property(operation, operation, (one, other) => {
      const asText = (each: LedgerOperation) =>
        JSON.stringify(
          Object.entries(each)
            .map(([name, value]) => `${name} ${value}`)
            .sort(),
        );
      expect(isSameOperation(one, { ...one })).toBe(true);
      expect(isSameOperation(one, other)).toBe(asText(one) === asText(other));
    }),
  );
});

test('sub-accounts are their owner’s, and the house is one owner', () => {
  expect(ownerOf('0xa/bot')).toBe(ownerOf('0xa'));
  expect(ownerOf('0xb')).not.toBe(ownerOf('0xa'));
  expect(ownerOf('house:dust')).toBe(ownerOf('house:fees'));
});
