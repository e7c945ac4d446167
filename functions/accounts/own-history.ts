/** What has happened to a user's money: fills, and the ledger's entries. By pages, newest first or oldest. */
import * as z from 'zod';
import { entryToJson } from '#cloud/entry-json.ts';
import { type ApiAnswer, type ApiRequest, isRefused, ok, refuse } from '#cloud/http-edge.ts';
import { businesses, type LedgerEntry } from '#cloud/ledger-entry.ts';
import type { Session } from '#cloud/session-token.ts';
import { digestText } from '#wire/order-body.ts';
import { fillToJson } from '#wire/present.ts';
import type { EntriesJson, FillsJson } from '#wire/rest-api.ts';
import { type AccountPorts, listedOf } from './account-ports.ts';
import { askedPage, businessIdText, nextPage, pageQuery, standsAlone } from './page-cursor.ts';

const market = z.string().max(40).optional();
const fillsQuery = pageQuery.extend({ market, digest: digestText.optional() });
const entriesQuery = pageQuery.extend({
  market,
  asset: z.string().max(16).optional(),
  business: z.enum(businesses).optional(),
  businessId: businessIdText.optional(),
});

/** `GET /v1/account/fills`: of a market, or of one order; with how far each is on its way to the chain. */
export async function listFills(
  request: ApiRequest,
  { account }: Session,
  ports: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `fills:${account}`;
  const asked = askedPage(fillsQuery, request.query, scope);
  if (isRefused(asked)) return asked;
  const { market: marketId, digest } = asked.query;
  const markets = await ports.markets.listed();
  if (marketId !== undefined && !markets.has(marketId)) return refuse('unknown_market');
  const { fills, cursor } = await ports.history.fills(account, {
    ...asked.page,
    ...(marketId === undefined ? {} : { marketId }),
    ...(digest === undefined ? {} : { digest }),
  });
  const listed = fills.map((fill) => ({ fill, market: listedOf(markets, fill.marketId) }));
  const settlements = await ports.settlements?.(
    listed.map(({ fill: { sequence, role }, market }) => {
      return { groupId: market.market.groupId, sequence, role };
    }),
  );
  const answer: FillsJson = {
    fills: listed.map(({ fill, market }, at) => {
      const settlement = settlements?.[at];
      return { ...fillToJson(fill, market), ...(settlement ? { settlement } : {}) };
    }),
    ...nextPage(cursor, scope),
  };
  return ok(answer);
}

/** `GET /v1/account/entries`: the audit trail, one entry an asset and business event. */
export async function listEntries(
  request: ApiRequest,
  { account }: Session,
  ports: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `entries:${account}`;
  const asked = askedPage(entriesQuery, request.query, scope);
  if (isRefused(asked)) return asked;
  const { asset, business, businessId, market: marketId } = asked.query;
  const assets = new Map((await ports.markets.assets()).map((each) => [each.id, each]));
  if (businessId !== undefined) {
    const refused = standsAlone(request.query);
    if (refused) return refused;
    const entries = await ports.statements.entriesOf(account, businessId);
    const answer: EntriesJson = { entries: entries.map((entry) => entryToJson(entry, assets)) };
    return ok(answer);
  }
  if (asset !== undefined && !assets.has(asset)) return refuse('unknown_asset');
  if (marketId !== undefined && !(await ports.markets.find(marketId)))
    return refuse('unknown_market');
  const found = await ports.statements.entries(account, {
    ...asked.page,
    ...(asset === undefined ? {} : { asset }),
    ...(business === undefined ? {} : { business }),
    ...(marketId === undefined ? {} : { marketId }),
  });
  const { entries, cursor } = withinAnswer(found);
  const answer: EntriesJson = {
    entries: entries.map((entry) => entryToJson(entry, assets)),
    ...nextPage(cursor, scope),
  };
  return ok(answer);
}

/** Trades of one answer: at 80 bytes each, a third of the 6 MB that a function may answer. One run has a quarter of it at most. */
const tradesPerAnswer = 25_000;

/** A page ends before its entries' trades are more than an answer holds; the next one begins there. */
function withinAnswer(found: { entries: LedgerEntry[]; cursor?: string }) {
  let trades = 0;
  const tooFar = found.entries.findIndex((entry, at) => {
    trades += entry.trades.length;
    return trades > tradesPerAnswer && at > 0;
  });
  if (tooFar === -1) return found;
  const entries = found.entries.slice(0, tooFar);
  return { entries, cursor: entries.at(-1)?.entryId };
}
