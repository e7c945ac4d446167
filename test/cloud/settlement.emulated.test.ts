/** Settlement from cleared runs to the vault's balances: the contracts on anvil, the tables on DynamoDB's local twin. */
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { id, toBeHex } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchesBehind, contentOf } from '#cloud/settlement-batches.ts';
import { settleRows } from '#cloud/settlement-due.ts';
import { confirmFreeze, forgetFreeze, readFreeze } from '#cloud/settlement-freeze.ts';
import { batchBehind, tradesDue } from '#cloud/settlement-horizon.ts';
import { settle } from '#cloud/settlement-pass.ts';
import { fillSettlements } from '#cloud/settlement-status.ts';
import { units } from '#domain/amount.ts';
import type { ChainFact } from '#wire/chain-fact.ts';
import { insuranceAccount } from '#wire/table-keys.ts';
import { fundInsurance } from '../../contracts/fund-insurance.ts';
import { type ChainWorld, delaySeconds, User } from '../contracts/chain-world.ts';
import { killedAt } from './ledger-twin.ts';
import { expectEqual, type SettlementRig, startSettlementRig, traded } from './settlement-rig.ts';
import { groupIds, type SettlementWorld } from './settlement-world.ts';

let chain: ChainWorld;
let rig: SettlementRig;

beforeAll(async () => {
  rig = await startSettlementRig();
  chain = rig.chain;
});
afterAll(() => rig.stop());

const onChain: SettlementRig['onChain'] = (work) => rig.onChain(work);

/** Every call by hand, some in CI. */
const killStep = process.env['CROSSBOOK_RUNS'] ? 1 : 7;

const statusOf = async (world: SettlementWorld, sequence: number, role: 'maker' | 'taker') => {
  const where = { client: world.client, ...world.tables };
  const [settlement] = await fillSettlements(where, [{ groupId: 'majors', sequence, role }]);
  return settlement;
};

test('what was cleared is settled: the vault holds what the ledger says, and fills say how far they are', () =>
  onChain(async (world) => {
    const { ann, bob } = await traded(world);
    const sequence = world.framesOf('majors').at(-1)?.lastSequence ?? 0;
    expect(await statusOf(world, sequence, 'maker')).toEqual({ status: 'cleared' });
    expect(await statusOf(world, sequence + 1, 'maker')).toEqual({ status: 'matched' });
    const pass = await world.settle();
    expect(pass).toMatchObject({ batches: 1, sent: 1 });
    expect(await statusOf(world, sequence, 'maker')).toEqual({ status: 'submitted' });
    await world.hear({ final: false });
    const mined = await statusOf(world, sequence, 'taker');
    expect(mined?.status).toBe('submitted');
    await world.hear();
    expect(await statusOf(world, sequence, 'taker')).toEqual({ ...mined, status: 'settled' });
    await expectEqual(world, [ann, bob]);
    expect(world.told).toEqual([]);
  }));

test('a maker order that was placed in an earlier batch settles again', () =>
  onChain(async (world) => {
    const { bid, bob, ann } = await traded(world);
    await world.settle();
    const ask = world.place(bob, 'majors', 'sell', 100, 80);
    world.trade('majors', bid, ask, 50);
    await world.clear();
    await world.settle();
    expect(await chain.read('lastBatch')).toBe(2n);
    await expectEqual(world, [ann, bob]);
  }));

test('more than one batch holds is cut into several, on their way together', () =>
  onChain(async (world) => {
    const { bid, ask, ann, bob } = await traded(world);
    for (let at = 0; at < 6; at += 1) world.trade('majors', bid, ask, 10);
    await world.clear();
    world.bytesAtMost = 850;
    await world.settle();
    expect(Number(await chain.read('lastBatch'))).toBeGreaterThan(2);
    await expectEqual(world, [ann, bob]);
  }));

