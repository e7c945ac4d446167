/**
 * A real node with the contracts on it, under a simulation's control: it mines when told to, at the time that it is told, goes back
 * to where every run begins, and takes blocks back. One of it serves any number of runs.
 */
import type { Rpc } from '#cloud/rpc.ts';
import { type ChainWorld, startChainWorld, User, vaultCalls } from '../contracts/chain-world.ts';
import { nodeRpc } from '../twins/node-rpc.ts';

export const symbols = { ETH: 18, USDC: 6, BTC: 8 } as const;
export type TokenName = keyof typeof symbols;
const userNames = ['alice', 'bob', 'carol', 'dave', 'erin'];
/** Of each token, in its smallest parts: more than anybody ever deposits. */
const wealth = 10n ** 30n;
const maxUint = 2n ** 256n - 1n;

export class ChainNode {
  readonly world: ChainWorld;
  readonly rpc: Rpc;
  readonly users: readonly User[];
  readonly tokens: Readonly<Record<TokenName, string>>;
  stop: () => Promise<void>;
  /** What reverts: by the number of the newest block in it. */
  #snapshots: { number: number; id: string }[] = [];
  #start = '';
  #startedAt = 0;

  private constructor(
    world: ChainWorld,
    of: { users: readonly User[]; tokens: Record<TokenName, string>; stop: () => Promise<void> },
  ) {
    this.world = world;
    this.rpc = nodeRpc(world.chain.url);
    this.users = of.users;
    this.tokens = of.tokens;
    this.stop = of.stop;
  }

  static async start(): Promise<ChainNode> {
    const { world, stop } = await startChainWorld();
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
    await world.chain.rpc('anvil_setBalance', operator.address, '0xffffffffffffffffffff');
    await world.chain.rpc('evm_setAutomine', false);
    const node = new ChainNode(world, { users, tokens, stop });
    node.#startedAt = await world.chain.nowMs();
    node.#start = await world.chain.rpc('evm_snapshot');
    return node;
  }

  /** As every run finds it. Answers the newest block's time. */
  async begin(): Promise<number> {
    await this.#revert(this.#start);
    this.#start = await this.world.chain.rpc('evm_snapshot');
    this.#snapshots = [];
    return this.#startedAt;
  }

  /** A call of the vault by one of its users: it waits for a block. */
  async ask(from: string, name: string, values: readonly unknown[]): Promise<string> {
    const data = vaultCalls.encodeFunctionData(name, values);
    const call = { from, to: this.world.places.vault, data, gas: '0xf4240', gasPrice: '0x0' };
    return this.world.chain.rpc('eth_sendTransaction', call);
  }

  /** A block with what is waiting. */
  async mine(atMs: number): Promise<number> {
    const { chain } = this.world;
    const id = await chain.rpc<string>('evm_snapshot');
    await chain.rpc('evm_setNextBlockTimestamp', Math.floor(atMs / 1_000));
    await chain.rpc('evm_mine');
    const number = Number(await chain.rpc<string>('eth_blockNumber'));
    this.#snapshots.push({ number: number - 1, id });
    if (this.#snapshots.length > 10) this.#snapshots.shift();
    return number;
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
    for (const call of kept) await this.#resend(call);
    return count;
  }

  /** As after a restart: nothing waits any more. */
  async forgetWaiting(): Promise<void> {
    await this.world.chain.rpc('anvil_dropAllTransactions');
  }

  async #revert(id: string): Promise<void> {
    await this.world.chain.rpc('evm_revert', id);
    await this.forgetWaiting();
  }

  async #transactions(number: number): Promise<{ hash: string }[]> {
    const block = await this.world.chain.rpc<{ transactions: { hash: string }[] }>(
      'eth_getBlockByNumber',
      `0x${number.toString(16)}`,
      true,
    );
    return block.transactions;
  }

  /** Signed ones as they were; those that nobody signed by what they asked for. */
  async #again(hash: string): Promise<object> {
    return this.world.chain.rpc<object>('eth_getTransactionByHash', hash);
  }

  async #resend(transaction: object): Promise<void> {
    const { from, to, input } = transaction as { from: string; to: string; input: string };
    if (from === this.world.places.operator.address) return;
    const call = { from, to, data: input, gas: '0xf4240', gasPrice: '0x0' };
    await this.world.chain.rpc('eth_sendTransaction', call);
  }
}
