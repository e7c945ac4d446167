/** Grants, what clearing makes of them, and operations around both (PROTOCOL 3 and 4). */
import { beforeEach, describe, expect, test } from 'vitest';
import { feeAccount } from '#wire/table-keys.ts';
import { HandWrittenJournal, trade } from '../cloud/clearing-journal.ts';
import { eachTime, type Open } from './each-time.ts';
import { alice, bob, entriesOf, type LedgerUnderTest, type Moves } from './ledger-under-test.ts';

const credit = (units: number, asset = 'USDC', account = alice) => ({ account, asset, units });

export function creditSuite(open: Open): void {
  grantSuite(open);
  clearedCredit(open);
}

function grantSuite(open: Open): void {
  describe('credit', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    let journal: HandWrittenJournal;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });
    beforeEach(() => {
      journal = new HandWrittenJournal('g1');
      journal.epoch();
    });
    test('is granted from what is available, is pending, and is frozen when its run is cleared', async () => {
      await moves.deposit('d-1', 100);
      const granted = await moves.grant(60, 200);
      expect(granted).toEqual({
        status: 'granted',
        grant: { ...credit(0), groupId: 'g1', grantNumber: 1, units: 100n, clock: 0 },
      });
      expect(await moves.grant(1, 1)).toEqual({
        status: 'pending',
        grant: 'grant' in granted && granted.grant,
      });
      expect(await at.ledger.pendingGrants('g1')).toHaveLength(1);
      journal.frame([{ type: 'credit_granted', ...credit(100), grantNumber: 1 }]);
      await at.clear(journal);
      expect(await at.ledger.pendingGrants('g1')).toEqual([]);
      expect(await at.ledger.balances(alice)).toMatchObject([
        { available: 0n, credit: [{ groupId: 'g1', frozen: 100n, pending: 0n }] },
      ]);
      const [, entry] = await entriesOf(at.ledger, alice);
      expect(entry).toMatchObject({
        ...{ business: 'clearing', businessId: 'g1#1', availableUnits: -100n },
        ...{ frozenUnits: 100n, frozenAfterUnits: 100n, withdrawingUnits: 0n },
        granted: { grantNumber: 1, units: 100n },
      });
    });

    test('below least is not granted and leaves no trace', async () => {
      await moves.deposit('d-1', 100);
      const before = await at.everything();
      expect(await moves.grant(101, 200)).toEqual({ status: 'balance_too_low', available: 100n });
      expect(await at.everything()).toEqual(before);
    });

    test('returns with the clock of its frame, which the next grant copies', async () => {
      await moves.deposit('d-1', 100);
      await moves.grant(100, 100);
      journal.frame([{ type: 'credit_granted', ...credit(100), grantNumber: 1 }]);
      journal.frame([{ type: 'credit_returned', ...credit(40), returnNumber: 1 }]);
      await at.clear(journal);
      expect(await moves.balance()).toMatchObject({ available: 40n });
      expect(await moves.grant(10, 10, { groupId: 'g2' })).toMatchObject({
        grant: { grantNumber: 1, clock: 2 },
      });
    });

    test('that came back is granted to a sub-account with the clock of its return', async () => {
      const bot = `${alice}/bot`;
      await moves.deposit('d-1', 100);
      await moves.grant(100, 100);
      journal.frame([{ type: 'credit_granted', ...credit(100), grantNumber: 1 }]);
      journal.frame([{ type: 'credit_returned', ...credit(40), returnNumber: 1 }]);
      await at.clear(journal);
      await moves.deposit('d-2', 5, 'USDC', bob);
      expect(await moves.transfer('t-1', { from: alice, to: bot }, 30)).toMatchObject({
        operation: { clock: 2 },
      });
      const ofBot = { groupId: 'g2', owner: bot };
      expect(await moves.grant(10, 10, ofBot)).toMatchObject({ grant: { clock: 2 } });
      expect(await moves.transfer('t-2', { from: bot, to: `${alice}/two` }, 5)).toMatchObject({
        operation: { clock: 2 },
      });
    });
  });
}

function clearedCredit(open: Open): void {
  describe('credit', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    let journal: HandWrittenJournal;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });
    beforeEach(() => {
      journal = new HandWrittenJournal('g1');
      journal.epoch();
    });
    test('is traded and charged, and the proceeds can be withdrawn', async () => {
      await moves.deposit('d-1', 1_000);
      await moves.deposit('d-2', 10, 'ETH', bob);
      await moves.grant(1_000, 1_000);
      await moves.grant(10, 10, { asset: 'ETH', owner: bob });
      journal.frame([
        { type: 'credit_granted', ...credit(1_000), grantNumber: 1 },
        { type: 'credit_granted', ...credit(10, 'ETH', bob), grantNumber: 1 },
      ]);
      const sides = { maker: 2, taker: 1, takerSide: 'buy' } as const;
      const fees = { makerFeeUnits: 1, takerFeeUnits: 2 };
      journal.frame([trade({ ...sides, baseUnits: 4, quoteUnits: 400, ...fees })]);
      await at.clear(journal);
      journal.frame([
        { type: 'credit_returned', ...credit(4, 'ETH'), returnNumber: 1 },
        { type: 'credit_returned', ...credit(399, 'USDC', bob), returnNumber: 1 },
      ]);
      await at.clear(journal);
      expect(await moves.hold('w-1', 4, 'ETH')).toMatchObject({ status: 'created' });
      expect(await moves.hold('w-2', 399, 'USDC', bob)).toMatchObject({ status: 'created' });
      await moves.finish('w-2');
      expect(await at.ledger.balances(feeAccount)).toMatchObject([
        { asset: 'USDC', credit: [{ frozen: 3n }] },
      ]);
    });

    test('and operations of one account at once lose nothing', async () => {
      await moves.deposit('d-1', 1_000);
      await moves.grant(500, 500);
      journal.frame([{ type: 'credit_granted', ...credit(500), grantNumber: 1 }]);
      for (let number = 1; number <= 8; number += 1)
        journal.frame([{ type: 'credit_returned', ...credit(10), returnNumber: number }]);
      const operations = Array.from({ length: 16 }, (_, index) =>
        index % 2 ? moves.deposit(`d-more-${index}`, 5) : moves.hold(`w-${index}`, 3),
      );
      const grants = ['g2', 'g3', 'g4'].map((groupId) => moves.grant(20, 20, { groupId }));
      await Promise.all([...operations, ...grants, at.clear(journal)]);
      expect(await moves.balance()).toEqual({
        available: 500n + 80n + 40n - 24n - 60n,
        ...{ demanded: 0n, withdrawing: 24n },
      });
    });

    test('never counts twice what a demand keeps: a group gets nothing of it at any moment', async () => {
      await moves.deposit('d-1', 100);
      const [, ...grants] = await Promise.all([
        moves.demand('w-1', 100),
        ...Array.from({ length: 12 }, (_, index) => moves.grant(10, 10, { groupId: `g${index}` })),
      ]);
      const granted = grants.filter((answer) => answer.status === 'granted').length;
      expect(await moves.balance()).toMatchObject({
        available: 100n - 10n * BigInt(granted),
        demanded: 100n,
      });
      expect(await moves.grant(1, 1, { groupId: 'late' })).toMatchObject({
        status: 'balance_too_low',
      });
    });
  });
}
