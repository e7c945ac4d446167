/**
 * The vault under an exchange that says whatever it likes, which the timelock would have to name first: it may move what users
 * have, but makes nothing out of nothing, repeats nothing, and never takes below 0.
 */
import { concat, id as keccakOf, toBeHex } from 'ethers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostileTokenBytecode } from '../../contracts/abi/hostile-token-bytecode.ts';
import {
  type ChainWorld,
  Reverted,
  reverts,
  startChainWorld,
  User,
  vaultCalls,
} from './chain-world.ts';
import { hostile } from './vault-floor.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 40);
const firstSeed = Number(process.env['CROSSBOOK_SEED'] ?? 1);

let world: ChainWorld;
let stop: () => Promise<void>;
let kept: string;
/** A vault whose exchange is this address. */
let vault: string;
let eth: bigint;
let usdc: bigint;
let yes: bigint;
const exchange = new User('hostile exchange').address;
const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => new User(name).address) as [
  string,
  string,
  string,
];

beforeAll(async () => {
  ({ world, stop } = await startChainWorld());
  vault = await world.deployVault({ ...world.places.terms, exchange });
  [eth, usdc] = [BigInt(await world.token('ETH')), BigInt(await world.token('USDC', 6))];
  for (const asset of [eth, usdc]) {
    const [token, { deployer }] = [toBeHex(asset, 20), world.places];
    await world.tokens(deployer, token, 'mint', [deployer, 10_000n]);
    await world.tokens(deployer, token, 'approve', [vault, 10_000n]);
    for (const account of [alice, bob]) await sent(deployer, 'deposit', [asset, 1_000n, account]);
  }
  const condition = [keccakOf('condition'), usdc];
  await sent(world.places.resolver, 'registerCondition', condition);
  yes = await read('outcomeOf', condition);
  kept = await world.chain.rpc('evm_snapshot');
});
afterAll(() => stop?.());
beforeEach(async () => {
  await world.chain.rpc('evm_revert', kept);
  kept = await world.chain.rpc('evm_snapshot');
});

const sent = (from: string, method: string, args: unknown[]) =>
  world.chain.send({ from, to: vault, data: vaultCalls.encodeFunctionData(method, args) });

async function read<T>(method: string, args: unknown[] = []): Promise<T> {
  const data = vaultCalls.encodeFunctionData(method, args);
  const answer = await world.chain.call({ from: exchange, to: vault, data });
  return vaultCalls.decodeFunctionResult(method, answer)[0] as T;
}

/** What an exchange tells of a batch, as `BatchRows` lays it out. */
type Told = {
  accounts?: string[];
  assets?: bigint[];
  /** Positions of asset and account. */
  holdings?: [asset: number, account: number][];
  orders?: [account: number, digest: string][];
  delegations?: [account: number, digest: string][];
  deltas?: bigint[];
  fees?: bigint[];
  /** Of orders, then of delegations: before and after. */
  used?: [before: bigint, after: bigint][];
  conversions?: bigint[][];
};

const words = (values: readonly bigint[]): string =>
  concat(values.map((value) => toBeHex(BigInt.asUintN(256, value), 32)));

function rowsOf({
  accounts = [],
  assets = [],
  holdings = [],
  orders = [],
  delegations = [],
}: Told) {
  const counts = [accounts, assets, holdings, orders, delegations];
  const pairs = [...orders, ...delegations].flatMap(([at, digest]) => [BigInt(at), BigInt(digest)]);
  return words([
    counts.reduce((sum, each, at) => sum | (BigInt(each.length) << BigInt(16 * at)), 0n),
    ...accounts.map(BigInt),
    ...assets,
    ...holdings.map(([asset, account]) => BigInt((asset << 16) | account)),
    ...pairs,
  ]);
}

const changesOf = ({ deltas = [], fees = [], used = [], conversions = [] }: Told): string =>
  words([...deltas, ...fees, ...used.flat(), ...conversions.flat()]);

let batches = 0;
beforeEach(() => {
  batches = 0;
});
const close = async (told: Told, more: { rows?: string; changes?: string } = {}) => {
  const { rows = rowsOf(told), changes = changesOf(told) } = more;
  await sent(exchange, 'closeBatch', [batches + 1, 0, rows, changes]);
  batches += 1;
};
/** Both users' coin, and room for what is moved. */
const both = (deltas: bigint[], fee = 0n): Told => ({
  accounts: [alice, bob],
  assets: [eth],
  holdings: [
    [0, 0],
    [0, 1],
  ],
  ...{ deltas, fees: [fee] },
});
const digest = keccakOf('order');