test('killed before or after any call, each trade settles once', () =>
  onChain(async (original) => {
    const { ann, bob } = await traded(original);
    for (let call = 1, isOver = false; !isOver; call += killStep)
      for (const moment of ['before', 'after'] as const) {
        const snapshot = await chain.chain.rpc<string>('evm_snapshot');
        const world = await original.copied();
        isOver = await world.settle(killedAt(world.client, call, moment)).then(
          () => true,
          () => false,
        );
        await world.settle();
        await world.hear();
        const batches = await batchesBehind({ client: world.client, ...world.tables }, 0, 10);
        expect(batches.map(({ status, fills }) => `${status} ${fills}`)).toEqual(['settled 2']);
        await expectEqual(world, [ann, bob]);
        await chain.chain.rpc('evm_revert', snapshot);
      }
  }));

test('two that settle at once plan and send the same', () =>
  onChain(async (world) => {
    const { ann, bob } = await traded(world);
    await Promise.all([world.settle(), world.settle(), world.settle()]);
    await world.hear();
    expect(await chain.read('lastBatch')).toBe(1n);
    await expectEqual(world, [ann, bob]);
  }));

/** Ann's bid, by herself and for good; insurance has funds. */
async function cancelledOnChain(world: SettlementWorld) {
  const before = await traded(world);
  await world.settle();
  await world.fundInsurance('USDC', 100_000);
  await chain.vault(before.ann.address, 'cancel', [before.bid.digest]);
  await world.hear();
  // Nothing is due, but the act waits for a batch that passes its time.
  await chain.chain.pass(delaySeconds + 5);
  await world.settle();
  return before;
}

test('a fill whose one side was cancelled on the chain settles for the other; the ledger takes back the one side alone', () =>
  onChain(async (world) => {
    const { ann, bob, bid } = await cancelledOnChain(world);
    expect(await chain.read('lastBatch')).toBe(2n);
    const ask = world.place(bob, 'majors', 'sell', 100, 80);
    const frame = world.trade('majors', bid, ask, 50);
    await world.clear();
    // What Ann bought comes home, so that it can be taken back.
    world.giveBack(ann, 'majors', 'ETH', 350);
    await world.clear();
    const { insured } = await world.settle();
    expect(insured).toEqual({ done: 1, open: 0 });
    expect(world.told).toEqual([{ at: 0, side: 'maker', reason: 'order_cancelled' }]);
    await world.hear();
    const sequence = frame?.lastSequence ?? 0;
    expect(await statusOf(world, sequence, 'maker')).toEqual({ status: 'taken_back' });
    expect((await statusOf(world, sequence, 'taker'))?.status).toBe('settled');
    await expectEqual(world, [ann, bob, chain.places.insurance]);
    // It followed the chain: nothing of it goes there again.
    const rows = await settleRows({ client: world.client, table: world.tables.outboxTable });
    expect(rows.map(({ type }) => type)).toEqual(['run', 'run']);
  }));

test('where insurance lacks funds the batch waits, and goes on once it has them', () =>
  onChain(async (world) => {
    const { bob, bid, ann } = await traded(world);
    await world.settle();
    await chain.vault(ann.address, 'cancel', [bid.digest]);
    await world.hear();
    await chain.chain.pass(delaySeconds + 5);
    await world.settle();
    const ask = world.place(bob, 'majors', 'sell', 100, 80);
    world.trade('majors', bid, ask, 50);
    await world.clear();
    const { left } = await world.settle();
    expect(left).toMatchObject({ status: 'waits', why: 'insurance_too_low', batchId: 3 });
    // As the runbook says: so much as is enough, by the command, from a wallet of anybody's.
    const atoms = BigInt(
      /(\d+) atoms more are enough/.exec(String(Reflect.get(left, 'detail')))?.[1] ?? 0,
    );
    const { vault, deployer } = chain.places;
    const usdc = toBeHex(world.asset('USDC').chainAsset, 20);
    const payer = new User('payer');
    await chain.tokens(deployer, usdc, 'mint', [payer.address, atoms]);
    await chain.chain.rpc('anvil_setBalance', payer.address, '0x3635c9adc5dea00000');
    const wish = { rpc: chain.chain.url, vault, asset: BigInt(usdc), atoms: atoms - 1n };
    await fundInsurance(wish, payer.key.privateKey);
    expect((await world.settle()).left).toMatchObject({ why: 'insurance_too_low', batchId: 3 });
    await fundInsurance({ ...wish, atoms: 1n }, payer.key.privateKey);
    await world.settle();
    expect(await chain.read('lastBatch')).toBe(3n);
  }));

