/** The transaction sender against anvil and DynamoDB's local twin. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { id as digestOf, hexlify, parseEther, toUtf8Bytes } from 'ethers';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#cloud/clock.ts';
import { createKmsSigner } from '#cloud/kms-signer.ts';
import { createLocalSigner } from '#cloud/local-signer.ts';
import { type Rpc, RpcError } from '#cloud/rpc.ts';
import { type DigestSigner, WouldRevert } from '#cloud/send-transaction.ts';
import { createTransactionSender } from '#cloud/transaction-sender.ts';
import { broadcast } from '#cloud/transaction-sender-chain.ts';
import { signTransaction } from '#cloud/transaction-sender-sign.ts';
import { senderTerms } from '../simulation/simulate-sender.ts';
import { startAnvil } from '../twins/anvil-twin.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { startKeys } from '../twins/key-twin.ts';
import { nodeRpc } from '../twins/node-rpc.ts';

type Anvil = Awaited<ReturnType<typeof startAnvil>>;

let dynamo: DynamoTwin;
let anvil: Anvil;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterEach(() => anvil?.stop());
afterAll(() => dynamo.stop());

const to = '0x2222222222222222222222222222222222222222';
const wanted = (id: string) => ({ id, to, data: hexlify(toUtf8Bytes(id)) });

const money = async (rpc: Rpc, address: string) =>
  rpc.request('anvil_setBalance', [address, `0x${parseEther('100').toString(16)}`]);

async function world(signer: DigestSigner, { options = {} }: { options?: object } = {}) {
  anvil = await startAnvil({ noMining: true, ...options });
  const rpc = nodeRpc(anvil.url);
  await money(rpc, await signer.address());
  const table = await newTable();
  const incidents: string[] = [];
  let aheadMs = 0;
  const clock = {
    nowMs: () => systemClock.nowMs() + aheadMs,
    monotonicMs: () => systemClock.monotonicMs() + aheadMs,
  };
  const sender = createTransactionSender({
    ...{ client: dynamo.client, table, rpc, signer, chainId: 31_337, clock },
    terms: { ...senderTerms, confirmations: 3 },
    report: (incident, { id }) => incidents.push(`${incident} ${id}`),
  });
  const blocks = async (count: number) => {
    for (let at = 0; at < count; at += 1) {
      await rpc.request('evm_mine', []);
      await sender.advance();
    }
  };
  const wait = (ms: number) => {
    aheadMs += ms;
  };
  return { rpc, sender, incidents, blocks, wait };
}

test('a key of KMS sends: stored, broadcast, mined, confirmed; what would revert is refused before', async () => {
  const keys = await startKeys();
  try {
    const { sender, blocks, rpc } = await world(createKmsSigner(keys));
    // REVERT(0, 0): what any contract's refusal is to a node.
    await rpc.request('anvil_setCode', ['0x3333333333333333333333333333333333333333', '0x5f5ffd']);
    const refused = { ...wanted('bad'), to: '0x3333333333333333333333333333333333333333' };
    await expect(sender.send(refused)).rejects.toThrow(WouldRevert);
    const ids = ['one', 'two', 'three'];
    const sent = await Promise.all(ids.map((id) => sender.send(wanted(id))));
    expect(sent.map(({ status }) => status)).toEqual(['broadcast', 'broadcast', 'broadcast']);
    expect(sent.map(({ nonce }) => nonce).toSorted()).toEqual([0, 1, 2]);
    await blocks(1);
    expect(await sender.find('one')).toMatchObject({ status: 'mined', blockNumber: 1 });
    await blocks(3);
    for (const { id, hashes } of sent)
      expect(await sender.find(id)).toMatchObject({ status: 'confirmed', minedHash: hashes[0] });
  } finally {
    await keys.stop();
  }
});

test('anvil says in words that the sender understands what it does not take', async () => {
  const signer = createLocalSigner(digestOf('a key'));
  const { rpc } = await world(signer);
  const signing = { signer, chainId: 31_337 };
  const fees = { maxFeeWei: 10_000_000_000n, tipWei: 1_000_000_000n };
  const raw = async (nonce: number, more: Partial<typeof fees> = {}) => {
    const given = { nonce, gasLimit: 50_000n, fees: { ...fees, ...more } };
    return hexlify((await signTransaction(signing, wanted('one'), given)).raw);
  };
  const first = await raw(0);
  expect(await broadcast(rpc, first)).toMatchObject({ answer: 'taken' });
  expect(await broadcast(rpc, first)).toMatchObject({ answer: 'taken' });
  const cheap = await raw(0, { maxFeeWei: fees.maxFeeWei - 1n });
  expect(await broadcast(rpc, cheap)).toMatchObject({ answer: 'replacement_underpriced' });
  const dear = await raw(1, { maxFeeWei: 10n ** 30n });
  expect(await broadcast(rpc, dear)).toMatchObject({ answer: 'balance_too_low' });
  await rpc.request('evm_mine', []);
  expect(await broadcast(rpc, cheap)).toMatchObject({ answer: 'nonce_used' });
  const refusal = await rpc.request('eth_call', [{ to }, 'no block']).catch((error) => error);
  expect(refusal).toBeInstanceOf(RpcError);
});

test('a transaction that is stuck is replaced in the node, and a reorg brings it back', async () => {
  const { sender, blocks, rpc, wait } = await world(createLocalSigner(digestOf('a key')));
  await sender.send(wanted('one'));
  wait(60_000);
  await sender.advance();
  const bumped = await sender.find('one');
  expect(bumped?.hashes).toHaveLength(2);
  const before = await rpc.request('evm_snapshot', []);
  await blocks(1);
  expect(await sender.find('one')).toMatchObject({ status: 'mined', minedHash: bumped?.hashes[1] });
  // The block is taken back, and the node has forgotten what was in it.
  await rpc.request('evm_revert', [before]);
  await rpc.request('anvil_dropAllTransactions', []);
  await sender.advance();
  expect(await sender.find('one')).toMatchObject({ status: 'broadcast' });
  await blocks(5);
  expect(await sender.find('one')).toMatchObject({ status: 'confirmed' });
});

test('a chain that was killed and has lost its newest blocks gets what was in them again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossbook-chain-'));
  try {
    const stateFile = join(folder, 'state');
    const signer = createLocalSigner(digestOf('a key'));
    const { sender, blocks } = await world(signer, { options: { stateFile } });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await sender.send(wanted('one'));
    await blocks(2);
    expect(await sender.find('one')).toMatchObject({ status: 'mined' });
    await anvil.stop();
    anvil = await startAnvil({ noMining: true, stateFile, port: anvil.port });
    const rpc = nodeRpc(anvil.url);
    await money(rpc, await signer.address());
    await sender.advance();
    await blocks(6);
    expect(await sender.find('one')).toMatchObject({ status: 'confirmed' });
    expect(
      Number(await rpc.request('eth_getTransactionCount', [await signer.address(), 'latest'])),
    ).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("somebody else's transaction under our nonce is proved from its block, and ours goes on", async () => {
  const signer = createLocalSigner(digestOf('a key'));
  const { sender, blocks, rpc, incidents } = await world(signer);
  await sender.send(wanted('one'));
  const fees = { maxFeeWei: 90_000_000_000n, tipWei: 40_000_000_000n };
  const given = { nonce: 0, gasLimit: 60_000n, fees };
  const foreign = await signTransaction({ signer, chainId: 31_337 }, wanted('foreign'), given);
  expect(await broadcast(rpc, hexlify(foreign.raw))).toMatchObject({ answer: 'taken' });
  await blocks(9);
  expect(incidents).toEqual(['nonce_taken one']);
  expect(await sender.find('one')).toMatchObject({ nonce: 1, status: 'confirmed' });
});
