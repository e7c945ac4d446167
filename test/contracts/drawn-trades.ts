/** Orders and fills of a story: mostly what an honest exchange would match, now and then what a malicious operator would. */
import type { BatchFill, BatchOrder } from '../../shared/wire/settlement-batch.ts';
import { type ChainWorld, graceSeconds, User } from './chain-world.ts';
import type { NaiveVault } from './naive-settlement.ts';
import { signedDelegation, signedOrder } from './signed-trades.ts';

export type Dice = {
  below(count: number): number;
  one<T>(list: readonly T[]): T;
  /** What is right, but for one choice in ten. */
  mostly<T>(right: T, ...others: T[]): T;
};

/** Mulberry32: small, and the same everywhere. */
export function dice(seed: number): Dice {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number) => Math.floor(random() * count);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  return { below, one, mostly: (right, ...others) => (below(10) > 0 ? right : one(others)) };
}

export type Floor = {
  world: ChainWorld;
  users: readonly User[];
  /** Base and quote. */
  markets: readonly (readonly [string, string])[];
};
type Delegation = NonNullable<BatchOrder['delegation']>;

const keys = ['morning key', 'evening key'].map((name) => new User(name));

export class DrawnTrades {
  readonly orders: BatchOrder[] = [];
  readonly delegations: { owner: User; key: User; delegation: Delegation }[] = [];
  /** Whose signature is their signer's. */
  readonly honest = new Set<BatchOrder>();
  readonly #dice: Dice;
  readonly #naive: NaiveVault;
  readonly #floor: Floor;

