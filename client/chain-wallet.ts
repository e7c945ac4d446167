/** A wallet with a key in memory on the exchange's chain: for bots and tools, where the exchange names a public node. */
import { JsonRpcProvider, Wallet } from 'ethers';
import type { ChainJson } from '#wire/rest-api.ts';
import { CrossbookError } from './crossbook-error.ts';

/** How often a node is asked whether a block has a transaction. */
const pollMs = 500;

export function walletOnChain(privateKey: string, { chainId, rpcUrl }: ChainJson): Wallet {
  if (!rpcUrl) throw new CrossbookError('not_found', 'the exchange names no public node');
  const provider = new JsonRpcProvider(rpcUrl, chainId, {
    staticNetwork: true,
    pollingInterval: pollMs,
    // Nonces follow one another within a second.
    cacheTimeout: -1,
  });
  return new Wallet(privateKey, provider);
}
