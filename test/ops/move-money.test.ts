/** Operators' command line for money, from the typed words to the ledger and back to the printed lines. */
import { beforeEach, describe, expect, test } from 'vitest';
import { withdrawalReviewOf } from '#cloud/withdrawal-review.ts';
import type { MoneyOrder } from '#wire/adjustments.ts';
import { settingNames } from '#wire/setting-names.ts';
import { orderMoney } from '../../functions/adjustments/order-money.ts';
import { moveMoney } from '../../ops/move-money.ts';
import { withdrawalWorld } from '../cloud/withdrawal-world.ts';
import { demoCatalog } from '../functions/demo-catalog.ts';
import { movesOf } from '../ledger/ledger-under-test.ts';
import { MemoryLedger } from '../ledger/memory-ledger.ts';

const account = `0x${'ab'.repeat(20)}`;
let ledger: MemoryLedger;
let ids: number;

beforeEach(async () => {
  ledger = new MemoryLedger();
  ids = 0;
  const { deposit, propose, approve } = movesOf(ledger);
  await deposit('d-1', 100_000_000, 'USDC', account);
  await propose('adj-0', -50_000_000, { owner: account });
  for (const by of ['bea', 'cyd']) await approve('adj-0', by);
});

async function type(line: string, withdrawals?: ReturnType<typeof withdrawalReviewOf>) {
  const said: string[] = [];
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
  const code = await moveMoney(words as string[], {
    reach: async ({ by = 'ann' }) => ({
      ask: (order: MoneyOrder) =>
        orderMoney(
          { order, caller: { type: 'claimed', name: by } },
          {
            ledger,
            assets: async () => demoCatalog.assets,
            identify: async () => ({ person: by }),
            clock: { nowMs: () => Date.UTC(2026, 0, 31) },
            told: () => undefined,
            withdrawals,
          },
        ),
    }),
    newId: () => `${++ids}`,
    say: (text) => said.push(text),
    complain: (text) => said.push(text),
  });
  return { code, said: said.join('\n') };
}

describe('three people at their terminals', () => {
  test('make an adjustment: one proposes, two approve, the second approval posts', async () => {
    const propose = `adjust ${account.toUpperCase().replace('0X', '0x')} USDC 12.5 --from house:insurance --why "ticket 812"`;
    const proposed = await type(propose);
    expect(proposed.code).toBe(0);
    expect(proposed.said).toContain('npm run ops -- approve adj-1');
    expect(await type('approve adj-1')).toEqual({
      code: 1,
      said: 'Refused, approver_is_proposer: who proposed it cannot approve it.',
    });
    expect((await type('approve adj-1 --by bea')).said).toContain('approved by bea');
    const posted = await type('approve adj-1 --by cyd');
    expect(posted).toMatchObject({ code: 0 });
    expect(posted.said).toContain('Done by cyd: adj-1 is posted.');
    expect((await type('adjustments')).said).toContain(
      `adj-1  posted  12.5 USDC  house:insurance → ${account}\n  proposed by ann, 2026-01-31T00:00:00.000Z: ticket 812\n  approved by bea, cyd`,
    );
    expect((await ledger.balances(account))[0]?.available).toBe(62_500_000n);
  });

  test('take from an account by an amount below zero, and reject it with a reason', async () => {
    const proposed = await type(`adjust ${account} USDC -3 --from house:insurance --why x`);
    expect(proposed.said).toContain(`3 USDC  ${account} → house:insurance`);
    const rejected = await type('reject adj-1 --by bea --why "not this one"');
    expect(rejected.said).toContain('rejected by bea: not this one');
    expect((await type('approve adj-1 --by cyd')).said).toContain('adjustment_is_rejected');
  });
});

