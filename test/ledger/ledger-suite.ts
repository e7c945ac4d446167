/** What every ledger does with deposits and transfers; withdrawals, adjustments and credit have suites of their own beside it. */
import { describe, expect, test } from 'vitest';
import { greatestUnits } from '#domain/ledger-operation.ts';
import { feeAccount, insuranceAccount, vaultAccount } from '#wire/table-keys.ts';
import { startMs } from '../cloud/clearing-journal.ts';
import { adjustmentSuite } from './adjustment-suite.ts';
import { creditSuite } from './credit-suite.ts';
import { eachTime, expectRefused, type Open } from './each-time.ts';
import { alice, bob, entriesOf, type LedgerUnderTest, type Moves } from './ledger-under-test.ts';
import { withdrawalSuite } from './withdrawal-suite.ts';

export function ledgerSuite(open: Open): void {
  depositSuite(open);
  depositBounds(open);
  transferSuite(open);
  houseTransfers(open);
  concurrencySuite(open);
  withdrawalSuite(open);
  adjustmentSuite(open);
  creditSuite(open);
}

function depositSuite(open: Open): void {
  describe('a deposit', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('comes out of the vault, and says when and what it booked', async () => {
      const operation = { kind: 'deposit', account: alice, asset: 'USDC', units: 500n };
      expect(await moves.deposit('d-1', 500)).toEqual({
        status: 'created',
        operation: { ...operation, operationId: 'd-1', atMs: startMs },
      });
      expect(await moves.balance()).toMatchObject({ available: 500n });
      expect(await moves.balance(vaultAccount)).toMatchObject({ available: -500n });
      expect(await at.ledger.operation('d-1')).toMatchObject(operation);
    });

    test('is applied once for ever: repeated, its first result stands', async () => {
      const first = await moves.deposit('d-1', 500);
      const before = await at.everything();
      const later = { operationId: 'd-1', account: alice, asset: 'USDC', atMs: startMs + 9 };
      const again = await at.ledger.deposit({ ...later, units: 500n as never });
      expect(again).toEqual({ ...first, status: 'exists' });
      expect(await at.everything()).toEqual(before);
    });

    test('with the id of another is a mistake, whatever differs, and told before any other', async () => {
      await moves.deposit('d-1', 500);
      const other = 'exists_with_different_content';
      await expectRefused(at, () => moves.deposit('d-1', 501), other);
      await expectRefused(at, () => moves.deposit('d-1', 500, 'ETH'), other);
      await expectRefused(at, () => moves.deposit('d-1', 500, 'USDC', bob), other);
      await expectRefused(at, () => moves.deposit('d-1', 0), other);
      await expectRefused(at, () => moves.deposit('d-1', 500, 'MOON', vaultAccount), other);
      await moves.transfer('t-1', { from: alice, to: `${alice}/bot` }, 1);
      await expectRefused(at, () => moves.deposit('t-1', 1), other);
    });
  });
}

