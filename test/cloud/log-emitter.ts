/** A contract of a few bytes that writes as many logs as it is asked to, and calls of a node over HTTP. */
import { type Rpc, RpcError } from '#cloud/rpc.ts';

/**
 * n := calldata[0..32]; while n > 0: LOG3(64 zero bytes; topics 7, n, n + block number), n := n − 1. The first eleven bytes
 * return the rest as the contract's code.
 */
const loop = '0x601d80600b6000396000f36000355b8015601b5780430181600760406000a3600190036003565b00';

export type Emitter = { address: string; emit(logs: number): Promise<void> };

/** Sends from the development chain's first account; a block each, by hand. */
export async function deployEmitter(rpc: Rpc): Promise<Emitter> {
  const [from] = (await rpc.request('eth_accounts', [])) as string[];
  const gas = '0x1c9c380';
  const hash = await rpc.request('eth_sendTransaction', [{ from, data: loop, gas }]);
  await rpc.request('evm_mine', []);
  const receipt = (await rpc.request('eth_getTransactionReceipt', [hash])) as {
    contractAddress: string;
  };
  const to = receipt.contractAddress.toLowerCase();
  return {
    address: to,
    async emit(logs) {
      const data = `0x${logs.toString(16).padStart(64, '0')}`;
      await rpc.request('eth_sendTransaction', [{ from, to, data, gas }]);
    },
  };
}

/** One node over HTTP, nothing more. */
export function plainRpc(url: string): Rpc {
  let calls = 0;
  return {
    async request(method, params) {
      calls += 1;
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: calls, method, params }),
      });
      const { result, error } = (await answer.json()) as {
        result?: unknown;
        error?: { code: number; message: string };
      };
      if (error) throw new RpcError(error.code, error.message);
      return result;
    },
  };
}
