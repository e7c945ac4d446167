/** What the rooms that write to the chain need of the transaction sender: a transaction is asked for once, by its business id. */

export type WantedTransaction = {
  /** Such as `batch:17`: the same id is the same transaction, for ever. */
  id: string;
  to: string;
  data: string;
  /** Of the chain's own coin. */
  valueAtoms?: bigint;
  /**
   * Where the sender shall not estimate: whoever gives it has simulated what builds on transactions that are still on their
   * way. The sender then tries it only where none is.
   */
  gasLimit?: bigint;
};

/** `prepared`: signed and stored with its nonce, perhaps not broadcast; `mined` may still be taken back; the last two are final. */
export const transactionStatuses = [
  'prepared',
  'broadcast',
  'mined',
  'confirmed',
  'reverted',
] as const;
export type TransactionStatus = (typeof transactionStatuses)[number];

export type SentTransaction = {
  id: string;
  nonce: number;
  status: TransactionStatus;
  /** Every hash under which it was broadcast, newest last: a bump is another hash under the same nonce. */
  hashes: string[];
  /** The hash that was mined, and where. */
  minedHash?: string;
  blockNumber?: number;
};

export type TransactionSender = {
  /** The account that signs and pays. */
  address(): Promise<string>;
  /** Stores, then broadcasts; asked again, answers what became of it. Throws `WouldRevert` where simulation fails. */
  send(wanted: WantedTransaction): Promise<SentTransaction>;
  find(id: string): Promise<SentTransaction | undefined>;
  /** Follows the chain: receipts, bumps of what is stuck, broadcasts of what was only prepared. Safe to call at any time, by many. */
  advance(): Promise<void>;
};

/** Simulation says that the transaction would fail; nothing was stored and no nonce used. */
export class WouldRevert extends Error {
  readonly data: string | undefined;

  constructor(id: string, reason: string, data?: string) {
    super(`${id} would revert: ${reason}`);
    this.name = 'WouldRevert';
    this.data = data;
  }
}

/** Signs 32-byte digests with one secp256k1 key: AWS KMS in a stage, a key in memory in tests. Always low-s. */
export type DigestSigner = {
  address(): Promise<string>;
  /** 65 bytes r ‖ s ‖ v (27 or 28) as 0x-hex. */
  sign(digest: string): Promise<string>;
};
