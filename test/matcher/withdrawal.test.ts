/** A withdrawal beside trading: its demand comes before any grant, and free credit is called back for it. */
import { expect, test } from 'vitest';
import { callCreditBack } from '#cloud/call-credit-back.ts';
import { units } from '#domain/amount.ts';
import { acceptRecord, startOfJournal } from '#wire/accept-record.ts';
import type { Frame } from '#wire/journal-frame.ts';
import { MemoryLedger } from '../ledger/memory-ledger.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';

const alice = address('alice');

/** A matcher over the ledger that knows withdrawals. */
async function withdrawingWorld(policy: 'exact' | 'sticky', deposited: bigint) {
  const world = new MatcherWorld();
  const books = new MemoryLedger();
  const request = { account: alice, asset: 'USDC', units: units(deposited), atMs: 0 };
  await books.deposit({ operationId: 'deposit', ...request });
  await books.setAccountSettings(alice, { creditPolicy: policy });
  world.ledger.ports = () => books;
  const running = await world.start();
  let cleared = 0;
  return {
    ...{ world, books, running },
    clear() {
      const frames = framesOf(world);
      books.clear(groupId, frames.slice(cleared));
      cleared = frames.length;
      world.ledger.clear(groupId, world.journal);
    },
    withdrawal: (amount: bigint) => ({
      ...{ withdrawalId: 'w', account: alice, asset: 'USDC' },
      ...{ units: units(amount), atMs: 0 },
    }),
  };
}

function framesOf({ journal }: MatcherWorld): Frame[] {
  const frames: Frame[] = [];
  let state = startOfJournal;
  for (const record of journal.records) {
    const verdict = acceptRecord(groupId, state, record);
    if (verdict.type === 'stop') throw new Error(verdict.detail);
    state = verdict.state;
    if (verdict.type === 'frame') frames.push(verdict.frame);
  }
  return frames;
}

const callBack = (world: MatcherWorld, { leader }: Running) =>
  world.time.until(
    callCreditBack(
      {
        matchers: {
          demandCredit: async (_, { account, asset }) => ({
            returnedUnits: await leader.demand(account, asset),
          }),
        },
        groups: [groupId],
        patience: () => new Promise(() => {}),
      },
      { account: alice, asset: 'USDC' },
    ),
  );

test("a withdrawal's demand comes before any grant", async () => {
  const { world, books, running, withdrawal } = await withdrawingWorld('exact', 1_000n);
  expect(await books.demandWithdrawal(withdrawal(900n))).toMatchObject({ status: 'created' });
  expect(await world.send(running, world.order('alice'))).toMatchObject([
    { status: 'refused', code: 'balance_too_low' },
  ]);
  expect(await world.send(running, world.order('alice', { lots: 1 }))).toMatchObject([
    { status: 'accepted' },
  ]);
  expect(await books.holdWithdrawal(withdrawal(900n))).toMatchObject({ status: 'created' });
});

test('a withdrawal of everything gets what is free at the matcher, and orders that come meanwhile do not', async () => {
  const { world, books, running, clear, withdrawal } = await withdrawingWorld('sticky', 4_000n);
  const order = world.order('alice', { lots: 1 });
  await world.send(running, order);
  await world.send(running, world.cancel('alice', order.digest));
  clear();
  const all = withdrawal(4_000n);
  await books.demandWithdrawal(all);
  expect(await books.holdWithdrawal(all)).toEqual({ status: 'balance_too_low' });
  expect(await callBack(world, running)).toEqual({ returnedUnits: 1_000n, unanswered: [] });
  const meanwhile = world.ask(running, world.order('alice'));
  await world.time.pass(100);
  clear();
  expect(await world.time.until(meanwhile)).toMatchObject([{ code: 'balance_too_low' }]);
  expect(await books.holdWithdrawal(all)).toMatchObject({ status: 'created' });
  expect(await books.finishWithdrawal({ withdrawalId: 'w', atMs: 0 })).toMatchObject({
    status: 'created',
  });
  expect(await books.balances(alice)).toMatchObject([{ available: 0n, withdrawing: 0n }]);
});

test('what an order holds is not called back until the order ends', async () => {
  const { world, books, running, clear, withdrawal } = await withdrawingWorld('exact', 200n);
  const order = world.order('alice');
  await world.send(running, order);
  clear();
  const all = withdrawal(200n);
  await books.demandWithdrawal(all);
  expect(await callBack(world, running)).toEqual({ returnedUnits: 0n, unanswered: [] });
  await world.send(running, world.cancel('alice', order.digest));
  expect(await callBack(world, running)).toEqual({ returnedUnits: 200n, unanswered: [] });
  clear();
  expect(await books.holdWithdrawal(all)).toMatchObject({ status: 'created' });
});
