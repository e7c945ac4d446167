/**
 * An Ethereum node in memory, as far as the transaction sender speaks to one: a pool of waiting transactions of one account, blocks
 * with base fees, and what befalls chains: reorgs, a pool that is forgotten, transactions of somebody else who holds the key.
 */
import { id as hashOf, Transaction } from 'ethers';
import { RpcError } from '#cloud/rpc.ts';
import { assert } from '#domain/assertion.ts';

type Waiting = {
  raw: string;
  hash: string;
  nonce: number;
  data: string;
  maxFee: bigint;
  tip: bigint;
};
type Block = {
  number: number;
  hash: string;
  baseFee: bigint;
  transactions: Waiting[];
  /** The account's next nonce behind it. */
  nonce: number;
};

const gwei = 1_000_000_000n;

export class SimulatedChain {
  /** The next block's. */
  baseFee = 10n * gwei;
  /** What blocks take no transaction below. */
  leastTip = 1n;
  balance = 10n ** 24n;
  /** Says of call data whether the contract takes it. */
  reverts: (data: string) => boolean = () => false;
  readonly address: string;
  #blocks: Block[] = [];
  #pool = new Map<number, Waiting>();
  #forks = 0;

  constructor(address: string) {
    this.address = address;
    this.#grow([]);
  }

  get height(): number {
    return this.#head.number;
  }