test('what operators give a user from insurance reaches the vault once, before the fills that spend it', () =>
  onChain(async (world) => {
    const { ann, bob } = await traded(world);
    await world.fundInsurance('USDC', 500);
    await give(world, ann, 'adj-1', 500);
    await world.settle();
    await world.settle();
    expect(await chain.read('lastBatch')).toBe(1n);
    await expectEqual(world, [ann, bob, chain.places.insurance]);
  }));

test('where what operators give fills a batch by itself, trades are in the next ones', () =>
  onChain(async (world) => {
    const { ann, bob } = await traded(world);
    await world.fundInsurance('USDC', 500);
    for (let nth = 0; nth < 20; nth += 1) await give(world, ann, `adj-${nth}`, 20);
    world.bytesAtMost = 850;
    await world.settle();
    await world.settle();
    const where = { client: world.client, ...world.tables };
    const first = await contentOf(where, 1);
    expect([first.transfers.length, first.trades.length]).toEqual([20, 0]);
    expect(Number(await chain.read('lastBatch'))).toBeGreaterThan(1);
    await expectEqual(world, [ann, bob, chain.places.insurance]);
  }));

/** From insurance, as two people approve it. */
async function give(world: SettlementWorld, to: User, adjustmentId: string, amount: number) {
  const proposal = { adjustmentId, account: to.address, house: insuranceAccount, asset: 'USDC' };
  await world.ledger.proposeAdjustment({
    ...{ ...proposal, units: units(amount), by: 'p', why: 'goodwill', atMs: 1 },
  });
  for (const by of ['q', 'r']) await world.ledger.approveAdjustment({ adjustmentId, by, atMs: 2 });
}

test('a batch whose block is gone was not settled, and is again once another block holds it', () =>
  onChain(async (world) => {
    await traded(world);
    const sequence = world.framesOf('majors').at(-1)?.lastSequence ?? 0;
    await world.settle();
    const newest = Number(await chain.chain.rpc<string>('eth_blockNumber'));
    await world.hear({ final: false });
    expect((await statusOf(world, sequence, 'maker'))?.transactionHash).toBeDefined();
    await world.apply({ type: 'reorg', number: newest - 1, hash: '0x' });
    expect(await statusOf(world, sequence, 'maker')).toEqual({ status: 'submitted' });
    await world.apply({ type: 'finalize', number: newest, hash: '0x' });
    expect(await statusOf(world, sequence, 'maker')).toEqual({ status: 'submitted' });
    await world.apply(await world.block(newest));
    await world.apply({ type: 'finalize', number: newest, hash: '0x' });
    expect((await statusOf(world, sequence, 'maker'))?.status).toBe('settled');
    // A fact may come again, even of a block that was final.
    await world.apply(await world.block(newest));
    expect((await statusOf(world, sequence, 'maker'))?.status).toBe('settled');
  }));

