/** An entry of the ledger as the API, the feed and exports show it. */
import { formatDecimal } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import type { EntryJson } from '#wire/rest-api.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import { MatcherUnavailable } from './matcher-client.ts';

export function entryToJson(entry: LedgerEntry, assets: ReadonlyMap<string, Asset>): EntryJson {
  const asset = assets.get(entry.asset);
  // Only in the first seconds of a new market the directory may not have its assets yet, which passes.
  if (!asset) throw new MatcherUnavailable('busy', `${entry.asset} is not in the directory yet`);
  const text = (units: bigint) => formatDecimal(units, asset.decimals);
  const { availableAfterUnits, withdrawingAfterUnits, frozenAfterUnits, counterparty } = entry;
  return {
    entryId: entry.entryId,
    asset: entry.asset,
    atMs: entry.atMs,
    business: entry.business,
    businessId: entry.businessId,
    available: text(entry.availableUnits),
    withdrawing: text(entry.withdrawingUnits),
    frozen: text(entry.frozenUnits),
    ...(availableAfterUnits === undefined ? {} : { availableAfter: text(availableAfterUnits) }),
    ...(withdrawingAfterUnits === undefined
      ? {}
      : { withdrawingAfter: text(withdrawingAfterUnits) }),
    ...(frozenAfterUnits === undefined ? {} : { frozenAfter: text(frozenAfterUnits) }),
    ...(counterparty === undefined ? {} : { counterparty }),
    trades: entry.trades.map((line) => ({
      sequence: line.sequence,
      market: line.marketId,
      amount: text(line.units),
      fee: text(line.feeUnits),
    })),
  };
}
