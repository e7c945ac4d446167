/** What the Vault's logs say, as far as money comes and goes by them. Amounts are atoms; addresses and assets in the one spelling of listed assets. */
import { Interface } from 'ethers';
import { vaultAbi } from '#abi/vault.ts';
import type { ChainLog } from '#wire/chain-fact.ts';
import { logReader } from '#wire/contract-log.ts';

export type VaultEvent =
  | { type: 'deposited'; account: string; chainAsset: string; atoms: bigint }
  | {
      type: 'withdrawn';
      digest: string;
      account: string;
      chainAsset: string;
      atoms: bigint;
      recipient: string;
    };

const readLog = logReader(new Interface(vaultAbi));

/** Undefined for any other log, and for logs of other contracts. */
export function vaultEventOf(log: ChainLog, vaultAddress: string): VaultEvent | undefined {
  if (log.address.toLowerCase() !== vaultAddress.toLowerCase()) return undefined;
  const parsed = readLog(log);
  if (parsed?.name !== 'Deposited' && parsed?.name !== 'Withdrawn') return undefined;
  const { name, args } = parsed;
  const common = {
    account: String(args['account']).toLowerCase(),
    chainAsset: chainAssetOf(args['asset'] as bigint),
    atoms: args['amount'] as bigint,
  };
  if (name === 'Deposited') return { type: 'deposited', ...common };
  return {
    type: 'withdrawn',
    ...common,
    digest: String(args['withdrawalDigest']),
    recipient: String(args['recipient']).toLowerCase(),
  };
}

/** The uint256 of an asset as listed assets and signed orders spell it. */
export const chainAssetOf = (asset: bigint): string => `0x${asset.toString(16)}`;
