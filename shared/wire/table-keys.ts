/** Keys of every DynamoDB item, in one place: CDK makes the tables, the stores build the keys, nobody else concatenates. */

/** All tables share one key schema. `expiresAt` (epoch seconds) is each table's TTL attribute. */
export const partitionKey = 'pk';
export const sortKey = 'sk';
export const ttlAttribute = 'expiresAt';

export type Key = { pk: string; sk: string };

/** Zero-padded so that text order is number order; 16 digits hold every safe integer. */
export const padded = (value: number): string => value.toString().padStart(16, '0');

/** Accounts that are not users. Fees are kept per group in credit items, so that groups never contend. */
export const feeAccount = 'house:fees';
export const vaultAccount = 'house:vault';
/** What a deposit carried beyond whole units, and what operators take from and give to users. */
export const dustAccount = 'house:dust';
export const insuranceAccount = 'house:insurance';
export const houseAccounts = [vaultAccount, feeAccount, dustAccount, insuranceAccount] as const;

/** The partitions of the directory of accounts: a reader of all of them takes one after the other. */
export const directoryShards = 16;
const directoryShardOf = (account: string): number => {
  let sum = 0;
  for (let at = 0; at < account.length; at += 1) sum = (sum * 31 + account.charCodeAt(at)) % 65_521;
  return sum % directoryShards;
};

export const ledgerKeys = {
  /** available, demanded, withdrawing, grantable, version, operatedAtMs, returns and, per group, a clock and the newest grant and return, of (account, asset). */
  balance: (account: string, asset: string): Key => ({
    pk: `ACCOUNT#${account}`,
    sk: `BALANCE#${asset}`,
  }),
  /** frozen, pendingNumber, pendingUnits, grantNumber of (account, asset, group). */
  credit: (account: string, asset: string, groupId: string): Key => ({
    pk: `ACCOUNT#${account}`,
    sk: `CREDIT#${asset}#${groupId}`,
  }),
  /** Every pending grant of a group in one partition, so that a new leader finds what to submit again. */
  pendingGrant: (groupId: string, account: string, asset: string): Key => ({
    pk: `PENDING#${groupId}`,
    sk: `${account}#${asset}`,
  }),
  account: (account: string): string => `ACCOUNT#${account}`,
  settings: (account: string): Key => ({ pk: `ACCOUNT#${account}`, sk: 'SETTINGS' }),
  /** One entry per (account, asset, run); immutable. */
  entry: (account: string, groupId: string, toFrame: number, asset: string, atMs: number): Key => ({
    pk: `ENTRIES#${account}`,
    sk: `${padded(atMs)}#${groupId}#${padded(toFrame)}#${asset}`,
  }),
  /** The entry of an operation outside the journal (a deposit, a grant). */
  operationEntry: (account: string, operationId: string, asset: string, atMs: number): Key => ({
    pk: `ENTRIES#${account}`,
    sk: `${padded(atMs)}#${operationId}#${asset}`,
  }),
  entries: (account: string): string => `ENTRIES#${account}`,
  /** An operation by its business id: written once, so the same id is never applied twice. */
  operation: (operationId: string): Key => ({ pk: `OPERATION#${operationId}`, sk: 'OPERATION' }),
  /** Every account that ever had money: written with its first operation. */
  directory: (account: string): Key => ({
    pk: `DIRECTORY#${directoryShardOf(account)}`,
    sk: account,
  }),
  directoryShard: (shard: number): string => `DIRECTORY#${shard}`,
  /** A withdrawal by its id: demanded, held, finished or returned. */
  withdrawal: (withdrawalId: string): Key => ({
    pk: `WITHDRAWAL#${withdrawalId}`,
    sk: 'WITHDRAWAL',
  }),
  /** That an account asked for a withdrawal, by the time at which it did; immutable. */
  withdrawalOf: (account: string, askedAtMs: number, withdrawalId: string): Key => ({
    pk: `WITHDRAWALS#${account}`,
    sk: `${padded(askedAtMs)}#${withdrawalId}`,
  }),
  withdrawalsOf: (account: string): string => `WITHDRAWALS#${account}`,
  /** That an operation credited an account with a deposit; immutable, written with it. */
  depositOf: (account: string, atMs: number, operationId: string): Key => ({
    pk: `DEPOSITS#${account}`,
    sk: `${padded(atMs)}#${operationId}`,
  }),
  depositsOf: (account: string): string => `DEPOSITS#${account}`,
  /** An adjustment that waits for its approvers, and what became of it. */
  adjustment: (adjustmentId: string): Key => ({
    pk: `ADJUSTMENT#${adjustmentId}`,
    sk: 'ADJUSTMENT',
  }),
  /** That somebody proposed one; immutable. */
  proposal: (proposedAtMs: number, adjustmentId: string): Key => ({
    pk: 'ADJUSTMENTS',
    sk: `${padded(proposedAtMs)}#${adjustmentId}`,
  }),
  proposals: 'ADJUSTMENTS',
  /** Demo funds that an account claimed on a day. */
  faucetClaims: (account: string, day: string): Key => ({ pk: `FAUCET#${account}`, sk: day }),
  /** A cleared run of a group's journal; immutable. */
  run: (groupId: string, toFrame: number): Key => ({
    pk: `RUNS#${groupId}`,
    sk: padded(toFrame),
  }),
  runs: (groupId: string): string => `RUNS#${groupId}`,
  /** The clearing's watermark and open run of a group. */
  cursor: (groupId: string): Key => ({ pk: `CLEARING#${groupId}`, sk: 'CURSOR' }),
};

