/**
 * What the guard makes of facts. Restrictive acts count at the chain's head and no reorg undoes them: the door refuses from
 * then on, and matchers are told. How an exit ended counts when that is final; one that a reorg took away ends when a final
 * block is where it was.
 */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { chainKeys } from '#wire/table-keys.ts';
import { noteCancelled, noteExited, raiseEpoch } from './chain-account.ts';
import type { DelegationStore } from './delegation-store.ts';
import { type ExitPorts, endExit, endVanished, exitOfFrozen } from './exit-steps.ts';
import { type ExitRequest, exitGone, exitSeen } from './exit-store.ts';
import type { FactWork, PlacedLog } from './follow-facts.ts';
import { onceMoreMs, putTask } from './guard-tasks.ts';
import { sideBySide } from './side-by-side.ts';
import { untilSettled } from './transaction.ts';
import { type VaultAct, vaultActOf } from './vault-acts.ts';

export type GuardFactPorts = Pick<ExitPorts, 'client' | 'table' | 'clock'> & {
  chainId: number;
  vault: string;
  delegations: Pick<DelegationStore, 'revoke'>;
};

const actsAtOnce = 8;

export function guardFacts(ports: GuardFactPorts): FactWork {
  const { table, chainId, vault } = ports;
  const actsOf = (logs: readonly PlacedLog[]) =>
    logs.flatMap((log) => {
      const act = vaultActOf(log, vault);
      return act ? [{ act, log }] : [];
    });
  const exitsOf = (logs: readonly PlacedLog[]): ExitRequest[] =>
    actsOf(logs).flatMap(({ act, log }) => {
      if (act.type !== 'exit_requested') return [];
      const { type: _, ...request } = act;
      return [{ ...request, blockNumber: log.blockNumber, blockHash: log.blockHash }];
    });
  const freezesOf = (logs: readonly PlacedLog[]) =>
    actsOf(logs).some(({ act }) => act.type === 'frozen') ? [chainKeys.frozenVault] : [];
  const paidByOf = ({ transactionHash, logIndex }: PlacedLog) =>
    `${chainId}:${transactionHash}:${logIndex}`;
  return {
    async seen(logs) {
      await sideBySide(actsOf(logs), actsAtOnce, ({ act, log }) => restrict(ports, act, log));
      const exits = exitsOf(logs).flatMap((exit) => exitSeen(table, chainId, exit));
      return [...exits, ...freezesOf(logs).map((Item) => ({ Put: { TableName: table, Item } }))];
    },
    async gone(logs) {
      const exits = exitsOf(logs).map((exit) => exitGone(table, chainId, exit));
      return [...exits, ...freezesOf(logs).map((Key) => ({ Delete: { TableName: table, Key } }))];
    },
    async final(log) {
      const act = vaultActOf(log, vault);
      if (act?.type === 'exit_finalized')
        await endExit(ports, act.exitId, {
          status: 'finalized',
          paidAtoms: act.atoms,
          paidBy: paidByOf(log),
        });
      if (act?.type === 'frozen_exit')
        await exitOfFrozen(ports, {
          ...act,
          ...{ paidBy: paidByOf(log), blockNumber: log.blockNumber, atMs: log.blockAtMs },
        });
      if (act?.type === 'exit_abandoned') await endExit(ports, act.exitId, { status: 'abandoned' });
    },
    async fact(fact) {
      if (fact.type === 'finalize') await endVanished(ports, fact.number);
    },
  };
}

/** Any number of times: each write only moves forward. The door first, so that nothing new enters behind the matchers' cancel. */
async function restrict(ports: GuardFactPorts, act: VaultAct, log: PlacedLog): Promise<void> {
  const dueAtMs = ports.clock.nowMs();
  const seed = `${log.transactionHash}:${log.logIndex}`;
  switch (act.type) {
    case 'order_cancelled': {
      const { account, digest } = act;
      await noteCancelled(ports, account, digest);
      return putTask(ports, { account, digest, seed, dueAtMs });
    }
    case 'epoch_bumped': {
      const { account, epoch } = act;
      await raiseEpoch(ports, account, epoch);
      return putTask(ports, { account, seed, dueAtMs, againAtMs: dueAtMs + onceMoreMs });
    }
    case 'exit_requested':
      return noteExited(ports, act.account);
    case 'delegation_revoked': {
      const { account, digest, requestedAtMs: atMs } = act;
      await ports.delegations.revoke({ account, digest, atMs });
      const againAtMs = dueAtMs + onceMoreMs;
      return putTask(ports, { account, delegation: digest, seed, dueAtMs, againAtMs });
    }
    default:
      return;
  }
}

/** As the chain's newest block says. */
export async function isVaultFrozen({
  client,
  table,
}: Pick<GuardFactPorts, 'client' | 'table'>): Promise<boolean> {
  const Key = chainKeys.frozenVault;
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  return (await untilSettled(() => client.send(get))).Item !== undefined;
}
