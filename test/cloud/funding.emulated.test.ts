/** Money's way in and out over the real contracts, a real node and the tables' twin: deposits, reorganizations, withdrawals, and what is compared. */
import { Wallet } from 'ethers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { factReader } from '#cloud/chain-facts.ts';
import { look } from '#cloud/chain-index-pass.ts';
import { createChainIndexStore } from '#cloud/chain-index-store.ts';
import { systemClock } from '#cloud/clock.ts';
import { depositFacts } from '#cloud/deposit-facts.ts';
import { chainDepositsOf } from '#cloud/deposit-store.ts';
import { readFactCursor } from '#cloud/follow-facts.ts';
import { createLedgerStore, type LedgerStore } from '#cloud/ledger-store.ts';
import { createLocalSigner } from '#cloud/local-signer.ts';
import type { Rpc } from '#cloud/rpc.ts';
import { createTransactionSender, type FollowedSender } from '#cloud/transaction-sender.ts';
import { chainVault } from '#cloud/vault-chain.ts';
import { createVaultReads, type VaultReads } from '#cloud/vault-reads.ts';
import { ledgerVault } from '#cloud/vault-units.ts';
import { withdrawalFacts } from '#cloud/withdrawal-facts.ts';
import { callOf, type PayoutPorts } from '#cloud/withdrawal-steps.ts';
import { payoutIdOf, readPayout } from '#cloud/withdrawal-store.ts';
import type { Asset } from '#domain/asset.ts';
import { type SignedWithdraw, typedDomain, withdrawTypes } from '#wire/eip712.ts';
import { withdrawBody } from '#wire/order-body.ts';
import { takeFacts } from '../../functions/chain-facts/take-facts.ts';
import { requestWithdrawal } from '../../functions/withdrawals/request-withdrawal.ts';
import { type ChainWorld, startChainWorld } from '../contracts/chain-world.ts';
import { senderTerms } from '../simulation/simulate-sender.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { nodeRpc } from '../twins/node-rpc.ts';
import { terms } from './withdrawal-world.ts';

const chainId = 31_337;
const confirmations = 3;
const unit = 10n ** 10n;
const owner = new Wallet(`0x${'77'.repeat(32)}`);
const account = owner.address.toLowerCase();

let dynamo: DynamoTwin;
let anvil: Awaited<ReturnType<typeof startChainWorld>>;
let chain: ChainWorld;
let rpc: Rpc;
let reads: VaultReads;
let asset: Asset;
let tables: Record<'chain' | 'ledger' | 'outbox', string>;
let ledger: LedgerStore;
let sender: FollowedSender;
/** Earlier blocks are other tests'. */
let fromBlock = 0;

beforeAll(async () => {
  [dynamo, anvil] = await Promise.all([startDynamo('unused'), startChainWorld()]);
  chain = anvil.world;
  rpc = nodeRpc(chain.chain.url);
  reads = createVaultReads({ rpc, vault: chain.places.vault });
  const operator = chain.places.operator.address;
  await chain.chain.rpc('anvil_setBalance', operator, '0x56bc75e2d63100000');
});
afterAll(async () => {
  await Promise.all([dynamo.stop(), anvil.stop()]);
});

beforeEach(async () => {
  fromBlock = Number(await rpc.request('eth_blockNumber', []));
  const token = await chain.token('ETH');
  asset = {
    id: 'ETH',
    decimals: 8,
    chainDecimals: 18,
    chainAsset: `0x${BigInt(token).toString(16)}`,
  };
  tables = { chain: await newTable(), ledger: await newTable(), outbox: await newTable() };
  const { client } = dynamo;
  ledger = createLedgerStore({ client, table: tables.ledger, outboxTable: tables.outbox });
  sender = createTransactionSender({
    ...{ client, table: tables.chain, rpc, clock: systemClock, chainId },
    signer: createLocalSigner(chain.places.operator.key.privateKey),
    terms: senderTerms,
    report: () => undefined,
  });
});

const token = () => `0x${BigInt(asset.chainAsset).toString(16).padStart(40, '0')}`;
const where = () => ({ client: dynamo.client, table: tables.chain });

function payouts(): PayoutPorts {
  const { places, digests } = chain;
  return {
    ...{ ...where(), ledger, clock: systemClock },
    chain: {
      ...{ digestOf: digests, sender, vault: places.vault, lastBatch: reads.lastBatch },
      signer: createLocalSigner(places.operator.key.privateKey),
      finalAtMs: async () => (await readFactCursor({ ...where(), consumer })).finalAtMs,
      horizon: { due: async () => '{}', batchBehind: async () => 0n },
    },
  };
}
const consumer = 'chain-facts';

/** What the indexer and its bell do. */
async function follow(): Promise<void> {
  const { client } = dynamo;
  const { vault, exchange } = chain.places;
  const store = createChainIndexStore({
    ...{ client, chainId, chainTable: tables.chain, outboxTable: tables.outbox },
  });
  for (let passes = 0; passes < 200; passes += 1) {
    const looked = await look(await store.read(), {
      rpc,
      everyone: async (method, params) => [await rpc.request(method, params)],
      addresses: [vault, exchange],
      terms: { confirmations, finalizedTag: false, fromBlock },
      nowMs: Date.now,
    });
    if (looked.type === 'found') await store.append(looked.pass, Date.now());
    else if (looked.type !== 'moving') break;
  }
  const facts = { after: factReader({ ...where(), chainId, consumer }).read };
  const { ledgerAccountOf } = reads;
  const assets = async () => [asset];
  const surprised = (what: object) => {
    throw new Error(JSON.stringify(what));
  };
  const failed = (_: string, error: unknown) => {
    throw error;
  };
  await takeFacts({
    follow: { ...where(), consumer, facts },
    work: [
      depositFacts({
        ...where(),
        ledger,
        assets,
        clock: systemClock,
        chainId,
        vault,
        ledgerAccountOf,
      }),
      withdrawalFacts({ ...payouts(), vault, surprised }),
    ],
    ...{ payouts: payouts(), failed },
  })();
}

