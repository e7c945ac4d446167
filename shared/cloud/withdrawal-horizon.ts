/** Which batch a withdrawal comes behind, by what settlement has planned. */
import type { GroupId } from '#domain/market.ts';
import { batchBehind, type TradesDue, tradesDue } from './settlement-horizon.ts';
import type { BatchHorizon } from './withdrawal-steps.ts';

export function settlementHorizon(
  where: Parameters<typeof tradesDue>[0],
  groupIds: readonly GroupId[],
): BatchHorizon {
  return {
    due: async () => JSON.stringify(await tradesDue(where, groupIds)),
    async batchBehind(due) {
      const batch = await batchBehind(where, JSON.parse(due) as TradesDue);
      return batch === undefined ? undefined : BigInt(batch);
    },
  };
}
