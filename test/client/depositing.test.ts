/** Paying in: what a wallet is asked to sign, and when a deposit counts. */
import { Interface } from 'ethers';
import { expect, test } from 'vitest';
import { vaultAbi } from '#abi/vault.ts';
import { credited, payIn } from '#client/depositing.ts';
import type { ChainJson, DepositJson } from '#wire/rest-api.ts';

const account = `0x${'a'.repeat(40)}`;
const usdc = `0x${'d'.repeat(40)}`;
const chain: ChainJson = {
  ...{ chainId: 31_337, vault: `0x${'5'.repeat(40)}`, exchange: `0x${'6'.repeat(40)}` },
  ...{ confirmations: 3, blockMs: 1_000, exitDelaySeconds: 120 },
  tokens: [
    { asset: 'USDC', token: usdc, decimals: 6 },
    { asset: 'COIN', token: '0x0', decimals: 18 },
  ],
};

function memoryWallet(status = 1) {
  const sent: { to: string; data: string; value?: bigint }[] = [];
  return {
    sent,
    async sendTransaction(transaction: (typeof sent)[number]) {
      sent.push(transaction);
      return { hash: `0x${sent.length}`, wait: async () => ({ status }) };
    },
  };
}

test('a token is let to the vault before it is deposited, to the atom, for one account', async () => {
  const wallet = memoryWallet();
  const paid = await payIn({ asset: 'USDC', amount: '1.5', wallet }, { chain, account });
  expect(paid).toEqual({ transactionHash: '0x2' });
  const [approve, deposit] = wallet.sent;
  const token = new Interface(['function approve(address spender, uint256 amount)']);
  expect(approve?.to).toBe(usdc);
  expect([...token.decodeFunctionData('approve', approve?.data ?? '')]).toEqual([
    chain.vault,
    1_500_000n,
  ]);
  expect(deposit?.to).toBe(chain.vault);
  const call = new Interface(vaultAbi).decodeFunctionData('deposit', deposit?.data ?? '');
  expect([call[0], call[1], String(call[2]).toLowerCase()]).toEqual([
    BigInt(usdc),
    1_500_000n,
    account,
  ]);
});

test("the chain's own coin is sent along", async () => {
  const wallet = memoryWallet();
  await payIn({ asset: 'COIN', amount: '0.25', wallet }, { chain, account });
  expect(wallet.sent).toMatchObject([{ to: chain.vault, value: 250_000_000_000_000_000n }]);
});

test.each([
  ['DOGE', '1', 'unknown_asset'],
  ['USDC', '0', 'amount_not_whole'],
  ['USDC', '0.0000001', 'amount_not_whole'],
])('%s %s is refused before anything is signed: %s', async (asset, amount, code) => {
  const wallet = memoryWallet();
  await expect(payIn({ asset, amount, wallet }, { chain, account })).rejects.toMatchObject({
    code,
  });
  expect(wallet.sent).toEqual([]);
});

test('a transaction that fails on the chain is told, and nothing follows it', async () => {
  const wallet = memoryWallet(0);
  const paying = payIn({ asset: 'USDC', amount: '1', wallet }, { chain, account });
  await expect(paying).rejects.toMatchObject({ code: 'would_revert' });
  expect(wallet.sent).toHaveLength(1);
});

test('a deposit counts once it is credited, not while it is pending or taken back', async () => {
  const row = (status: DepositJson['status'], transactionHash: string): DepositJson => ({
    ...{ depositId: transactionHash, asset: 'USDC', amount: '1', status, atMs: 1 },
    transactionHash,
  });
  const shown = [
    [],
    [row('pending', '0x1'), row('credited', '0x2')],
    [row('reorged', '0x1')],
    [row('credited', '0x1'), row('pending', '0x2')],
  ];
  let [looks, nowMs] = [0, 0];
  const look = {
    deposits: async () => shown[Math.min(looks++, shown.length - 1)] ?? [],
    async wait(ms: number) {
      nowMs += ms;
    },
    now: () => nowMs,
    withinMs: 60_000,
  };
  expect(await credited('0x1', look)).toMatchObject([{ status: 'credited' }]);
  expect(looks).toBe(4);
  await expect(credited('0x3', { ...look, withinMs: 3_000 })).rejects.toMatchObject({
    code: 'timeout',
  });
});
