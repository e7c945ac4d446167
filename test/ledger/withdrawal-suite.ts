/** Withdrawals through all their states: demanded, held, finished, returned. */
import { describe, expect, test } from 'vitest';
import { greatestUnits } from '#domain/ledger-operation.ts';
import { insuranceAccount, vaultAccount } from '#wire/table-keys.ts';
import { HandWrittenJournal, startMs } from '../cloud/clearing-journal.ts';
import { eachTime, expectRefused, type Open } from './each-time.ts';
import { alice, bob, entriesOf, type LedgerUnderTest, type Moves } from './ledger-under-test.ts';

export function withdrawalSuite(open: Open): void {
  holdSuite(open);
  holdBounds(open);
  demandSuite(open);
  demandEnds(open);
}

function holdSuite(open: Open): void {
  describe('a withdrawal', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('that is held is neither available nor gone; finished, it has left the vault', async () => {
      await moves.deposit('d-1', 500);
      expect(await moves.hold('w-1', 200)).toMatchObject({
        status: 'created',
        operation: { kind: 'withdraw_hold', operationId: 'w-1:hold', units: 200n },
      });
      expect(await moves.balance()).toEqual({ available: 300n, demanded: 0n, withdrawing: 200n });
      expect(await moves.balance(vaultAccount)).toMatchObject({ available: -500n });
      expect(await moves.finish('w-1')).toMatchObject({
        status: 'created',
        operation: { kind: 'withdraw_finish', operationId: 'w-1:finish' },
      });
      expect(await moves.balance()).toEqual({ available: 300n, demanded: 0n, withdrawing: 0n });
      expect(await moves.balance(vaultAccount)).toMatchObject({ available: -300n });
      const [, hold, finish] = await entriesOf(at.ledger, alice);
      expect(hold).toMatchObject({
        ...{ business: 'withdraw_hold', availableUnits: -200n, withdrawingUnits: 200n },
        ...{ availableAfterUnits: 300n, withdrawingAfterUnits: 200n, counterparty: alice },
      });
      expect(finish).toMatchObject({
        ...{ business: 'withdraw_finish', availableUnits: 0n, withdrawingUnits: -200n },
        ...{ availableAfterUnits: 300n, withdrawingAfterUnits: 0n, counterparty: vaultAccount },
      });
      expect(await at.ledger.withdrawal('w-1')).toEqual({
        ...{ withdrawalId: 'w-1', account: alice, asset: 'USDC', units: 200n },
        ...{ status: 'finished', askedAtMs: hold?.atMs },
        ...{ heldAtMs: hold?.atMs, endedAtMs: finish?.atMs },
      });
    });

    test('that will not happen gives everything back', async () => {
      await moves.deposit('d-1', 500);
      await moves.hold('w-1', 500);
      expect(await moves.giveBack('w-1')).toMatchObject({
        status: 'created',
        operation: { kind: 'withdraw_return', operationId: 'w-1:return' },
      });
      expect(await moves.balance()).toEqual({ available: 500n, demanded: 0n, withdrawing: 0n });
      expect(await at.ledger.withdrawal('w-1')).toMatchObject({ status: 'returned' });
    });

    test('goes forward only, each step once, and every step repeated answers its first result', async () => {
      await moves.deposit('d-1', 500);
      const held = await moves.hold('w-1', 100);
      const finished = await moves.finish('w-1');
      expect(await moves.hold('w-1', 100)).toEqual({ ...held, status: 'exists' });
      expect(await moves.finish('w-1')).toEqual({ ...finished, status: 'exists' });
      await expectRefused(at, () => moves.giveBack('w-1'), 'withdrawal_is_finished');

      const other = await moves.hold('w-2', 100);
      const returned = await moves.giveBack('w-2');
      expect(await moves.hold('w-2', 100)).toEqual({ ...other, status: 'exists' });
      expect(await moves.giveBack('w-2')).toEqual({ ...returned, status: 'exists' });
      await expectRefused(at, () => moves.finish('w-2'), 'withdrawal_is_returned');
      expect(await moves.balance()).toMatchObject({ available: 400n, withdrawing: 0n });
    });
  });
}

