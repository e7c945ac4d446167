/** The REST API, typed: one function a route. Refusals become a CrossbookError; what passes is tried again. */
import type { Side } from '#domain/order.ts';
import type { SignedAmend, SignedCancel } from '#wire/eip712.ts';
import type { ExportFilters, ExportFormat, ExportKind } from '#wire/export-request.ts';
import type { OrderJson } from '#wire/feed-message.ts';
import type { orderJson } from '#wire/order-body.ts';
import type {
  AccountSettingsJson,
  AmendedJson,
  BalancesJson,
  BatchJson,
  CancelledAllJson,
  CandlesJson,
  ChainJson,
  DelegationJson,
  DelegationsJson,
  DepositsJson,
  DepthJson,
  EntriesJson,
  ExportJson,
  ExportsJson,
  FaucetJson,
  FillsJson,
  HealthJson,
  LiabilitiesJson,
  LiabilityProofsJson,
  MarketJson,
  MarketsJson,
  NonceJson,
  OrdersJson,
  PlacedJson,
  SessionJson,
  SettingsJson,
  SwitchJson,
  TickerJson,
  TimeJson,
  TradesJson,
  WithdrawalJson,
  WithdrawalsJson,
} from '#wire/rest-api.ts';
import { type BackOff, backOffMs } from './back-off.ts';
import { CrossbookError, isPassing } from './crossbook-error.ts';
import type { DelegationBodyJson } from './delegation.ts';
import type { WithdrawalBody } from './withdrawing.ts';

export type PlaceJson = {
  order: ReturnType<typeof orderJson>;
  signature: string;
  clientOrderId?: string;
};
export type CancelJson = { cancel: SignedCancel; signature: string };
export type AmendJson = {
  amend: Omit<SignedAmend, 'newAmount'> & { newAmount: string };
  signature: string;
};
/** A page of a list: `from` counts, `to` does not, both in ms; a page without `cursor` is the last. */
export type StatementQuery = {
  from?: number;
  to?: number;
  order?: 'newest' | 'oldest';
  limit?: number;
  cursor?: string;
};
type FundingQuery = StatementQuery & { asset?: string; businessId?: string };
type EntriesQuery = FundingQuery & { market?: string; business?: string };

export type ExportWish = {
  /** Makes asking again the same question; the content does where it is absent. */
  exportId?: string;
  kind: ExportKind;
  format: ExportFormat;
  from: number;
  to: number;
  filters?: ExportFilters;
};

type Query = Record<string, string | number | undefined>;

export type RestOptions = {
  /** Such as `http://127.0.0.1:8080`. */
  apiUrl: string;
  fetch?: typeof fetch;
  random?: () => number;
  wait?: (ms: number) => Promise<void>;
  /** Tries of one request, the first included. */
  tries?: number;
  backOff?: BackOff;
  timeoutMs?: number;
};

type Call = { body?: unknown; query?: Query; token?: string; once?: true };
export type Rest = ReturnType<typeof createRest>;

export function createRest(options: RestOptions) {
  const call = caller(options);
  const get = <T>(path: string, query?: Query, token?: string) =>
    call<T>('GET', path, { ...(query ? { query } : {}), ...(token ? { token } : {}) });
  const market = (id: string, rest = '') => `/v1/markets/${encodeURIComponent(id)}${rest}`;
  return {
    health: () => get<HealthJson>('/v1/health'),
    time: () => get<TimeJson>('/v1/time'),
    chain: () => get<ChainJson>('/v1/chain'),
    markets: () => get<MarketsJson>('/v1/markets'),
    market: (id: string) => get<MarketJson>(market(id)),
    depth: (id: string, query?: { levels?: number }) => get<DepthJson>(market(id, '/depth'), query),
    trades: (id: string, query?: { limit?: number; before?: number }) =>
      get<TradesJson>(market(id, '/trades'), query),
    candles: (
      id: string,
      query: { interval: string; from?: number; to?: number; limit?: number },
    ) => get<CandlesJson>(market(id, '/candles'), query),
    ticker: (id: string) => get<TickerJson>(market(id, '/ticker')),
    liabilities: (query?: { limit?: number; before?: string }) =>
      get<LiabilitiesJson>('/v1/liabilities', query),

    // Orders and cancels are taken once by their digest, so all of these may be repeated.
    place: (body: PlaceJson) => call<PlacedJson>('POST', '/v1/orders', { body }),
    placeBatch: (orders: PlaceJson[]) =>
      call<BatchJson>('POST', '/v1/orders/batch', { body: { orders } }),
    cancel: (body: CancelJson, query: { market?: string } = {}) =>
      call<PlacedJson>('POST', '/v1/orders/cancel', { body, query }),
    amend: (body: AmendJson, query: { market?: string } = {}) =>
      call<AmendedJson>('POST', '/v1/orders/amend', { body, query }),
    // Done twice they do the same once more.
    cancelAll: (token: string, query: { market?: string; side?: Side } = {}) =>
      call<CancelledAllJson>('DELETE', '/v1/orders', { query, token }),
    cancelAllAfter: (token: string, body: { afterMs: number }) =>
      call<SwitchJson>('POST', '/v1/orders/cancel-all-after', { body, token }),

    ...delegationCalls(call),

    nonce: () => call<NonceJson>('POST', '/v1/sessions/nonce', {}),
    signIn: (body: { message: string; signature: string }) =>
      call<SessionJson>('POST', '/v1/sessions', { body, once: true }),
    balances: (token: string) => get<BalancesJson>('/v1/account/balances', {}, token),
    openOrders: (token: string, query: { market?: string } = {}) =>
      get<OrdersJson>('/v1/account/orders', query, token),
    order: (token: string, digest: string) =>
      get<OrderJson>(`/v1/account/orders/${encodeURIComponent(digest)}`, {}, token),
    doneOrders: (token: string, query: StatementQuery & { market?: string } = {}) =>
      get<OrdersJson>('/v1/account/orders', { ...query, status: 'done' }, token),
    fills: (token: string, query: StatementQuery & { market?: string; digest?: string } = {}) =>
      get<FillsJson>('/v1/account/fills', query, token),
    entries: (token: string, query: EntriesQuery = {}) =>
      get<EntriesJson>('/v1/account/entries', query, token),
    ...fundingRoutes(call),
    liabilityProofs: (
      token: string,
      query: { day?: string; asset?: string; account?: string } = {},
    ) => get<LiabilityProofsJson>('/v1/account/liabilities', query, token),
    settings: (token: string) => get<AccountSettingsJson>('/v1/account/settings', {}, token),
    changeSettings: (token: string, body: SettingsJson) =>
      call<SettingsJson>('PUT', '/v1/account/settings', { body, token }),
    faucet: (body: { account: string; asset?: string; idempotencyKey: string }) =>
      call<FaucetJson>('POST', '/v1/faucet', { body }),
  };
}