test('money of the house moves within it', async () => {
  const line = 'transfer-house house:insurance house:dust USDC 2 --why rounding';
  expect(await type(line)).toEqual({
    code: 0,
    said: 'Done by ann: 2 USDC went from house:insurance to house:dust as house-1.',
  });
  expect((await type(`${line} --id house-1`)).said).toContain('It was so before.');
  expect(await type(line.replace(' 2 ', ' 2000 '))).toEqual({
    code: 1,
    said: 'Refused, balance_too_low: who gives has not so much available.',
  });
});

test('a script reads one object', async () => {
  const { said } = await type(
    `adjust ${account} USDC 1 --from house:insurance --why x --json --id adj-7`,
  );
  expect(JSON.parse(said)).toMatchObject({
    ok: true,
    answer: { result: 'created', adjustment: { adjustmentId: 'adj-7' } },
  });
  expect(JSON.parse((await type('approve --json')).said)).toEqual({
    ok: false,
    error: 'approve needs ID.',
  });
});

test.each([
  ['adjust', 'adjust needs ACCOUNT and ASSET and AMOUNT.'],
  [`adjust ${account} USDC 5 --why x`, 'Say which account of the house'],
  [`adjust ${account} USDC 5 --from house:dust`, 'Say why'],
  [`adjust ${account} USDC 5 6 --from house:dust --why x`, 'do with "6"'],
  ['approve', 'approve needs ID.'],
  ['approve adj-1 --why x --stage moon', 'There is no stage "moon"'],
  ['approve adj-1 --stage prod --by bea', 'on AWS your keys say who you are'],
  ['adjustments now', 'do with "now"'],
  ['reject adj-1', 'Say why'],
  ['transfer-house house:dust house:typo USDC 5 --why x', '"house:typo" is no account of the'],
  ['transfer-house house:dust USDC 5', 'transfer-house needs AMOUNT.'],
  ['adjustments --loud', "Unknown option '--loud'"],
])('%s is not understood: %s', async (line, why) => {
  const { code, said } = await type(line);
  expect(said).toContain(why);
  expect(code).toBe(2);
});

describe('withdrawals that wait for a word', () => {
  const digest = `0x${'5e'.repeat(32)}`;
  let world: ReturnType<typeof withdrawalWorld>;
  const review = () =>
    withdrawalReviewOf(
      { [settingNames.chainTable]: 'chain' },
      { client: world.memory.client, clock: { nowMs: () => 7 } },
    );
  const typed = async (line: string) => (await type(line, review())).said;

  beforeEach(async () => {
    world = withdrawalWorld();
    await world.fund(1_000);
  });

  test('are listed, approved and rejected at a terminal', async () => {
    expect(await typed('withdrawals list')).toBe('No withdrawal is under way.');
    const [one, two] = [1n, 2n].map((withdrawalId) =>
      world.withdraw({ withdrawalId, amount: 500n * 10n ** 10n }),
    );
    for (const withdraw of [one, two]) if (withdraw) await world.ask(withdraw);
    if (!one || !two) throw new Error('two withdrawals');
    expect(await typed('withdrawals')).toMatch(/review {2}0.000005 ETH {2}needs a word/);
    expect(await typed(`withdrawals approve ${world.digestOf(one)} --by bea`)).toMatch(
      /is approved \(bea\).*\n.*approved by bea/,
    );
    expect(await typed(`withdrawals reject ${world.digestOf(two)} --why "a stolen key"`)).toMatch(
      /is rejected/,
    );
    await world.wake();
    expect(await typed(`withdrawals reject ${world.digestOf(one)} --why "late"`)).toMatch(
      /too_late/,
    );
    expect(await world.stage(world.digestOf(one))).toBe('broadcast/held');
  });

  test('are nobody else’s: an unknown one, and a word that is none', async () => {
    expect(await typed(`withdrawals approve ${digest}`)).toMatch(/unknown_withdrawal/);
    expect(await typed('withdrawals delete')).toMatch(/does not know/);
    expect(await typed(`withdrawals reject ${digest}`)).toMatch(/Say why/);
    expect((await type('withdrawals list')).said).toMatch(/not_found/);
  });
});
