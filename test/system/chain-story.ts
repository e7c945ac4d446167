/** The part of the story that the chain tells: trades settle there, a user is paid out, and another leaves with nobody's help. */
import { strict as assert } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import { Interface } from 'ethers';
import { testTokenAbi } from '#abi/test-token.ts';
import { vaultAbi } from '#abi/vault.ts';
import { walletOnChain } from '#client/chain-wallet.ts';
import { Crossbook } from '#client/crossbook.ts';
import type { ChainJson } from '#wire/rest-api.ts';
import { chainUrl, startChain } from '../../local/chain-emulator.ts';
import { createChainCall } from '../../local/chain-node.ts';
import { freePorts } from '../../local/free-port.ts';
import { reconcileFrom } from '../../ops/reconcile-reach.ts';
import type { Exchange } from './local-exchange.ts';
import type { Trader } from './trader.ts';
import { eventually } from './waiting.ts';

const [vaultCalls, tokenCalls] = [new Interface(vaultAbi), new Interface(testTokenAbi)];
/** Blocks come each second, and the machine may be busy. */
const chainWaitMs = 60_000;

/** Waits until every fill of theirs is settled by a transaction of the chain; answers how many transactions that were. */
export async function settledOnChain(traders: Trader[]): Promise<number> {
  const transactions = new Set<string>();
  for (const trader of traders)
    await eventually(
      'all fills to be settled on the chain',
      async () => {
        const { fills } = await trader.rest.fills(await trader.token());
        for (const { settlement } of fills)
          if (settlement?.transactionHash) transactions.add(settlement.transactionHash);
        return (
          fills.length > 0 && fills.every(({ settlement }) => settlement?.status === 'settled')
        );
      },
      chainWaitMs,
    );
  return transactions.size;
}

/** Compares every asset of these owners in the vault with the ledger, to the atom. */
export async function vaultHoldsWhatLedgerSays(
  { stateFolder }: Exchange,
  traders: Trader[],
): Promise<void> {
  const { ask } = await reconcileFrom('/')({ stage: 'local', stateFolder });
  for (const { account } of traders) {
    const { vaultAccount } = await ask({ type: 'account', account });
    assert.ok(vaultAccount && vaultAccount.length > 0, 'nothing was compared');
    for (const { asset, vaultAtoms, expectedAtoms } of vaultAccount)
      assert.equal(vaultAtoms, expectedAtoms, `${asset} of ${account}`);
  }
}

/** A signed withdrawal, paid by the vault to its owner's wallet. */
export async function withdraw(
  { apiUrl }: Exchange,
  { wallet }: Trader,
  { asset, amount }: { asset: string; amount: string },
): Promise<bigint> {
  const exchange = new Crossbook({ apiUrl, signer: wallet });
  const chain = await exchange.chain();
  const before = await tokensOf(chain, wallet.address, asset);
  const { withdrawalId } = await exchange.withdraw({ asset, amount });
  await eventually(
    'the withdrawal to be confirmed',
    async () => {
      const { withdrawals } = await exchange.statements.withdrawals();
      const own = withdrawals.find((each) => each.withdrawalId === withdrawalId);
      return own?.stage === 'confirmed';
    },
    chainWaitMs,
  );
  return (await tokensOf(chain, wallet.address, asset)) - before;
}

/** With nothing alive but the chain: asks the vault, waits its delay, freezes it and takes everything out. */
export async function leaveAlone(
  stateFolder: string,
  { wallet }: Trader,
  known: ChainJson,
): Promise<Map<string, bigint>> {
  const [port] = (await freePorts(1)) as [number];
  const environment = {};
  const told = { progress: () => undefined, report: () => undefined };
  const running = await startChain({ stateFolder, port, environment, ...told });
  const chain = { ...known, rpcUrl: chainUrl({ port, environment }) };
  const leaving = walletOnChain(wallet.privateKey, chain);
  try {
    const send = async (name: string, values: unknown[]) => {
      const data = vaultCalls.encodeFunctionData(name, values);
      const receipt = await (await leaving.sendTransaction({ to: chain.vault, data })).wait();
      assert.equal(receipt?.status, 1, name);
      return receipt?.logs.map((log) => vaultCalls.parseLog(log)).find((log) => log);
    };
    const usdc = chain.tokens.find(({ asset }) => asset === 'USDC')?.token ?? '0x0';
    const asked = await send('requestWithdraw', [BigInt(usdc), 1n]);
    const exitId = asked?.args[0] as bigint;
    // The vault waits for its delay and a margin, before it takes the operator's silence for good.
    await createChainCall(chain.rpcUrl)('evm_increaseTime', chain.exitDelaySeconds + 120);
    await send('freeze', [exitId]);
    const taken = new Map<string, bigint>();
    for (const { asset, token } of chain.tokens) {
      const before = await tokensOf(chain, wallet.address, asset);
      const has = vaultCalls.encodeFunctionData('balanceOf', [wallet.address, BigInt(token)]);
      const held = BigInt(await leaving.call({ to: chain.vault, data: has }));
      if (held > 0n) await send('exitFrozen', [wallet.address, BigInt(token)]);
      const got = (await tokensOf(chain, wallet.address, asset)) - before;
      assert.equal(got, held, `${asset} in the wallet`);
      taken.set(asset, got);
    }
    return taken;
  } finally {
    leaving.provider?.destroy();
    await running.stop(0);
    await pause(0);
  }
}

async function tokensOf(chain: ChainJson, owner: string, asset: string): Promise<bigint> {
  const token = chain.tokens.find((each) => each.asset === asset);
  const data = tokenCalls.encodeFunctionData('balanceOf', [owner]);
  const call = [{ to: token?.token, data }, 'latest'];
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params: call });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(chain.rpcUrl ?? '', { method: 'POST', headers, body });
  return BigInt(((await answer.json()) as { result: string }).result);
}