function holdBounds(open: Open): void {
  describe('a withdrawal', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('that nobody asked for neither finishes nor returns', async () => {
      await expectRefused(at, () => moves.finish('w-1'), 'unknown_withdrawal');
      await expectRefused(at, () => moves.giveBack('w-1'), 'unknown_withdrawal');
      expect(await at.ledger.withdrawal('w-1')).toBeUndefined();
    });

    test('that cannot be is refused by the first rule it breaks', async () => {
      await moves.deposit('d-1', 500);
      await moves.hold('w-1', 100);
      const hold = (value: number | bigint, asset?: string, owner?: string) => () =>
        moves.hold('w-2', value, asset, owner);
      const other = 'exists_with_different_content';
      await expectRefused(at, () => moves.hold('w-1', 0, 'MOON', insuranceAccount), other);
      await expectRefused(at, () => moves.hold('w-1', 101), other);
      await expectRefused(at, () => moves.hold('w-1', 100, 'USDC', bob), other);
      await expectRefused(at, hold(0, 'MOON', insuranceAccount), 'owners_differ');
      await expectRefused(at, hold(0, 'MOON'), 'amount_not_positive');
      await expectRefused(at, hold(-1), 'amount_not_positive');
      await expectRefused(at, hold(greatestUnits + 1n, 'MOON'), 'amount_too_large');
      await expectRefused(at, hold(401, 'MOON'), 'unknown_asset');
      await expectRefused(at, hold(401), 'balance_too_low');
      await expectRefused(at, hold(1, 'ETH'), 'balance_too_low');
      expect(await hold(400)()).toMatchObject({ status: 'created' });
    });

    test('keeps its id for itself: a deposit cannot take the name of its steps', async () => {
      await moves.deposit('w-1:hold', 500);
      await expectRefused(at, () => moves.hold('w-1', 500), 'exists_with_different_content');
      expect(await moves.balance()).toMatchObject({ available: 500n, withdrawing: 0n });
    });

    test('is listed with those of its account, newest first, as it stands now', async () => {
      await moves.deposit('d-1', 500);
      const at2 = { account: alice, asset: 'USDC', units: 10n as never };
      for (const index of [1, 2, 3])
        await at.ledger.demandWithdrawal({
          withdrawalId: `w-${index}`,
          ...at2,
          atMs: startMs + index,
        });
      await moves.demand('w-bob', 5, 'USDC', bob);
      await moves.hold('w-2', 10);
      await moves.giveBack('w-1');
      const first = await at.ledger.withdrawals(alice, { limit: 2 });
      expect(first.withdrawals).toMatchObject([
        { withdrawalId: 'w-3', status: 'demanded' },
        { withdrawalId: 'w-2', status: 'held' },
      ]);
      const { cursor = '' } = first;
      const second = await at.ledger.withdrawals(alice, { limit: 2, cursor });
      expect(second).toMatchObject({ withdrawals: [{ withdrawalId: 'w-1', status: 'returned' }] });
      expect(second.cursor).toBeUndefined();
    });
  });
}

function demandSuite(open: Open): void {
  describe("a withdrawal's demand", () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('comes before any grant, and before transfers and other withdrawals', async () => {
      await moves.deposit('d-1', 100);
      expect(await moves.demand('w-1', 70)).toMatchObject({
        status: 'created',
        withdrawal: { status: 'demanded', askedAtMs: startMs },
      });
      expect(await moves.balance()).toEqual({ available: 100n, demanded: 70n, withdrawing: 0n });
      expect(await moves.grant(31, 31)).toEqual({ status: 'balance_too_low', available: 30n });
      await expectRefused(at, () => moves.hold('w-2', 31), 'balance_too_low');
      expect(await moves.grant(10, 99)).toMatchObject({ grant: { units: 30n } });
      expect(await moves.hold('w-1', 70)).toMatchObject({ status: 'created' });
      expect(await moves.balance()).toEqual({ available: 0n, demanded: 0n, withdrawing: 70n });
    });

    test('may ask for what is lent out, and is held when that has come back', async () => {
      await moves.deposit('d-1', 100);
      await moves.grant(80, 80);
      expect(await moves.demand('w-1', 90)).toMatchObject({ status: 'created' });
      await expectRefused(at, () => moves.hold('w-1', 90), 'balance_too_low');
      expect(await moves.grant(1, 50, { groupId: 'g2' })).toEqual({
        status: 'balance_too_low',
        available: 0n,
      });
      const journal = new HandWrittenJournal('g1');
      journal.epoch();
      const credit = { account: alice, asset: 'USDC', units: 80 };
      journal.frame([{ type: 'credit_granted', ...credit, grantNumber: 1 }]);
      journal.frame([{ type: 'credit_returned', ...credit, returnNumber: 1 }]);
      await at.clear(journal);
      expect(await moves.grant(11, 50, { groupId: 'g2' })).toEqual({
        status: 'balance_too_low',
        available: 10n,
      });
      expect(await moves.hold('w-1', 90)).toMatchObject({ status: 'created' });
      expect(await moves.balance()).toEqual({ available: 10n, demanded: 0n, withdrawing: 90n });
    });
  });
}

