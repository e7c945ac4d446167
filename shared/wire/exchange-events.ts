/** What settlement reads of the contracts' logs: batches, rejected fills, and acts that a batch must pass before they take effect. */
import { Interface } from 'ethers';
import type { ChainLog } from './chain-fact.ts';
import { logReader } from './contract-log.ts';
import { type RejectionReason, rejectionReasons } from './settlement-batch.ts';

const readExchangeLog = logReader(
  new Interface([
    'event BatchSettled(uint64 indexed batchId, uint64 matchedThroughMs, uint256 fills, uint256 rejected)',
    'event FillRejected(uint64 indexed batchId, uint256 indexed index, uint8 reason)',
  ]),
);

const readVaultLog = logReader(
  new Interface([
    'event ExitRequested(uint256 indexed exitId, address indexed account, uint256 indexed asset, uint256 amount, uint64 requestedAtMs)',
    'event OrderCancelled(address indexed account, bytes32 indexed orderDigest, uint64 requestedAtMs)',
    'event EpochBumped(address indexed account, uint64 epoch, uint64 requestedAtMs)',
    'event Frozen(uint256 indexed exitId)',
    'event DelegationRevoked(address indexed account, bytes32 indexed delegationDigest, uint64 requestedAtMs)',
  ]),
);

export type SettlementEvent =
  | { type: 'batch_settled'; batchId: number; transactionHash: string }
  | { type: 'fill_rejected'; batchId: number; index: number; reason: RejectionReason }
  | { type: 'restricted'; requestedAtMs: number }
  /** Settlement has ended for good. */
  | { type: 'frozen' };

/** Undefined of a log that says nothing to settlement. Addresses as the indexer gives them, in any case of letters. */
export function settlementEvent(
  log: ChainLog,
  at: { vault: string; exchange: string },
): SettlementEvent | undefined {
  const address = log.address.toLowerCase();
  if (address === at.exchange.toLowerCase()) {
    const event = readExchangeLog(log);
    const batchId = Number(event?.args['batchId']);
    if (event?.name === 'BatchSettled')
      return { type: 'batch_settled', batchId, transactionHash: log.transactionHash };
    if (event?.name === 'FillRejected') {
      const reason = rejectionReasons[Number(event.args['reason'])];
      if (!reason) throw new Error(`batch ${batchId}: no reason ${event.args['reason']}`);
      return { type: 'fill_rejected', batchId, index: Number(event.args['index']), reason };
    }
  }
  if (address === at.vault.toLowerCase()) {
    const event = readVaultLog(log);
    if (event?.name === 'Frozen') return { type: 'frozen' };
    if (event) return { type: 'restricted', requestedAtMs: Number(event.args['requestedAtMs']) };
  }
  return undefined;
}