describe('an exchange that says whatever it likes of balances', () => {
  it('moves what sums up, and fees go to the fee account alone', async () => {
    await close(both([-300n, 290n], 10n));
    const { fees } = world.places;
    const of = (account: string) => read('balanceOf', [account, eth]);
    expect(await Promise.all([alice, bob, fees.address].map(of))).toEqual([700n, 1_290n, 10n]);
  });

  it('makes nothing out of nothing', async () => {
    await reverts(close(both([0n, 1n])), 'AssetNotConserved', eth, -1n, 0n);
    await reverts(close(both([-1n, 0n])), 'AssetNotConserved', eth, 1n, 0n);
    await reverts(close(both([-5n, 0n], 4n)), 'AssetNotConserved', eth, 5n, 4n);
    await reverts(close(both([0n, 0n], 1n)), 'AssetNotConserved', eth, 0n, 1n);
    // A fee that wraps: alice gains what the fee account would lose.
    await reverts(close(both([7n, 0n], -7n)), 'AssetNotConserved', eth, -7n);
    const swap = { ...both([-5n, 5n]), assets: [eth, usdc], fees: [0n, 0n] };
    const across: Told = {
      ...swap,
      holdings: [
        [0, 0],
        [1, 1],
      ],
    };
    await reverts(close(across), 'AssetNotConserved', eth, 5n, 0n);
  });

  it('takes nobody below 0, by deltas of any size', async () => {
    await reverts(close(both([-1_001n, 1_001n])), 'BalanceTooLow', alice, eth, 1_000n, 1_001n);
    const bound = 1n << 128n;
    await reverts(close(both([-bound, bound])), 'BalanceTooLow', alice, eth, 1_000n, bound);
    await reverts(close(both([bound + 1n, 0n])), 'DeltaTooLarge', 0n, bound + 1n);
    await reverts(close(both([1n, -bound - 1n])), 'DeltaTooLarge', 1n, -bound - 1n);
    const half = 1n << 255n;
    await reverts(close(both([-half, -half])), 'DeltaTooLarge', 0n, -half);
    // The same holding twice: the second sees what the first left.
    const twice: Told = {
      ...both([-600n, -600n], 1_200n),
      holdings: [
        [0, 0],
        [0, 0],
      ],
    };
    await reverts(close(twice), 'BalanceTooLow', alice, eth, 400n, 600n);
  });
});

describe('an exchange that says whatever it likes of rows', () => {
  it('tells them and their changes whole, or not at all', async () => {
    const told = both([-1n, 1n]);
    const [rows, changes] = [rowsOf(told), changesOf(told)];
    const open = (given: string) => {
      const args = [world.places.operator.address, 1, 0, given];
      const data = vaultCalls.encodeFunctionData('openBatch', args);
      return world.chain.call({ from: exchange, to: vault, data });
    };
    for (const given of [concat([rows, '0x00']), rows.slice(0, -64), `${rows}${'00'.repeat(32)}`]) {
      await reverts(open(given), 'RowsMalformed', BigInt((given.length - 2) / 2), 6n * 32n);
      await reverts(close(told, { rows: given }), 'RowsMalformed');
    }
    await reverts(close(told, { changes: changes.slice(0, -64) }), 'RowsMalformed', 64n, 96n);
    await reverts(close(told, { changes: '0x' }), 'RowsMalformed', 0n, 96n);
    // Positions that are none.
    const nowhere: Told = {
      ...told,
      holdings: [
        [9, 0],
        [9, 1],
      ],
      deltas: [-1n, 0n],
    };
    await expect(close(nowhere)).rejects.toThrow(Reverted);
  });
});