test('a fill that is rejected although nobody predicted it settles in the next batch, for whom it is owed', () =>
  onChain(async (world) => {
    const { ann, bob, bid } = await traded(world);
    await world.settle();
    await world.fundInsurance('USDC', 100_000);
    const usdc = BigInt(world.asset('USDC').chainAsset);
    const left = await chain.balance(ann.address, usdc);
    await chain.vault(ann.address, 'requestWithdraw', [usdc, left]);
    const exits = 1n;
    await world.hear();
    await chain.chain.pass(delaySeconds + 5);
    await world.settle();
    // Matched although she left: what the guard exists to prevent.
    const ask = world.place(bob, 'majors', 'sell', 100, 80);
    const frame = world.trade('majors', bid, ask, 50);
    world.giveBack(ann, 'majors', 'ETH', 350);
    await world.clear();
    const settling = world.settling();
    const { send } = settling.submitting.sender;
    settling.submitting.sender.send = async (wanted) => {
      await chain.vault(bob.address, 'finalizeWithdraw', [exits]);
      return send(wanted);
    };
    await settle(settling, world.nowMs() + 5_000);
    await world.hear();
    const sequence = frame?.lastSequence ?? 0;
    expect((await statusOf(world, sequence, 'taker'))?.status).toBe('submitted');
    await world.settle();
    await world.hear();
    expect(await chain.read('lastBatch')).toBe(4n);
    expect((await statusOf(world, sequence, 'taker'))?.status).toBe('settled');
    expect(await statusOf(world, sequence, 'maker')).toEqual({ status: 'taken_back' });
    await expectEqual(world, [bob, chain.places.insurance]);
  }));

test('a withdrawal comes behind the batch of everything that was cleared before it', () =>
  onChain(async (world) => {
    const where = { client: world.client, ...world.tables };
    expect(await batchBehind(where, await tradesDue(where, groupIds))).toBe(0);
    const { bid, ask } = await traded(world);
    const due = await tradesDue(where, groupIds);
    expect(await batchBehind(where, due)).toBeUndefined();
    await world.settle();
    expect(await batchBehind(where, due)).toBe(1);
    world.trade('majors', bid, ask, 10);
    // Not cleared yet: its funds cannot be held either.
    expect(await batchBehind(where, await tradesDue(where, groupIds))).toBe(1);
  }));

test('while the guardian pauses settlement, batches wait and say why', () =>
  onChain(async (world) => {
    const { ann, bob } = await traded(world);
    await chain.exchange(chain.places.guardian, 'pauseSettlement');
    const { left } = await world.settle();
    expect(left).toMatchObject({ why: 'would_revert', detail: 'SettlementIsPaused()' });
    await chain.exchange(chain.places.guardian, 'resumeSettlement');
    await world.settle();
    await expectEqual(world, [ann, bob]);
  }));

test('an insured fill that is rejected because insurance left meanwhile settles later, and the ledger follows once', () =>
  onChain(async (world) => {
    const { ann, bob, bid } = await traded(world);
    await world.settle();
    await world.fundInsurance('USDC', 100_000);
    const usdc = BigInt(world.asset('USDC').chainAsset);
    const { insurance } = chain.places;
    await chain.vault(ann.address, 'cancel', [bid.digest]);
    await chain.vault(insurance.address, 'requestWithdraw', [usdc, 100_000n]);
    await world.hear();
    await chain.chain.pass(delaySeconds + 5);
    await world.settle();
    const ask = world.place(bob, 'majors', 'sell', 100, 80);
    const frame = world.trade('majors', bid, ask, 50);
    world.giveBack(ann, 'majors', 'ETH', 350);
    await world.clear();
    const settling = world.settling();
    const { send } = settling.submitting.sender;
    settling.submitting.sender.send = async (wanted) => {
      await chain.vault(bob.address, 'finalizeWithdraw', [1n]);
      return send(wanted);
    };
    const { insured } = await settle(settling, world.nowMs() + 5_000);
    expect(insured).toEqual({ done: 1, open: 0 });
    await world.hear();
    expect((await world.settle()).left).toMatchObject({ why: 'insurance_too_low', batchId: 4 });
    await chain.fund(insurance.address, `0x${usdc.toString(16).padStart(40, '0')}`, 100_000n);
    expect((await world.settle()).insured).toEqual({ done: 0, open: 0 });
    await world.hear();
    const sequence = frame?.lastSequence ?? 0;
    expect((await statusOf(world, sequence, 'taker'))?.status).toBe('settled');
    expect(await statusOf(world, sequence, 'maker')).toEqual({ status: 'taken_back' });
    await expectEqual(world, [ann, bob, insurance]);
  }));

