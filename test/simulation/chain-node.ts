/**
 * A real node with the contracts on it, under a simulation's control: it mines when told to, at the time that it is told, goes back
 * to where every run begins, and takes blocks back. One of it serves any number of runs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rpc } from '#cloud/rpc.ts';
import { type ChainWorld, startChainWorld, User, vaultCalls } from '../contracts/chain-world.ts';
import { nodeSocket } from '../twins/node-socket.ts';

export const symbols = { ETH: 18, USDC: 6, BTC: 8 } as const;
export type TokenName = keyof typeof symbols;
const userNames = ['alice', 'bob', 'carol', 'dave', 'erin'];
/** Of each token, in its smallest parts: more than anybody ever deposits. */
const wealth = 10n ** 30n;
const maxUint = 2n ** 256n - 1n;
/** Runs begin at the same time wherever and whenever they are made, or a seed could not be told again: some hours before a day ends. */
const genesisSeconds = 1_790_000_001;
const startSeconds = genesisSeconds + 3_600;

export class ChainNode {
  readonly world: ChainWorld;
  readonly rpc: Rpc;
  readonly users: readonly User[];
  readonly tokens: Readonly<Record<TokenName, string>>;
  stop: () => Promise<void>;
  /** What reverts: by the number of the newest block in it. */
  #snapshots: { number: number; id: string }[] = [];
  /** Of the newest block. */
  #number = 0;
  #start = '';
  #startNumber = 0;

  private constructor(of: {
    world: ChainWorld;
    rpc: Rpc;
    users: readonly User[];
    tokens: Record<TokenName, string>;
    stop: () => Promise<void>;
  }) {
    this.world = of.world;
    this.rpc = of.rpc;
    this.users = of.users;
    this.tokens = of.tokens;
    this.stop = of.stop;
  }

  static async start(): Promise<ChainNode> {
    const folder = await mkdtemp(join(tmpdir(), 'crossbook-chain-'));
    const socket = join(folder, 'node');
    const args = ['--ipc', socket];
    const { world, stop: stopNode } = await startChainWorld({ args, timestamp: genesisSeconds });
    const rpc = await nodeSocket(socket);
    const stop = async () => {
      rpc.close();
      await stopNode();
      await rm(folder, { recursive: true, force: true });
    };
    const { operator, deployer, vault, insurance } = world.places;
    const users = userNames.map((name) => new User(`simulated ${name}`));
    const tokens = {} as Record<TokenName, string>;
    for (const [symbol, decimals] of Object.entries(symbols)) {
      const token = await world.token(symbol, decimals);
      tokens[symbol as TokenName] = token;
      for (const { address } of [...users, insurance]) {
        await world.tokens(deployer, token, 'mint', [address, wealth]);
        await world.tokens(address, token, 'approve', [vault, maxUint]);
      }
    }
    await rpc.request('anvil_setBalance', [operator.address, '0xffffffffffffffffffff']);
    await rpc.request('evm_setAutomine', [false]);
    const node = new ChainNode({ world, rpc, users, tokens, stop });
    await rpc.request('anvil_removeBlockTimestampInterval', []);
    await rpc.request('evm_mine', [startSeconds]);
    node.#startNumber = Number(await rpc.request('eth_blockNumber', []));
    node.#start = await node.#snapshot();
    return node;
  }

  /** As every run finds it. Answers the newest block and its time. */
  async begin(): Promise<{ number: number; atMs: number }> {
    await this.#revert(this.#start);
    this.#start = await this.#snapshot();
    this.#snapshots = [];
    this.#number = this.#startNumber;
    return { number: this.#startNumber, atMs: startSeconds * 1_000 };
  }

  /** A call of the vault by one of its users: it waits for a block. */
  async ask(from: string, name: string, values: readonly unknown[]): Promise<string> {
    const data = vaultCalls.encodeFunctionData(name, values);
    const call = { from, to: this.world.places.vault, data, gas: '0xf4240', gasPrice: '0x0' };
    return String(await this.rpc.request('eth_sendTransaction', [call]));
  }

  /** A block with what is waiting. */
  async mine(atMs: number): Promise<void> {
    this.#snapshots.push({ number: this.#number, id: await this.#snapshot() });
    if (this.#snapshots.length > 10) this.#snapshots.shift();
    await this.rpc.request('evm_mine', [Math.floor(atMs / 1_000)]);
    this.#number += 1;
  }

  /** Takes the newest blocks back, at most as many as there are of this run; answers how many. What was in them is forgotten, or waits again. */
  async takeBack(depth: number, keeps: (at: number) => boolean): Promise<number> {
    const count = Math.min(depth, this.#snapshots.length);
    const snapshot = this.#snapshots[this.#snapshots.length - count];
    if (count === 0 || !snapshot) return 0;
    const raws: string[] = [];
    for (let above = 1; above <= count; above += 1)
      for (const { hash } of await this.#transactions(snapshot.number + above)) raws.push(hash);
    const kept: object[] = [];
    for (const [at, hash] of raws.entries()) if (keeps(at)) kept.push(await this.#again(hash));
    await this.#revert(snapshot.id);
    this.#snapshots.length -= count;
    this.#number = snapshot.number;
    for (const call of kept) await this.#resend(call);
    return count;
  }

  /** As after a restart: nothing waits any more. */
  async forgetWaiting(): Promise<void> {
    await this.rpc.request('anvil_dropAllTransactions', []);
  }

  async #revert(id: string): Promise<void> {
    await this.rpc.request('evm_revert', [id]);
    await this.forgetWaiting();
  }

  async #snapshot(): Promise<string> {
    return String(await this.rpc.request('evm_snapshot', []));
  }

  async #transactions(number: number): Promise<{ hash: string }[]> {
    const named = [`0x${number.toString(16)}`, true];
    const block = await this.rpc.request('eth_getBlockByNumber', named);
    return (block as { transactions: { hash: string }[] }).transactions;
  }

  /** Signed ones as they were; those that nobody signed by what they asked for. */
  async #again(hash: string): Promise<object> {
    return (await this.rpc.request('eth_getTransactionByHash', [hash])) as object;
  }

  async #resend(transaction: object): Promise<void> {
    const { from, to, input } = transaction as { from: string; to: string; input: string };
    if (from === this.world.places.operator.address) return;
    const call = { from, to, data: input, gas: '0xf4240', gasPrice: '0x0' };
    await this.rpc.request('eth_sendTransaction', [call]);
  }
}