describe('an exchange that says whatever it likes of outcomes', () => {
  it('converts complete sets of registered conditions alone, against their collateral', async () => {
    const sets = (assets: bigint[], conversion: bigint[], deltas = [-10n, 10n, 10n]): Told => ({
      accounts: [alice],
      assets,
      holdings: [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
      ...{ deltas, fees: [0n, 0n, 0n], conversions: [conversion] },
    });
    const right = [usdc, yes, yes + 1n];
    const mint = [1n, 2n, 0n, 10n];
    await reverts(close(sets([eth, yes, yes + 1n], mint)), 'NoSuchConversion', yes, yes + 1n, eth);
    await reverts(close(sets([usdc, yes, yes + 2n], mint)), 'NoSuchConversion', yes, yes + 2n);
    await reverts(close(sets([usdc, yes, yes], mint)), 'NoSuchConversion', yes, yes, usdc);
    await reverts(close(sets([usdc, yes + 2n, yes + 3n], mint)), 'NoSuchConversion');
    await reverts(close(sets([usdc, eth, eth ^ 1n], mint)), 'NoSuchConversion');
    await reverts(close(sets(right, [1n, 2n, 0n, 11n])), 'AssetNotConserved');
    await reverts(close(sets(right, [1n, 2n, 0n, 9n])), 'AssetNotConserved');
    await expect(close(sets(right, [1n, 2n, 3n, 10n]))).rejects.toThrow(Reverted);
    // More collateral than there is, more sets than were minted.
    await expect(close(sets(right, [1n, 2n, 0n, 2_001n]))).rejects.toThrow(Reverted);
    await expect(close(sets(right, [1n, 2n, 0n, -1n], [1n, -1n, -1n]))).rejects.toThrow(Reverted);
    await close(sets(right, mint));
    expect(await read('totalOf', [usdc])).toBe(1_990n);
    await expect(close(sets(right, [1n, 2n, 0n, -11n], [11n, -11n, -11n]))).rejects.toThrow(
      Reverted,
    );
    await close(sets(right, [1n, 2n, 0n, -10n], [10n, -10n, -10n]));
    expect(await read('totalOf', [usdc])).toBe(2_000n);
  });
});

describe('an exchange that says whatever it likes of a batch', () => {
  it('fills no order twice over, and none beyond what can be counted', async () => {
    const order = (before: bigint, after: bigint): Told => ({
      ...both([0n, 0n]),
      ...{ orders: [[0, digest]], used: [[before, after]] },
    });
    await close(order(0n, 40n));
    expect(await read('filledOf', [alice, digest])).toBe(40n);
    await reverts(close(order(0n, 40n)), 'RowChangedTwice', digest, 40n, 0n);
    const twice: Told = {
      ...order(40n, 50n),
      orders: [
        [0, digest],
        [0, digest],
      ],
      used: [
        [40n, 50n],
        [40n, 50n],
      ],
    };
    await reverts(close(twice), 'RowChangedTwice', digest, 50n, 40n);
    await expect(close(order(40n, 1n << 128n))).rejects.toThrow(Reverted);
    const spent: Told = { ...both([0n, 0n]), delegations: [[1, digest]], used: [[0n, 9n]] };
    await close(spent);
    await reverts(close(spent), 'RowChangedTwice', digest, 9n, 0n);
  });

  it('speaks in turn, and for nobody but the operator', async () => {
    const told = both([-1n, 1n]);
    const args = (batchId: number, throughMs: number) => [
      ...[batchId, throughMs, rowsOf(told), changesOf(told)],
    ];
    await reverts(sent(carol, 'closeBatch', args(1, 0)), 'SenderNotAllowed', carol, exchange);
    const { operator } = world.places;
    await reverts(sent(operator.address, 'closeBatch', args(1, 0)), 'SenderNotAllowed');
    const open = (from: string, sender: string) =>
      world.chain.call({
        ...{ from, to: vault },
        data: vaultCalls.encodeFunctionData('openBatch', [sender, 1, 0, rowsOf(told)]),
      });
    await reverts(open(exchange, alice), 'SenderNotAllowed', alice, operator.address);
    await reverts(open(carol, operator.address), 'SenderNotAllowed', carol, exchange);
    await reverts(sent(exchange, 'closeBatch', args(2, 0)), 'BatchOutOfTurn', 2n, 1n);
    const nowMs = await world.chain.nowMs();
    const late = sent(exchange, 'closeBatch', args(1, nowMs + 3_600_000));
    await reverts(late, 'MatchedThroughInFuture', BigInt(nowMs + 3_600_000));
    await sent(exchange, 'closeBatch', args(1, nowMs));
    const back = sent(exchange, 'closeBatch', args(2, nowMs - 1));
    await reverts(back, 'MatchedThroughGoesBack', BigInt(nowMs - 1), BigInt(nowMs));
  });
});

it('an exchange that is a token settles nothing in the midst of its own transfer', async () => {
  const { deployer, terms } = world.places;
  const token = await world.chain.deploy(deployer, hostileTokenBytecode, hostile, []);
  const own = await world.deployVault({ ...terms, exchange: token });
  const tell = (method: string, args: unknown[]) =>
    world.chain.send({ from: deployer, to: token, data: hostile.encodeFunctionData(method, args) });
  await tell('mint', [deployer, 100n]);
  await tell('approve', [own, 100n]);
  const rows = words([0n]);
  const batch = vaultCalls.encodeFunctionData('closeBatch', [1, 0, rows, '0x']);
  await tell('setCall', [own, batch]);
  const data = vaultCalls.encodeFunctionData('deposit', [BigInt(token), 100n, alice]);
  await world.chain.send({ from: deployer, to: own, data });
  const lastBatch = vaultCalls.encodeFunctionData('lastBatch');
  expect(BigInt(await world.chain.call({ from: deployer, to: own, data: lastBatch }))).toBe(0n);
  // Outside of a transfer the same call goes through: it is the lock that stopped it.
  await world.chain.send({ from: token, to: own, data: batch });
  expect(BigInt(await world.chain.call({ from: deployer, to: own, data: lastBatch }))).toBe(1n);
});

/** Drawn batches: mostly whole ones that are off by something. */
class Invented {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2_654_435_761;
  }

  below(count: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * count);
  }

  batch(): Told {
    const accounts = [alice, bob, carol];
    const assets = [usdc, yes, yes + 1n, eth];
    const places = assets.flatMap((_, asset) => accounts.map((__, at) => [asset, at] as const));
    const deltas = places.map(() => BigInt(this.below(160) - 80));
    const sets = BigInt(this.below(120) - 50);
    const due = [-sets, sets, sets, 0n];
    const fees = assets.map(() => BigInt(this.below(3)));
    // Carol makes each asset's sum right, unless it is drawn that somebody lies.
    for (const [asset] of assets.entries()) {
      const [first, second] = [deltas[3 * asset] ?? 0n, deltas[3 * asset + 1] ?? 0n];
      const lie = this.below(12) === 0 ? BigInt(this.below(5) - 2) : 0n;
      deltas[3 * asset + 2] = (due[asset] ?? 0n) - (fees[asset] ?? 0n) - first - second + lie;
    }
    const holdings = places.map(([asset, at]): [number, number] => [asset, at]);
    return { accounts, assets, holdings, deltas, fees, conversions: [[1n, 2n, 0n, sets]] };
  }
}