function fundingRoutes(call: Caller) {
  return {
    deposits: (token: string, query: FundingQuery = {}) =>
      call<DepositsJson>('GET', '/v1/account/deposits', { query, token }),
    withdrawals: (token: string, query: FundingQuery = {}) =>
      call<WithdrawalsJson>('GET', '/v1/account/withdrawals', { query, token }),
    // A withdrawal is one by its digest.
    withdraw: (body: WithdrawalBody) =>
      call<WithdrawalJson>('POST', '/v1/account/withdrawals', { body }),
    // An export is one by its id, or by its content.
    askExport: (token: string, body: ExportWish) =>
      call<ExportJson>('POST', '/v1/account/exports', { body, token }),
    exports: (token: string) => call<ExportsJson>('GET', '/v1/account/exports', { token }),
    export: (token: string, exportId: string) =>
      call<ExportJson>('GET', `/v1/account/exports/${encodeURIComponent(exportId)}`, { token }),
  };
}

type Caller = ReturnType<typeof caller>;

/** A Delegation is one by its digest, and what is revoked stays so: all of these may be repeated. */
function delegationCalls(call: ReturnType<typeof caller>) {
  const path = '/v1/account/delegations';
  return {
    delegate: (body: DelegationBodyJson) => call<DelegationJson>('POST', path, { body }),
    delegations: (token: string, query: { limit?: number; cursor?: string } = {}) =>
      call<DelegationsJson>('GET', path, { query, token }),
    endDelegation: (token: string, digest: string) =>
      call<DelegationJson>('DELETE', `${path}/${encodeURIComponent(digest)}`, { token }),
  };
}

function caller(options: RestOptions) {
  const { random = Math.random, wait = pause, tries = 4 } = options;
  const { backOff = { firstMs: 200, mostMs: 3_000 } } = options;
  return async <T>(method: string, path: string, request: Call): Promise<T> => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await callOnce<T>(options, method, path, request);
      } catch (error) {
        if (request.once || tried >= tries || !isPassing(error)) throw error;
        await wait(Math.max(backOffMs(tried, backOff, random), error.retryAfterMs ?? 0));
      }
    }
  };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function callOnce<T>(
  options: RestOptions,
  method: string,
  path: string,
  { body, query = {}, token }: Call,
): Promise<T> {
  const url = new URL(options.apiUrl.replace(/\/$/, '') + path);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, String(value));
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const send = options.fetch ?? fetch;
  let response: Response;
  let text: string;
  try {
    response = await send(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(options.timeoutMs ?? 12_000),
    });
    text = await response.text();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CrossbookError('network_error', `${method} ${path} was not answered (${why})`);
  }
  const answer = parsed(text);
  if (response.ok && answer !== undefined) return answer as T;
  throw errorOf(response, answer);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorOf(response: Response, answer: unknown): CrossbookError {
  const { code, message, requestId, details } = (answer ?? {}) as Partial<{
    code: string;
    message: string;
    requestId: string;
    details: unknown;
  }>;
  const retryAfter = Number(response.headers.get('retry-after'));
  return new CrossbookError(code ?? codeOf(response.status), message ?? response.statusText, {
    status: response.status,
    details,
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
  });
}

/** A gateway's own answers carry no code of ours. */
function codeOf(status: number): string {
  if (status === 429) return 'too_many_requests';
  if (status === 404) return 'not_found';
  return [502, 503, 504].includes(status) ? 'unavailable' : 'internal_error';
}
