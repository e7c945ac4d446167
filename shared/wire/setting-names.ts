/** The environment variables by which the deployment tells code where things are. CDK writes them, `#cloud/settings.ts` reads them. */

export const settingNames = {
  stage: 'CROSSBOOK_STAGE',
  /** JSON of `Catalog`: assets, markets and pair groups. */
  catalog: 'CROSSBOOK_CATALOG',
  chainId: 'CROSSBOOK_CHAIN_ID',
  verifyingContract: 'CROSSBOOK_VERIFYING_CONTRACT',
  /** Where the Exchange contract is; the Vault is `verifyingContract`. */
  exchangeContract: 'CROSSBOOK_EXCHANGE_CONTRACT',
  /** Comma-separated URLs of Ethereum nodes; a secret where they hold keys. The local cloud puts its own chain's in their place. */
  rpcUrls: 'ETHEREUM_RPC_URLS',
  /** The secret that holds them instead. */
  rpcSecret: 'CROSSBOOK_RPC_SECRET',
  /** JSON of `ChainTerms`: confirmations, fees, delays, batches. */
  chainTerms: 'CROSSBOOK_CHAIN_TERMS',
  /** JSON of `WithdrawalTerms`: limits, delays, reviews. */
  withdrawalTerms: 'CROSSBOOK_WITHDRAWAL_TERMS',
  /** What the chain said, and what is on its way to it. */
  chainTable: 'CROSSBOOK_CHAIN_TABLE',
  /** KMS keys: settles and approves withdrawals; mints demo tokens. */
  operatorKey: 'CROSSBOOK_OPERATOR_KEY',
  faucetKey: 'CROSSBOOK_FAUCET_KEY',
  /** Atoms of the chain's own coin that the faucet gives beside tokens; none where absent. */
  faucetCoin: 'CROSSBOOK_FAUCET_COIN',
  ledgerTable: 'CROSSBOOK_LEDGER_TABLE',
  /** What must happen after money moved. */
  outboxTable: 'CROSSBOOK_OUTBOX_TABLE',
  /** Where the ledger is built again, to be compared. */
  shadowTable: 'CROSSBOOK_SHADOW_TABLE',
  /** Queues of the outbox, by topic. */
  notifyQueue: 'CROSSBOOK_NOTIFY_QUEUE',
  reconcileQueue: 'CROSSBOOK_RECONCILE_QUEUE',
  settleQueue: 'CROSSBOOK_SETTLE_QUEUE',
  factsQueue: 'CROSSBOOK_FACTS_QUEUE',
  guardQueue: 'CROSSBOOK_GUARD_QUEUE',
  /** Where exports of statements are asked for, and where they are put. */
  exportQueue: 'CROSSBOOK_EXPORT_QUEUE',
  exportBucket: 'CROSSBOOK_EXPORT_BUCKET',
  /** Where the trees of liabilities are kept, and the secret of their salts. */
  liabilityBucket: 'CROSSBOOK_LIABILITY_BUCKET',
  liabilitySecret: 'CROSSBOOK_LIABILITY_SECRET',
  /** JSON: people who may propose and approve adjustments. */
  adjusters: 'CROSSBOOK_ADJUSTERS',
  historyTable: 'CROSSBOOK_HISTORY_TABLE',
  leaseTable: 'CROSSBOOK_LEASE_TABLE',
  feedTable: 'CROSSBOOK_FEED_TABLE',
  sessionTable: 'CROSSBOOK_SESSION_TABLE',
  /** JSON: pair group → journal stream name. */
  journalStreams: 'CROSSBOOK_JOURNAL_STREAMS',
  /** Bucket of the archived journals and of snapshots. */
  archiveBucket: 'CROSSBOOK_ARCHIVE_BUCKET',
  /** The matcher's own pair group. */
  pairGroup: 'CROSSBOOK_PAIR_GROUP',
  leaseMs: 'CROSSBOOK_LEASE_MS',
  fanOutFunction: 'CROSSBOOK_FAN_OUT_FUNCTION',
  /** https endpoint of the WebSocket API's management API. */
  webSocketManagement: 'CROSSBOOK_WEBSOCKET_MANAGEMENT',
  sessionSecret: 'CROSSBOOK_SESSION_SECRET',
  /** Domains that a sign-in message may name, comma-separated. */
  signInDomains: 'CROSSBOOK_SIGN_IN_DOMAINS',
  /** What the bots call: the public API. */
  apiUrl: 'CROSSBOOK_API_URL',
  webSocketUrl: 'CROSSBOOK_WEBSOCKET_URL',
  botSeed: 'CROSSBOOK_BOT_SEED',
  /** How often each bot acts, in ms; 2000 where absent. */
  botPaceMs: 'CROSSBOOK_BOT_PACE_MS',
  port: 'PORT',
} as const;
