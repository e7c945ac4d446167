/**
 * Random stories of honest users and a malicious operator: replayed, altered, over-filled, over-priced and over-charged fills, foreign
 * signatures, batches out of turn, hostile tokens. After each act the chain has what the naive settlement has, to the atom: so nobody's
 * balance falls but by a signature or act of one's own, and balances never pass what the vault holds.
 * `CROSSBOOK_RUNS=500` tells more of them, `CROSSBOOK_SEED=…` the same again.
 */
import { Interface } from 'ethers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostileTokenAbi } from '../../contracts/abi/hostile-token.ts';
import { hostileTokenBytecode } from '../../contracts/abi/hostile-token-bytecode.ts';
import type { BatchFill, BatchOrder } from '../../shared/wire/settlement-batch.ts';
import { decodeReasons } from '../../shared/wire/settlement-calldata.ts';
import {
  type ChainWorld,
  delaySeconds,
  graceSeconds,
  hardFeeCapBps,
  Reverted,
  startChainWorld,
  User,
  vaultCalls,
} from './chain-world.ts';
import { NaiveVault, settleNaively } from './naive-settlement.ts';
import { encoded, fillOf, nextBatch, signedOrder } from './signed-trades.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 8);
const firstSeed = Number(process.env['CROSSBOOK_SEED'] ?? 1);
const actsPerStory = 25;
const hostile = new Interface(hostileTokenAbi);
let settled = 0;
const users = ['ada', 'ben', 'cem', 'dora'].map((name) => new User(name));

let world: ChainWorld;
let stop: () => Promise<void>;
let tokens: string[];
let fresh: string;

beforeAll(async () => {
  ({ world, stop } = await startChainWorld());
  const { deployer, vault } = world.places;
  const bad = await world.chain.deploy(deployer, hostileTokenBytecode, hostile, []);
  tokens = [await world.token('ETH'), await world.token('USDC', 6), bad];
  for (const token of tokens) {
    await world.tokens(deployer, token, 'mint', [deployer, 10n ** 12n]);
    await world.tokens(deployer, token, 'approve', [vault, 10n ** 12n]);
  }
  const fee = hostile.encodeFunctionData('setFee', [100, false]);
  await world.chain.send({ from: deployer, to: bad, data: fee });
  for (const token of tokens) {
    for (const { address } of users) {
      await world.vault(deployer, 'deposit', [BigInt(token), 20_000n, address]);
    }
  }
  fresh = await world.chain.rpc('evm_snapshot');
});
afterAll(() => stop?.());

it.each(Array.from({ length: runs }, (_, i) => firstSeed + i))(
  'story %i: the chain has what the naive settlement has',
  async (seed) => {
    await world.chain.rpc('evm_revert', fresh);
    fresh = await world.chain.rpc('evm_snapshot');
    const story = new Story(seed);
    for (let act = 0; act < actsPerStory; act += 1) {
      await story.act();
      await story.compare();
    }
    settled += story.settled;
  },
);

it('stories are not of refusals alone', () => {
  expect(settled).toBeGreaterThanOrEqual(runs);
});

