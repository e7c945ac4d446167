/** The command that makes the contracts on a chain: what it makes has the roles that it was told. */
import { Interface, JsonRpcProvider } from 'ethers';
import { expect, onTestFinished, test } from 'vitest';
import { exchangeAbi } from '#abi/exchange.ts';
import { vaultAbi } from '#abi/vault.ts';
import { deploy, readDeployWish, settingLines } from '../../contracts/deploy.ts';
import { startAnvil } from '../twins/anvil-twin.ts';

const key = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const account = (digit: number) => `0x${String(digit).repeat(40)}`;
const words = [
  ...['--rpc', 'http://127.0.0.1:1', '--key-file', 'key', '--exit-delay', '3600'],
  ...['--admin', account(1), '--operator', account(2), '--guardian', account(3)],
  ...['--resolver', account(4), '--fee-account', account(5), '--insurance-account', account(6)],
];
const { terms } = readDeployWish(words);

test('makes vault and exchange that know each other and their roles, from any nonce on', async () => {
  const anvil = await startAnvil();
  onTestFinished(() => anvil.stop());
  const first = await deploy({ rpc: anvil.url, terms }, key);
  const second = await deploy({ rpc: anvil.url, terms }, key);
  expect(second.vault).not.toBe(first.vault);
  const provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true });
  onTestFinished(() => provider.destroy());
  const ask = async (to: string, abi: readonly object[], name: string) => {
    const calls = new Interface(abi as never);
    const data = calls.encodeFunctionData(name);
    return calls.decodeFunctionResult(name, await provider.call({ to, data }))[0];
  };
  expect(await ask(second.vault, vaultAbi, 'operator')).toBe(account(2));
  expect(String(await ask(second.vault, vaultAbi, 'exchange')).toLowerCase()).toBe(second.exchange);
  expect(String(await ask(second.vault, vaultAbi, 'admin')).toLowerCase()).toBe(second.timelock);
  expect(await ask(second.vault, vaultAbi, 'restrictionDelay')).toBe(3_600n);
  expect(await ask(second.vault, vaultAbi, 'insuranceAccount')).toBe(account(6));
  expect(await ask(second.exchange, exchangeAbi, 'guardian')).toBe(account(3));
  const lines = settingLines(second, terms).join('\n');
  for (const each of [second.vault, second.exchange, account(5), account(6)])
    expect(lines).toContain(`'${each}'`);
});

test('a published key makes nothing on a chain that is not local', async () => {
  const anvil = await startAnvil({ chainId: 8_453 });
  onTestFinished(() => anvil.stop());
  await expect(deploy({ rpc: anvil.url, terms }, key)).rejects.toThrow('published');
});

test.each([
  ['--operator is missing.', words.filter((each) => !['--operator', account(2)].includes(each))],
  ['--admin takes an address', words.map((each) => (each === account(1) ? '0x12' : each))],
  ['must differ', words.map((each) => (each === account(6) ? account(5) : each))],
  ['--exit-delay takes a whole number', words.map((each) => (each === '3600' ? '1h' : each))],
  ["Unknown option '--now'", [...words, '--now']],
])('%s', (sentence, wrong) => {
  expect(() => readDeployWish(wrong)).toThrow(sentence);
});
