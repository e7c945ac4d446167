/** Deposits as facts bring them: kept pending while their block may be taken back, credited once it may not. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { keyText } from './batch-items.ts';
import { type CreditPorts, creditDeposit } from './deposit-credit.ts';
import {
  type ChainDeposit,
  depositKey,
  readDeposits,
  seenWrites,
  stepWrite,
} from './deposit-store.ts';
import type { FactWork, PlacedLog } from './follow-facts.ts';
import { vaultEventOf } from './vault-events.ts';

export type DepositFactPorts = CreditPorts & {
  client: DynamoDBDocumentClient;
  chainId: number;
  vault: string;
};

export function depositFacts(ports: DepositFactPorts): FactWork {
  const depositsOf = (logs: readonly PlacedLog[]) =>
    logs.flatMap((log): Omit<ChainDeposit, 'status'>[] => {
      const event = vaultEventOf(log, ports.vault);
      if (event?.type !== 'deposited' || event.atoms === 0n) return [];
      const { account, chainAsset, atoms } = event;
      const { transactionHash, logIndex, blockNumber, blockHash, blockAtMs } = log;
      const place = { chainId: ports.chainId, transactionHash, logIndex };
      const block = { blockNumber, blockHash, seenAtMs: blockAtMs };
      return [{ ...place, ...block, account, chainAsset, atoms }];
    });
  return {
    async seen(logs) {
      const seen = depositsOf(logs);
      if (seen.length === 0) return [];
      const before = await readDeposits(ports, seen);
      return seen.flatMap((each) =>
        seenWrites(ports.table, before.get(keyText(depositKey(each))), each),
      );
    },
    async gone(logs) {
      const gone = depositsOf(logs);
      if (gone.length === 0) return [];
      const before = await readDeposits(ports, gone);
      return [...before.values()]
        .filter(({ status }) => status === 'pending')
        .map((deposit) => stepWrite(ports.table, deposit, { ...deposit, status: 'reorged' }));
    },
    async final(log) {
      for (const deposit of depositsOf([log])) await creditDeposit(ports, deposit);
    },
  };
}
