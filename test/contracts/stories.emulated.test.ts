/**
 * Random stories of honest users and a malicious operator: replayed, altered, over-filled, over-priced and over-charged fills, foreign
 * signatures, session keys beyond their limits, insurance in somebody's place, sets of outcomes, batches out of turn, hostile tokens, and now and
 * then a freeze. After each act the chain has what the naive settlement has, to the atom: so nobody's balance falls but by a signature or act of
 * one's own, or insurance's, and balances never pass what the vault holds.
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
  marginSeconds,
  Reverted,
  startChainWorld,
  User,
  vaultCalls,
} from './chain-world.ts';
import { type Dice, DrawnTrades, dice } from './drawn-trades.ts';
import { NaiveVault, settleNaively } from './naive-settlement.ts';
import { mintSets } from './outcome-sets.ts';
import { encoded, fillOf, nextBatch } from './signed-trades.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 7);
const firstSeed = Number(process.env['CROSSBOOK_SEED'] ?? 1);
const actsPerStory = 25;
const hostile = new Interface(hostileTokenAbi);
let settled = 0;
/** What was settled, of all that there is. */
const kinds = new Set<string>();
const users = ['ada', 'ben', 'cem', 'dora'].map((name) => new User(name));

let world: ChainWorld;
let stop: () => Promise<void>;
let tokens: string[];
/** Of one condition, about the second token. */
let outcomes: [string, string];
let fresh: string;
const startAtoms = 20_000n;
const insuredAtoms = 3_000n;
const setAtoms = 4_000n;

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
      await world.vault(deployer, 'deposit', [BigInt(token), startAtoms, address]);
    }
    await world.vault(deployer, 'deposit', [
      BigInt(token),
      insuredAtoms,
      world.places.insurance.address,
    ]);
  }
  outcomes = await mintSets(world, { users, collateral: tokens[1] ?? '', atoms: setAtoms });
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
    if (seed % 3 === 0) await story.leaveFrozen();
    await story.compare();
    settled += story.settled;
    for (const kind of story.kinds) kinds.add(kind);
  },
);

it('stories are not of refusals alone', () => {
  expect(settled).toBeGreaterThanOrEqual(runs);
  expect([...kinds].sort()).toEqual(['delegated', 'insured', 'merge', 'mint', 'trade']);
});

class Story {
  readonly #dice: Dice;
  readonly #naive = new NaiveVault();
  readonly #drawn: DrawnTrades;
  readonly #insurance = world.places.insurance.address;
  #nowMs = 0;
  #withdrawals = 0n;
  settled = 0;
  readonly kinds = new Set<string>();

