/** What final facts say of withdrawals: what the vault paid is confirmed, whoever sent it. */
import type { FactWork } from './follow-facts.ts';
import { vaultEventOf } from './vault-events.ts';
import { advancePayout, type PayoutPorts } from './withdrawal-steps.ts';
import { readPayout, stepPayout } from './withdrawal-store.ts';

export type WithdrawalFactPorts = PayoutPorts & {
  vault: string;
  /** The vault paid what nobody was to be paid: the operator's key is in other hands, or we are wrong. */
  surprised(what: { digest: string; status?: string; transactionHash: string }): void;
};

export function withdrawalFacts(ports: WithdrawalFactPorts): FactWork {
  return {
    async final(log) {
      const event = vaultEventOf(log, ports.vault);
      if (event?.type !== 'withdrawn') return;
      await confirm(ports, event.digest, log.transactionHash);
    },
  };
}

async function confirm(
  ports: WithdrawalFactPorts,
  digest: string,
  transactionHash: string,
): Promise<void> {
  for (;;) {
    const payout = await readPayout(ports, digest);
    if (!payout) return ports.surprised({ digest, transactionHash });
    const { status } = payout;
    if (status === 'signed' || status === 'broadcast') {
      await stepPayout(ports, payout, { status: 'confirmed', transactionHash });
      continue;
    }
    if (status !== 'confirmed') return ports.surprised({ digest, status, transactionHash });
    await advancePayout(ports, digest);
    return;
  }
}