function depositBounds(open: Open): void {
  describe('a deposit', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('to the insurance account funds the house, once, and is told to nobody', async () => {
      const fund = () => moves.deposit('d-1', 500, 'USDC', insuranceAccount);
      expect(await fund()).toMatchObject({ status: 'created' });
      expect(await fund()).toMatchObject({ status: 'exists' });
      expect(await moves.balance(insuranceAccount)).toMatchObject({ available: 500n });
      expect(await at.outbox()).toEqual([]);
    });

    test('that cannot be is refused by the first rule it breaks, and may come again', async () => {
      const tooMuch = greatestUnits + 1n;
      await expectRefused(
        at,
        () => moves.deposit('d-1', 0, 'MOON', vaultAccount),
        'accounts_are_the_same',
      );
      await expectRefused(at, () => moves.deposit('d-1', 0, 'MOON', 'house:typo'), 'owners_differ');
      await expectRefused(at, () => moves.deposit('d-1', 0, 'MOON'), 'amount_not_positive');
      await expectRefused(at, () => moves.deposit('d-1', -5), 'amount_not_positive');
      await expectRefused(at, () => moves.deposit('d-1', tooMuch, 'MOON'), 'amount_too_large');
      await expectRefused(at, () => moves.deposit('d-1', 5, 'MOON'), 'unknown_asset');
      expect(await moves.deposit('d-1', 5)).toMatchObject({ status: 'created' });
    });

    test('of all that an account may hold loses no unit, and one unit more is refused', async () => {
      expect(await moves.deposit('d-1', greatestUnits - 1n)).toMatchObject({ status: 'created' });
      await expectRefused(at, () => moves.deposit('d-2', 2), 'amount_too_large');
      expect(await moves.deposit('d-3', 1)).toMatchObject({ status: 'created' });
      expect(await moves.balance()).toMatchObject({ available: greatestUnits });
      expect(await moves.deposit('d-4', greatestUnits, 'USDC', bob)).toMatchObject({
        status: 'created',
      });
      expect(await moves.balance(vaultAccount)).toMatchObject({ available: -2n * greatestUnits });
    });

    test('writes an entry on both sides, names the other, and tells its account', async () => {
      await moves.deposit('d-1', 500);
      await moves.deposit('d-2', 7);
      const [first, second] = await entriesOf(at.ledger, alice);
      expect(first).toMatchObject({
        ...{ account: alice, asset: 'USDC', business: 'deposit', businessId: 'd-1' },
        ...{ availableUnits: 500n, withdrawingUnits: 0n, frozenUnits: 0n, trades: [] },
        ...{ availableAfterUnits: 500n, withdrawingAfterUnits: 0n, counterparty: vaultAccount },
      });
      expect(second).toMatchObject({ availableUnits: 7n, availableAfterUnits: 507n });
      const vault = await entriesOf(at.ledger, vaultAccount);
      expect(vault).toMatchObject([
        { availableUnits: -500n, counterparty: alice },
        { availableUnits: -7n, counterparty: alice },
      ]);
      expect(vault[0]).not.toHaveProperty('availableAfterUnits');
      const told = { type: 'operation', accounts: [alice] };
      expect(await at.outbox()).toMatchObject([
        { ...told, operationId: 'd-1', atMs: startMs },
        { ...told, operationId: 'd-2', atMs: second?.atMs },
      ]);
      expect(await at.accounts()).toEqual([alice]);
    });

    test('is booked after the one before, even by a clock that runs behind', async () => {
      await moves.deposit('d-2', 5);
      const late = { account: alice, asset: 'USDC', units: 6n as never };
      await at.ledger.deposit({ operationId: 'd-1', ...late, atMs: startMs - 1_000 });
      const entries = await entriesOf(at.ledger, alice);
      expect(entries.map(({ businessId }) => businessId)).toEqual(['d-2', 'd-1']);
    });
  });
}

function transferSuite(open: Open): void {
  describe('a transfer', () => {
    const bot = `${alice}/bot`;
    const toBot = { from: alice, to: bot };
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('goes between accounts of one owner, and back', async () => {
      await moves.deposit('d-1', 500);
      expect(await moves.transfer('t-1', toBot, 200)).toMatchObject({ status: 'created' });
      expect(await moves.transfer('t-2', { from: bot, to: alice }, 50)).toMatchObject({
        status: 'created',
      });
      expect(await moves.balance()).toMatchObject({ available: 350n });
      expect(await moves.balance(bot)).toMatchObject({ available: 150n });
      expect(await entriesOf(at.ledger, bot)).toMatchObject([
        { business: 'transfer', availableUnits: 200n, availableAfterUnits: 200n },
        { business: 'transfer', availableUnits: -50n, availableAfterUnits: 150n },
      ]);
      expect((await at.accounts()).sort()).toEqual([alice, bot].sort());
      const newest = (await at.outbox()).find(
        (body) => body.type === 'operation' && body.operationId === 't-2',
      );
      expect([...(newest?.accounts ?? [])].sort()).toEqual([alice, bot].sort());
    });

    test('is applied once: an account that has nothing left repeats it in peace', async () => {
      await moves.deposit('d-1', 500);
      const first = await moves.transfer('t-1', toBot, 500);
      expect(await moves.transfer('t-1', toBot, 500)).toEqual({ ...first, status: 'exists' });
      await expectRefused(
        at,
        () => moves.transfer('t-1', { from: bot, to: alice }, 500),
        'exists_with_different_content',
      );
      expect(await moves.balance(bot)).toMatchObject({ available: 500n });
    });

    test('that cannot be is refused by the first rule it breaks', async () => {
      await moves.deposit('d-1', 500);
      await moves.deposit('d-2', greatestUnits, 'USDC', bot);
      const to = (to: string, value: number | bigint, asset?: string) => () =>
        moves.transfer('t-1', { from: alice, to }, value, asset);
      await expectRefused(at, to(alice, 0, 'MOON'), 'accounts_are_the_same');
      await expectRefused(at, to(alice, 5), 'accounts_are_the_same');
      await expectRefused(at, to(bob, 0, 'MOON'), 'owners_differ');
      await expectRefused(at, to(`${bob}/bot`, 5), 'owners_differ');
      await expectRefused(at, to(insuranceAccount, 5), 'owners_differ');
      await expectRefused(at, to(bot, 0, 'MOON'), 'amount_not_positive');
      await expectRefused(at, to(bot, -5), 'amount_not_positive');
      await expectRefused(at, to(bot, greatestUnits + 1n, 'MOON'), 'amount_too_large');
      await expectRefused(at, to(bot, 501), 'amount_too_large');
      await expectRefused(at, to(`${alice}/two`, 501, 'MOON'), 'unknown_asset');
      await expectRefused(at, to(`${alice}/two`, 501), 'balance_too_low');
      expect(await moves.transfer('t-1', { from: alice, to: `${alice}/two` }, 500)).toMatchObject({
        status: 'created',
      });
    });
  });
}

