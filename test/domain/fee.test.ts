import fc from 'fast-check';
import { expect, test } from 'vitest';
import { feeUnits, makerFeeUnits } from '#domain/fee.ts';

const bps = fc.integer({ min: 0, max: 9_999 });
/** The largest notional that an order may have: twice of it is a safe integer. */
const notional = fc.integer({ min: 0, max: (Number.MAX_SAFE_INTEGER - 1) / 2 });

test('a fee is the exact floor of notional × bps / 10^4, and a safe integer', () => {
  fc.assert(
    fc.property(notional, bps, (units, rate) => {
      const exact = (BigInt(units) * BigInt(rate)) / 10_000n;
      expect(feeUnits(units, rate)).toBe(Number(exact));
      expect(Number.isSafeInteger(feeUnits(units, rate) + units)).toBe(true);
    }),
  );
});

test("the parts' floors never sum to more than the whole's floor", () => {
  const parts = fc.array(fc.integer({ min: 0, max: 10 ** 12 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(parts, bps, (notionals, rate) => {
      const whole = notionals.reduce((sum, units) => sum + units, 0);
      const fees = notionals.reduce((sum, units) => sum + feeUnits(units, rate), 0);
      expect(fees).toBeLessThanOrEqual(feeUnits(whole, rate));
    }),
  );
});

test('less than one unit of fee is no fee', () => {
  expect(feeUnits(999, 10)).toBe(0);
  expect(feeUnits(1_000, 10)).toBe(1);
  expect(feeUnits(1_999, 10)).toBe(1);
});

const rebate = fc.integer({ min: 1, max: 9_999 });

test("a rebate is the floor of its own size, and never above the taker's fee", () => {
  fc.assert(
    fc.property(notional, rebate, bps, (units, rate, takerRate) => {
      const takerFeeUnits = feeUnits(units, takerRate);
      const fee = makerFeeUnits(units, { makerFeeBps: -rate, takerFeeUnits });
      expect(fee).toBe(0 - Math.min(feeUnits(units, rate), takerFeeUnits));
      expect(fee + takerFeeUnits).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("a maker's fee of a positive rate is a fee like any other", () => {
  expect(makerFeeUnits(1_999, { makerFeeBps: 10, takerFeeUnits: 0 })).toBe(1);
});
