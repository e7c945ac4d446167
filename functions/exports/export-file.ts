/** An export's file: a line of CSV or an element of a JSON array for each row, with what stands before and behind them. */
import { type CsvValue, csvLine } from '#wire/csv.ts';
import type { ExportFormat, ExportKind } from '#wire/export-request.ts';
import type { ExportRow, ExportRows } from './export-rows.ts';

export const contentTypes: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json',
};

/** What a file begins with. */
export const fileHead = (kind: ExportKind, format: ExportFormat): string =>
  format === 'json' ? '[' : csvLine(columnsOf(kind).map(({ name }) => ({ plain: name })));

/** Rows as they stand in the file; `before` says how many stand in front of them. */
export function fileRows(
  { kind, format }: { kind: ExportKind; format: ExportFormat },
  rows: readonly ExportRow[],
  before: number,
): string {
  if (format === 'csv') {
    const columns = columnsOf(kind);
    return rows.map((row) => csvLine(columns.map(({ value }) => value(row)))).join('');
  }
  return rows.map((row, at) => `${before + at > 0 ? ',' : ''}\n${JSON.stringify(row)}`).join('');
}

export const fileTail = (format: ExportFormat): string => (format === 'json' ? '\n]\n' : '');

type Column<R> = { name: string; value: (row: R) => CsvValue };

const columnsOf = (kind: ExportKind) => columns[kind] as Column<ExportRow>[];

const plain = <R>(name: string, of: (row: R) => string | number | undefined): Column<R> => ({
  name,
  value: (row) => ({ plain: of(row) }),
});
/** What somebody else chose: an id, a name. */
const text = <R>(name: string, of: (row: R) => string | undefined): Column<R> => ({
  name,
  value: (row) => ({ text: of(row) ?? '' }),
});
const time = <R>(name: string, of: (row: R) => number | undefined): Column<R>[] => [
  plain(name, (row) => {
    const atMs = of(row);
    return atMs === undefined ? undefined : new Date(atMs).toISOString();
  }),
  plain(`${name}_ms`, of),
];

const columns: { [K in ExportKind]: Column<ExportRows[K]>[] } = {
  entries: [
    ...time<ExportRows['entries']>('time', (row) => row.atMs),
    text('entry_id', (row) => row.entryId),
    plain('business', (row) => row.business),
    text('business_id', (row) => row.businessId),
    plain('asset', (row) => row.asset),
    plain('available', (row) => row.available),
    plain('withdrawing', (row) => row.withdrawing),
    plain('frozen', (row) => row.frozen),
    plain('available_after', (row) => row.availableAfter),
    plain('withdrawing_after', (row) => row.withdrawingAfter),
    plain('frozen_after', (row) => row.frozenAfter),
    text('counterparty', (row) => row.counterparty),
    plain('trades', (row) => row.trades.length),
  ],
  fills: [
    ...time<ExportRows['fills']>('time', (row) => row.atMs),
    plain('trade_id', (row) => row.tradeId),
    plain('market', (row) => row.market),
    plain('order_digest', (row) => row.orderDigest),
    plain('side', (row) => row.side),
    plain('role', (row) => row.role),
    plain('price', (row) => row.price),
    plain('size', (row) => row.size),
    plain('quote', (row) => row.quote),
    plain('fee', (row) => row.fee),
    plain('fee_asset', (row) => row.feeAsset),
  ],
  orders: [
    ...time<ExportRows['orders']>('done', (row) => row.doneAtMs),
    ...time<ExportRows['orders']>('created', (row) => row.createdAtMs),
    plain('digest', (row) => row.digest),
    text('client_order_id', (row) => row.clientOrderId),
    plain('market', (row) => row.market),
    plain('side', (row) => row.side),
    plain('type', (row) => row.type),
    plain('time_in_force', (row) => row.timeInForce),
    plain('post_only', (row) => String(row.postOnly)),
    plain('stp', (row) => row.stp),
    plain('price', (row) => row.price),
    plain('trigger_price', (row) => row.triggerPrice),
    plain('size', (row) => row.size),
    plain('spend', (row) => row.spend),
    plain('display_size', (row) => row.displaySize),
    plain('filled_size', (row) => row.filledSize),
    plain('filled_quote', (row) => row.filledQuote),
    plain('fee', (row) => row.fee),
    plain('status', (row) => row.status),
    ...time<ExportRows['orders']>('expires', (row) => row.expiresAtMs),
  ],
  deposits: [
    ...time<ExportRows['deposits']>('time', (row) => row.atMs),
    text('deposit_id', (row) => row.depositId),
    plain('asset', (row) => row.asset),
    plain('amount', (row) => row.amount),
    plain('status', (row) => row.status),
  ],
  withdrawals: [
    ...time<ExportRows['withdrawals']>('asked', (row) => row.askedAtMs),
    text('withdrawal_id', (row) => row.withdrawalId),
    plain('asset', (row) => row.asset),
    plain('amount', (row) => row.amount),
    plain('status', (row) => row.status),
    ...time<ExportRows['withdrawals']>('held', (row) => row.heldAtMs),
    ...time<ExportRows['withdrawals']>('ended', (row) => row.endedAtMs),
  ],
};
