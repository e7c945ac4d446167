/** What users take back on the chain, by the Vault's logs: funds, orders, epochs, delegations. Addresses and digests in lower case. */
import { Interface } from 'ethers';
import { vaultAbi } from '#abi/vault.ts';
import type { ChainLog } from '#wire/chain-fact.ts';
import { logReader } from '#wire/contract-log.ts';
import { chainAssetOf } from './vault-events.ts';

export type VaultAct =
  | {
      type: 'exit_requested';
      exitId: bigint;
      account: string;
      chainAsset: string;
      atoms: bigint;
      requestedAtMs: number;
    }
  /** `atoms` is what was paid. */
  | { type: 'exit_finalized'; exitId: bigint; atoms: bigint }
  | { type: 'exit_abandoned'; exitId: bigint }
  | { type: 'frozen' }
  /** A whole balance, after a freeze. */
  | { type: 'frozen_exit'; account: string; chainAsset: string; atoms: bigint }
  | { type: 'order_cancelled'; account: string; digest: string; requestedAtMs: number }
  | { type: 'epoch_bumped'; account: string; epoch: bigint; requestedAtMs: number }
  | { type: 'delegation_revoked'; account: string; digest: string; requestedAtMs: number };

const readLog = logReader(new Interface(vaultAbi));

/** Undefined for any other log, and for logs of other contracts. */
export function vaultActOf(log: ChainLog, vaultAddress: string): VaultAct | undefined {
  if (log.address.toLowerCase() !== vaultAddress.toLowerCase()) return undefined;
  const parsed = readLog(log);
  if (!parsed) return undefined;
  const { name, args } = parsed;
  const text = (field: string) => String(args[field]).toLowerCase();
  const number = (field: string) => args[field] as bigint;
  const byOwner = () => ({
    account: text('account'),
    requestedAtMs: Number(number('requestedAtMs')),
  });
  switch (name) {
    case 'ExitRequested':
      return {
        ...{ type: 'exit_requested', ...byOwner(), exitId: number('exitId') },
        ...{ chainAsset: chainAssetOf(number('asset')), atoms: number('amount') },
      };
    case 'ExitFinalized':
      return { type: 'exit_finalized', exitId: number('exitId'), atoms: number('amount') };
    case 'ExitAbandoned':
      return { type: 'exit_abandoned', exitId: number('exitId') };
    case 'Frozen':
      return { type: 'frozen' };
    case 'FrozenExit':
      return {
        ...{ type: 'frozen_exit', account: text('account'), atoms: number('amount') },
        chainAsset: chainAssetOf(number('asset')),
      };
    case 'OrderCancelled':
      return { type: 'order_cancelled', ...byOwner(), digest: text('orderDigest') };
    case 'EpochBumped':
      return { type: 'epoch_bumped', ...byOwner(), epoch: number('epoch') };
    case 'DelegationRevoked':
      return { type: 'delegation_revoked', ...byOwner(), digest: text('delegationDigest') };
    default:
      return undefined;
  }
}