/** Mulberry32: small, and the same everywhere. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Story {
  readonly #random: () => number;
  readonly #naive = new NaiveVault();
  readonly #orders: BatchOrder[] = [];
  readonly #honest = new Set<BatchOrder>();
  #nowMs = 0;
  #withdrawals = 0n;
  settled = 0;

  constructor(seed: number) {
    this.#random = dice(seed);
    for (const token of tokens) {
      // The hostile one kept its fee.
      const received = token === tokens[2] ? 19_800n : 20_000n;
      for (const { address } of users) this.#naive.add(address, token, received);
    }
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  async act(): Promise<void> {
    await this.#tick();
    const acts = [
      () => this.#deposit(),
      () => this.#batch(),
      () => this.#batch(),
      () => this.#batch(),
      () => this.#batch(),
      () => this.#batch(),
      () => this.#batchOutOfTurn(),
      () => this.#cancel(),
      () => this.#bump(),
      () => this.#requestExit(),
      () => this.#finalizeExit(),
      () => this.#withdraw(),
    ];
    await this.#one(acts)();
  }

  /** What is right, but for one choice in six. */
  #mostly<T>(right: T, ...others: T[]): T {
    return this.#below(6) > 0 ? right : this.#one(others);
  }

  /** The next block's time: seconds later, or by a delay. */
  async #tick(): Promise<void> {
    const latest = await world.chain.nowMs();
    const step = this.#one([2, 7, 60, 600, delaySeconds / 2, delaySeconds]);
    this.#nowMs = latest + step * 1000;
    await world.chain.rpc('evm_setNextBlockTimestamp', this.#nowMs / 1000);
  }

  async #deposit(): Promise<void> {
    const [account, asset] = [this.#one(users).address, this.#one(tokens)];
    const atoms = BigInt(5_000 + this.#below(20_000));
    const { deployer, vault } = world.places;
    const before = await world.tokensOf(asset, vault);
    await world.vault(deployer, 'deposit', [BigInt(asset), atoms, account]);
    this.#naive.add(account, asset, (await world.tokensOf(asset, vault)) - before);
  }

  #newOrder(): BatchOrder {
    const [baseAsset, quoteAsset] = this.#one([
      [tokens[0], tokens[1]],
      [tokens[2], tokens[1]],
    ]) as [string, string];
    const owner = this.#one(users);
    const epoch = this.#naive.epochs.get(owner.address)?.next ?? 0n;
    const order = signedOrder(world, owner, {
      ...{
        baseAsset,
        quoteAsset,
        side: this.#one([0, 1] as const),
        cap: this.#one([0, 0, 1] as const),
      },
      ...{
        baseAmount: BigInt(500 + this.#below(2_000)),
        quoteAmount: BigInt(500 + this.#below(4_000)),
      },
      maxFeeBps: this.#mostly(100, 50, 9_000),
      epoch: this.#mostly(epoch, 0n),
      expiresAtMs: this.#mostly(4_000_000_000_000, this.#nowMs - graceSeconds * 1000 + 300_000),
    });
    this.#orders.push(order);
    this.#honest.add(order);
    return order;
  }

  /** An order that fits `maker`; the operator's own inventions now and then. */
  #counter(maker: BatchOrder): BatchOrder {
    const others = users.filter(({ address }) => address !== maker.signed.account);
    const owner = this.#mostly(this.#one(others), ...users);
    const { baseAsset, quoteAsset, side, baseAmount, quoteAmount } = maker.signed;
    const order = signedOrder(world, owner, {
      ...{ baseAsset, quoteAsset, side: side === 0 ? 1 : 0, baseAmount, quoteAmount },
      epoch: this.#naive.epochs.get(owner.address)?.next ?? 0n,
    });
    if (this.#below(6) > 0) {
      this.#honest.add(order);
      return order;
    }
    const change = this.#one([{ baseAmount: baseAmount + 1n }, { maxFeeBps: 101 }, { epoch: 7n }]);
    if (this.#below(2) === 0) return { ...order, signed: { ...order.signed, ...change } };
    const thief = users.find(({ address }) => address !== owner.address) ?? owner;
    return { ...order, signature: thief.sign(order.digest) };
  }

  /** Between two orders at the maker's price; or a bit beyond any of its limits. */
  #fill(maker: BatchOrder): Partial<BatchFill> {
    const { baseAmount, quoteAmount, side } = maker.signed;
    const share = BigInt(1 + this.#below(4));
    const baseAtoms = baseAmount / share;
    const exact = baseAtoms * quoteAmount;
    const up = side === 1 ? (exact + baseAmount - 1n) / baseAmount : exact / baseAmount;
    const quoteAtoms = up + BigInt(this.#mostly(0, 1, -1));
    const takerFeeAtoms =
      (quoteAtoms * BigInt(this.#mostly(this.#one([0, 40, 100]), 101, 600))) / 10_000n;
    const makerFeeAtoms = this.#mostly(
      this.#one([0n, -takerFeeAtoms, quoteAtoms / 300n]),
      -takerFeeAtoms - 1n,
      quoteAtoms / 50n,
    );
    const positive = (atoms: bigint) => (atoms < 0n ? 0n : atoms);
    return {
      baseAtoms,
      quoteAtoms: positive(quoteAtoms),
      takerFeeAtoms: positive(takerFeeAtoms),
      makerFeeAtoms,
    };
  }

  async #batch(): Promise<void> {
    const orders: BatchOrder[] = [];
    const fills: BatchFill[] = [];
    const place = (order: BatchOrder) => {
      const known = orders.indexOf(order);
      return known >= 0 ? known : orders.push(order) - 1;
    };
    for (let i = 0; i <= this.#below(6); i += 1) {
      const replayed = this.#orders.length > 0 && this.#below(3) === 0;
      const maker = replayed ? this.#one(this.#orders) : this.#newOrder();
      const taker = this.#below(8) === 0 ? this.#newOrder() : this.#counter(maker);
      fills.push(fillOf({ maker: place(maker), taker: place(taker), ...this.#fill(maker) }));
    }
    const matchedThroughMs = this.#one([this.#naive.matchedThroughMs, this.#nowMs - 1_000]);
    const through = Math.max(matchedThroughMs, this.#naive.matchedThroughMs);
    const batch = await nextBatch(world, orders, fills, { matchedThroughMs: through });
    const { operator, exchange } = world.places;
    const call = { from: operator.address, to: exchange, data: encoded(world, batch) };
    const said = await world.chain.callAt(call, this.#nowMs / 1000);
    await world.chain.rpc('evm_setNextBlockTimestamp', this.#nowMs / 1000);
    await world.chain.send(call);
    const outcomes = decodeReasons(said).map(({ reason }) => reason === 'settled');
    expect(outcomes).toEqual(fills.map((fill) => this.#settle(orders, fill)));
    this.settled += outcomes.filter(Boolean).length;
    this.#naive.lastBatch += 1;
    this.#naive.matchedThroughMs = through;
  }

  #settle(orders: BatchOrder[], fill: BatchFill): boolean {
    const [maker, taker] = [orders[fill.maker], orders[fill.taker]] as [BatchOrder, BatchOrder];
    return settleNaively(
      this.#naive,
      { maker, taker, fill },
      {
        ...{ nowMs: this.#nowMs, delayMs: delaySeconds * 1000, graceMs: graceSeconds * 1000 },
        hardFeeCapBps: BigInt(hardFeeCapBps),
        feeAccount: world.places.fees.address,
        isSigned: (order) => this.#honest.has(order),
      },
    );
  }

  async #batchOutOfTurn(): Promise<void> {
    const maker = this.#newOrder();
    const orders = [maker, this.#counter(maker)];
    const fills = [fillOf(this.#fill(maker))];
    const batch = await nextBatch(world, orders, fills);
    const { operator, exchange } = world.places;
    const wrong = this.#one([
      { ...batch, batchId: batch.batchId + 1 },
      { ...batch, batchId: batch.batchId - 1 },
      { ...batch, matchedThroughMs: this.#nowMs + 3_600_000 },
    ]);
    const from = operator.address;
    await refused(world.chain.send({ from, to: exchange, data: encoded(world, wrong) }));
    const data = encoded(world, batch);
    await refused(world.chain.send({ from: this.#one(users).address, to: exchange, data }));
  }

  async #cancel(): Promise<void> {
    const order = this.#orders.length > 0 ? this.#one(this.#orders) : this.#newOrder();
    const by = this.#one([order.signed.account, this.#one(users).address]);
    const key = `${by}:${order.digest}`;
    const sent = world.vault(by, 'cancel', [order.digest]);
    if (this.#naive.cancels.has(key)) return refused(sent);
    await sent;
    this.#naive.cancels.set(key, this.#nowMs);
  }

  async #bump(): Promise<void> {
    const { address } = this.#one(users);
    await world.vault(address, 'bumpEpoch');
    this.#naive.bump(address, this.#nowMs, delaySeconds * 1000);
  }

  async #requestExit(): Promise<void> {
    const [account, asset] = [this.#one(users).address, this.#one(tokens)];
    const amount = BigInt(1 + this.#below(3_000));
    await world.vault(account, 'requestWithdraw', [BigInt(asset), amount]);
    this.#naive.exits.push({ account, asset, amount, requestedAtMs: this.#nowMs, over: false });
  }

  async #finalizeExit(): Promise<void> {
    if (this.#naive.exits.length === 0) return this.#requestExit();
    const index = this.#below(this.#naive.exits.length);
    const exit = this.#naive.exits[index];
    if (!exit) return;
    await this.#armReentry(exit.asset);
    const sent = world.vault(this.#one(users).address, 'finalizeWithdraw', [index + 1]);
    const { requestedAtMs, over, account, asset, amount } = exit;
    if (over || !this.#naive.isEffective(requestedAtMs, this.#nowMs, delaySeconds * 1000)) {
      return refused(sent);
    }
    await sent;
    const balance = this.#naive.balance(account, asset);
    const paid = [amount, balance].sort((a, b) => (a < b ? -1 : 1))[0] ?? 0n;
    this.#naive.add(account, asset, -paid);
    exit.over = true;
  }

  async #withdraw(): Promise<void> {
    const [owner, asset] = [this.#one(users), this.#one(tokens)];
    const amount = BigInt(1 + this.#below(2_000));
    this.#withdrawals += 1n;
    const afterBatch = BigInt(this.#one([0, this.#naive.lastBatch, this.#naive.lastBatch + 1]));
    const withdrawal = {
      ...{ account: owner.address, asset, amount, recipient: this.#one(users).address },
      ...{ afterBatch: 0n, deadlineMs: this.#nowMs + 1_000, withdrawalId: this.#withdrawals },
    };
    const withdrawalDigest = world.digests.withdraw(withdrawal);
    const signer = this.#one([owner, owner, this.#one(users)]);
    const approver = this.#one([world.places.operator, world.places.operator, owner]);
    const approval = world.digests.approval({ withdrawalDigest, afterBatch });
    const args = [withdrawal, signer.sign(withdrawalDigest), afterBatch, approver.sign(approval)];
    await this.#armReentry(asset);
    // Nobody's own act: only signatures count.
    const sent = world.vault(world.places.deployer, 'withdraw', args);
    const isGood =
      signer === owner &&
      approver === world.places.operator &&
      afterBatch <= BigInt(this.#naive.lastBatch) &&
      this.#naive.balance(owner.address, asset) >= amount;
    if (!isGood) return refused(sent);
    await sent;
    this.#naive.add(owner.address, asset, -amount);
  }

  /** The hostile token will try another exit in the midst of its transfer. */
  async #armReentry(asset: string): Promise<void> {
    if (asset !== tokens[2]) return;
    const again = vaultCalls.encodeFunctionData('finalizeWithdraw', [1 + this.#below(4)]);
    const data = hostile.encodeFunctionData('setCall', [world.places.vault, again]);
    await world.chain.send({ from: world.places.deployer, to: asset, data });
    this.#nowMs += 1_000;
    await world.chain.rpc('evm_setNextBlockTimestamp', this.#nowMs / 1000);
  }

  /** Every balance, and each asset's sum: of balances, as the vault counts it, and of tokens that it holds. */
  async compare(): Promise<void> {
    const accounts = [...users.map(({ address }) => address), world.places.fees.address];
    const { deployer: from, vault: to } = world.places;
    for (const asset of tokens) {
      const calls = accounts.map((account) =>
        vaultCalls.encodeFunctionData('balanceOf', [account, BigInt(asset)]),
      );
      calls.push(vaultCalls.encodeFunctionData('totalOf', [BigInt(asset)]));
      const answers = await world.chain.callAll(calls.map((data) => ({ from, to, data })));
      const held = await world.tokensOf(asset, to);
      const [total = 0n, ...balances] = answers.map((answer) => BigInt(answer)).reverse();
      expect(balances.reverse()).toEqual(accounts.map((each) => this.#naive.balance(each, asset)));
      expect(total).toBe(balances.reduce((sum, each) => sum + each, 0n));
      expect(held >= total).toBe(true);
    }
  }
}

async function refused(call: Promise<unknown>): Promise<void> {
  const said = await call.then(
    () => 'it went through',
    (thrown: unknown) => thrown,
  );
  if (!(said instanceof Reverted)) throw new Error(`a refusal was expected: ${String(said)}`);
}
