/** Adjustments: one person proposes, two others approve, the second approval posts. */
import { describe, expect, test } from 'vitest';
import { greatestUnits } from '#domain/ledger-operation.ts';
import { feeAccount, insuranceAccount, vaultAccount } from '#wire/table-keys.ts';
import { startMs } from '../cloud/clearing-journal.ts';
import { eachTime, expectRefused, type Open } from './each-time.ts';
import { alice, bob, entriesOf, type LedgerUnderTest, type Moves } from './ledger-under-test.ts';

export function adjustmentSuite(open: Open): void {
  adjustmentApprovals(open);
  adjustmentEnds(open);
  adjustmentBounds(open);
}

function adjustmentApprovals(open: Open): void {
  describe('an adjustment', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('is posted by the second approval, by its own id, from a house account', async () => {
      await moves.endow(100);
      expect(await moves.propose('a-1', 30, { owner: bob })).toMatchObject({
        status: 'created',
        adjustment: { status: 'proposed', by: 'ann', why: 'ticket 812', approvals: [] },
      });
      expect(await moves.approve('a-1', 'bea')).toMatchObject({
        status: 'approvals_missing',
        adjustment: { status: 'proposed', approvals: [{ by: 'bea' }] },
      });
      expect(await moves.balance(bob)).toMatchObject({ available: 0n });
      expect(await moves.approve('a-1', 'cyd')).toMatchObject({
        status: 'created',
        adjustment: { status: 'posted', approvals: [{ by: 'bea' }, { by: 'cyd' }] },
        operation: { kind: 'adjust', operationId: 'a-1', by: 'ann', why: 'ticket 812' },
      });
      expect(await moves.balance(bob)).toMatchObject({ available: 30n });
      expect(await moves.balance(insuranceAccount)).toMatchObject({ available: 70n });
      expect(await entriesOf(at.ledger, bob)).toMatchObject([
        { business: 'adjust', businessId: 'a-1', counterparty: insuranceAccount },
      ]);
    });

    test('below zero takes from the user, even what a withdrawal demands', async () => {
      await moves.deposit('d-1', 50);
      await moves.demand('w-1', 50);
      await moves.propose('a-1', -20);
      await moves.approve('a-1', 'bea');
      expect(await moves.approve('a-1', 'cyd')).toMatchObject({ status: 'created' });
      expect(await moves.balance()).toMatchObject({ available: 30n, demanded: 50n });
      expect(await moves.balance(insuranceAccount)).toMatchObject({ available: 20n });
    });

    test('is never approved by who proposed it, and by nobody twice', async () => {
      await moves.endow(100);
      await moves.propose('a-1', 30);
      await expectRefused(at, () => moves.approve('a-1', 'ann'), 'approver_is_proposer');
      await moves.approve('a-1', 'bea');
      await expectRefused(at, () => moves.approve('a-1', 'bea'), 'approvals_missing');
      await expectRefused(at, () => moves.approve('a-1', 'ann'), 'approver_is_proposer');
      expect(await moves.balance()).toMatchObject({ available: 0n });
    });
  });
}

