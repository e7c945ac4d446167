/** A user's money, as one number an asset: what the ledger has, plus what the matchers hold of it. */
import { type ApiAnswer, ok } from '#cloud/http-edge.ts';
import type { Balance } from '#cloud/ledger-store.ts';
import type { Session } from '#cloud/session-token.ts';
import { formatDecimal } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import type { AccountView } from '#wire/matcher-api.ts';
import type { BalanceJson, BalancesJson } from '#wire/rest-api.ts';
import { type AccountPorts, accountViews } from './account-ports.ts';

/**
 * `GET /v1/account/balances`: free = available + free in every matcher, held = held in every matcher.
 * The matchers are read first: credit that is granted in between is then counted nowhere for a moment,
 * where the other order would count it twice.
 */
export async function showBalances({ account }: Session, ports: AccountPorts): Promise<ApiAnswer> {
  const views = await accountViews(account, ports);
  const ledger = await ports.ledger.balances(account);
  const answer: BalancesJson = {
    account,
    balances: ports.catalog.assets.map((asset) => balanceJson(asset, ledger, views)),
  };
  return ok(answer);
}

function balanceJson(asset: Asset, ledger: Balance[], views: AccountView[]): BalanceJson {
  const available = ledger.find((balance) => balance.asset === asset.id)?.available ?? 0n;
  const credits = views.flatMap(({ credit }) => credit.filter((each) => each.asset === asset.id));
  const free = credits.reduce((sum, { freeUnits }) => sum + BigInt(freeUnits), available as bigint);
  const held = credits.reduce((sum, { heldUnits }) => sum + BigInt(heldUnits), 0n);
  const text = (units: bigint) => formatDecimal(units, asset.decimals);
  return { asset: asset.id, free: text(free), held: text(held), total: text(free + held) };
}
