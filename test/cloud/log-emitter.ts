/** A contract of a few bytes that writes as many logs as it is asked to. */
import type { Rpc } from '#cloud/rpc.ts';

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
