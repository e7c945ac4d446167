/**
 * What an account has, as its items say it: one balance an asset, one credit an asset and pair group.
 *
 * `grantNumber#<group>`, `grantedUnits#<group>`, `returnNumber#<group>` and `returnedUnits#<group>` of a balance say which
 * grants and returns its `available` counts: a read of items one by one, while others write, could not tell it from the
 * credit items.
 */
import type { Units } from '#domain/amount.ts';
import type { AssetId } from '#domain/asset.ts';
import type { GroupId } from '#domain/market.ts';
import type { Item } from './batch-items.ts';
import { storedNumber, storedUnits } from './stored-number.ts';

export type Balance = {
  asset: AssetId;
  available: Units;
  /** By withdrawals that wait for credit to come back; may be more than is available. */
  demanded: Units;
  /** Set aside for withdrawals. */
  withdrawing: Units;
  credit: { groupId: GroupId; frozen: Units; pending: Units }[];
  lent: Lent[];
};

/** What has left `available` for a pair group and come back to it: of one item, so of the same moment as `available`. */
export type Lent = {
  groupId: GroupId;
  /** The newest grant, cleared or not. */
  grantNumber: number;
  grantedUnits: Units;
  /** The newest return that was cleared, and the sum of all of them. */
  returnNumber: number;
  returnedUnits: Units;
};

export function readBalances(items: readonly Item[]): Balance[] {
  const byAsset = new Map<AssetId, Balance>();
  const of = (asset: AssetId): Balance => {
    const zero = 0n as Units;
    const known = byAsset.get(asset) ?? {
      asset,
      available: zero,
      demanded: zero,
      withdrawing: zero,
      credit: [],
      lent: [],
    };
    byAsset.set(asset, known);
    return known;
  };
  for (const item of items) {
    const [kind, asset = '', groupId = ''] = String(item['sk']).split('#');
    if (kind === 'BALANCE') {
      const balance = of(asset);
      balance.available = storedUnits(item['available']) as Units;
      balance.demanded = storedUnits(item['demanded']) as Units;
      balance.withdrawing = storedUnits(item['withdrawing']) as Units;
      balance.lent = lentBy(item);
    } else if (kind === 'CREDIT') {
      const frozen = storedUnits(item['frozen']) as Units;
      const pending = storedUnits(item['pendingUnits']) as Units;
      of(asset).credit.push({ groupId, frozen, pending });
    }
  }
  return [...byAsset.values()].sort((a, b) => (a.asset < b.asset ? -1 : 1));
}

/** Every group that the balance was ever lent to, or got something back from: proceeds return without a grant. */
function lentBy(balance: Item): Lent[] {
  const groups = Object.keys(balance).flatMap((name) => {
    const [kind, groupId] = name.split('#');
    return (kind === 'grantNumber' || kind === 'returnNumber') && groupId ? [groupId] : [];
  });
  return [...new Set(groups)].sort().map((groupId) => ({
    groupId,
    grantNumber: storedNumber(balance[`grantNumber#${groupId}`]),
    grantedUnits: storedUnits(balance[`grantedUnits#${groupId}`]) as Units,
    returnNumber: storedNumber(balance[`returnNumber#${groupId}`]),
    returnedUnits: storedUnits(balance[`returnedUnits#${groupId}`]) as Units,
  }));
}