  constructor(seed: number) {
    const [naive, [eth = '', usdc = '', bad = '']] = [this.#naive, tokens];
    this.#dice = dice(seed);
    for (const token of tokens) {
      // The hostile one kept its fee.
      const received = (atoms: bigint) => (token === bad ? (atoms * 99n) / 100n : atoms);
      for (const { address } of users) naive.add(address, token, received(startAtoms));
      naive.add(this.#insurance, token, received(insuredAtoms));
    }
    for (const [at, { address }] of users.entries()) {
      naive.add(address, usdc, -setAtoms / 2n);
      naive.add(address, outcomes[at % 2] ?? '', setAtoms);
    }
    const [yes, no] = outcomes;
    naive.outcomes.set(yes, { complement: no, collateral: usdc });
    naive.outcomes.set(no, { complement: yes, collateral: usdc });
    naive.lastBatch = 1;
    const markets = [eth, bad, yes, no].map((base) => [base, usdc] as const);
    const floor = { world, users, markets };
    this.#drawn = new DrawnTrades({ dice: this.#dice, naive, floor });
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
      () => this.#revoke(),
      () => this.#revoke(),
      () => this.#bump(),
      () => this.#requestExit(),
      () => this.#finalizeExit(),
      () => this.#withdraw(),
    ];
    await this.#dice.one(acts)();
  }

  /** The next block's time: seconds later, or by a delay. */
  async #tick(): Promise<void> {
    const latest = await world.chain.nowMs();
    const step = this.#dice.one([2, 7, 60, 600, delaySeconds / 2, delaySeconds]);
    this.#nowMs = latest + step * 1000;
    await world.chain.rpc('evm_setNextBlockTimestamp', this.#nowMs / 1000);
  }

  async #deposit(): Promise<void> {
    const [account, asset] = [this.#dice.one(users).address, this.#dice.one(tokens)];
    const atoms = BigInt(5_000 + this.#dice.below(20_000));
    const { deployer, vault } = world.places;
    const before = await world.tokensOf(asset, vault);
    await world.vault(deployer, 'deposit', [BigInt(asset), atoms, account]);
    this.#naive.add(account, asset, (await world.tokensOf(asset, vault)) - before);
  }

  async #batch(): Promise<void> {
    const orders: BatchOrder[] = [];
    const fills: BatchFill[] = [];
    const place = (order: BatchOrder) => {
      const known = orders.indexOf(order);
      return known >= 0 ? known : orders.push(order) - 1;
    };
    const drawn = this.#drawn;
    for (let i = 0; i <= this.#dice.below(6); i += 1) {
      const replayed = drawn.orders.length > 0 && this.#dice.below(3) === 0;
      const maker = replayed ? this.#dice.one(drawn.orders) : drawn.newOrder(this.#nowMs);
      const kind = drawn.kindFor(maker);
      const isStranger = this.#dice.below(8) === 0;
      const taker = isStranger ? drawn.newOrder(this.#nowMs) : drawn.counter(maker, kind);
      const at = { maker: place(maker), taker: place(taker) };
      fills.push(fillOf({ ...at, ...drawn.fill(maker, kind) }));
    }
    const matchedThroughMs = this.#dice.one([this.#naive.matchedThroughMs, this.#nowMs - 1_000]);
    const through = Math.max(matchedThroughMs, this.#naive.matchedThroughMs);
    const batch = await nextBatch(world, orders, fills, { matchedThroughMs: through });
    const { operator, exchange } = world.places;
    const call = { from: operator.address, to: exchange, data: encoded(world, batch) };
    const said = await world.chain.callAt(call, this.#nowMs / 1000);
    await world.chain.rpc('evm_setNextBlockTimestamp', this.#nowMs / 1000);
    await world.chain.send(call);
    const answers = decodeReasons(said).map(({ reason }) => reason === 'settled');
    expect(answers).toEqual(fills.map((fill) => this.#settle(orders, fill)));
    this.settled += answers.filter(Boolean).length;
    this.#naive.lastBatch += 1;
    this.#naive.matchedThroughMs = through;
  }

  #settle(orders: BatchOrder[], fill: BatchFill): boolean {
    const [maker, taker] = [orders[fill.maker], orders[fill.taker]] as [BatchOrder, BatchOrder];
    const isSettled = settleNaively(
      this.#naive,
      { maker, taker, fill },
      {
        ...{ nowMs: this.#nowMs, delayMs: delaySeconds * 1000, graceMs: graceSeconds * 1000 },
        hardFeeCapBps: BigInt(hardFeeCapBps),
        feeAccount: world.places.fees.address,
        insuranceAccount: this.#insurance,
        isSigned: (order) => this.#drawn.honest.has(order),
      },
    );
    if (!isSettled) return false;
    this.kinds.add(fill.kind);
    if (fill.insured) this.kinds.add('insured');
    else if (maker.delegation) this.kinds.add('delegated');
    return true;
  }

  async #batchOutOfTurn(): Promise<void> {
    const maker = this.#drawn.newOrder(this.#nowMs);
    const orders = [maker, this.#drawn.counter(maker, 'trade')];
    const fills = [fillOf(this.#drawn.fill(maker, 'trade'))];
    const batch = await nextBatch(world, orders, fills);
    const { operator, exchange } = world.places;
    const wrong = this.#dice.one([
      { ...batch, batchId: batch.batchId + 1 },
      { ...batch, batchId: batch.batchId - 1 },
      { ...batch, matchedThroughMs: this.#nowMs + 3_600_000 },
    ]);
    const from = operator.address;
    await refused(world.chain.send({ from, to: exchange, data: encoded(world, wrong) }));
    const data = encoded(world, batch);
    await refused(world.chain.send({ from: this.#dice.one(users).address, to: exchange, data }));
  }

  async #cancel(): Promise<void> {
    const { orders } = this.#drawn;
    const order = orders.length > 0 ? this.#dice.one(orders) : this.#drawn.newOrder(this.#nowMs);
    const by = this.#dice.one([order.signed.account, this.#dice.one(users).address]);
    const key = `${by}:${order.digest}`;
    const sent = world.vault(by, 'cancel', [order.digest]);
    if (this.#naive.cancels.has(key)) return refused(sent);
    await sent;
    this.#naive.cancels.set(key, this.#nowMs);
  }

  async #revoke(): Promise<void> {
    const { delegations } = this.#drawn;
    if (delegations.length === 0) return this.#bump();
    const { owner, delegation } = this.#dice.one(delegations);
    const by = this.#dice.one([owner.address, this.#dice.one(users).address]);
    const key = `${by}:${delegation.digest}`;
    const sent = world.vault(by, 'revoke', [delegation.digest]);
    if (this.#naive.revokes.has(key)) return refused(sent);
    await sent;
    this.#naive.revokes.set(key, this.#nowMs);
  }

  async #bump(): Promise<void> {
    const { address } = this.#dice.one(users);
    await world.vault(address, 'bumpEpoch');
    this.#naive.bump(address, this.#nowMs, delaySeconds * 1000);
  }

  async #requestExit(): Promise<void> {
    const [account, asset] = [this.#dice.one(users).address, this.#dice.one(tokens)];
    const amount = BigInt(1 + this.#dice.below(3_000));
    await world.vault(account, 'requestWithdraw', [BigInt(asset), amount]);
    this.#naive.exits.push({ account, asset, amount, requestedAtMs: this.#nowMs, over: false });
  }

  async #finalizeExit(): Promise<void> {
    if (this.#naive.exits.length === 0) return this.#requestExit();
    const index = this.#dice.below(this.#naive.exits.length);
    const exit = this.#naive.exits[index];
    if (!exit) return;
    await this.#armReentry(exit.asset);
    const sent = world.vault(this.#dice.one(users).address, 'finalizeWithdraw', [index + 1]);
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
    const [owner, asset] = [this.#dice.one(users), this.#dice.one(tokens)];
    const amount = BigInt(1 + this.#dice.below(2_000));
    this.#withdrawals += 1n;
    const afterBatch = BigInt(
      this.#dice.one([0, this.#naive.lastBatch, this.#naive.lastBatch + 1]),
    );
    const withdrawal = {
      ...{ account: owner.address, asset, amount, recipient: this.#dice.one(users).address },
      ...{ afterBatch: 0n, deadlineMs: this.#nowMs + 1_000, withdrawalId: this.#withdrawals },
    };
    const withdrawalDigest = world.digests.withdraw(withdrawal);
    const signer = this.#dice.one([owner, owner, this.#dice.one(users)]);
    const approver = this.#dice.one([world.places.operator, world.places.operator, owner]);
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
    const again = vaultCalls.encodeFunctionData('finalizeWithdraw', [1 + this.#dice.below(4)]);
    const data = hostile.encodeFunctionData('setCall', [world.places.vault, again]);
    await world.chain.send({ from: world.places.deployer, to: asset, data });
    this.#nowMs += 1_000;
    await world.chain.rpc('evm_setNextBlockTimestamp', this.#nowMs / 1000);
  }

  /** Somebody's exit is not answered: anybody ends settlement, and everybody leaves with all they have. */
  async leaveFrozen(): Promise<void> {
    const [somebody] = users;
    await this.#tick();
    const asset = tokens[0] ?? '';
    await world.vault(somebody?.address ?? '', 'requestWithdraw', [BigInt(asset), 1n]);
    this.#naive.exits.push({
      ...{ account: somebody?.address ?? '', asset, amount: 1n },
      ...{ requestedAtMs: this.#nowMs, over: false },
    });
    const exitId = this.#naive.exits.length;
    await refused(world.vault(world.places.deployer, 'freeze', [exitId]));
    const { deployer } = world.places;
    const leave = (account: string, token: string) =>
      world.vault(account, 'exitFrozen', [account, BigInt(token)]);
    await refused(leave(somebody?.address ?? '', asset));
    await world.chain.pass(delaySeconds + marginSeconds + 1);
    await world.vault(deployer, 'freeze', [exitId]);
    this.#naive.isFrozen = true;
    await this.#tick();
    await refused(world.vault(deployer, 'deposit', [BigInt(asset), 5_000n, deployer]));
    const { operator, exchange } = world.places;
    const data = encoded(world, await nextBatch(world, [], []));
    await refused(world.chain.send({ from: operator.address, to: exchange, data }));
    await this.#tick();
    await this.#finalizeExit();
    for (const account of [...users.map(({ address }) => address), this.#insurance])
      for (const token of tokens) {
        const balance = this.#naive.balance(account, token);
        if (balance === 0n) await refused(leave(account, token));
        else await leave(account, token);
        this.#naive.add(account, token, -balance);
      }
  }

  /** Every balance, and each asset's sum: of balances, as the vault counts it, and of tokens that it holds. */
  async compare(): Promise<void> {
    const accounts = [...users.map(({ address }) => address), world.places.fees.address];
    accounts.push(this.#insurance);
    const { deployer: from, vault: to } = world.places;
    for (const asset of [...tokens, ...outcomes]) {
      const calls = accounts.map((account) =>
        vaultCalls.encodeFunctionData('balanceOf', [account, BigInt(asset)]),
      );
      calls.push(vaultCalls.encodeFunctionData('totalOf', [BigInt(asset)]));
      const answers = await world.chain.callAll(calls.map((data) => ({ from, to, data })));
      // What an outcome is worth lies there as its collateral.
      const held = tokens.includes(asset) ? await world.tokensOf(asset, to) : undefined;
      const [total = 0n, ...balances] = answers.map((answer) => BigInt(answer)).reverse();
      expect(balances.reverse()).toEqual(accounts.map((each) => this.#naive.balance(each, asset)));
      expect(total).toBe(balances.reduce((sum, each) => sum + each, 0n));
      if (held !== undefined) expect(held >= total).toBe(true);
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
