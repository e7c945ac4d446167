/** From the vault to the ledger: the contracts' own logs, through the indexer and the guard, on the tables' twin. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isCancelled, readChainAccount } from '#cloud/chain-account.ts';
import { dustOf, dustWrites } from '#cloud/chain-dust.ts';
import { factReader } from '#cloud/chain-facts.ts';
import { look, type PassPorts } from '#cloud/chain-index-pass.ts';
import { createChainIndexStore } from '#cloud/chain-index-store.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { openExits } from '#cloud/exit-store.ts';
import { guardTasks } from '#cloud/guard-tasks.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { transact } from '#cloud/transaction.ts';
import { units } from '#domain/amount.ts';
import type { CommandRequest } from '#wire/matcher-api.ts';
import { encodeSettleBatch } from '#wire/settlement-calldata.ts';
import { consumer, type GuardPorts, runGuard } from '../../functions/chain-guard/run-guard.ts';
import { delaySeconds, startChainWorld, User } from '../contracts/chain-world.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { nodeRpc } from '../twins/node-rpc.ts';

const chainId = 31_337;
const unit = 10n ** 10n;
const alice = new User('alice').address;
const bob = new User('bob').address;
const digest = `0x${'d1'.repeat(32)}`;

let dynamo: DynamoTwin;
let started: Awaited<ReturnType<typeof startChainWorld>>;
beforeAll(async () => {
  [dynamo, started] = await Promise.all([startDynamo('unused'), startChainWorld()]);
});
afterAll(async () => {
  await Promise.all([dynamo.stop(), started.stop()]);
});

/** An indexer and a guard over tables of their own; each call takes all that the chain has. */
async function watchmen(chainAsset: string) {
  const { client } = dynamo;
  const [table, ledgerTable, outboxTable] = [await newTable(), await newTable(), await newTable()];
  const { places, chain } = started.world;
  const store = createChainIndexStore({ client, chainTable: table, outboxTable, chainId });
  const rpc = nodeRpc(chain.url);
  const indexing: PassPorts = {
    ...{ rpc, nowMs: Date.now, addresses: [places.vault, places.exchange] },
    everyone: async (method, params) => [await rpc.request(method, params)],
    terms: { confirmations: 2, finalizedTag: false, fromBlock: 0 },
  };
  const eth = { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset };
  const commands: CommandRequest[] = [];
  const heads: number[] = [];
  const ledger = createLedgerStore({ client, table: ledgerTable });
  const ports: GuardPorts = {
    ...{ client, table, chainId, ledger, vault: places.vault, groups: ['majors'] },
    clock: { nowMs: Date.now },
    assets: async () => [eth],
    delegations: createDelegationStore({ client, table }),
    facts: { after: factReader({ client, table, chainId, consumer }).read },
    matchers: {
      async send(_, sent) {
        commands.push(...sent);
        return {
          epoch: 1,
          results: sent.map(() => ({ status: 'refused', commandId: '', code: 'unknown_order' })),
        };
      },
      tellHead: async (_, head) => void heads.push(head.number),
    },
    cancelOrders: async () => true,
    callBack: async () => {},
    failed: (what, error) => {
      throw new Error(what, { cause: error });
    },
  };
  const watch = async () => {
    for (;;) {
      const looked = await look(await store.read(), indexing);
      if (looked.type !== 'found') break;
      await store.append(looked.pass, Date.now());
    }
    await runGuard(ports);
  };
  return { watch, commands, heads, ledger, eth, chain: { client, table } };
}

const mine = async (blocks: number) => {
  for (let mined = 0; mined < blocks; mined += 1) await started.world.chain.rpc('evm_mine');
};

test('an exit of everything, dust and all, is claimed at the head and leaves the ledger when its payment is final', async () => {
  const { world } = started;
  const token = await world.token('ETH');
  const { watch, ledger, eth, chain, heads } = await watchmen(`0x${BigInt(token).toString(16)}`);
  const atoms = 100n * unit + 5n;
  await world.fund(alice, token, atoms);
  const money = { account: alice, asset: 'ETH', units: units(100n) };
  await ledger.deposit({ operationId: 'deposit', ...money, atMs: Date.now() });
  await transact(chain.client, dustWrites(chain.table, money, 0n, 5n));

  await world.vault(alice, 'requestWithdraw', [BigInt(token), atoms]);
  await watch();
  const held = (await ledger.balances(alice))[0];
  expect(held).toMatchObject({ available: 0n, demanded: 0n, withdrawing: 100n });
  expect(heads.at(-1)).toBe(Number(await world.chain.rpc('eth_blockNumber')));

  await world.chain.pass(delaySeconds);
  const { insurance, exchange, operator } = world.places;
  const matchedThroughMs = await world.chain.nowMs();
  const batch = { batchId: 1, matchedThroughMs, transfers: [], orders: [], fills: [] };
  const data = encodeSettleBatch(batch, { insuranceAccount: insurance.address });
  await world.chain.send({ from: operator.address, to: exchange, data });
  await world.vault(bob, 'finalizeWithdraw', [1]);
  expect(await world.tokensOf(token, alice)).toBe(atoms);
  await watch();
  expect((await ledger.balances(alice))[0]).toMatchObject({ withdrawing: 100n });
  await mine(2);
  await watch();
  expect((await ledger.balances(alice))[0]).toMatchObject({ available: 0n, withdrawing: 0n });
  expect(await dustOf(chain, alice, eth.id)).toBe(0n);
  expect(await openExits(chain)).toEqual([]);
});

test('cancels, epochs, revocations and given-up exits of the contracts do what they say', async () => {
  const { world } = started;
  const token = await world.token('ETH');
  const { watch, commands, ledger, chain } = await watchmen(`0x${BigInt(token).toString(16)}`);
  const money = { account: bob, asset: 'ETH', units: units(100n) };
  await ledger.deposit({ operationId: 'deposit', ...money, atMs: Date.now() });

  await world.vault(bob, 'cancel', [digest]);
  await world.vault(bob, 'bumpEpoch');
  await world.vault(bob, 'revoke', [digest]);
  await world.vault(bob, 'requestWithdraw', [BigInt(token), 70n * unit + 1n]);
  await watch();
  expect(await readChainAccount(chain, bob)).toEqual({
    epoch: 1n,
    hasCancelled: true,
    hasExited: true,
  });
  expect(await isCancelled(chain, bob, digest)).toBe(true);
  expect(await createDelegationStore(chain).revokedAtMs(bob, digest)).toBeGreaterThan(0);
  const told = ['cancel', 'cancel_all', 'cancel_all'];
  expect(commands.map(({ type }) => type).sort()).toEqual(told);
  // Once more, when nothing signed before can be under way.
  const account = bob;
  expect(await guardTasks(chain)).toMatchObject([{ account }, { account, delegation: digest }]);
  expect((await ledger.balances(bob))[0]).toMatchObject({ available: 29n, withdrawing: 71n });

  const exits = await world.read<bigint>('exitCount');
  await world.vault(bob, 'abandonWithdraw', [exits]);
  await mine(2);
  await watch();
  expect((await ledger.balances(bob))[0]).toMatchObject({ available: 100n, withdrawing: 0n });
});
