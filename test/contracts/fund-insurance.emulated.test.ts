/** The command that pays into insurance: what it pays is there, and what it does not understand it does not try. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fundInsurance, readFundWish } from '../../contracts/fund-insurance.ts';
import { type ChainWorld, startChainWorld, User } from './chain-world.ts';

let world: ChainWorld;
let stop: () => Promise<void>;
const payer = new User('payer');

beforeAll(async () => {
  ({ world, stop } = await startChainWorld());
  await world.chain.rpc('anvil_setBalance', payer.address, '0x3635c9adc5dea00000');
});
afterAll(() => stop?.());

test("pays tokens and the chain's own coin into insurance", async () => {
  const { deployer, vault, insurance } = world.places;
  const usdc = await world.token('USDC', 6);
  await world.tokens(deployer, usdc, 'mint', [payer.address, 700n]);
  const wish = { rpc: world.chain.url, vault, asset: BigInt(usdc), atoms: 500n };
  const { privateKey } = payer.key;
  const funded = await fundInsurance(wish, privateKey);
  expect(funded).toMatchObject({ beforeAtoms: 0n, afterAtoms: 500n });
  expect(funded.insuranceAccount.toLowerCase()).toBe(insurance.address);
  expect(await world.balance(insurance.address, usdc)).toBe(500n);
  await expect(fundInsurance(wish, privateKey)).rejects.toThrow('has 200 atoms, not 500');
  await fundInsurance({ ...wish, asset: 0n, atoms: 42n }, privateKey);
  expect(await world.balance(insurance.address, 0n)).toBe(42n);
});

const address = `0x${'12'.repeat(20)}`;
const words = ['--rpc', 'http://127.0.0.1:1', '--key-file', 'key', '--vault', address];
test.each([
  ['--asset is missing.', words],
  ['--asset takes a token', [...words, '--asset', 'USDC', '--atoms', '1']],
  ['--atoms takes a whole number', [...words, '--asset', '0', '--atoms', '1.5']],
  ['--atoms takes a whole number', [...words, '--asset', '0', '--atoms', '0']],
  ["Unknown option '--now'", [...words, '--now']],
])('%s', (sentence, wrong) => {
  expect(() => readFundWish(wrong)).toThrow(sentence);
});
