/** What final facts say of delegations: an owner who cannot sign registered one on the chain, and may now register it here. */
import { Interface } from 'ethers';
import { vaultAbi } from '#abi/vault.ts';
import { logReader } from '#wire/contract-log.ts';
import type { DelegationStore } from './delegation-store.ts';
import type { FactWork } from './follow-facts.ts';

const readLog = logReader(new Interface(vaultAbi));

export function delegationFacts({
  store,
  vault,
}: {
  store: Pick<DelegationStore, 'confirm'>;
  vault: string;
}): FactWork {
  return {
    async final({ blockAtMs, ...log }) {
      if (log.address.toLowerCase() !== vault.toLowerCase()) return;
      const event = readLog(log);
      if (event?.name !== 'DelegationRegistered') return;
      const account = String(event.args['account']).toLowerCase();
      const digest = String(event.args['delegationDigest']).toLowerCase();
      await store.confirm({ account, digest, atMs: blockAtMs });
    },
  };
}
