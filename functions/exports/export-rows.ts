/** The rows of an export: a kind of statement, oldest first, by pages, as the API shows them. */
import { entryToJson } from '#cloud/entry-json.ts';
import type { ExportJob } from '#cloud/export-store.ts';
import { depositToJson, withdrawalToJson } from '#cloud/funding-json.ts';
import type { HistoryStore } from '#cloud/history-store.ts';
import { type Business, businesses } from '#cloud/ledger-entry.ts';
import type { MarketDirectory } from '#cloud/market-directory.ts';
import type { StatementStore } from '#cloud/statement-store.ts';
import type { TimePage } from '#cloud/time-page.ts';
import { assert } from '#domain/assertion.ts';
import type { Asset } from '#domain/asset.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { ExportKind } from '#wire/export-request.ts';
import type { FillJson, OrderJson } from '#wire/feed-message.ts';
import { fillToJson, orderToJson } from '#wire/present.ts';
import type { DepositJson, EntryJson, WithdrawalJson } from '#wire/rest-api.ts';

/** What a row of each kind is. */
export type ExportRows = {
  entries: EntryJson;
  fills: FillJson;
  orders: OrderJson;
  deposits: DepositJson;
  withdrawals: WithdrawalJson;
};
export type ExportRow = ExportRows[ExportKind];
export type RowPage = { rows: ExportRow[]; cursor?: string };

export type RowPorts = {
  statements: Pick<StatementStore, 'entries' | 'deposits' | 'withdrawals'>;
  history: Pick<HistoryStore, 'fills' | 'doneOrders'>;
  markets: Pick<MarketDirectory, 'listed' | 'assets'>;
};

/** Rows of one page: a page of the store, which is bounded by its bytes too. */
export const rowsPerPage = 1_000;

type Terms = { markets: ReadonlyMap<string, ListedMarket>; assets: ReadonlyMap<string, Asset> };

/** The rows behind a cursor; another cursor where more may follow. */
export async function exportRows(
  job: ExportJob,
  cursor: string | undefined,
  ports: RowPorts,
): Promise<RowPage> {
  const page: TimePage = {
    limit: rowsPerPage,
    oldest: true,
    fromMs: job.from,
    toMs: job.to,
    ...(cursor === undefined ? {} : { cursor }),
  };
  const [markets, listed] = await Promise.all([ports.markets.listed(), ports.markets.assets()]);
  const terms = { markets, assets: new Map(listed.map((each) => [each.id, each])) };
  const found = await readers[job.kind](job, page, terms, ports);
  return found.cursor === undefined ? { rows: found.rows } : { ...found, cursor: found.cursor };
}

type Found = { rows: ExportRow[]; cursor?: string | undefined };
type Reader = (job: ExportJob, page: TimePage, terms: Terms, ports: RowPorts) => Promise<Found>;

const readers: Record<ExportKind, Reader> = {
  async entries({ account, filters }, page, { assets }, { statements }) {
    const { entries, cursor } = await statements.entries(account, {
      ...page,
      ...assetOf(filters),
      ...marketOf(filters),
      ...(filters.business === undefined ? {} : { business: businessOf(filters.business) }),
    });
    return { rows: entries.map((entry) => entryToJson(entry, assets)), cursor };
  },
  async fills({ account, filters }, page, { markets }, { history }) {
    const found = await history.fills(account, { ...page, ...marketOf(filters) });
    const rows = found.fills.map((fill) => fillToJson(fill, listedOf(markets, fill.marketId)));
    return { rows, cursor: found.cursor };
  },
  async orders({ account, filters }, page, { markets }, { history }) {
    const found = await history.doneOrders(account, { ...page, ...marketOf(filters) });
    const rows = found.orders.map((order) => orderToJson(order, listedOf(markets, order.marketId)));
    return { rows, cursor: found.cursor };
  },
  async deposits({ account, filters }, page, { assets }, { statements }) {
    const found = await statements.deposits(account, { ...page, ...assetOf(filters) });
    const rows = found.deposits.map((deposit) => depositToJson(deposit, assets));
    return { rows, cursor: found.cursor };
  },
  async withdrawals({ account, filters }, page, { assets }, { statements }) {
    const found = await statements.withdrawals(account, { ...page, ...assetOf(filters) });
    const rows = found.withdrawals.map((withdrawal) => withdrawalToJson(withdrawal, assets));
    return { rows, cursor: found.cursor };
  },
};

const assetOf = ({ asset }: ExportJob['filters']) => (asset === undefined ? {} : { asset });
const marketOf = ({ market }: ExportJob['filters']) =>
  market === undefined ? {} : { marketId: market };

function businessOf(text: string): Business {
  const business = businesses.find((each) => each === text);
  assert(business, `an export of the unknown business ${text}`);
  return business;
}

function listedOf(markets: Terms['markets'], marketId: string): ListedMarket {
  const listed = markets.get(marketId);
  // Only in the first seconds of a new one; the export is tried again.
  if (!listed) throw new Error(`${marketId} is not in the directory yet`);
  return listed;
}
