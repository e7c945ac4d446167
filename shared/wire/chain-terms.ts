/** How a stage treats its chain: settings that are data, the same for every function. */
import * as z from 'zod';

const seconds = z.int().positive();
/** Wei, as decimal text: JSON numbers do not hold them. */
const wei = z.string().regex(/^\d{1,30}$/);

export const chainTermsSchema = z.strictObject({
  /** Blocks above one that make it final here. */
  confirmations: z.int().min(1).max(1_000),
  /** Where a chain tells finality itself: `finalized` of a majority of providers counts as well as `confirmations`. */
  finalizedTag: z.boolean(),
  /** The block in which the Vault was deployed: nothing of ours is older. */
  fromBlock: z.int().nonnegative(),
  blockMs: z.int().positive(),
  /** The Vault's restriction delay. */
  exitDelaySeconds: seconds,
  /** Caps of EIP-1559 fees. */
  maxFeePerGasWei: wei,
  maxPriorityFeePerGasWei: wei,
  /** A transaction that is not mined after so long is bumped. */
  stuckAfterSeconds: seconds,
  /** A batch is cut at so much gas, and no later than so long after its first match was cleared. */
  batchGas: z.int().positive().max(16_000_000),
  batchAgeMs: z.int().nonnegative(),
});
export type ChainTerms = z.infer<typeof chainTermsSchema>;
