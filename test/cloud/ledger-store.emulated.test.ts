import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLedgerStore, type LedgerStore } from '#cloud/ledger-store.ts';
import type { Units } from '#domain/amount.ts';
import { ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { account, startMs } from './clearing-journal.ts';
import { allItems, watched } from './ledger-twin.ts';

let twin: DynamoTwin;
let table: string;
let ledger: LedgerStore;

beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());
beforeEach(async () => {
  table = await newTable();
  ledger = createLedgerStore({ client: twin.client, table });
});

const alice = account(1);
const u = (value: number | bigint) => BigInt(value) as Units;

const deposit = (operationId: string, units: number, asset = 'USDC', owner = alice) =>
  ledger.deposit({ operationId, account: owner, asset, units: u(units), atMs: startMs });

const requestOf = (least: number, most: number, groupId = 'g1') => ({
  account: alice,
  asset: 'USDC',
  groupId,
  least: u(least),
  most: u(most),
  atMs: startMs,
});
const grant = (least: number, most: number, groupId = 'g1') =>
  ledger.grant(requestOf(least, most, groupId));

const availableOf = async (owner = alice, asset = 'USDC') =>
  (await ledger.balances(owner)).find((balance) => balance.asset === asset)?.available;

describe('a deposit', () => {
  test('comes out of the vault, so that the ledger always adds up to nothing', async () => {
    expect(await deposit('d-1', 500)).toMatchObject({ status: 'created' });
    expect(await availableOf()).toBe(500n);
    expect(await availableOf(vaultAccount)).toBe(-500n);
    expect(await ledger.sums()).toEqual([{ asset: 'USDC', units: 0n }]);
  });

  test('counts once, however often it is repeated, and tells when the same id says something else', async () => {
    await deposit('d-1', 500);
    const before = await allItems(twin.client, table);
    expect(await deposit('d-1', 500)).toMatchObject({ status: 'exists' });
    expect(await deposit('d-1', 501)).toEqual({ status: 'exists_with_different_content' });
    expect(await deposit('d-1', 500, 'ETH')).toEqual({ status: 'exists_with_different_content' });
    expect(await deposit('d-1', 500, 'USDC', account(2))).toEqual({
      status: 'exists_with_different_content',
    });
    expect(await allItems(twin.client, table)).toEqual(before);
  });

  test('with amounts beyond 2^53 loses no unit', async () => {
    const whole = 123_456_789_012_345_678_901n;
    await ledger.deposit({
      operationId: 'd',
      account: alice,
      asset: 'X',
      units: u(whole),
      atMs: startMs,
    });
    expect(await availableOf(alice, 'X')).toBe(whole);
  });

  test('writes one entry for each side', async () => {
    await deposit('d-1', 500);
    const { entries } = await ledger.entries(alice, { limit: 10 });
    expect(entries).toMatchObject([
      {
        account: alice,
        asset: 'USDC',
        business: 'deposit',
        businessId: 'd-1',
        availableUnits: 500n,
      },
    ]);
    const vault = await ledger.entries(vaultAccount, { limit: 10 });
    expect(vault.entries.map((entry) => entry.availableUnits)).toEqual([-500n]);
  });
});

describe('64 at once', () => {
  test('deposits to one account all land', async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => deposit(`d-${index}`, index + 1)),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set(['created']));
    expect(await availableOf()).toBe(BigInt((64 * 65) / 2));
    expect(await ledger.sums()).toEqual([{ asset: 'USDC', units: 0n }]);
  });

  test('repeats of one deposit count once', async () => {
    const answers = await Promise.all(Array.from({ length: 64 }, () => deposit('same', 7)));
    expect(answers.filter((answer) => answer.status === 'created')).toHaveLength(1);
    expect(await availableOf()).toBe(7n);
  });

  test('groups that want the same money never get more than there is', async () => {
    await deposit('d-1', 1_000);
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => grant(30, 50, `g${index}`)),
    );
    const granted = answers.flatMap((answer) =>
      answer.status === 'granted' ? [Number(answer.grant.units)] : [],
    );
    const sum = granted.reduce((total, units) => total + units, 0);
    expect(granted.every((units) => units >= 30 && units <= 50)).toBe(true);
    expect(sum).toBeLessThanOrEqual(1_000);
    expect(sum).toBeGreaterThan(1_000 - 30);
    expect(await availableOf()).toBe(BigInt(1_000 - sum));
    expect(await ledger.sums()).toEqual([{ asset: 'USDC', units: 0n }]);
  });

  test('requests of one group make one grant; the others are told of it', async () => {
    await deposit('d-1', 1_000);
    const answers = await Promise.all(Array.from({ length: 64 }, () => grant(10, 10)));
    expect(answers.filter((answer) => answer.status === 'granted')).toHaveLength(1);
    expect(new Set(answers.map((answer) => 'grant' in answer && answer.grant.grantNumber))).toEqual(
      new Set([1]),
    );
    expect(await availableOf()).toBe(990n);
  });
});