/** Rows of the outbox: one partition a topic, oldest first; what is done is deleted. */
export const outboxKeys = {
  row: (topic: string, atMs: number, outboxId: string): Key => ({
    pk: `OUTBOX#${topic}`,
    sk: `${padded(atMs)}#${outboxId}`,
  }),
  topic: (topic: string): string => `OUTBOX#${topic}`,
};

/** What reconciliation found and kept, in the ledger's table. */
export const reconciliationKeys = {
  /** Progress and outcome of a day (UTC, such as 2026-01-31). */
  day: (day: string): Key => ({ pk: 'RECONCILIATION', sk: day }),
  days: 'RECONCILIATION',
  /** What does not add up, by the day on which it was found. */
  difference: (day: string, name: string): Key => ({ pk: `DIFFERENCES#${day}`, sk: name }),
  differences: (day: string): string => `DIFFERENCES#${day}`,
  /** An account's sums of entries through the end of a day. */
  sums: (account: string, day: string): Key => ({ pk: `SUMS#${account}`, sk: day }),
  allSums: (account: string): string => `SUMS#${account}`,
};

/** Proofs of liabilities: a day's roots, per asset. */
export const liabilityKeys = {
  day: (day: string): Key => ({ pk: 'LIABILITIES', sk: day }),
  days: 'LIABILITIES',
};

/** Export jobs of statements, in the ledger's table. */
export const exportKeys = {
  /** One export and how far it is. */
  job: (account: string, exportId: string): Key => ({
    pk: `EXPORTS#${account}`,
    sk: `EXPORT#${exportId}`,
  }),
  jobs: (account: string): string => `EXPORTS#${account}`,
  /** How many exports of an account are not over yet, and which of them runs. */
  desk: (account: string): Key => ({ pk: `EXPORTS#${account}`, sk: 'DESK' }),
  /** Exports that are not over yet, of all accounts: what a sweep looks at. */
  open: (account: string, exportId: string): Key => ({
    pk: 'EXPORTS#',
    sk: `${account}#${exportId}`,
  }),
  allOpen: 'EXPORTS#',
};

export const historyKeys = {
  trade: (marketId: string, sequence: number): Key => ({
    pk: `TRADES#${marketId}`,
    sk: padded(sequence),
  }),
  candle: (marketId: string, interval: string, openAtMs: number): Key => ({
    pk: `CANDLES#${marketId}#${interval}`,
    sk: padded(openAtMs),
  }),
  fill: (
    account: string,
    atMs: number,
    groupId: string,
    sequence: number,
    role: 'maker' | 'taker',
  ): Key => ({
    pk: `FILLS#${account}`,
    sk: `${padded(atMs)}#${groupId}#${padded(sequence)}#${role}`,
  }),
  /** A finished order, by its owner and time. */
  doneOrder: (account: string, atMs: number, digest: string): Key => ({
    pk: `ORDERS#${account}`,
    sk: `${padded(atMs)}#${digest}`,
  }),
  /** The same order by its digest. */
  orderByDigest: (digest: string): Key => ({ pk: `ORDER#${digest}`, sk: 'ORDER' }),
  /** A market's terms and state as of its newest event: all of them in one partition, which every function reads whole. */
  market: (marketId: string): Key => ({ pk: 'MARKETS', sk: marketId }),
  markets: 'MARKETS',
  /** An asset's terms, as it was listed first. */
  asset: (assetId: string): Key => ({ pk: 'ASSETS', sk: assetId }),
  assets: 'ASSETS',
  watermark: (groupId: string): Key => ({ pk: `WATERMARK#${groupId}`, sk: 'HISTORY' }),
};