  /** Every transaction of the chain as it is now, in order. */
  mined(): { hash: string; nonce: number; data: string; block: number }[] {
    return this.#blocks.flatMap(({ number, transactions }) =>
      transactions.map(({ hash, nonce, data }) => ({ hash, nonce, data, block: number })),
    );
  }

  request(method: string, params: readonly unknown[]): unknown {
    const [first, second] = params as [string, string];
    switch (method) {
      case 'eth_sendRawTransaction':
        return this.#take(first);
      case 'eth_getTransactionCount':
        return hex(this.#nonceAt(second));
      case 'eth_getTransactionReceipt':
        return this.#receipt(first);
      case 'eth_getBlockByNumber':
        return this.#block(first, params[1] === true);
      case 'eth_feeHistory':
        return this.#feeHistory();
      case 'eth_estimateGas':
      case 'eth_call':
        return this.#call(params[0] as { data: string });
      case 'eth_getBalance':
        return hex(this.balance);
      default:
        throw new RpcError(-32601, `the method ${method} does not exist`);
    }
  }

  /** A block with what is waiting and pays enough, in the order of nonces, as long as `mayMine` lets it. */
  mine(most = Number.POSITIVE_INFINITY): void {
    const transactions: Waiting[] = [];
    for (let nonce = this.#head.nonce; transactions.length < most; nonce += 1) {
      const next = this.#pool.get(nonce);
      if (!next || next.maxFee < this.baseFee + this.leastTip || next.tip < this.leastTip) break;
      transactions.push(next);
      this.#pool.delete(nonce);
    }
    this.#grow(transactions);
  }

  /** The newest blocks are gone; what was in them waits again, as far as `keeps` says. Other blocks take their place. */
  reorg(depth: number, keeps: (hash: string) => boolean): void {
    const gone = this.#blocks.splice(Math.max(1, this.#blocks.length - depth));
    this.#forks += 1;
    for (const each of gone.flatMap(({ transactions }) => transactions))
      if (keeps(each.hash)) this.#pool.set(each.nonce, each);
    for (const _ of gone) this.#grow([]);
    this.#grow([]);
  }

  /** The node began anew: it knows the chain, but nothing of what was waiting. */
  forgetPool(): void {
    this.#pool.clear();
  }

  /** Somebody else who holds the key was quicker. */
  mineForeign(count: number): void {
    const { nonce } = this.#head;
    const foreign = Array.from({ length: count }, (_, at): Waiting => {
      this.#pool.delete(nonce + at);
      const hash = hashOf(`foreign ${nonce + at} ${this.#forks}`);
      return { hash, nonce: nonce + at, raw: '', data: 'foreign', maxFee: 0n, tip: 0n };
    });
    this.#grow(foreign);
  }

  /** What a node that lies says of a hash: that it stands in the newest block. */
  anyReceipt(hash: string) {
    const { number, hash: blockHash } = this.#head;
    return { transactionHash: hash, blockNumber: hex(number), blockHash, status: '0x1' };
  }

  get #head(): Block {
    const head = this.#blocks.at(-1);
    assert(head, 'a chain without a block');
    return head;
  }

  #grow(transactions: Waiting[]): void {
    const before = this.#blocks.at(-1);
    const number = (before?.number ?? -1) + 1;
    const nonce = (before?.nonce ?? 0) + transactions.length;
    const hash = hashOf(`block ${number} of fork ${this.#forks} above ${before?.hash}`);
    this.#blocks.push({ number, hash, baseFee: this.baseFee, transactions, nonce });
  }

  #take(raw: string): string {
    const { nonce, hash, data, maxFeePerGas, maxPriorityFeePerGas, gasLimit } =
      Transaction.from(raw);
    assert(hash, 'a transaction without a signature');
    const taken = {
      raw,
      hash,
      nonce,
      data,
      maxFee: maxFeePerGas ?? 0n,
      tip: maxPriorityFeePerGas ?? 0n,
    };
    const waiting = this.#pool.get(nonce);
    if (taken.tip > taken.maxFee)
      throw new RpcError(-32000, 'max priority fee per gas higher than max fee per gas');
    if (nonce < this.#head.nonce) throw new RpcError(-32000, 'nonce too low: it was used before');
    if (waiting?.hash === hash) throw new RpcError(-32000, 'already known');
    if (gasLimit * taken.maxFee > this.balance)
      throw new RpcError(-32000, 'insufficient funds for gas * price + value');
    const isMore = (next: bigint, now: bigint) => next * 10n >= now * 11n;
    if (waiting && !(isMore(taken.maxFee, waiting.maxFee) && isMore(taken.tip, waiting.tip)))
      throw new RpcError(-32000, 'replacement transaction underpriced');
    this.#pool.set(nonce, taken);
    return hash;
  }

  #nonceAt(at: string): number {
    if (at === 'latest') return this.#head.nonce;
    if (at === 'pending') {
      let { nonce } = this.#head;
      while (this.#pool.has(nonce)) nonce += 1;
      return nonce;
    }
    const block = this.#blocks[Number(at)];
    if (!block) throw new RpcError(-32000, 'header not found');
    return block.nonce;
  }

  #receipt(wanted: string) {
    for (const { number, hash, transactions } of this.#blocks.toReversed()) {
      const found = transactions.find((each) => each.hash === wanted);
      if (!found) continue;
      const status = this.reverts(found.data) ? '0x0' : '0x1';
      return { transactionHash: wanted, blockNumber: hex(number), blockHash: hash, status };
    }
    return null;
  }

  #block(at: string, whole: boolean) {
    const block = at === 'latest' ? this.#head : this.#blocks[Number(at)];
    if (!block) return null;
    const from = this.address;
    const transactions = block.transactions.map(({ hash, nonce }) =>
      whole ? { hash, from, nonce: hex(nonce) } : hash,
    );
    return { number: hex(block.number), hash: block.hash, transactions };
  }

  #feeHistory() {
    const newest = this.#blocks.slice(-10);
    return {
      oldestBlock: hex(newest[0]?.number ?? 0),
      baseFeePerGas: [...newest.map(({ baseFee }) => hex(baseFee)), hex(this.baseFee)],
      reward: newest.map(({ transactions }) => [hex(transactions[0]?.tip ?? 0n)]),
    };
  }

  #call({ data }: { data: string }): string {
    if (this.reverts(data)) throw new RpcError(3, 'execution reverted', '0x08c379a0');
    return '0x5208';
  }
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
