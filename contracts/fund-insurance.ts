/**
 * `npm run contracts -- fund-insurance …`: pays an asset into the vault for the insurance account, from any wallet. Settlement that waits
 * for insurance goes on once this is mined; the ledger credits `house:insurance` once it is final.
 */
import { readFileSync } from 'node:fs';
import { Contract, Interface, isAddress, JsonRpcProvider, Wallet } from 'ethers';
import { vaultAbi } from './abi/vault.ts';
import { readOptions } from './named-options.ts';

export type FundWish = {
  rpc: string;
  keyFile: string;
  vault: string;
  /** A token's address, or 0 for the chain's own coin: the `chainAsset` of the asset. */
  asset: bigint;
  atoms: bigint;
};

export const fundUsage = `npm run contracts -- fund-insurance --rpc URL --key-file FILE
  --vault 0x…              the stage's verifyingContract
  --asset 0x…              the token's address, or 0 for the chain's own coin
  --atoms NUMBER           in the token's smallest parts, as the waiting batch says`;

const names = ['rpc', 'key-file', 'vault', 'asset', 'atoms'] as const;
const token = [
  'function approve(address spender, uint256 amount) returns (bool)',
  'function balanceOf(address owner) view returns (uint256)',
];

/** Throws one sentence for what it does not understand. */
export function readFundWish(words: readonly string[]): FundWish {
  const { given, address } = readOptions(words, names);
  const vault = address('vault');
  const asset = given('asset');
  if (asset !== '0' && !isAddress(asset))
    throw new Error(`--asset takes a token's address or 0, not ${asset}.`);
  const atoms = given('atoms');
  if (!/^[1-9]\d{0,38}$/.test(atoms))
    throw new Error(`--atoms takes a whole number, not ${atoms}.`);
  const [rpc, keyFile] = [given('rpc'), given('key-file')];
  return { rpc, keyFile, vault, asset: BigInt(asset), atoms: BigInt(atoms) };
}

export type Funded = { insuranceAccount: string; beforeAtoms: bigint; afterAtoms: bigint };

export async function fundInsurance(
  { rpc, vault, asset, atoms }: Omit<FundWish, 'keyFile'>,
  privateKey: string,
): Promise<Funded> {
  const provider = new JsonRpcProvider(rpc, undefined, { pollingInterval: 500, cacheTimeout: -1 });
  try {
    const wallet = new Wallet(privateKey, provider);
    const books = new Contract(vault, new Interface(vaultAbi as never), wallet);
    const ask = (name: string, ...args: unknown[]) => books.getFunction(name).staticCall(...args);
    const insuranceAccount = String(await ask('insuranceAccount'));
    const balance = async () => BigInt(String(await ask('balanceOf', insuranceAccount, asset)));
    const beforeAtoms = await balance();
    if (asset === 0n) await mined(books, 'depositNative', insuranceAccount, { value: atoms });
    else {
      const coin = new Contract(`0x${asset.toString(16).padStart(40, '0')}`, token, wallet);
      const has = BigInt(String(await coin.getFunction('balanceOf').staticCall(wallet.address)));
      if (has < atoms) throw new Error(`${wallet.address} has ${has} atoms, not ${atoms}.`);
      await mined(coin, 'approve', vault, atoms);
      await mined(books, 'deposit', asset, atoms, insuranceAccount);
    }
    return { insuranceAccount, beforeAtoms, afterAtoms: await balance() };
  } finally {
    provider.destroy();
  }
}

async function mined(contract: Contract, name: string, ...args: unknown[]): Promise<void> {
  const sent = await contract.getFunction(name).send(...args);
  const receipt = await sent.wait();
  if (receipt?.status !== 1) throw new Error(`${name} failed: look at transaction ${sent.hash}.`);
}

export async function fundInsuranceByWords(words: readonly string[]): Promise<void> {
  try {
    const wish = readFundWish(words);
    const funded = await fundInsurance(wish, readFileSync(wish.keyFile, 'utf8').trim());
    const { insuranceAccount, beforeAtoms, afterAtoms } = funded;
    console.log(`insurance ${insuranceAccount} had ${beforeAtoms} atoms, has ${afterAtoms}`);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${fundUsage}`);
    process.exitCode = 1;
  }
}