it('whatever an exchange invents, balances sum up to totals, and totals to what the vault holds', async () => {
  const invented = new Invented(firstSeed);
  const { fees, deployer } = world.places;
  const owners = [alice, bob, carol, fees.address];
  // Everybody has something of each, so that not every batch asks too much of somebody.
  const places = [0, 1, 2, 3].flatMap((asset) =>
    [0, 1, 2].map((at): [number, number] => [asset, at]),
  );
  const usdcDeltas = [-550n, -550n, 500n];
  const outcomeDeltas = [200n, 200n, 200n];
  await close({
    accounts: [alice, bob, carol],
    assets: [usdc, yes, yes + 1n, eth],
    holdings: places,
    deltas: [...usdcDeltas, ...outcomeDeltas, ...outcomeDeltas, -300n, -300n, 600n],
    fees: [0n, 0n, 0n, 0n],
    conversions: [[1n, 2n, 0n, 600n]],
  });
  let settled = 0;
  for (let batch = 0; batch < runs; batch += 1) {
    const isDone = await close(invented.batch()).then(
      () => true,
      (thrown: unknown) => {
        if (!(thrown instanceof Reverted)) throw thrown;
        return false;
      },
    );
    if (!isDone) continue;
    settled += 1;
    const ask = (method: string, args: unknown[]) => ({
      ...{ from: deployer, to: vault, data: vaultCalls.encodeFunctionData(method, args) },
    });
    for (const asset of [usdc, yes, yes + 1n, eth]) {
      const calls = [
        ...owners.map((owner) => ask('balanceOf', [owner, asset])),
        ask('totalOf', [asset]),
      ];
      const answers = (await world.chain.callAll(calls)).map(BigInt);
      const total = answers.pop() ?? -1n;
      expect(answers.reduce((sum, each) => sum + each, 0n)).toBe(total);
      const isToken = asset < 1n << 160n;
      if (isToken)
        expect(await world.tokensOf(toBeHex(asset, 20), vault)).toBeGreaterThanOrEqual(total);
    }
    // A set is a claim on one atom of collateral, whoever wins.
    const [pledged, outcomes] = [
      2_000n - (await read<bigint>('totalOf', [usdc])),
      await read('totalOf', [yes]),
    ];
    expect(outcomes).toBe(pledged);
  }
  expect(settled).toBeGreaterThan(runs / 20);
  expect(settled).toBeLessThan(runs);
});