describe('a grant (PROTOCOL 3)', () => {
  test('moves what is there, between least and most, from available to pending', async () => {
    await deposit('d-1', 100);
    const outcome = await grant(60, 200);
    expect(outcome).toEqual({
      status: 'granted',
      grant: {
        account: alice,
        asset: 'USDC',
        groupId: 'g1',
        grantNumber: 1,
        units: 100n,
        clock: 0,
      },
    });
    expect(await ledger.balances(alice)).toEqual([
      {
        asset: 'USDC',
        available: 0n,
        demanded: 0n,
        withdrawing: 0n,
        credit: [{ groupId: 'g1', frozen: 0n, pending: 100n }],
        lent: [
          { groupId: 'g1', grantNumber: 1, grantedUnits: 100n, returnNumber: 0, returnedUnits: 0n },
        ],
      },
    ]);
  });

  test('below least changes nothing and says what is available', async () => {
    await deposit('d-1', 100);
    const before = await allItems(twin.client, table);
    expect(await grant(101, 200)).toEqual({ status: 'balance_too_low', available: 100n });
    expect(await allItems(twin.client, table)).toEqual(before);
  });

  test('waits while the one before is pending, and answers that one', async () => {
    await deposit('d-1', 100);
    const first = await grant(10, 10);
    const second = await grant(5, 5);
    expect(second).toEqual({ status: 'pending', grant: 'grant' in first && first.grant });
    expect(await availableOf()).toBe(90n);
  });

  test('leaves alone what a withdrawal demands', async () => {
    await deposit('d-1', 100);
    await twin.client.send(
      new UpdateCommand({
        TableName: table,
        Key: ledgerKeys.balance(alice, 'USDC'),
        UpdateExpression: 'ADD demanded :demand, grantable :less',
        ExpressionAttributeValues: { ':demand': 70n, ':less': -70n },
      }),
    );
    expect(await grant(31, 31)).toEqual({ status: 'balance_too_low', available: 30n });
    expect(await grant(10, 99)).toMatchObject({ grant: { units: 30n } });
  });
});