export const leaseKeys = {
  lease: (groupId: string): Key => ({ pk: `LEASE#${groupId}`, sk: 'LEASE' }),
};

export const feedKeys = {
  connection: (connectionId: string): Key => ({
    pk: `CONNECTION#${connectionId}`,
    sk: 'CONNECTION',
  }),
  /** One channel a connection listens to; its slice is remembered here. */
  listening: (connectionId: string, channel: string): Key => ({
    pk: `CONNECTION#${connectionId}`,
    sk: `CHANNEL#${channel}`,
  }),
  subscriber: (channel: string, slice: number, connectionId: string): Key => ({
    pk: `SUBSCRIBERS#${channel}#${slice}`,
    sk: connectionId,
  }),
  /** How many connections a slice of a channel has; `scope` is a pair group, or `accounts` for private channels. */
  interest: (scope: string, channel: string, slice: number): Key => ({
    pk: `INTEREST#${scope}`,
    sk: `${channel}#${slice}`,
  }),
};

export const sessionKeys = {
  nonce: (nonce: string): Key => ({ pk: `NONCE#${nonce}`, sk: 'NONCE' }),
  /** The public key that verifies session tokens, by key id. */
  publicKey: (keyId: string): Key => ({ pk: `KEY#${keyId}`, sk: 'KEY' }),
};

