import fc from 'fast-check';
import { expect, test } from 'vitest';
import { history, holdsThroughout } from './exact-balances.ts';
import { plainLedger } from './plain-ledger.ts';

const numRuns = Number(process.env['CROSSBOOK_RUNS'] ?? 400);

test(
  'free and held are what an account truly has, whatever happens around and within the reads',
  async () => {
    let answered = 0;
    let onTheirWay = 0;
    await fc.assert(
      fc.asyncProperty(history, async (told) => {
        const tally = await holdsThroughout(plainLedger(), told);
        answered += tally.answered;
        onTheirWay += tally.onTheirWay;
      }),
      { numRuns },
    );
    // Else the run shows nothing: often enough funds were between ledger and matchers while somebody asked.
    expect(onTheirWay).toBeGreaterThan(answered / 20);
  },
  60_000 + numRuns * 50,
);
