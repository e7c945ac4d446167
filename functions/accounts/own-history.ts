/** What has happened to a user's money: fills, and the ledger's entries. By pages, newest first. */
import * as z from 'zod';
import { entryToJson } from '#cloud/entry-json.ts';
import { type ApiAnswer, type ApiRequest, isRefused, ok, refuse } from '#cloud/http-edge.ts';
import type { Session } from '#cloud/session-token.ts';
import { fillToJson } from '#wire/present.ts';
import type { EntriesJson, FillsJson } from '#wire/rest-api.ts';
import { type AccountPorts, listedOf } from './account-ports.ts';
import { askedPage, nextPage, pageQuery } from './page-cursor.ts';

const fillsQuery = pageQuery.extend({ market: z.string().max(40).optional() });
const entriesQuery = pageQuery.extend({ asset: z.string().max(16).optional() });

/** `GET /v1/account/fills`. */
export async function listFills(
  request: ApiRequest,
  { account }: Session,
  ports: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `fills:${account}`;
  const asked = askedPage(fillsQuery, request.query, scope);
  if (isRefused(asked)) return asked;
  const { market } = asked.query;
  const markets = await ports.markets.listed();
  if (market !== undefined && !markets.has(market)) return refuse('unknown_market');
  const page = { ...asked.page, ...(market === undefined ? {} : { marketId: market }) };
  const { fills, cursor } = await ports.history.fills(account, page);
  const answer: FillsJson = {
    fills: fills.map((fill) => fillToJson(fill, listedOf(markets, fill.marketId))),
    ...nextPage(cursor, scope),
  };
  return ok(answer);
}

/** `GET /v1/account/entries`: the audit trail, one entry an asset and business event. */
export async function listEntries(
  request: ApiRequest,
  { account }: Session,
  { ledger, markets }: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `entries:${account}`;
  const asked = askedPage(entriesQuery, request.query, scope);
  if (isRefused(asked)) return asked;
  const { asset } = asked.query;
  const assets = new Map((await markets.assets()).map((each) => [each.id, each]));
  if (asset !== undefined && !assets.has(asset)) return refuse('unknown_asset');
  const page = { ...asked.page, ...(asset === undefined ? {} : { asset }) };
  const { entries, cursor } = await ledger.entries(account, page);
  const answer: EntriesJson = {
    entries: entries.map((entry) => entryToJson(entry, assets)),
    ...nextPage(cursor, scope),
  };
  return ok(answer);
}
