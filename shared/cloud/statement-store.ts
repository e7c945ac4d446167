/** An account's statements as the ledger has them: entries by time and kind, or of one business event; deposits; withdrawals. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import type { AssetId } from '#domain/asset.ts';
import { withdrawalOperation, withdrawalSteps } from '#domain/ledger-operation.ts';
import type { MarketId } from '#domain/market.ts';
import type { MoneyEvent } from '#wire/outbox.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { linesName } from '#wire/trade-lines.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { entriesOfEvent } from './event-entries.ts';
import { type Business, type LedgerEntry, readEntry } from './ledger-entry.ts';
import { readWithdrawal, type Withdrawal, withdrawalsOf } from './ledger-withdrawals.ts';
import { queryPage } from './query.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { type TimePage, timeBounds } from './time-page.ts';

export type EntriesPage = TimePage & {
  asset?: AssetId;
  business?: Business;
  /** Only runs in which this market traded for the account. */
  marketId?: MarketId;
};
export type EntriesFound = { entries: LedgerEntry[]; cursor?: string };

export type StatementStore = {
  /** Newest first, or oldest; `cursor` is the `entryId` of the last one seen. */
  entries(account: string, page: EntriesPage): Promise<EntriesFound>;
  /** Of one business event: an operation, a withdrawal with all its steps, or a run. */
  entriesOf(account: string, businessId: string): Promise<LedgerEntry[]>;
  deposits(account: string, page: FundingPage): Promise<{ deposits: Deposited[]; cursor?: string }>;
  /** Undefined for another account's. */
  deposit(account: string, depositId: string): Promise<Deposited | undefined>;
  /** By the time at which they were asked for, each as it stands now. */
  withdrawals(
    account: string,
    page: FundingPage,
  ): Promise<{ withdrawals: Withdrawal[]; cursor?: string }>;
  /** Undefined for another account's. */
  withdrawal(account: string, withdrawalId: string): Promise<Withdrawal | undefined>;
};

export type FundingPage = TimePage & { asset?: AssetId };

/** Funds that came in, by the operation that credited them. */
export type Deposited = { depositId: string; asset: AssetId; units: Units; atMs: number };

type Where = { client: DynamoDBDocumentClient; table: string };

export function createStatementStore(where: Where): StatementStore {
  return {
    entries: (account, page) => accountEntries(where, account, page),
    entriesOf: (account, businessId) => entriesOf(where, account, businessId),
    async deposits(account, page) {
      const { asset } = page;
      const { items, cursor } = await queryPage(where, ledgerKeys.depositsOf(account), {
        ...timeBounds(page),
        ...(asset === undefined ? {} : { where: [{ name: 'asset', value: asset }] }),
      });
      const deposits = items.map(readDeposit);
      return cursor === undefined ? { deposits } : { deposits, cursor };
    },
    async deposit(account, depositId) {
      const key = ledgerKeys.operation(depositId);
      const item = (await getItems(where, [key])).get(keyText(key));
      const isOwn = item?.['kind'] === 'deposit' && item['account'] === account;
      return item && isOwn ? readDeposit(item) : undefined;
    },
    withdrawals: (account, page) => withdrawalsOf(where, account, page),
    async withdrawal(account, withdrawalId) {
      const found = await readWithdrawal(where, withdrawalId);
      return found?.account === account ? found : undefined;
    },
  };
}

const readDeposit = (item: Item): Deposited => ({
  depositId: String(item['operationId']),
  asset: String(item['asset']),
  units: storedUnits(item['units']) as Units,
  atMs: storedNumber(item['atMs']),
});

export async function accountEntries(
  where: Where,
  account: string,
  page: EntriesPage,
): Promise<EntriesFound> {
  const { asset, business, marketId } = page;
  const equal = (name: string, value: string | undefined) =>
    value === undefined ? [] : [{ name, value }];
  const { items, cursor } = await queryPage(where, ledgerKeys.entries(account), {
    ...timeBounds(page),
    where: [...equal('asset', asset), ...equal('business', business)],
    ...(marketId === undefined ? {} : { keep: (item) => hasTraded(item, marketId) }),
  });
  const entries = items.map(readEntry);
  return cursor === undefined ? { entries } : { entries, cursor };
}

const hasTraded = (item: Item, marketId: MarketId): boolean =>
  linesName(String(item['trades'] ?? ''), marketId);

/**
 * What happened is found by its id, which says when; the time says where the entries are. One read, and one for each
 * operation or run: a withdrawal has two operations at most.
 */
async function entriesOf(
  where: Where,
  account: string,
  businessId: string,
): Promise<LedgerEntry[]> {
  const operationIds = [
    businessId,
    ...withdrawalSteps.map((step) => withdrawalOperation(businessId, step)),
  ];
  const [, groupId = '', toFrame] = /^(.+)#(\d{1,16})$/.exec(businessId) ?? [];
  const run = ledgerKeys.run(groupId, Number(toFrame ?? 0));
  const keys = [...operationIds.map((id) => ledgerKeys.operation(id)), run];
  const items = await getItems(where, groupId === '' ? keys.slice(0, -1) : keys);
  const events = [...items.values()].map((item): MoneyEvent => {
    const common = { atMs: storedNumber(item['atMs']), accounts: [] };
    return item['operationId'] === undefined
      ? { type: 'run', groupId, toFrame: Number(toFrame), ...common }
      : { type: 'operation', operationId: String(item['operationId']), ...common };
  });
  const entries = await Promise.all(events.map((event) => entriesOfEvent(where, account, event)));
  return entries.flat().sort((a, b) => (a.entryId < b.entryId ? -1 : 1));
}
