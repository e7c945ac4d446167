/** What operators order of money, by the function that they invoke: over the ledger in memory, without a cloud. */
import { beforeEach, describe, expect, test } from 'vitest';
import { proveCaller } from '#cloud/caller-identity.ts';
import type { MoneyAnswer } from '#wire/adjustments.ts';
import { insuranceAccount } from '#wire/table-keys.ts';
import { identify } from '../../functions/adjustments/identify.ts';
import { type MoneyPorts, orderMoney } from '../../functions/adjustments/order-money.ts';
import { identityService } from '../cloud/identity-service.ts';
import { movesOf } from '../ledger/ledger-under-test.ts';
import { MemoryLedger } from '../ledger/memory-ledger.ts';
import { demoCatalog } from './demo-catalog.ts';

const account = `0x${'ab'.repeat(20)}`;
let ledger: MemoryLedger;
let told: string[];

beforeEach(async () => {
  ledger = new MemoryLedger(new Set(demoCatalog.assets.map(({ id }) => id)));
  told = [];
  const { deposit, propose, approve } = movesOf(ledger);
  await deposit('d-1', 100_000_000, 'USDC', account);
  await propose('endowment', -50_000_000, { owner: account });
  for (const by of ['bea', 'cyd']) await approve('endowment', by);
});

const portsWith = (who: MoneyPorts['identify']): MoneyPorts => ({
  ledger,
  assets: async () => demoCatalog.assets,
  identify: who,
  clock: { nowMs: () => 1_800_000_000_000 },
  told: (order, by) => told.push(`${by} ${order.type}`),
});
const local = { isLocal: true, adjusters: [], functionName: '', region: '', account: '', fetch };
const ask = (name: string, order: object): Promise<MoneyAnswer> =>
  orderMoney(
    { order, caller: { type: 'claimed', name } },
    portsWith((proof, sent) => identify(proof, sent, local)),
  );

const proposal = {
  type: 'propose_adjustment',
  adjustmentId: 'adj-1',
  ...{ account, house: insuranceAccount, asset: 'USDC', amount: '12.5', why: 'ticket 812' },
};
const approval = { type: 'approve_adjustment', adjustmentId: 'adj-1' };
const available = async () => (await ledger.balances(account))[0]?.available;

describe('an adjustment', () => {
  test('is proposed by one person, approved by two others, and posted in exact units', async () => {
    expect(await ask('ann', proposal)).toMatchObject({
      ...{ status: 'answered', result: 'created', by: 'ann' },
      adjustment: { amount: '12.5', status: 'proposed', by: 'ann', approvals: [] },
    });
    expect(await ask('ann', approval)).toMatchObject({ result: 'approver_is_proposer' });
    expect(await ask('bea', approval)).toMatchObject({ result: 'approvals_missing' });
    expect(await ask('bea', approval)).toMatchObject({ result: 'approvals_missing' });
    expect(await available()).toBe(50_000_000n);
    expect(await ask('cyd', approval)).toMatchObject({
      result: 'created',
      adjustment: { status: 'posted' },
    });
    expect(await available()).toBe(62_500_000n);
    expect(await ask('cyd', approval)).toMatchObject({ result: 'exists' });
    expect(await ask('ann', { type: 'show_adjustments' })).toMatchObject({
      status: 'adjustments',
      adjustments: [{ adjustmentId: 'adj-1' }, { adjustmentId: 'endowment', amount: '-50' }],
    });
    expect(told.at(-1)).toBe('cyd approve_adjustment');
  });

  test('below zero goes to the house, and may be rejected with a reason', async () => {
    expect(await ask('ann', { ...proposal, amount: '-0012.50' })).toMatchObject({
      adjustment: { amount: '-12.5' },
    });
    const rejection = { type: 'reject_adjustment', adjustmentId: 'adj-1', why: 'wrong account' };
    expect(await ask('bea', rejection)).toMatchObject({
      result: 'created',
      adjustment: { status: 'rejected', rejection: { by: 'bea', why: 'wrong account' } },
    });
    expect(await ask('bea', approval)).toMatchObject({ result: 'adjustment_is_rejected' });
  });

  test.each([
    [{ amount: '0.0000001' }, 'invalid_request'],
    [{ amount: '1e3' }, 'invalid_request'],
    [{ amount: '--1' }, 'invalid_request'],
    [{ asset: 'MOON' }, 'unknown_asset'],
    [{ adjustmentId: 'w-1:hold' }, 'invalid_request'],
    [{ account: 'house:dust' }, 'invalid_request'],
    [{ why: '' }, 'invalid_request'],
    [{ why: 'two\nlines' }, 'invalid_request'],
    [{ by: 'somebody' }, 'unknown_field'],
  ])('with %j never reaches the ledger: %s', async (change, code) => {
    expect(await ask('ann', { ...proposal, ...change })).toMatchObject({
      ...{ status: 'refused', code },
    });
    expect(await ledger.adjustments(9)).toHaveLength(1);
    expect(told).toEqual([]);
  });
});

