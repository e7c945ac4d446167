/** An account's money as its entries tell it, folded one after the other. */
import { assert } from './assertion.ts';
import type { AssetId } from './asset.ts';
import type { GroupId } from './market.ts';

/** What a pair group's runs made of one (account, asset). */
export type GroupBook = {
  frozenUnits: bigint;
  /** The last run that changed it. */
  toFrame: number;
  /** The newest grant that a run took in. */
  grantNumber: number;
  grantedUnits: bigint;
  /** The newest return, and the sum of all of them. */
  returnNumber: number;
  returnedUnits: bigint;
};

export type AssetBook = {
  asset: AssetId;
  /** Grants that no run took in yet are part of it: their entry comes with the run. */
  availableUnits: bigint;
  /** Set aside for withdrawals. */
  withdrawingUnits: bigint;
  groups: Map<GroupId, GroupBook>;
};

export type AccountBook = {
  account: string;
  assets: Map<AssetId, AssetBook>;
  entries: number;
};

export const emptyBook = (account: string): AccountBook => ({
  account,
  assets: new Map(),
  entries: 0,
});

const emptyGroup: GroupBook = {
  frozenUnits: 0n,
  toFrame: 0,
  grantNumber: 0,
  grantedUnits: 0n,
  returnNumber: 0,
  returnedUnits: 0n,
};

export function assetIn(book: AccountBook, asset: AssetId): AssetBook {
  const known = book.assets.get(asset);
  if (known) return known;
  const fresh = { asset, availableUnits: 0n, withdrawingUnits: 0n, groups: new Map() };
  book.assets.set(asset, fresh);
  return fresh;
}

export function groupIn(book: AssetBook, groupId: GroupId): GroupBook {
  const known = book.groups.get(groupId);
  if (known) return known;
  const fresh = { ...emptyGroup };
  book.groups.set(groupId, fresh);
  return fresh;
}

export function copyOfBook(book: AccountBook): AccountBook {
  const assets = [...book.assets].map(([asset, each]): [AssetId, AssetBook] => {
    const groups = [...each.groups].map(([groupId, group]) => [groupId, { ...group }] as const);
    return [asset, { ...each, groups: new Map(groups) }];
  });
  return { ...book, assets: new Map(assets) };
}

export function frozenIn({ groups }: AssetBook): bigint {
  let units = 0n;
  for (const group of groups.values()) units += group.frozenUnits;
  return units;
}

/** What the account is owed of an asset, or, where it is the house's, what the house owes or keeps. */
export const owedIn = (book: AssetBook): bigint =>
  book.availableUnits + book.withdrawingUnits + frozenIn(book);

/** What an entry changes. */
export type BookedEntry = {
  entryId: string;
  account: string;
  asset: AssetId;
  atMs: number;
  business: string;
  businessId: string;
  availableUnits: bigint;
  withdrawingUnits: bigint;
  frozenUnits: bigint;
  availableAfterUnits?: bigint;
  withdrawingAfterUnits?: bigint;
  frozenAfterUnits?: bigint;
  granted?: { grantNumber: number; units: bigint };
  returned?: { returnNumber: number; units: bigint };
  counterparty?: string;
  trades: readonly { units: bigint; feeUnits: bigint }[];
};

/** The run that an entry is of; undefined for an operation's. */
export function runOf(
  entry: Pick<BookedEntry, 'business' | 'businessId'>,
): { groupId: GroupId; toFrame: number } | undefined {
  if (entry.business !== 'clearing') return undefined;
  const at = entry.businessId.lastIndexOf('#');
  const toFrame = Number(entry.businessId.slice(at + 1));
  assert(at > 0 && Number.isSafeInteger(toFrame), `${entry.businessId} names no run`);
  return { groupId: entry.businessId.slice(0, at), toFrame };
}

/** Adds an entry; the entries of an account come in the order of their ids. */
export function addEntry(book: AccountBook, entry: BookedEntry): void {
  const asset = assetIn(book, entry.asset);
  asset.availableUnits += entry.availableUnits;
  asset.withdrawingUnits += entry.withdrawingUnits;
  book.entries += 1;
  const run = runOf(entry);
  if (!run) return;
  const group = groupIn(asset, run.groupId);
  group.frozenUnits += entry.frozenUnits;
  group.toFrame = Math.max(group.toFrame, run.toFrame);
  if (entry.granted) {
    group.grantNumber = entry.granted.grantNumber;
    group.grantedUnits = entry.granted.units;
  }
  if (entry.returned) {
    group.returnNumber = entry.returned.returnNumber;
    group.returnedUnits += entry.returned.units;
  }
}
