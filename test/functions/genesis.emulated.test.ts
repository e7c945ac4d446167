/** Genesis: contracts and tokens are where the settings say they are, whatever stopped it on the way. */
import { Interface, Wallet } from 'ethers';
import { expect, onTestFinished, test } from 'vitest';
import { testTokenAbi } from '#abi/test-token.ts';
import { vaultAbi } from '#abi/vault.ts';
import type { Rpc } from '#cloud/rpc.ts';
import { beginChain } from '../../functions/genesis/begin-chain.ts';
import { genesisPlan } from '../../functions/genesis/genesis-plan.ts';
import { localChain } from '../../infra/chains.ts';
import { stageOf } from '../../infra/settings.ts';
import { startAnvil } from '../twins/anvil-twin.ts';

const deployer = new Wallet('0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba');
const [operator, faucet, admin] = ['1', '2', '3'].map((digit) => `0x${digit.repeat(40)}`) as [
  string,
  string,
  string,
];
const { assets } = stageOf('local').catalog;

const plan = genesisPlan({
  ...{ deployer: deployer.address, faucet, assets },
  contracts: {
    ...{ admin, operator, resolver: admin, guardian: admin },
    feeAccount: localChain.feeAccount,
    insuranceAccount: localChain.insuranceAccount,
    ...{ exitDelaySeconds: 120, freezeMarginSeconds: 60 },
    ...{ expiryGraceSeconds: 86_400, hardFeeCapBps: 100 },
  },
});

async function newChain(chainId?: number) {
  const anvil = await startAnvil(chainId === undefined ? {} : { chainId });
  onTestFinished(() => anvil.stop());
  let id = 0;
  const rpc: Rpc = {
    async request(method, params) {
      id += 1;
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      const headers = { 'content-type': 'application/json' };
      const answer = (await (await fetch(anvil.url, { method: 'POST', headers, body })).json()) as {
        result?: unknown;
        error?: { message: string };
      };
      if (answer.error) throw new Error(answer.error.message);
      return answer.result;
    },
  };
  const ports = {
    rpc,
    clock: { nowMs: Date.now },
    pause: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    deployer: deployer.address,
    sign: (transaction: Parameters<Wallet['signTransaction']>[0]) =>
      deployer.signTransaction(transaction),
  };
  const ask = async (to: string, abi: readonly object[], name: string, values: unknown[]) => {
    const calls = new Interface(abi as never);
    const data = calls.encodeFunctionData(name, values);
    const answer = String(await rpc.request('eth_call', [{ to, data }, 'latest']));
    return calls.decodeFunctionResult(name, answer)[0];
  };
  return { rpc, ports, ask };
}

test('the settings of a local cloud say where genesis puts contracts and tokens', () => {
  expect(plan.vault).toBe(localChain.verifyingContract);
  expect(plan.exchange).toBe(localChain.exchangeContract);
  expect([...plan.tokens]).toEqual(assets.map(({ id, chainAsset }) => [id, chainAsset]));
});

test('a chain that died at any transaction is finished by the next start, and then left alone', async () => {
  const { ports, ask } = await newChain();
  for (const allowed of [2, 5, 1]) {
    let left = allowed;
    const dying = {
      ...ports,
      rpc: {
        async request(method: string, params: readonly unknown[]) {
          if (method === 'eth_sendRawTransaction') left -= 1;
          if (left < 0) throw new Error('killed');
          return ports.rpc.request(method, params);
        },
      },
    };
    await expect(beginChain(plan, { operator }, dying)).rejects.toThrow('killed');
  }
  expect(await beginChain(plan, { operator }, ports)).toEqual({ made: plan.steps.length - 8 });
  expect(await beginChain(plan, { operator }, ports)).toEqual({ made: 0 });

  const usdc = plan.tokens.get('USDC') as string;
  const insured = [localChain.insuranceAccount, BigInt(usdc)];
  expect(await ask(plan.vault, vaultAbi, 'balanceOf', insured)).toBe(10_000_000_000_000n);
  expect(await ask(plan.vault, vaultAbi, 'restrictionDelay', [])).toBe(120n);
  const minter = await ask(usdc, testTokenAbi, 'MINTER_ROLE', []);
  expect(await ask(usdc, testTokenAbi, 'hasRole', [minter, faucet])).toBe(true);
  expect(await ask(usdc, testTokenAbi, 'decimals', [])).toBe(6n);
  for (const payer of [operator, faucet]) {
    const coin = await ports.rpc.request('eth_getBalance', [payer, 'latest']);
    expect(BigInt(String(coin))).toBe(1_000n * 10n ** 18n);
  }
});

test("contracts of another operator's key are told, with what to do about it", async () => {
  const { ports } = await newChain();
  await beginChain(plan, { operator }, ports);
  const other = `0x${'9'.repeat(40)}`;
  await expect(beginChain(plan, { operator: other }, ports)).rejects.toThrow(/operator.*--fresh/);
});

test('a key that everybody knows makes nothing on any other chain', async () => {
  const { ports, rpc } = await newChain(8_453);
  await expect(beginChain(plan, { operator }, ports)).rejects.toThrow('on 31337 only');
  expect(await rpc.request('eth_getTransactionCount', [deployer.address, 'pending'])).toBe('0x0');
});
