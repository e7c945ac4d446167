/** What the vault itself says, at the chain's head or at a block. */
import { Interface, toQuantity } from 'ethers';
import { vaultAbi } from '#abi/vault.ts';
import { feeAccount, insuranceAccount } from '#wire/table-keys.ts';
import type { Rpc } from './rpc.ts';

export type VaultReads = {
  lastBatch(atBlock?: number): Promise<bigint>;
  /** In atoms. */
  balanceOf(account: string, chainAsset: string, atBlock?: number): Promise<bigint>;
  totalOf(chainAsset: string, atBlock?: number): Promise<bigint>;
  /** What the token's own contract says that the vault has. */
  heldOf(chainAsset: string, atBlock?: number): Promise<bigint>;
  /** Whose an address is to the ledger: an account of the house, or its own. */
  ledgerAccountOf(address: string): Promise<string>;
};

const abi = new Interface(vaultAbi);
const token = new Interface(['function balanceOf(address account) view returns (uint256)']);

export function createVaultReads({ rpc, vault }: { rpc: Rpc; vault: string }): VaultReads {
  const call = async (
    contract: { to: string; abi: Interface },
    name: string,
    values: readonly unknown[],
    atBlock?: number,
  ): Promise<unknown> => {
    const data = contract.abi.encodeFunctionData(name, values);
    const block = atBlock === undefined ? 'latest' : toQuantity(atBlock);
    const answer = await rpc.request('eth_call', [{ to: contract.to, data }, block]);
    return contract.abi.decodeFunctionResult(name, String(answer))[0];
  };
  const view = (name: string, values: readonly unknown[], atBlock?: number) =>
    call({ to: vault, abi }, name, values, atBlock);
  const addressOf = async (name: string) => String(await view(name, [])).toLowerCase();
  // Both are set when the vault is made, for ever.
  let house: Promise<Map<string, string>> | undefined;
  const readHouse = async () =>
    new Map([
      [await addressOf('insuranceAccount'), insuranceAccount],
      [await addressOf('feeAccount'), feeAccount],
    ]);
  return {
    lastBatch: async (atBlock) => (await view('lastBatch', [], atBlock)) as bigint,
    balanceOf: async (account, chainAsset, atBlock) =>
      (await view('balanceOf', [account, BigInt(chainAsset)], atBlock)) as bigint,
    totalOf: async (chainAsset, atBlock) =>
      (await view('totalOf', [BigInt(chainAsset)], atBlock)) as bigint,
    async heldOf(chainAsset, atBlock) {
      if (BigInt(chainAsset) === 0n) {
        const block = atBlock === undefined ? 'latest' : toQuantity(atBlock);
        return BigInt(String(await rpc.request('eth_getBalance', [vault, block])));
      }
      const to = `0x${chainAsset.slice(2).padStart(40, '0')}`;
      return (await call({ to, abi: token }, 'balanceOf', [vault], atBlock)) as bigint;
    },
    async ledgerAccountOf(address) {
      house ??= readHouse().catch((error: unknown) => {
        house = undefined;
        throw error;
      });
      return (await house).get(address) ?? address;
    },
  };
}