describe('a grant across groups and leaders', () => {
  /** What clearing leaves on a balance when it posts a return of a group. */
  const returned = (group: string, clock: bigint) =>
    twin.client.send(
      new UpdateCommand({
        TableName: table,
        Key: ledgerKeys.balance(alice, 'USDC'),
        UpdateExpression: 'SET #clock = :clock ADD #returns :one',
        ExpressionAttributeNames: { '#clock': `clock#${group}`, '#returns': 'returns' },
        ExpressionAttributeValues: { ':clock': clock, ':one': 1n },
      }),
    );

  test('copies the newest clock that a return of any group left on the balance', async () => {
    await deposit('d-1', 100);
    await returned('g1', 9n);
    await returned('g2', 4n);
    expect(await grant(10, 10, 'g3')).toMatchObject({ status: 'granted', grant: { clock: 9 } });
  });

  test('never takes units that came back since it read the clock with an older clock', async () => {
    await deposit('d-1', 100);
    await returned('g1', 9n);
    const client = watched(twin.client, {
      before: (call) => (call === 2 ? returned('g2', 12n) : undefined),
    });
    const racing = createLedgerStore({ client, table });
    expect(await racing.grant(requestOf(10, 10, 'g3'))).toMatchObject({ grant: { clock: 12 } });
  });

  test('never takes units that were transferred since it read the clock with an older clock', async () => {
    const bot = `${alice}/bot`;
    await deposit('d-1', 100);
    await deposit('d-2', 100, 'USDC', bot);
    await returned('g1', 9n);
    const transfer = (operationId: string, store = ledger) =>
      store.transfer({
        ...{ operationId, from: alice, to: bot, asset: 'USDC' },
        ...{ units: u(10), atMs: startMs },
      });
    // The grant has read the bot's balance; then come units that g1 gave back at 9.
    const granting = watched(twin.client, {
      before: (call) => (call === 2 ? transfer('t-1') : undefined),
    });
    const request = { ...requestOf(10, 10, 'g3'), account: bot };
    expect(await createLedgerStore({ client: granting, table }).grant(request)).toMatchObject({
      grant: { clock: 9 },
    });
    // The transfer has read what it moves; then g2 gives back at 12.
    const moving = watched(twin.client, {
      before: (call) => (call === 2 ? returned('g2', 12n) : undefined),
    });
    expect(await transfer('t-2', createLedgerStore({ client: moving, table }))).toMatchObject({
      operation: { clock: 12 },
    });
    expect(await ledger.grant({ ...request, groupId: 'g4' })).toMatchObject({
      grant: { clock: 12 },
    });
  });

  test('that is pending is found by a new leader, and only by its group', async () => {
    await deposit('d-1', 100);
    const one = await grant(10, 10, 'g1');
    await grant(10, 10, 'g2');
    expect(await ledger.pendingGrants('g1')).toEqual(['grant' in one && one.grant]);
    expect(await ledger.pendingGrants('g3')).toEqual([]);
  });

  test('whose answer was lost is told as pending, not made twice', async () => {
    await deposit('d-1', 100);
    const client = watched(twin.client, {
      after(call) {
        if (call === 2) throw Object.assign(new Error('reset'), { name: 'TimeoutError' });
      },
    });
    const shaky = createLedgerStore({ client, table });
    const request = requestOf(10, 10);
    await expect(shaky.grant(request)).rejects.toThrow('reset');
    expect(await shaky.grant(request)).toMatchObject({ status: 'pending', grant: { units: 10n } });
    expect(await availableOf()).toBe(90n);
  });
});

test('conflicts and throttling are retried inside and never shown', async () => {
  let conflicts = 0;
  const client = watched(twin.client, {
    before(call) {
      if (call > 6) return;
      conflicts += 1;
      throw new TransactionCanceledException({
        message: 'conflict',
        $metadata: {},
        CancellationReasons: [
          { Code: 'None' },
          { Code: call % 2 ? 'TransactionConflict' : 'ThrottlingError' },
        ],
      });
    },
  });
  const busy = createLedgerStore({ client, table });
  const wanted = { operationId: 'd', account: alice, asset: 'USDC', units: u(5), atMs: startMs };
  expect(await busy.deposit(wanted)).toMatchObject({ status: 'created' });
  expect(conflicts).toBe(6);
  expect(await availableOf()).toBe(5n);
});

describe('what an account reads', () => {
  test('its entries come newest first, page by page, each once, also of one asset alone', async () => {
    for (let index = 0; index < 9; index += 1) {
      await ledger.deposit({
        operationId: `d-${index}`,
        account: alice,
        asset: index % 3 === 0 ? 'ETH' : 'USDC',
        units: u(index + 1),
        atMs: startMs + index,
      });
    }
    const pages = async (asset?: string) => {
      const seen: bigint[] = [];
      let cursor: string | undefined;
      do {
        const page = await ledger.entries(alice, {
          limit: 2,
          ...(cursor === undefined ? {} : { cursor }),
          ...(asset === undefined ? {} : { asset }),
        });
        seen.push(...page.entries.map((entry) => entry.availableUnits));
        cursor = page.cursor;
      } while (cursor !== undefined);
      return seen;
    };
    expect(await pages()).toEqual([9n, 8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n]);
    expect(await pages('ETH')).toEqual([7n, 4n, 1n]);
  });

  test('a page that ends exactly with the last entry has no cursor', async () => {
    await deposit('d-1', 1);
    await deposit('d-2', 1);
    expect((await ledger.entries(alice, { limit: 2 })).cursor).toBeUndefined();
  });

  test('its credit policy is exact until it asks for another', async () => {
    expect(await ledger.accountSettings(alice)).toEqual({ creditPolicy: 'exact' });
    await ledger.setAccountSettings(alice, { creditPolicy: 'sticky' });
    expect(await ledger.accountSettings(alice)).toEqual({ creditPolicy: 'sticky' });
    expect(await ledger.balances(alice)).toEqual([]);
  });
});
