/** What settlement asks the chain: which batch was settled last, and what a batch would do. */
import { Interface, toQuantity } from 'ethers';
import { assert } from '#domain/assertion.ts';
import { type Rpc, RpcError } from './rpc.ts';

const vault = new Interface([
  'function lastBatch() view returns (uint64)',
  'function insuranceAccount() view returns (address)',
]);

/** Why a whole batch reverts, for whoever reads the log. */
const errors = new Interface([
  'error SettlementIsPaused()',
  'error SenderNotAllowed(address sender, address need)',
  'error InsuranceTooLow(uint256 asset, int256 have, uint256 need)',
  'error BatchOutOfTurn(uint64 have, uint64 need)',
  'error BatchMalformed(uint256 have, uint256 need)',
]);

/** EIP-7825: no transaction may have more. */
export const gasAtMost = 16_777_216;

/** What a call answered; or why it has no answer: it reverts, or the node cannot look behind what is on its way. */
export type Called = { data: string } | { reverts: string } | { unsupported: string };

export type SettlementChain = {
  /** As of the newest block. */
  lastBatch(): Promise<number>;
  nowMs(): Promise<number>;
  /** Lower-case; the vault never changes it. */
  insuranceAccount(): Promise<string>;
  /** What the last of these calldata would answer, were they mined one after the other now. */
  call(from: string, calldata: readonly string[]): Promise<Called>;
};

export function createSettlementChain(of: {
  rpc: Rpc;
  vault: string;
  exchange: string;
}): SettlementChain {
  const { rpc, exchange } = of;
  let insurance: string | undefined;
  const view = async (name: 'lastBatch' | 'insuranceAccount') => {
    const data = vault.encodeFunctionData(name);
    const answer = await rpc.request('eth_call', [{ to: of.vault, data }, 'latest']);
    return vault.decodeFunctionResult(name, String(answer))[0] as unknown;
  };
  return {
    lastBatch: async () => Number(await view('lastBatch')),
    async insuranceAccount() {
      insurance ??= String(await view('insuranceAccount')).toLowerCase();
      return insurance;
    },
    nowMs: async () => (await newestBlock(rpc)).timestamp * 1_000,
    async call(from, calldata) {
      const calls = calldata.map((data) => ({
        from,
        to: exchange,
        data,
        gas: toQuantity(gasAtMost),
      }));
      if (calls.length > 1) return simulate(rpc, calls);
      try {
        return { data: String(await rpc.request('eth_call', [calls[0], 'latest'])) };
      } catch (error) {
        if (error instanceof RpcError) return { reverts: whyOf(error.data ?? error.message) };
        throw error;
      }
    },
  };
}

function whyOf(data: string): string {
  const error = data.startsWith('0x') ? errors.parseError(data) : null;
  return error ? `${error.name}(${error.args.join(', ')})` : data;
}

async function newestBlock(rpc: Rpc): Promise<{ number: number; timestamp: number }> {
  const block = (await rpc.request('eth_getBlockByNumber', ['latest', false])) as {
    number: string;
    timestamp: string;
  };
  return { number: Number(block.number), timestamp: Number(block.timestamp) };
}

type Simulated = { calls: { status: string; returnData: string }[] }[];

/** One block each, behind the newest. Nodes without `eth_simulateV1` let each batch wait for the one before. */
async function simulate(rpc: Rpc, calls: readonly object[]): Promise<Called> {
  const newest = await newestBlock(rpc);
  const blockStateCalls = calls.map((call, at) => ({
    blockOverrides: {
      number: toQuantity(newest.number + 1 + at),
      time: toQuantity(newest.timestamp + 1 + at),
    },
    calls: [call],
  }));
  try {
    const blocks = (await rpc.request('eth_simulateV1', [
      { blockStateCalls },
      'latest',
    ])) as Simulated;
    const last = blocks.at(-1)?.calls[0];
    assert(last && blocks.length === calls.length, 'a simulation answers each of its blocks');
    const earlier = blocks.slice(0, -1).every(({ calls: [call] }) => Number(call?.status) === 1);
    if (!earlier) return { unsupported: 'an earlier batch would not be mined now' };
    return Number(last.status) === 1
      ? { data: last.returnData }
      : { reverts: whyOf(last.returnData) };
  } catch (error) {
    if (error instanceof RpcError) return { unsupported: error.message };
    throw error;
  }
}