test('money of the house moves within the house, with who and why in the operation', async () => {
  const transfer = {
    type: 'transfer_house',
    operationId: 'house-1',
    ...{ from: insuranceAccount, to: 'house:dust', asset: 'USDC', amount: '2', why: 'rounding' },
  };
  expect(await ask('ann', transfer)).toMatchObject({ result: 'created', by: 'ann' });
  expect(await ledger.operation('house-1')).toMatchObject({
    ...{ kind: 'transfer', units: 2_000_000n, by: 'ann', why: 'rounding' },
  });
  expect(await ask('ann', { ...transfer, operationId: 'house-2', amount: '49' })).toMatchObject({
    result: 'balance_too_low',
  });
});

describe('on AWS', () => {
  const region = 'eu-central-1';
  const awsAccount = '123456789012';
  const functionName = 'crossbook-prod-adjustments';
  const people = ['ann', 'bea'].map(
    (name) =>
      [
        `AKIA${name}`,
        {
          ...{ secretAccessKey: `secret of ${name}`, account: awsAccount },
          arn: `arn:aws:iam::${awsAccount}:user/${name}`,
        },
      ] as const,
  );
  const where = {
    ...{ isLocal: false, adjusters: ['user/ann'], functionName, region, account: awsAccount },
    fetch: identityService(new Map(people)).fetch,
  };
  const send = (caller: object, order: object) =>
    orderMoney(
      { order, caller },
      portsWith((proof, sent) => identify(proof, sent, where)),
    );
  const proofOf = (name: string, order: object) =>
    proveCaller(
      { functionName, order },
      {
        ...{ region, nowMs: 0 },
        credentials: { accessKeyId: `AKIA${name}`, secretAccessKey: `secret of ${name}` },
      },
    );

  test('who proposes is whom AWS knows by the signature', async () => {
    expect(await send(proofOf('ann', proposal), proposal)).toMatchObject({
      ...{ result: 'created', by: 'user/ann' },
      adjustment: { by: 'user/ann' },
    });
  });

  test('a claim, somebody who is not named, or a proof of something else counts for nothing', async () => {
    const claim = { type: 'claimed', name: 'user/ann' };
    expect(await send(claim, proposal)).toMatchObject({ code: 'caller_not_proved' });
    expect(await send(proofOf('bea', proposal), proposal)).toMatchObject({
      code: 'caller_not_named',
    });
    expect(await send(proofOf('ann', approval), proposal)).toMatchObject({
      code: 'caller_not_proved',
    });
    expect(await ledger.adjustments(9)).toHaveLength(1);
  });
});

describe('where money lies in a vault', () => {
  const askThere = (order: object) =>
    orderMoney(
      { order, caller: { type: 'claimed', name: 'ann' } },
      { ...portsWith((proof, sent) => identify(proof, sent, local)), settles: true },
    );

  test('insurance gives users money, because a batch can', async () => {
    expect(await askThere(proposal)).toMatchObject({ status: 'answered', result: 'created' });
  });

  test('nobody takes from a user, no other house gives, and insurance is funded on the chain alone', async () => {
    const refused = { status: 'refused', code: 'vault_cannot_follow' };
    expect(await askThere({ ...proposal, amount: '-1' })).toMatchObject(refused);
    expect(await askThere({ ...proposal, house: 'house:fees' })).toMatchObject(refused);
    const move = { type: 'transfer_house', operationId: 'house-1', asset: 'USDC', amount: '1' };
    const between = (from: string, to: string) => askThere({ ...move, from, to, why: 'x' });
    expect(await between('house:fees', 'house:insurance')).toMatchObject(refused);
    expect(await between('house:insurance', 'house:fees')).toMatchObject(refused);
    expect(await between('house:fees', 'house:dust')).toMatchObject({ status: 'answered' });
  });
});