  constructor(of: { dice: Dice; naive: NaiveVault; floor: Floor }) {
    [this.#dice, this.#naive, this.#floor] = [of.dice, of.naive, of.floor];
  }

  newOrder(nowMs: number): BatchOrder {
    const { below, one, mostly } = this.#dice;
    const [baseAsset, quoteAsset] = one(this.#floor.markets);
    const owner = one(this.#floor.users);
    const epoch = this.#naive.epochs.get(owner.address)?.next ?? 0n;
    const baseAmount = BigInt(500 + below(2_000));
    // A set of outcomes is worth one atom of collateral, each of them less.
    const most = this.#naive.outcomes.has(baseAsset) ? Number(baseAmount) : 4_000;
    const expiringMs = nowMs - graceSeconds * 1_000 + 300_000;
    const draft = {
      ...{ baseAsset, quoteAsset, side: one([0, 1] as const), cap: one([0, 0, 1] as const) },
      ...{ baseAmount, quoteAmount: BigInt(1 + below(most)) },
      maxFeeBps: mostly(100, 50, 9_000),
      epoch: mostly(epoch, 0n),
      expiresAtMs: mostly(4_000_000_000_000, expiringMs),
    };
    const key = below(2) === 0 ? this.#keyOf(owner, quoteAsset, expiringMs) : undefined;
    const order = signedOrder(this.#floor.world, owner, draft, key);
    this.orders.push(order);
    this.honest.add(order);
    return order;
  }

  /** One that the owner gave before, as a rule; limits are small, so that they are met. */
  #keyOf(owner: User, quoteAsset: string, expiringMs: number) {
    const { below, one, mostly } = this.#dice;
    const given = this.delegations.filter((each) => each.owner === owner);
    if (given.length > 0 && below(10) > 0) return one(given);
    const key = one(keys);
    const terms = {
      quoteAsset: mostly(quoteAsset, this.#floor.markets[0]?.[0] ?? quoteAsset),
      maxNotionalPerDay: BigInt(100 + below(1_500)),
      maxFeeBps: mostly(100, 20),
      epoch: this.#naive.epochs.get(owner.address)?.next ?? 0n,
      expiresAtMs: mostly(4_000_000_000_000, expiringMs),
    };
    const delegation = signedDelegation(this.#floor.world, { owner, key }, terms);
    this.delegations.push({ owner, key, delegation });
    return { owner, key, delegation };
  }

  /** An order that fits `maker`; the operator's own inventions now and then. */
  counter(maker: BatchOrder, kind: BatchFill['kind']): BatchOrder {
    const { below, one, mostly } = this.#dice;
    const { users, world } = this.#floor;
    const others = users.filter(({ address }) => address !== maker.signed.account);
    const owner = mostly(one(others), ...users);
    const { baseAsset, quoteAsset, side, baseAmount, quoteAmount } = maker.signed;
    const set = this.#naive.outcomes.get(baseAsset);
    const fitting =
      kind === 'trade' || !set
        ? { baseAsset, side: side === 0 ? (1 as const) : (0 as const), quoteAmount }
        : { baseAsset: set.complement, side, quoteAmount: restOf(maker.signed) };
    const epoch = this.#naive.epochs.get(owner.address)?.next ?? 0n;
    const draft = { quoteAsset, baseAmount, epoch, ...fitting };
    const key = below(3) === 0 ? this.#keyOf(owner, quoteAsset, 4_000_000_000_000) : undefined;
    const order = signedOrder(world, owner, draft, key);
    if (below(10) > 0) {
      this.honest.add(order);
      return order;
    }
    const change = one([{ baseAmount: baseAmount + 1n }, { maxFeeBps: 101 }, { epoch: 7n }]);
    if (below(2) === 0) return { ...order, signed: { ...order.signed, ...change } };
    const thief = users.find(({ address }) => address !== owner.address) ?? owner;
    return { ...order, signature: thief.sign(order.digest) };
  }

  /** Two that buy both outcomes mint them, two that sell them merge; a trade otherwise, or now and then what does not fit. */
  kindFor({ signed: { baseAsset, side } }: BatchOrder): BatchFill['kind'] {
    const { below, mostly } = this.#dice;
    if (!this.#naive.outcomes.has(baseAsset) || below(3) === 0) return mostly('trade', 'mint');
    return side === 0 ? mostly('mint', 'merge') : mostly('merge', 'trade');
  }

  /** Between two orders at the maker's price; or a bit beyond any of its limits. */
  fill(maker: BatchOrder, kind: BatchFill['kind']): Partial<BatchFill> {
    const { below, one, mostly } = this.#dice;
    const { baseAmount, quoteAmount, side } = maker.signed;
    const baseAtoms = baseAmount / BigInt(1 + below(4));
    const exact = baseAtoms * quoteAmount;
    const up = side === 1 ? (exact + baseAmount - 1n) / baseAmount : exact / baseAmount;
    const makerQuote = up + BigInt(mostly(0, 1, -1));
    const quoteAtoms = kind === 'trade' ? makerQuote : baseAtoms - makerQuote;
    const takerFeeAtoms = (quoteAtoms * BigInt(mostly(one([0, 40, 100]), 101, 600))) / 10_000n;
    const makerFeeAtoms = mostly(
      one([0n, -takerFeeAtoms, makerQuote / 300n]),
      -takerFeeAtoms - 1n,
      makerQuote / 50n,
    );
    const positive = (atoms: bigint) => (atoms < 0n ? 0n : atoms);
    const amounts = { baseAtoms, quoteAtoms: positive(quoteAtoms), makerFeeAtoms };
    const insured = one([undefined, undefined, undefined, undefined, 'maker', 'taker'] as const);
    return {
      ...{ kind, ...amounts, takerFeeAtoms: positive(takerFeeAtoms) },
      ...(insured ? { insured } : {}),
    };
  }
}

/** What is left of a set's worth, and a tenth of room for rounding: a buyer pays so much more, a seller takes so much less. */
function restOf({ baseAmount, quoteAmount, side }: BatchOrder['signed']): bigint {
  const rest = baseAmount - quoteAmount;
  const room = baseAmount / 10n;
  if (side === 0) return rest + room;
  return rest > room ? rest - room : 1n;
}
