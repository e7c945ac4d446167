/** The transaction sender over anvil and DynamoDB's local twin, beside ethers' wallet over the same anvil. */
import { strict as assert } from 'node:assert';
import {
  id as digestOf,
  hexlify,
  JsonRpcProvider,
  NonceManager,
  toUtf8Bytes,
  Wallet,
} from 'ethers';
import { systemClock } from '#cloud/clock.ts';
import { createLocalSigner } from '#cloud/local-signer.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import { createTransactionSender, type FollowedSender } from '#cloud/transaction-sender.ts';
import { senderTerms } from '../simulation/simulate-sender.ts';
import { startAnvil } from '../twins/anvil-twin.ts';
import { newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { nodeRpc } from '../twins/node-rpc.ts';
import { alone, type Benchmark, beside } from './figure.ts';

const to = '0x2222222222222222222222222222222222222222';
const wanted = (id: string) => ({ id, to, data: hexlify(toUtf8Bytes(id)) });
/** As a batch's: of 60 KB. */
const batch = (id: string) => ({ id, to, data: hexlify(new Uint8Array(60_000).fill(7)) });
const peer = "ethers' wallet, nothing stored";

type World = { sender: FollowedSender; wallet: NonceManager; mined(hash: string): Promise<void> };

async function withWorld<T>(options: object, work: (world: World) => Promise<T>): Promise<T> {
  const dynamo = await startDynamo('crossbook', { onDisk: true });
  const anvil = await startAnvil(options);
  const provider = new JsonRpcProvider(anvil.url, 31_337, {
    staticNetwork: true,
    batchMaxCount: 1,
    cacheTimeout: -1,
    pollingInterval: 20,
  });
  try {
    const rpc = nodeRpc(anvil.url);
    const keys = [digestOf('the sender'), digestOf('the wallet')] as const;
    for (const key of keys)
      await rpc.request('anvil_setBalance', [new Wallet(key).address, '0x52b7d2dcc80cd2e4000000']);
    const sender = createTransactionSender({
      ...{ client: dynamo.client, table: await newTable(), rpc, chainId: 31_337 },
      ...{ signer: createLocalSigner(keys[0]), terms: senderTerms, clock: systemClock },
      report: (incident, { id, reason }) => assert.fail(`${incident} ${id}: ${reason}`),
    });
    const wallet = new NonceManager(new Wallet(keys[1], provider));
    const mined = async (hash: string) => {
      while (!(await rpc.request('eth_getTransactionReceipt', [hash])))
        await new Promise((done) => setTimeout(done, 10));
    };
    return await work({ sender, wallet, mined });
  } finally {
    provider.destroy();
    await anvil.stop();
    await dynamo.stop();
  }
}

/** Many at once: the nonces are the bottleneck. */
async function throughput() {
  const [count, atOnce] = [400, 16];
  return withWorld({}, async ({ sender, wallet }) => {
    const ids = (from: string) => Array.from({ length: count }, (_, at) => `${from}:${at}`);
    const perSecond = async (names: string[], send: (id: string) => Promise<unknown>) => {
      await send(`first ${names[0]}`);
      const began = performance.now();
      await sideBySide(names, atOnce, send);
      return (count * 1_000) / (performance.now() - began);
    };
    const theirs = await perSecond(ids('wallet'), (id) => wallet.sendTransaction(wanted(id)));
    const ours = await perSecond(ids('sender'), (id) => sender.send(wanted(id)));
    await sender.advance();
    const last = await sender.find(`sender:${count - 1}`);
    assert.equal(last?.status === 'mined' || last?.status === 'broadcast', true);
    return [beside('sent', '1/s', ours, { name: peer, value: theirs })];
  });
}

/** One after the other, as batches go. */
const untilMined = (blockTime: number, count: number) => () =>
  withWorld(blockTime > 0 ? { blockTime } : {}, async ({ sender, wallet, mined }) => {
    const times = async (send: (id: string) => Promise<string>) => {
      const taken: number[] = [];
      await mined(await send('first'));
      for (let at = 0; at < count; at += 1) {
        const began = performance.now();
        await mined(await send(`transaction:${at}`));
        taken.push(performance.now() - began);
      }
      return taken.sort((one, other) => one - other)[count >> 1] ?? 0;
    };
    const theirs = await times(async (id) => (await wallet.sendTransaction(batch(id))).hash);
    const ours = await times(async (id) => (await sender.send(batch(id))).hashes[0] ?? '');
    return [beside('median until mined', 'ms', ours, { name: peer, value: theirs })];
  });

/** What following costs where everything waits for its confirmations. */
async function following() {
  return withWorld({}, async ({ sender }) => {
    for (let at = 0; at < 60; at += 1) await sender.send(wanted(`transaction:${at}`));
    const began = performance.now();
    await sender.advance();
    const first = performance.now() - began;
    const passes = 20;
    const again = performance.now();
    for (let at = 0; at < passes; at += 1) await sender.advance();
    return [
      alone('pass that finds 60 receipts', 'ms', first),
      alone('pass that finds nothing new', 'ms', (performance.now() - again) / passes),
    ];
  });
}

export const benchmark: Benchmark = {
  about:
    'Transactions sent over anvil, each stored in the Chain table (dynoxide) before it is broadcast; a key in memory signs. Left out: KMS, and the way to a provider.',
  cases: {
    throughput,
    'mined at once': untilMined(0, 40),
    'a block a second': untilMined(1, 8),
    following,
  },
};
