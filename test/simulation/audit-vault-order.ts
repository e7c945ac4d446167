/**
 * The vault on the chain takes frames in the order of (clock, group, frame): in that order no owner ever gives what it has not
 * got yet. Deposits come first; withdrawals, and what operators move, wait for the batches before them, so they come last.
 */
import type { Item } from '#cloud/batch-items.ts';
import { netFrames } from '#domain/clearing.ts';
import { isHouse, ownerOf } from '#domain/ledger-operation.ts';
import { feeAccount } from '#wire/table-keys.ts';
import type { TradingGroup } from './trading-group.ts';

export function auditVaultOrder(
  items: ReadonlyMap<string, Item>,
  groups: readonly TradingGroup[],
): string[] {
  const vault = new Map<string, bigint>();
  const change = (account: string, asset: string, units: bigint): bigint => {
    const name = `${ownerOf(account)} ${asset}`;
    const sum = (vault.get(name) ?? 0n) + units;
    vault.set(name, sum);
    return sum;
  };
  for (const [key, item] of items) {
    if (!key.startsWith('OPERATION#')) continue;
    const [account, asset] = [String(item['account']), String(item['asset'])];
    const units = item['units'] as bigint;
    if (item['kind'] === 'deposit') change(account, asset, units);
    // What operators give is there before it is granted, whenever its batch comes.
    if (item['kind'] === 'adjust' && units > 0n) change(account, asset, units);
  }
  const frames = groups
    .flatMap((group) => group.frames)
    .sort((a, b) => a.clock - b.clock || (a.groupId < b.groupId ? -1 : 1) || a.frame - b.frame);
  for (const frame of frames)
    for (const { account, asset, tradedUnits } of netFrames([frame], feeAccount)) {
      const left = change(account, asset, tradedUnits);
      if (left < 0n && !isHouse(account))
        return [
          `in the vault's order ${account} has ${left} ${asset} at clock ${frame.clock}, frame ${frame.frame} of ${frame.groupId}`,
        ];
    }
  return [];
}