function demandEnds(open: Open): void {
  describe("a withdrawal's demand", () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('that is given up frees the funds, moves no money and writes no entry', async () => {
      await moves.deposit('d-1', 100);
      await moves.demand('w-1', 70);
      const given = await moves.giveBack('w-1');
      expect(given).toMatchObject({ status: 'created', withdrawal: { status: 'returned' } });
      expect(given).not.toHaveProperty('operation');
      expect(await moves.balance()).toEqual({ available: 100n, demanded: 0n, withdrawing: 0n });
      expect(await entriesOf(at.ledger, alice)).toHaveLength(1);
      expect(await moves.giveBack('w-1')).toEqual({ ...given, status: 'exists' });
      await expectRefused(at, () => moves.hold('w-1', 70), 'withdrawal_is_returned');
      await expectRefused(at, () => moves.finish('w-1'), 'withdrawal_is_returned');
    });

    test('is made once: repeated in any state it tells where the withdrawal stands', async () => {
      await moves.deposit('d-1', 100);
      await moves.demand('w-1', 70);
      expect(await moves.demand('w-1', 70)).toMatchObject({
        status: 'exists',
        withdrawal: { status: 'demanded' },
      });
      await expectRefused(at, () => moves.demand('w-1', 71), 'exists_with_different_content');
      await expectRefused(at, () => moves.hold('w-1', 71), 'exists_with_different_content');
      await expectRefused(at, () => moves.finish('w-1'), 'withdrawal_is_not_held');
      await moves.hold('w-1', 70);
      expect(await moves.demand('w-1', 70)).toMatchObject({
        status: 'exists',
        withdrawal: { status: 'held' },
      });
      expect(await moves.balance()).toMatchObject({ demanded: 0n, withdrawing: 70n });
    });

    test('that cannot be is refused by the first rule it breaks', async () => {
      await moves.deposit('d-1', 100);
      const demand = (value: number | bigint, asset?: string, owner?: string) => () =>
        moves.demand('w-1', value, asset, owner);
      await expectRefused(at, demand(0, 'MOON', insuranceAccount), 'owners_differ');
      await expectRefused(at, demand(0, 'MOON'), 'amount_not_positive');
      await expectRefused(at, demand(greatestUnits + 1n, 'MOON'), 'amount_too_large');
      await expectRefused(at, demand(5, 'MOON'), 'unknown_asset');
      await moves.demand('w-2', greatestUnits);
      await expectRefused(at, demand(1), 'amount_too_large');
      await moves.giveBack('w-2');
      expect(await demand(1)()).toMatchObject({ status: 'created' });
    });

    test('of two is met for the first that is held', async () => {
      await moves.deposit('d-1', 100);
      await moves.demand('w-1', 80);
      await moves.demand('w-2', 80);
      expect(await moves.hold('w-2', 80)).toMatchObject({ status: 'created' });
      await expectRefused(at, () => moves.hold('w-1', 80), 'balance_too_low');
      expect(await moves.balance()).toEqual({ available: 20n, demanded: 80n, withdrawing: 80n });
      expect(await moves.grant(1, 1)).toMatchObject({ status: 'balance_too_low' });
    });
  });
}
