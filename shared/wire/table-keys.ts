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

export const ledgerKeys = {
  /** available, demanded, grantable, version, returns and, per group, a clock and the newest grant and return, of (account, asset). */
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
  /** The clearing's watermark and open run of a group. */
  cursor: (groupId: string): Key => ({ pk: `CLEARING#${groupId}`, sk: 'CURSOR' }),
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
