import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linesName, linesText, readLines } from '#wire/trade-lines.ts';

const anyLine = fc.record({
  sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  marketId: fc.constantFrom('ETH-USDC', 'BTC-USDC', 'ETH-BTC'),
  units: fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
  feeUnits: fc.oneof(fc.constant(0n), fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n })),
});

describe('the trade lines of an entry', () => {
  test('come back from their text as they were, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 20 }), (lines) => {
        expect(readLines(linesText(lines))).toEqual(lines);
      }),
    );
  });

  test('say a market once while it stays the same, and no fee where there is none', () => {
    const line = { marketId: 'ETH-USDC', units: 5n, feeUnits: 0n };
    const lines = [
      { ...line, sequence: 1_000_007 },
      { ...line, sequence: 1_000_009, units: -12n, feeUnits: 3n },
      { ...line, sequence: 1_000_010, marketId: 'BTC-USDC' },
    ];
    expect(linesText(lines)).toBe('1000007:ETH-USDC:5:;2::-12:3;1:BTC-USDC:5:');
  });

  test('tell without being read whether a market is among them', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 20 }), (lines) => {
        for (const marketId of ['ETH-USDC', 'BTC-USDC', 'ETH-BTC', 'USDC', 'TH-USDC'])
          expect(linesName(linesText(lines), marketId)).toBe(
            lines.some((line) => line.marketId === marketId),
          );
      }),
    );
  });

  test('that do not read are a bug, not a guess', () => {
    expect(() => readLines('1::5:')).toThrow('no trade line');
    expect(() => readLines('x:ETH-USDC:5:')).toThrow('no trade line');
  });
});
