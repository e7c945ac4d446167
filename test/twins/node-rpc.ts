/** One Ethereum node, asked without a pool: what tests and benchmarks speak to anvil by. */
import { type Rpc, RpcError } from '#cloud/rpc.ts';

type Answer = { result?: unknown; error?: { code: number; message: string; data?: string } };

export function nodeRpc(url: string): Rpc {
  let id = 0;
  return {
    async request(method, params) {
      id += 1;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
      });
      const { result, error } = (await response.json()) as Answer;
      if (error) throw new RpcError(error.code, error.message, error.data);
      return result;
    },
  };
}
