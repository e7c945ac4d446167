/** A user's money, as one number an asset: what the ledger has, plus what the matchers hold of it. */
import { type ApiAnswer, ok } from '#cloud/http-edge.ts';
import type { Balance } from '#cloud/ledger-store.ts';
import type { Session } from '#cloud/session-token.ts';
import { formatDecimal } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import type { AccountView } from '#wire/matcher-api.ts';
import type { BalanceJson, BalancesJson } from '#wire/rest-api.ts';
import { type AccountPorts, accountViews } from './account-ports.ts';

type Read = { views: AccountView[]; ledger: Balance[] };

/** Funds on their way arrive when the journal is cleared, within about a second: so often they are looked for, and so long apart. */
const readsAtMost = 8;
const betweenReadsMs = 250;

/**
 * `GET /v1/account/balances`: free = available + free in every matcher, held = held in every matcher.
 * Funds that have left the ledger or a matcher and not yet reached the other side would be missing from the
 * sum, so where that may be the answer waits for them, bounded.
 */
export async function showBalances({ account }: Session, ports: AccountPorts): Promise<ApiAnswer> {
  const { groups, catalog, wait } = ports;
  let read = await readBoth(account, ports);
  for (let reads = 1; reads < readsAtMost && isOnItsWay(read, groups); reads += 1) {
    await wait(betweenReadsMs);
    read = await readBoth(account, ports);
  }
  const answer: BalancesJson = {
    account,
    balances: catalog.assets.map((asset) => balanceJson(asset, read)),
  };
  return ok(answer);
}

/**
 * The matchers first: credit that is granted in between is then counted nowhere for a moment, which
 * `isOnItsWay` sees; the other order would count it twice.
 */
async function readBoth(account: string, ports: AccountPorts): Promise<Read> {
  const views = await accountViews(account, ports);
  return { views, ledger: await ports.ledger.balances(account) };
}

/**
 * Whether a grant or a return may be in flight. The ledger's frozen and pending credit of a group equals the
 * matcher's unless the journal holds something that is not cleared. Mostly that is a trade, whose funds are all
 * in the matcher; it moves credit only while a grant is pending, or after the account's last order there.
 */
function isOnItsWay({ views, ledger }: Read, groups: readonly string[]): boolean {
  return views.some((view, index) => {
    const lent = new Map<string, bigint>();
    let pending = false;
    for (const { asset, credit } of ledger) {
      const own = credit.find(({ groupId }) => groupId === groups[index]);
      lent.set(asset, own ? own.frozen + own.pending : 0n);
      pending ||= own !== undefined && own.pending > 0n;
    }
    if (!pending && view.orders.length > 0) return false;
    for (const { asset, freeUnits, heldUnits } of view.credit)
      lent.set(asset, (lent.get(asset) ?? 0n) - BigInt(freeUnits + heldUnits));
    return [...lent.values()].some((difference) => difference !== 0n);
  });
}

function balanceJson(asset: Asset, { ledger, views }: Read): BalanceJson {
  const available = ledger.find((balance) => balance.asset === asset.id)?.available ?? 0n;
  const credits = views.flatMap(({ credit }) => credit.filter((each) => each.asset === asset.id));
  const free = credits.reduce((sum, { freeUnits }) => sum + BigInt(freeUnits), available as bigint);
  const held = credits.reduce((sum, { heldUnits }) => sum + BigInt(heldUnits), 0n);
  const text = (units: bigint) => formatDecimal(units, asset.decimals);
  return { asset: asset.id, free: text(free), held: text(held), total: text(free + held) };
}