/** Of the vault, as the indexer tells it: one that takes months to bring about. */
const frozenIn = (number: number, isFrozen = true): ChainFact => ({
  ...{ type: 'block', number, hash: '0x', parentHash: '0x', atMs: 0 },
  logs: isFrozen
    ? [
        {
          ...{ address: chain.places.vault, transactionHash: '0x', logIndex: 0, data: '0x' },
          topics: [id('Frozen(uint256)'), toBeHex(1, 32)],
        },
      ]
    : [],
});

test('a freeze is what the chain says: a reorg takes it back, a final one stays, whoever tells the facts once more', () =>
  onChain(async (world) => {
    const where = { client: world.client, ...world.tables };
    const finalize = (number: number) => world.apply({ type: 'finalize', number, hash: '0x' });
    const reorg = (number: number) => world.apply({ type: 'reorg', number, hash: '0x' });
    await world.apply(frozenIn(7));
    await world.apply(frozenIn(7));
    await finalize(6);
    expect(await readFreeze(where)).toEqual({ blockNumber: 7, isFinal: false });
    await reorg(6);
    expect(await readFreeze(where)).toBeUndefined();
    await world.apply(frozenIn(8));
    // Who read the freeze of block 7 before the reorg goes on only now.
    await forgetFreeze(where, 7);
    await confirmFreeze(where, 7);
    expect(await readFreeze(where)).toEqual({ blockNumber: 8, isFinal: false });
    await finalize(8);
    const forGood = { blockNumber: 8, isFinal: true };
    expect(await readFreeze(where)).toEqual(forGood);
    await world.apply(frozenIn(8));
    await forgetFreeze(where, 8);
    await reorg(7);
    expect(await readFreeze(where)).toEqual(forGood);
  }));

test('of a frozen vault a fill is taken back for both sides, though who insured one died before he noted it', () =>
  onChain(async (world) => {
    const { ann, bob, bid } = await cancelledOnChain(world);
    world.trade('majors', bid, world.place(bob, 'majors', 'sell', 100, 80), 50);
    world.giveBack(ann, 'majors', 'ETH', 350);
    // What he still has of what he sold, and all that his sales brought.
    world.giveBack(bob, 'majors', 'ETH', 650);
    world.giveBack(bob, 'majors', 'USDC', 34_994);
    await world.clear();
    const settling = world.settling();
    settling.submitting.where = { ...settling.submitting.where, client: diesNoting(world.client) };
    await expect(settle(settling, world.nowMs() + 5_000)).rejects.toThrow('killed');
    await world.apply(frozenIn(1_000_000));
    await world.apply({ type: 'finalize', number: 1_000_000, hash: '0x' });
    // What Bob gets back comes from Ann, whose side is told after his.
    expect((await world.settle()).insured).toEqual({ done: 1, open: 1 });
    expect((await world.settle()).insured).toEqual({ done: 1, open: 0 });
    await expectEqual(world, [ann, bob]);
  }));

/** Before it notes for the ledger whom insurance stands in for. */
const diesNoting = (client: DynamoDBDocumentClient) =>
  new Proxy(client, {
    get(target, name) {
      if (name !== 'send') return Reflect.get(target, name);
      return async (command: unknown) => {
        const isNote =
          command instanceof TransactWriteCommand &&
          command.input.TransactItems?.some(({ Put }) => Put?.Item?.['kind'] === 'insured');
        if (isNote) throw new Error('killed');
        return target.send(command as never);
      };
    },
  });
