/** Hands stored transactions to a node; what the parts of the transaction sender share. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ChainTerms } from '#wire/chain-terms.ts';
import type { Clock } from './clock.ts';
import type { FeeMarket, Fees } from './fee-caps.ts';
import type { Rpc } from './rpc.ts';
import type { DigestSigner } from './send-transaction.ts';
import { broadcast } from './transaction-sender-chain.ts';
import type { SentRow, SentStore } from './transaction-sender-store.ts';

/** What a person has to know of. */
export type SenderIncident =
  /** A transaction that we did not send was mined under a nonce of ours: somebody else holds the key. */
  | 'nonce_taken'
  /** The head of the queue is stuck, and the stage's caps forbid to offer more. */
  | 'caps_reached'
  /** The account cannot pay for the head of the queue. */
  | 'balance_too_low'
  /** A node takes the transaction for none. */
  | 'not_taken'
  /** The chain lost what it had confirmed. */
  | 'confirmed_lost';

export type SenderPorts = {
  client: DynamoDBDocumentClient;
  table: string;
  rpc: Rpc;
  signer: DigestSigner;
  chainId: number;
  terms: ChainTerms;
  clock: Clock;
  report(incident: SenderIncident, what: { id: string; nonce: number; reason: string }): void;
};

/** What the parts of the sender share. */
export type Sending = SenderPorts & {
  store: SentStore;
  caps: Fees;
  market(): Promise<FeeMarket>;
};

/** Broadcasts what no node has heard of; what fails here is done by `advance`, for it is stored. */
export async function told(sending: Sending, row: SentRow, raw: Uint8Array): Promise<SentRow> {
  if (row.told === row.hashes.length || isMined(row)) return row;
  if (!(await isHeard(sending, row, raw))) return row;
  const heard: SentRow = { ...row, status: 'broadcast', told: row.hashes.length };
  try {
    return (await sending.store.save(row, heard)) ?? heard;
  } catch {
    // A node has it; that nobody could write this down costs one more broadcast.
    return heard;
  }
}

/** Whether a node has the transaction now. */
export async function isHeard(
  { rpc, report }: Sending,
  { id, nonce }: SentRow,
  raw: Uint8Array,
): Promise<boolean> {
  const { answer, reason } = await broadcast(rpc, `0x${Buffer.from(raw).toString('hex')}`);
  if (answer === 'balance_too_low') report(answer, { id, nonce, reason });
  if (answer === 'refused') report('not_taken', { id, nonce, reason });
  return answer === 'taken';
}

export const isMined = ({ status }: SentRow): boolean =>
  status !== 'prepared' && status !== 'broadcast';
