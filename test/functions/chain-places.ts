/** Where a test's exchange says that its contracts are. */
import type { ChainPlaces } from '../../functions/markets/chain-terms.ts';

export const chainPlaces: ChainPlaces = {
  chainId: 31_337,
  vault: `0x${'5'.repeat(40)}`,
  exchange: `0x${'6'.repeat(40)}`,
  ...{ confirmations: 3, blockMs: 1_000, exitDelaySeconds: 120 },
};
