/** What came in and what goes out: a user's deposits and withdrawals, each as one row with its status. By pages, newest first or oldest. */
import * as z from 'zod';
import type { ChainFunding } from '#cloud/chain-funding.ts';
import type { ChainDeposit } from '#cloud/deposit-store.ts';
import { depositToJson, uncreditedToJson, withdrawalToJson } from '#cloud/funding-json.ts';
import { type ApiAnswer, type ApiRequest, isRefused, ok, refuse } from '#cloud/http-edge.ts';
import type { Session } from '#cloud/session-token.ts';
import type { FundingPage } from '#cloud/statement-store.ts';
import type { Asset } from '#domain/asset.ts';
import type { DepositsJson, WithdrawalsJson } from '#wire/rest-api.ts';
import type { AccountPorts } from './account-ports.ts';
import { askedPage, businessIdText, nextPage, pageQuery, standsAlone } from './page-cursor.ts';

const fundingQuery = pageQuery.extend({
  asset: z.string().max(16).optional(),
  businessId: businessIdText.optional(),
});

/** `GET /v1/account/deposits`: what was credited; beside a first page of the newest, what the chain shows and is not credited. */
export async function listDeposits(
  request: ApiRequest,
  { account }: Session,
  { statements, markets, chain }: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `deposits:${account}`;
  const asked = await askedFunding(request, scope, markets);
  if (isRefused(asked)) return asked;
  const { businessId, page, assets } = asked;
  if (businessId !== undefined) {
    const deposit = await statements.deposit(account, businessId);
    if (deposit) return ok({ deposits: [depositToJson(deposit, assets)] } satisfies DepositsJson);
    const found = await chain?.uncreditedDeposit(account, businessId);
    const uncredited = found ? [found] : [];
    return ok({ deposits: [], ...(await shown(chain, uncredited, assets)) });
  }
  const { deposits, cursor } = await statements.deposits(account, page);
  const isFirst = page.cursor === undefined && !page.oldest;
  const newest = (isFirst && (await chain?.uncredited(account))) || [];
  const uncredited = newest.filter((deposit) => isWithin(deposit, page, assets));
  const answer: DepositsJson = {
    deposits: deposits.map((deposit) => depositToJson(deposit, assets)),
    ...(await shown(chain, uncredited, assets)),
    ...nextPage(cursor, scope),
  };
  return ok(answer);
}

type Assets = ReadonlyMap<string, Asset>;

async function shown(
  chain: ChainFunding | undefined,
  deposits: readonly ChainDeposit[],
  assets: Assets,
): Promise<Pick<DepositsJson, 'uncredited'>> {
  if (!chain || deposits.length === 0) return {};
  const head = await chain.head();
  return { uncredited: deposits.map((deposit) => uncreditedToJson(deposit, assets, head)) };
}

function isWithin(
  { seenAtMs, chainAsset }: ChainDeposit,
  { asset, fromMs = 0, toMs = Number.POSITIVE_INFINITY }: FundingPage,
  assets: Assets,
): boolean {
  const isOfAsset = asset === undefined || assets.get(asset)?.chainAsset === chainAsset;
  return isOfAsset && seenAtMs >= fromMs && seenAtMs < toMs;
}

/** `GET /v1/account/withdrawals`: by the time at which they were asked for. */
export async function listWithdrawals(
  request: ApiRequest,
  { account }: Session,
  { statements, markets, chain }: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `withdrawals:${account}`;
  const asked = await askedFunding(request, scope, markets);
  if (isRefused(asked)) return asked;
  const { businessId, page, assets } = asked;
  const found =
    businessId === undefined
      ? await statements.withdrawals(account, page)
      : { withdrawals: listOf(await statements.withdrawal(account, businessId)) };
  const ids = found.withdrawals.map(({ withdrawalId }) => withdrawalId);
  const payouts = await chain?.payouts(ids);
  const answer: WithdrawalsJson = {
    withdrawals: found.withdrawals.map((withdrawal) =>
      withdrawalToJson(withdrawal, assets, payouts?.get(withdrawal.withdrawalId)),
    ),
    ...nextPage('cursor' in found ? found.cursor : undefined, scope),
  };
  return ok(answer);
}

const listOf = <T>(one: T | undefined): T[] => (one === undefined ? [] : [one]);

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
