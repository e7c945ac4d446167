/** What has happened to one's money: lists that page themselves, and files of any range, awaited and fetched. */
import type { OrderJson } from '#wire/feed-message.ts';
import type {
  DepositJson,
  DepositsJson,
  EntriesJson,
  EntryJson,
  ExportJson,
  FillsJson,
  OrdersJson,
  OwnFillJson,
  WithdrawalJson,
  WithdrawalsJson,
} from '#wire/rest-api.ts';
import { CrossbookError } from './crossbook-error.ts';
import type { ExportWish, Rest, StatementQuery } from './rest.ts';

type Entries = StatementQuery & { asset?: string; market?: string; business?: string };
type Fills = StatementQuery & { market?: string; digest?: string };
type Orders = StatementQuery & { market?: string };
type Funding = StatementQuery & { asset?: string };
/** All of them, so there is no page to ask for. */
type Every<Q> = Omit<Q, 'cursor' | 'limit'>;

export type Statements = {
  entries(query?: Entries): Promise<EntriesJson>;
  /** Of one operation, run or withdrawal. */
  entriesOf(businessId: string): Promise<EntryJson[]>;
  fills(query?: Fills): Promise<FillsJson>;
  /** Finished ones, by their end. */
  orders(query?: Orders): Promise<OrdersJson>;
  deposits(query?: Funding): Promise<DepositsJson>;
  withdrawals(query?: Funding): Promise<WithdrawalsJson>;
  /** Page after page, however many there are. */
  everyEntry(query?: Every<Entries>): AsyncGenerator<EntryJson>;
  everyFill(query?: Every<Fills>): AsyncGenerator<OwnFillJson>;
  everyOrder(query?: Every<Orders>): AsyncGenerator<OrderJson>;
  everyDeposit(query?: Every<Funding>): AsyncGenerator<DepositJson>;
  everyWithdrawal(query?: Every<Funding>): AsyncGenerator<WithdrawalJson>;
  /** Asks for a file; with the same `exportId` any number of times. */
  ask(wish: ExportWish): Promise<ExportJson>;
  exports(): Promise<ExportJson[]>;
  export(exportId: string): Promise<ExportJson>;
  /** Asks for a file, waits until it is written and opens it. Throws `export_failed`. */
  file(wish: ExportWish, more?: FileOptions): Promise<StatementFile>;
};

export type FileOptions = {
  /** Called with each answer while it is waited for. */
  onProgress?: (asked: ExportJson) => void;
  signal?: AbortSignal;
};

/** The whole file as it comes: nothing of it is kept in memory. */
export type StatementFile = { export: ExportJson; body: ReadableStream<Uint8Array> };

export type StatementsOptions = {
  rest: Rest;
  asOwner: <T>(ask: (token: string) => Promise<T>) => Promise<T>;
  newId: () => string;
  wait: (ms: number) => Promise<void>;
  fetch: typeof fetch;
};

export function createStatements(options: StatementsOptions): Statements {
  const { rest, asOwner } = options;
  const entries = (query: Entries = {}) => asOwner((token) => rest.entries(token, query));
  const fills = (query: Fills = {}) => asOwner((token) => rest.fills(token, query));
  const orders = (query: Orders = {}) => asOwner((token) => rest.doneOrders(token, query));
  const deposits = (query: Funding = {}) => asOwner((token) => rest.deposits(token, query));
  const withdrawals = (query: Funding = {}) => asOwner((token) => rest.withdrawals(token, query));
  const ask = (wish: ExportWish) => asOwner((token) => rest.askExport(token, wish));
  const one = (exportId: string) => asOwner((token) => rest.export(token, exportId));
  return {
    ...{ entries, fills, orders, deposits, withdrawals },
    entriesOf: async (businessId) =>
      (await asOwner((token) => rest.entries(token, { businessId }))).entries,
    everyEntry: (query) => every(entries, query, (page) => page.entries),
    everyFill: (query) => every(fills, query, (page) => page.fills),
    everyOrder: (query) => every(orders, query, (page) => page.orders),
    everyDeposit: (query) => every(deposits, query, (page) => page.deposits),
    everyWithdrawal: (query) => every(withdrawals, query, (page) => page.withdrawals),
    ask,
    exports: async () => (await asOwner((token) => rest.exports(token))).exports,
    export: one,
    async file(wish, more = {}) {
      // One id for all tries: whatever is lost on the way, there is one export.
      const asked = await ask({ exportId: options.newId(), ...wish });
      const done = await untilDone(asked, { ...options, ...more, one });
      return opened(done, { ...options, ...more, one });
    },
  };
}

/** Follows the cursors to the end; a short page is not the last one. */
async function* every<Q extends object, P extends { cursor?: string }, R>(
  list: (query: Q) => Promise<P>,
  query: Omit<Q, 'cursor' | 'limit'> | undefined,
  rowsOf: (page: P) => R[],
): AsyncGenerator<R> {
  let cursor: string | undefined;
  do {
    const page = await list({
      ...query,
      limit: 500,
      ...(cursor === undefined ? {} : { cursor }),
    } as unknown as Q);
    yield* rowsOf(page);
    cursor = page.cursor;
  } while (cursor !== undefined);
}

type Waiting = Pick<StatementsOptions, 'wait' | 'fetch'> &
  FileOptions & { one: (exportId: string) => Promise<ExportJson> };

/** Half a second at first, then ever longer: most files are small. */
const firstWaitMs = 500;
const longestWaitMs = 5_000;

async function untilDone(asked: ExportJson, waiting: Waiting): Promise<ExportJson> {
  const { wait, one, onProgress, signal } = waiting;
  let latest = asked;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, waitMs * 1.5)) {
    onProgress?.(latest);
    if (latest.status === 'failed')
      throw new CrossbookError('export_failed', `${latest.exportId} could not be written`);
    // The answer to the question itself has no URL.
    if (latest.url !== undefined) return latest;
    signal?.throwIfAborted();
    if (latest.status !== 'done') await wait(waitMs);
    latest = await one(latest.exportId);
    if (latest.status === 'done' && latest.url === undefined)
      throw new CrossbookError('not_found', `${latest.exportId} is not kept any more`);
  }
}

async function opened(done: ExportJson, waiting: Waiting): Promise<StatementFile> {
  const { fetch: get, one, signal } = waiting;
  for (const tried of [done, undefined]) {
    // A URL that was kept too long is asked for once more.
    const { url = '' } = tried ?? (await one(done.exportId));
    const answer = await get(url, signal ? { signal } : {});
    if (answer.ok && answer.body) return { export: done, body: answer.body };
    await answer.body?.cancel();
  }
  throw new CrossbookError('unavailable', `the file of ${done.exportId} cannot be fetched`);
}
