/** What came in and what goes out: a user's deposits and withdrawals, each as one row with its status. By pages, newest first or oldest. */
import * as z from 'zod';
import { depositToJson, withdrawalToJson } from '#cloud/funding-json.ts';
import { type ApiAnswer, type ApiRequest, isRefused, ok, refuse } from '#cloud/http-edge.ts';
import type { Session } from '#cloud/session-token.ts';
import type { DepositsJson, WithdrawalsJson } from '#wire/rest-api.ts';
import type { AccountPorts } from './account-ports.ts';
import { askedPage, businessIdText, nextPage, pageQuery, standsAlone } from './page-cursor.ts';

const fundingQuery = pageQuery.extend({
  asset: z.string().max(16).optional(),
  businessId: businessIdText.optional(),
});

/** `GET /v1/account/deposits`. */
export async function listDeposits(
  request: ApiRequest,
  { account }: Session,
  { statements, markets }: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `deposits:${account}`;
  const asked = await askedFunding(request, scope, markets);
  if (isRefused(asked)) return asked;
  const { businessId, page, assets } = asked;
  if (businessId !== undefined) {
    const deposit = await statements.deposit(account, businessId);
    const answer: DepositsJson = { deposits: deposit ? [depositToJson(deposit, assets)] : [] };
    return ok(answer);
  }
  const { deposits, cursor } = await statements.deposits(account, page);
  const answer: DepositsJson = {
    deposits: deposits.map((deposit) => depositToJson(deposit, assets)),
    ...nextPage(cursor, scope),
  };
  return ok(answer);
}

/** `GET /v1/account/withdrawals`: by the time at which they were asked for. */
export async function listWithdrawals(
  request: ApiRequest,
  { account }: Session,
  { statements, markets }: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `withdrawals:${account}`;
  const asked = await askedFunding(request, scope, markets);
  if (isRefused(asked)) return asked;
  const { businessId, page, assets } = asked;
  if (businessId !== undefined) {
    const found = await statements.withdrawal(account, businessId);
    const answer: WithdrawalsJson = { withdrawals: found ? [withdrawalToJson(found, assets)] : [] };
    return ok(answer);
  }
  const { withdrawals, cursor } = await statements.withdrawals(account, page);
  const answer: WithdrawalsJson = {
    withdrawals: withdrawals.map((withdrawal) => withdrawalToJson(withdrawal, assets)),
    ...nextPage(cursor, scope),
  };
  return ok(answer);
}

async function askedFunding(
  request: ApiRequest,
  scope: string,
  markets: Pick<AccountPorts['markets'], 'assets'>,
) {
  const asked = askedPage(fundingQuery, request.query, scope);
  if (isRefused(asked)) return asked;
  const { asset, businessId } = asked.query;
  const refused = businessId === undefined ? undefined : standsAlone(request.query);
  if (refused) return refused;
  const assets = new Map((await markets.assets()).map((each) => [each.id, each]));
  if (asset !== undefined && !assets.has(asset)) return refuse('unknown_asset');
  const page = { ...asked.page, ...(asset === undefined ? {} : { asset }) };
  return { businessId, page, assets };
}
