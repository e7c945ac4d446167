/**
 * What the indexer says of the chain, in order, each once: the whole of what consumers know of it. Blocks extend the chain
 * as it was seen; a reorg takes back every block above an ancestor; what is finalized is never taken back.
 */
import * as z from 'zod';

/** A log of our contracts, as the node gives it. */
export const chainLog = z.object({
  address: z.string(),
  topics: z.array(z.string()),
  data: z.string(),
  transactionHash: z.string(),
  logIndex: z.int().nonnegative(),
});
export type ChainLog = z.infer<typeof chainLog>;

const blockId = { number: z.int().nonnegative(), hash: z.string() };

export const chainFact = z.discriminatedUnion('type', [
  /**
   * Blocks without logs of ours may be left out between two; the newest one of a pass never is. One with very many logs comes
   * in several facts, one after another.
   */
  z.object({
    type: z.literal('block'),
    ...blockId,
    parentHash: z.string(),
    atMs: z.int().nonnegative(),
    logs: z.array(chainLog),
  }),
  /**
   * Every block above this one is gone. Of what was final it takes back only after a deep reorg on which most providers agree:
   * what was done by finality stays done, and happens no second time.
   */
  z.object({ type: z.literal('reorg'), ...blockId }),
  /** This block and all below stay. */
  z.object({ type: z.literal('finalize'), ...blockId }),
]);
export type ChainFact = z.infer<typeof chainFact>;
