/** A user's money, as one number an asset: what the ledger has, plus what the matchers hold of it. */
import { type ApiAnswer, ok, refuse } from '#cloud/http-edge.ts';
import type { Balance, Lent } from '#cloud/ledger-store.ts';
import type { Session } from '#cloud/session-token.ts';
import { formatDecimal } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { Asset, AssetId } from '#domain/asset.ts';
import type { GroupId } from '#domain/market.ts';
import type { Address } from '#domain/order.ts';
import { returnsOnTheirWay } from '#domain/returned-units.ts';
import type { AccountView, CreditView } from '#wire/matcher-api.ts';
import type { BalanceJson, BalancesJson } from '#wire/rest-api.ts';
import { type AccountPorts, accountViews } from './account-ports.ts';

type Ports = Pick<AccountPorts, 'groups'> & {
  markets: Pick<AccountPorts['markets'], 'assets'>;
  matchers: Pick<AccountPorts['matchers'], 'account'>;
  ledger: Pick<AccountPorts['ledger'], 'balances'>;
};

type Read = { views: Map<GroupId, AccountView>; ledger: Map<AssetId, Balance> };

/** Each takes some 10 ms and is needed only where a return was cleared, or a grant made, within the one before. */
const readsAtMost = 10;

/**
 * `GET /v1/account/balances`: free = available + free in every matcher + what is on its way between them;
 * held = held in every matcher; withdrawing = set aside for withdrawals. Exact at any moment: nothing is left out, nothing counted twice.
 */
export async function showBalances({ account }: Session, ports: Ports): Promise<ApiAnswer> {
  const read = await readAll(account, ports);
  if (!read) return refuse('busy');
  const assets = await ports.markets.assets();
  const answer: BalancesJson = {
    account,
    balances: assets.map((asset) => balanceJson(asset, read)),
  };
  return ok(answer);
}

/**
 * The matchers first, the ledger after them, so that the ledger knows every grant that they count. A matcher
 * is asked again where the ledger meanwhile counts what it did after it answered.
 */
async function readAll(account: Address, ports: Ports): Promise<Read | undefined> {
  const views = new Map<GroupId, AccountView>();
  let groups = ports.groups;
  for (let reads = 0; reads < readsAtMost; reads += 1) {
    const answers = await accountViews(account, { matchers: ports.matchers, groups });
    for (const [index, groupId] of groups.entries()) {
      const view = answers[index];
      if (view) views.set(groupId, view);
    }
    const balances = await ports.ledger.balances(account);
    const read = { views, ledger: new Map(balances.map((each) => [each.asset, each])) };
    groups = ports.groups.filter((groupId) => isPassed(groupId, read));
    if (groups.length === 0) return read;
  }
  return undefined;
}

/** Whether the ledger counts more of a group than the group's matcher had done when it answered. */
function isPassed(groupId: GroupId, read: Read): boolean {
  return [...read.ledger.keys()].some((asset) => {
    const { lent, line } = sidesOf(asset, groupId, read);
    // Grants follow each other only when cleared: at most the newest can be unknown to the matcher, unless it was read too early.
    return lent.returnNumber > line.returnNumber || lent.grantNumber > line.grantNumber + 1;
  });
}

const nothingLent = { grantNumber: 0, grantedUnits: 0n, returnNumber: 0, returnedUnits: 0n };
const emptyLine = {
  freeUnits: 0,
  heldUnits: 0,
  grantNumber: 0,
  returnNumber: 0,
  returnedUnits: 0,
};
type Sides = { lent: Omit<Lent, 'groupId'> | typeof nothingLent; line: Omit<CreditView, 'asset'> };

/** What the ledger and the matcher say of one asset in one group. */
function sidesOf(asset: AssetId, groupId: GroupId, { views, ledger }: Read): Sides {
  return {
    lent: ledger.get(asset)?.lent.find((each) => each.groupId === groupId) ?? nothingLent,
    line: views.get(groupId)?.credit.find((each) => each.asset === asset) ?? emptyLine,
  };
}

/** Neither in the ledger's available nor in the matcher: granted and not taken in yet, or returned and not cleared yet. */
function onTheirWay({ lent, line }: Sides): bigint {
  assert(line.grantNumber <= lent.grantNumber, 'a matcher has a grant that the ledger never made');
  const granted = lent.grantNumber > line.grantNumber ? lent.grantedUnits : 0n;
  return granted + returnsOnTheirWay(line.returnedUnits, lent.returnedUnits);
}

function balanceJson(asset: Asset, read: Read): BalanceJson {
  let free: bigint = read.ledger.get(asset.id)?.available ?? 0n;
  let held = 0n;
  for (const groupId of read.views.keys()) {
    const sides = sidesOf(asset.id, groupId, read);
    free += BigInt(sides.line.freeUnits) + onTheirWay(sides);
    held += BigInt(sides.line.heldUnits);
  }
  const withdrawing = read.ledger.get(asset.id)?.withdrawing ?? 0n;
  const text = (units: bigint) => formatDecimal(units, asset.decimals);
  return {
    asset: asset.id,
    free: text(free),
    held: text(held),
    withdrawing: text(withdrawing),
    total: text(free + held + withdrawing),
  };
}