function adjustmentEnds(open: Open): void {
  describe('an adjustment', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('is posted once, whoever approves afterwards', async () => {
      await moves.endow(100);
      await moves.propose('a-1', 30);
      await moves.approve('a-1', 'bea');
      const { operation } = (await moves.approve('a-1', 'cyd')) as { operation?: unknown };
      for (const by of ['cyd', 'bea', 'dan'])
        await expectRefused(at, () => moves.approve('a-1', by), 'exists');
      expect(await moves.approve('a-1', 'cyd')).toMatchObject({ operation });
      await expectRefused(at, () => moves.reject('a-1', 'dan'), 'adjustment_is_posted');
    });

    test('that ten people approve at once is posted once', async () => {
      await moves.endow(100);
      await moves.propose('a-1', 30);
      const people = Array.from({ length: 10 }, (_, index) => `person-${index}`);
      const answers = await Promise.all(people.map((by) => moves.approve('a-1', by)));
      const count = (status: string) => answers.filter((each) => each.status === status).length;
      expect([count('approvals_missing'), count('created'), count('exists')]).toEqual([1, 1, 8]);
      expect(await moves.balance()).toMatchObject({ available: 30n });
    });

    test('that is rejected is over, and says by whom and why', async () => {
      await moves.endow(100);
      await moves.propose('a-1', 30);
      await moves.approve('a-1', 'bea');
      expect(await moves.reject('a-1', 'dan')).toMatchObject({
        status: 'created',
        adjustment: { status: 'rejected', rejection: { by: 'dan', why: 'a mistake' } },
      });
      await expectRefused(at, () => moves.approve('a-1', 'cyd'), 'adjustment_is_rejected');
      await expectRefused(at, () => moves.reject('a-1', 'eve'), 'exists');
    });

    test('of more than the giver has waits: the second approval may come again', async () => {
      await moves.endow(20);
      await moves.propose('a-1', 30);
      await moves.approve('a-1', 'bea');
      await expectRefused(at, () => moves.approve('a-1', 'cyd'), 'balance_too_low');
      await moves.endow(20);
      expect(await moves.approve('a-1', 'cyd')).toMatchObject({ status: 'created' });
    });
  });
}

function adjustmentBounds(open: Open): void {
  describe('an adjustment', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('that cannot be is refused by the first rule it breaks', async () => {
      await moves.endow(20);
      await moves.propose('a-1', 5);
      const propose = (value: number | bigint, of: object) => () => moves.propose('a-2', value, of);
      const vault = { house: vaultAccount };
      const other = 'exists_with_different_content';
      await expectRefused(at, () => moves.propose('a-1', 0, vault), other);
      await expectRefused(at, () => moves.propose('a-1', 5, { by: 'bea' }), other);
      await expectRefused(at, () => moves.propose('a-1', 5), 'exists');
      await expectRefused(at, propose(0, { owner: insuranceAccount }), 'accounts_are_the_same');
      await expectRefused(at, propose(0, vault), 'owners_differ');
      await expectRefused(at, propose(5, { owner: feeAccount }), 'owners_differ');
      await expectRefused(at, propose(5, { house: bob }), 'owners_differ');
      await expectRefused(at, propose(5, { house: 'house:typo' }), 'owners_differ');
      await expectRefused(at, propose(0, { asset: 'MOON' }), 'amount_not_positive');
      const tooMuch = greatestUnits + 1n;
      await expectRefused(at, propose(tooMuch, { asset: 'MOON' }), 'amount_too_large');
      await expectRefused(at, propose(-tooMuch, {}), 'amount_too_large');
      await expectRefused(at, propose(5, { asset: 'MOON' }), 'unknown_asset');
      await expectRefused(at, () => moves.approve('a-9', 'bea'), 'unknown_adjustment');
      await expectRefused(at, () => moves.reject('a-9', 'bea'), 'unknown_adjustment');
    });

    test('whose id another operation has is never posted', async () => {
      await moves.endow(20);
      await moves.deposit('a-1', 5);
      await moves.propose('a-1', 5);
      await moves.approve('a-1', 'bea');
      await expectRefused(at, () => moves.approve('a-1', 'cyd'), 'exists_with_different_content');
    });

    test('is listed with the others, newest first', async () => {
      const proposal = { account: alice, house: insuranceAccount, asset: 'USDC', by: 'ann' };
      for (const index of [1, 2, 3])
        await at.ledger.proposeAdjustment({
          ...proposal,
          ...{ adjustmentId: `a-${index}`, why: 'x', units: 1n as never, atMs: startMs + index },
        });
      await moves.reject('a-2', 'bea');
      expect(await at.ledger.adjustments(2)).toMatchObject([
        { adjustmentId: 'a-3', status: 'proposed' },
        { adjustmentId: 'a-2', status: 'rejected' },
      ]);
    });
  });
}