const confirm = async () => {
  for (let block = 0; block < confirmations; block += 1) await chain.chain.rpc('evm_mine');
  await sender.advance();
};
const available = async (who = account) =>
  (await ledger.balances(who)).find(({ asset: id }) => id === 'ETH')?.available ?? 0n;
const deposits = async () =>
  (await chainDepositsOf(where(), account, { limit: 50, oldest: true })).deposits;

/** Ledger and contract to the atom, and the contract's tokens behind it. */
async function compared(): Promise<bigint> {
  const pause = async () => undefined;
  const vault = chainVault({ ...where(), reads, assets: async () => [asset], pause });
  expect(await vault.problems?.('ETH')).toEqual([]);
  const held = await vault.vaultUnits('ETH');
  const line = ledgerVault({ client: dynamo.client, table: tables.ledger });
  expect(await line.vaultUnits('ETH')).toBe(held);
  return held;
}

async function ask(changes: Partial<SignedWithdraw> = {}) {
  const { vault, exchange } = chain.places;
  const withdraw: SignedWithdraw = {
    ...{ account, asset: asset.chainAsset, amount: 40n * unit, recipient: account, afterBatch: 0n },
    ...{ deadlineMs: (await chain.chain.nowMs()) + 1_800_000, withdrawalId: 2n ** 250n },
    ...changes,
  };
  const domain = typedDomain({ chainId: BigInt(chainId), verifyingContract: vault });
  const signature = await owner.signTypedData(domain, withdrawTypes, withdraw);
  const texts = (['amount', 'afterBatch', 'withdrawalId'] as const).map((n) => [
    n,
    `${withdraw[n]}`,
  ]);
  const body = { withdraw: { ...withdraw, ...Object.fromEntries(texts) }, signature };
  withdrawBody.parse(body);
  const request = { requestId: 'r', path: {}, query: {}, headers: {}, body };
  const { chain: _, ...ports } = payouts();
  const answer = await requestWithdrawal(request, {
    ...{ ...ports, ledger, assets: async () => [asset], digestOf: chain.digests },
    ...{ contracts: [vault, exchange], terms },
  });
  const digest = chain.digests.withdraw(withdraw);
  return { answer, digest, payout: async () => readPayout(where(), digest) };
}

describe('money over the real contracts', () => {
  test('comes in once its block is final, and goes out to whom its owner signed', async () => {
    await chain.fund(account, token(), 100n * unit + 7n);
    await follow();
    expect(await deposits()).toMatchObject([{ status: 'pending', atoms: 100n * unit + 7n }]);
    expect(await available()).toBe(0n);
    await confirm();
    await follow();
    expect(await deposits()).toMatchObject([{ status: 'credited', units: 100n }]);
    expect(await available()).toBe(100n);
    expect(await compared()).toBe(100n);

    const { answer, payout } = await ask();
    expect(answer).toMatchObject({ status: 201, body: { stage: 'held' } });
    await follow();
    expect(await payout()).toMatchObject({ status: 'broadcast', afterBatch: 0n });
    await confirm();
    await follow();
    expect(await payout()).toMatchObject({ status: 'confirmed' });
    expect(await chain.tokensOf(token(), account)).toBe(40n * unit);
    expect(await available()).toBe(60n);
    expect(await compared()).toBe(60n);
  });

  test('that a reorganization takes away and a later block holds again is credited once', async () => {
    const before = await chain.chain.rpc<string>('evm_snapshot');
    await chain.fund(account, token(), 5n * unit);
    await follow();
    await chain.chain.rpc('evm_revert', before);
    await chain.chain.rpc('evm_mine');
    await follow();
    expect(await deposits()).toMatchObject([{ status: 'reorged' }]);
    await chain.fund(account, token(), 5n * unit);
    await confirm();
    await follow();
    expect((await deposits()).map(({ status }) => status)).toContain('credited');
    expect(await available()).toBe(5n);
    expect(await compared()).toBe(5n);
  });

  test('to the insurance account is the house’s', async () => {
    await chain.fund(chain.places.insurance.address, token(), 9n * unit);
    await confirm();
    await follow();
    expect(await available('house:insurance')).toBe(9n);
    expect(await compared()).toBe(9n);
  });

  test('may be sent out by its owner with our approval, and never twice', async () => {
    await chain.fund(account, token(), 100n * unit);
    await confirm();
    await follow();
    const { digest, payout } = await ask();
    // The owner is faster than our sender.
    await chain.chain.rpc('evm_setAutomine', false);
    await follow();
    const signed = await payout();
    if (!signed) throw new Error('no withdrawal');
    expect(signed.status).toBe('broadcast');
    await chain.chain.rpc('anvil_dropAllTransactions');
    await chain.chain.rpc('evm_setAutomine', true);
    await chain.chain.send({ from: account, to: chain.places.vault, data: callOf(signed) });
    await confirm();
    await follow();
    await confirm();
    await follow();
    expect(await payout()).toMatchObject({ status: 'confirmed' });
    expect((await ledger.withdrawal(payoutIdOf(digest)))?.status).toBe('finished');
    expect(await chain.tokensOf(token(), account)).toBe(40n * unit);
    expect(await compared()).toBe(60n);
  });
});