function houseTransfers(open: Open): void {
  describe('a transfer of the house, and beside a demand', () => {
    const toBot = { from: alice, to: `${alice}/bot` };
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });

    test('of the house stays with the house, which gives only what it has, and the vault nothing', async () => {
      await moves.endow(100);
      const of = (from: string, to: string, value: number) => () =>
        moves.transfer('t-1', { from, to }, value);
      await expectRefused(at, of(insuranceAccount, alice, 5), 'owners_differ');
      await expectRefused(at, of(vaultAccount, insuranceAccount, 5), 'owners_differ');
      await expectRefused(at, of(insuranceAccount, 'house:typo', 5), 'owners_differ');
      await expectRefused(at, of(insuranceAccount, vaultAccount, 5), 'owners_differ');
      await expectRefused(at, of(insuranceAccount, feeAccount, 101), 'balance_too_low');
      await expectRefused(at, of(feeAccount, insuranceAccount, 1), 'balance_too_low');
      expect(await of(insuranceAccount, feeAccount, 100)()).toMatchObject({ status: 'created' });
      expect(await moves.balance(feeAccount)).toMatchObject({ available: 100n });
      const told = await at.outbox();
      expect(told.every(({ accounts }) => accounts.length > 0)).toBe(true);
    });

    test('leaves a withdrawal what it demands', async () => {
      await moves.deposit('d-1', 500);
      await moves.demand('w-1', 400);
      const send = (value: number) => () => moves.transfer('t-1', toBot, value);
      await expectRefused(at, send(101), 'balance_too_low');
      expect(await send(100)()).toMatchObject({ status: 'created' });
    });
  });
}

function concurrencySuite(open: Open): void {
  describe('64 writers at once', () => {
    let at: LedgerUnderTest;
    let moves: Moves;
    eachTime(open, (now, of) => {
      [at, moves] = [now, of];
    });
    const many = <T>(work: (index: number) => Promise<T>): Promise<T[]> =>
      Promise.all(Array.from({ length: 64 }, (_, index) => work(index)));

    test('deposit to one account, and all succeed', async () => {
      const answers = await many((index) => moves.deposit(`d-${index}`, index + 1));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['created']));
      expect(await moves.balance()).toMatchObject({ available: BigInt((64 * 65) / 2) });
      expect(await entriesOf(at.ledger, alice)).toHaveLength(64);
    });

    test('of one deposit make it once, and all are told so', async () => {
      const answers = await many(() => moves.deposit('same', 7));
      expect(answers.filter(({ status }) => status === 'created')).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 'exists')).toHaveLength(63);
      expect(await moves.balance()).toMatchObject({ available: 7n });
    });

    test('never take more than there is, and take all of it', async () => {
      await moves.deposit('d-1', 1_000);
      const answers = await many((index) =>
        index % 2
          ? moves.transfer(`t-${index}`, { from: alice, to: `${alice}/bot` }, 50)
          : moves.hold(`w-${index}`, 50),
      );
      const done = answers.filter(({ status }) => status === 'created');
      const refused = answers.filter(({ status }) => status === 'balance_too_low');
      expect([done.length, refused.length]).toEqual([20, 44]);
      expect(await moves.balance()).toMatchObject({ available: 0n });
    });

    test('of deposits, withdrawals and returns to one account leave it with what they say', async () => {
      await moves.deposit('d-1', 10_000);
      await many(async (index) => {
        if (index % 4 === 0) await moves.deposit(`d-more-${index}`, 10);
        else await moves.hold(`w-${index}`, 20);
        if (index % 4 === 1) await moves.finish(`w-${index}`);
        if (index % 4 === 2) await moves.giveBack(`w-${index}`);
      });
      expect(await moves.balance()).toEqual({
        available: 10_000n + 16n * 10n - 32n * 20n,
        ...{ demanded: 0n, withdrawing: 16n * 20n },
      });
    });
  });
}
