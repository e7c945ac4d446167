/** Brings a local chain to where its plan is done, from wherever it is: the deployer's nonce says how much of it is mined. */
import { Interface, type TransactionRequest } from 'ethers';
import { vaultAbi } from '#abi/vault.ts';
import type { Clock } from '#cloud/clock.ts';
import type { Rpc } from '#cloud/rpc.ts';
import type { GenesisPlan, Step } from './genesis-plan.ts';

export type BeginPorts = {
  rpc: Rpc;
  clock: Pick<Clock, 'nowMs'>;
  pause(ms: number): Promise<void>;
  deployer: string;
  sign(transaction: TransactionRequest): Promise<string>;
};

/** The only chain on which a key that everybody knows may own anything. */
export const localChainId = 31_337;

const patienceMs = 60_000;
const lookMs = 200;
/** A block holds 30 million, and the largest contract takes some 5. */
const gasOf = ({ to }: Step): number => (to === undefined ? 7_000_000 : 500_000);

const [hundredGwei, twoGwei] = [100_000_000_000n, 2_000_000_000n];
const vaultCalls = new Interface(vaultAbi);

export async function beginChain(
  plan: GenesisPlan,
  { operator }: { operator: string },
  ports: BeginPorts,
): Promise<{ made: number }> {
  const chainId = Number(await ports.rpc.request('eth_chainId', []));
  if (chainId !== localChainId)
    throw new Error(`the chain is ${chainId}: contracts are made on ${localChainId} only`);
  const from = await minedOf(ports);
  if (from < plan.steps.length) await sendFrom(from, plan, ports);
  await verify(plan, operator, ports.rpc);
  return { made: Math.max(0, plan.steps.length - from) };
}

const minedOf = async ({ rpc, deployer }: BeginPorts): Promise<number> =>
  Number(await rpc.request('eth_getTransactionCount', [deployer, 'latest']));

async function sendFrom(from: number, { steps }: GenesisPlan, ports: BeginPorts): Promise<void> {
  const hashes: unknown[] = [];
  for (const [nonce, step] of steps.entries()) {
    if (nonce < from) continue;
    const raw = await ports.sign({
      ...{ type: 2, chainId: localChainId, nonce, data: step.data, gasLimit: gasOf(step) },
      ...{ maxFeePerGas: hundredGwei, maxPriorityFeePerGas: twoGwei },
      ...(step.to === undefined ? {} : { to: step.to }),
      ...(step.value === undefined ? {} : { value: step.value }),
    });
    hashes.push(await ports.rpc.request('eth_sendRawTransaction', [raw]));
  }
  const untilMs = ports.clock.nowMs() + patienceMs;
  while ((await minedOf(ports)) < steps.length) {
    if (ports.clock.nowMs() > untilMs) throw new Error('the chain does not mine');
    await ports.pause(lookMs);
  }
  for (const [at, hash] of hashes.entries()) {
    const receipt = (await ports.rpc.request('eth_getTransactionReceipt', [hash])) as {
      status: string;
    } | null;
    if (receipt?.status !== '0x1')
      throw new Error(`transaction ${from + at} of the chain's first ones failed`);
  }
}

/** Where somebody used the deployer's key for something else, or the keys are no longer those that the contracts know. */
async function verify({ vault, exchange, tokens }: GenesisPlan, operator: string, rpc: Rpc) {
  for (const address of [vault, exchange, ...tokens.values()]) {
    if ((await rpc.request('eth_getCode', [address, 'latest'])) === '0x')
      throw new Error(`nothing is at ${address}: begin anew with \`npm start -- --fresh\``);
  }
  const data = vaultCalls.encodeFunctionData('operator');
  const answer = String(await rpc.request('eth_call', [{ to: vault, data }, 'latest']));
  const known = String(vaultCalls.decodeFunctionResult('operator', answer)[0]).toLowerCase();
  if (known !== operator.toLowerCase())
    throw new Error(
      `the vault's operator is ${known} and the key is ${operator}: begin anew with \`npm start -- --fresh\``,
    );
}
