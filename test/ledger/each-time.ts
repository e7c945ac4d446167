/** A fresh ledger for each test of the suite, and a look at all of it afterwards. */
import { afterEach, beforeEach, expect } from 'vitest';
import { addsUp } from './adds-up.ts';
import { type LedgerUnderTest, type Moves, movesOf } from './ledger-under-test.ts';

export type Open = () => Promise<LedgerUnderTest>;

export function eachTime(open: Open, take: (at: LedgerUnderTest, moves: Moves) => void): void {
  let now: LedgerUnderTest;
  beforeEach(async () => {
    now = await open();
    take(now, movesOf(now.ledger));
  });
  afterEach(() => addsUp(now));
}

/** That a call is refused so, and leaves no trace. */
export async function expectRefused(
  at: LedgerUnderTest,
  call: () => Promise<{ status: string }>,
  status: string,
): Promise<void> {
  const before = await at.everything();
  expect(await call()).toMatchObject({ status });
  expect(await at.everything()).toEqual(before);
}