/** The chain as we know it: the Chain table. */
export const chainKeys = {
  /** The indexer's newest blocks and how far it finalized. */
  checkpoint: (chainId: number): Key => ({ pk: `INDEXER#${chainId}`, sk: 'CHECKPOINT' }),
  /** Facts by number: a pass of the indexer writes one item. */
  facts: (chainId: number, toFact: number): Key => ({
    pk: `FACTS#${chainId}`,
    sk: padded(toFact),
  }),
  allFacts: (chainId: number): string => `FACTS#${chainId}`,
  /** How far a consumer has come among the facts. */
  consumer: (consumer: string): Key => ({ pk: `CONSUMER#${consumer}`, sk: 'CURSOR' }),
  /** Logs of a block that is not final yet, as a consumer keeps them until it is. */
  headBlock: (consumer: string, block: number, part: number): Key => ({
    pk: `HEAD#${consumer}`,
    sk: `${padded(block)}#${padded(part)}`,
  }),
  headBlocks: (consumer: string): string => `HEAD#${consumer}`,
  /** A deposit as the chain says, by where it is written there. */
  deposit: (chainId: number, transactionHash: string, logIndex: number): Key => ({
    pk: `DEPOSIT#${chainId}#${transactionHash}#${padded(logIndex)}`,
    sk: 'DEPOSIT',
  }),
  depositOf: (account: string, atMs: number, depositId: string): Key => ({
    pk: `DEPOSITS#${account}`,
    sk: `${padded(atMs)}#${depositId}`,
  }),
  depositsOf: (account: string): string => `DEPOSITS#${account}`,
  /** Atoms below one unit that an account's deposits left over. */
  dust: (account: string, asset: string): Key => ({ pk: `DUST#${account}`, sk: asset }),
  /** All of an asset's: what the vault holds beyond whole units. */
  allDust: (asset: string): Key => ({ pk: 'DUST', sk: asset }),
  /** A signed withdrawal on its way to the chain. */
  withdrawal: (withdrawalId: string): Key => ({
    pk: `WITHDRAWAL#${withdrawalId}`,
    sk: 'WITHDRAWAL',
  }),
  /** Withdrawals that are not over, of all accounts: what a sweep looks at. */
  openWithdrawal: (withdrawalId: string): Key => ({ pk: 'WITHDRAWALS', sk: withdrawalId }),
  openWithdrawals: 'WITHDRAWALS',
  /** Addresses an account has withdrawn to, and what it withdrew on a day. */
  recipient: (account: string, recipient: string): Key => ({
    pk: `RECIPIENTS#${account}`,
    sk: recipient,
  }),
  withdrawnOn: (account: string, day: string): Key => ({ pk: `WITHDRAWN#${account}`, sk: day }),
  /** What the chain says of an account: its epoch, revoked delegations, open exits. */
  account: (account: string): Key => ({ pk: `CHAINACCOUNT#${account}`, sk: 'ACCOUNT' }),
  exit: (exitId: string): Key => ({ pk: `EXIT#${exitId}`, sk: 'EXIT' }),
  /** Exits that are not over, of all accounts. */
  openExit: (exitId: string): Key => ({ pk: 'EXITS', sk: exitId }),
  openExits: 'EXITS',
  /** An order that its owner cancelled on the chain: it never enters again. */
  cancelledOrder: (account: string, digest: string): Key => ({
    pk: `CANCELLED#${account}`,
    sk: digest,
  }),
  /** What matchers are still to be told of acts on the chain. */
  guardTask: (taskId: string): Key => ({ pk: 'GUARD', sk: taskId }),
  guardTasks: 'GUARD',
  /** A delegation by its digest, and the same by account and session key; immutable. */
  delegation: (digest: string): Key => ({ pk: `DELEGATION#${digest}`, sk: 'DELEGATION' }),
  delegationOf: (account: string, sessionKey: string, digest: string): Key => ({
    pk: `DELEGATIONS#${account}`,
    sk: `KEY#${sessionKey}#${digest}`,
  }),
  /** What the sort keys of an account's delegations begin with. */
  delegationKeys: 'KEY#',
  delegationsOf: (account: string): string => `DELEGATIONS#${account}`,
  /** That its owner revoked a delegation, here or on the chain; also of one that is not known yet. */
  revokedDelegation: (account: string, digest: string): Key => ({
    pk: `DELEGATIONS#${account}`,
    sk: `REVOKED#${digest}`,
  }),
  /** That its owner registered a delegation on the chain, with finality. */
  registeredDelegation: (account: string, digest: string): Key => ({
    pk: `DELEGATIONS#${account}`,
    sk: `REGISTERED#${digest}`,
  }),
  /** What settlement planned last: the next batch's number and, per pair group, the frame through which it is planned. */
  plan: { pk: 'SETTLEMENT', sk: 'PLAN' } as Key,
  batch: (batchId: number): Key => ({ pk: 'BATCHES', sk: padded(batchId) }),
  batches: 'BATCHES',
  /** Which batch settles a group's events through a sequence. */
  batchThrough: (groupId: string, toSequence: number): Key => ({
    pk: `BATCHES#${groupId}`,
    sk: padded(toSequence),
  }),
  batchesOf: (groupId: string): string => `BATCHES#${groupId}`,
  /** The trades, transfers and repairs of a batch in their order, and its calldata as it is sent. */
  batchContent: (batchId: number): Key => ({
    pk: `BATCHCONTENT#${padded(batchId)}`,
    sk: 'CONTENT',
  }),
  batchCalldata: (batchId: number): Key => ({
    pk: `BATCHCONTENT#${padded(batchId)}`,
    sk: 'CALLDATA',
  }),
  /** An order as it was signed, while fills of it may settle. */
  signedOrder: (digest: string): Key => ({ pk: `ORDER#${digest}`, sk: 'ORDER' }),
  /** In which batch a house transfer is. */
  houseTransfer: (operationId: string): Key => ({
    pk: `HOUSETRANSFER#${operationId}`,
    sk: 'TRANSFER',
  }),
  /** A fill whose one side the insurance account takes, until the ledger and the chain agree again. */
  insuredFill: (batchId: number, at: number): Key => ({
    pk: 'INSURED',
    sk: `${padded(batchId)}#${padded(at)}`,
  }),
  /** A fill that the chain rejected although nobody predicted it, until a batch settles it; it may be an insured one. */
  rejectedFill: (batchId: number, at: number): Key => ({
    pk: 'INSURED',
    sk: `${padded(batchId)}#${padded(at)}#REJECTED`,
  }),
  /** A fill of a batch that a frozen vault will never settle. */
  takenBackFill: (batchId: number, at: number): Key => ({
    pk: 'INSURED',
    sk: `${padded(batchId)}#${padded(at)}#TAKENBACK`,
  }),
  insuredFills: 'INSURED',
  /** The newest restrictive act that the chain has seen. */
  restrictions: { pk: 'SETTLEMENT', sk: 'RESTRICTIONS' } as Key,
  /** That the vault was frozen, as settlement knows it; and as the guard does. */
  frozen: { pk: 'SETTLEMENT', sk: 'FROZEN' } as Key,
  frozenVault: { pk: 'CHAINACCOUNT#', sk: 'VAULT' } as Key,
  /** A signing account's next nonce. */
  nonces: (address: string): Key => ({ pk: `SENDER#${address}`, sk: 'NONCE' }),
  /** A transaction by its business id, and by its nonce. */
  transaction: (id: string): Key => ({ pk: `TRANSACTION#${id}`, sk: 'TRANSACTION' }),
  transactionAt: (address: string, nonce: number): Key => ({
    pk: `TRANSACTIONS#${address}`,
    sk: padded(nonce),
  }),
  transactionsOf: (address: string): string => `TRANSACTIONS#${address}`,
};
