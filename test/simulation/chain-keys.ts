/**
 * Session keys of the chain's simulation: their owners give them leave, by signature or on the chain, and take it back at any moment,
 * here or there. What an owner forgot his keys may still believe in.
 */
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { ordersEnder } from '#cloud/guard-tasks.ts';
import { createSigningRights } from '#cloud/signing-rights.ts';
import { delegationJson } from '#wire/delegation-body.ts';
import type { SignedDelegation } from '#wire/eip712.ts';
import { type AllowedMarket, allMarkets, marketsRootOf } from '#wire/market-tree.ts';
import { registerDelegation } from '../../functions/delegations/register-delegation.ts';
import { User } from '../contracts/chain-world.ts';
import type { Work } from './chain-users.ts';
import type { Reach } from './chain-workers.ts';
import { atomsOf, type ChainSimulationWorld, tables } from './chain-world.ts';

export type Leave = {
  key: User;
  digest: string;
  signed: SignedDelegation;
  markets: AllowedMarket[];
  /** On the chain: the owner's word is there, and no signature. */
  isOnChain: boolean;
};

const hourMs = 3_600_000;
/** Of one owner: then he revokes more than he gives. */
const leavesAtMost = 6;

export class ChainKeys {
  readonly counts = { delegations: 0, revocations: 0 };
  #world: ChainSimulationWorld;
  #keys = new Map<string, User>();
  #leaves: Leave[] = [];
  #limits = new Map<string, bigint>();

  constructor(world: ChainSimulationWorld) {
    this.#world = world;
  }

  /** One that the owner's key tries to trade by: registered or not, revoked or not. */
  some(owner: User): Leave | undefined {
    const own = this.#of(owner);
    return own[this.#world.random(Math.max(1, own.length))];
  }

  maxNotionalOf(digest: string): bigint {
    return this.#limits.get(digest) ?? 0n;
  }

  /** A new one, or another attempt at registering an older one: what the chain has said of it may be final by now. */
  async delegate(owner: User, epoch: bigint): Promise<Work> {
    const again = this.some(owner);
    const isOld = again !== undefined && (this.#of(owner).length >= leavesAtMost || this.#one(2));
    const leave = isOld ? again : await this.#sign(owner, epoch);
    return { name: 'delegations', work: (reach) => this.#register(reach, owner, leave) };
  }

  /** On the chain, as a rule; or by asking the exchange. */
  async revoke(owner: User): Promise<Work | undefined> {
    const leave = this.some(owner);
    if (!leave) return undefined;
    const { node, time } = this.#world;
    const { digest } = leave;
    this.counts.revocations += 1;
    // Its key goes on for as long as it is let.
    if (this.#one(3)) this.#leaves = this.#leaves.filter((each) => each !== leave);
    if (this.#world.random(4) > 0) {
      await node.ask(owner.address, 'revoke', [digest]);
      return undefined;
    }
    const work = async (reach: Reach) => {
      const where = this.#where(reach);
      const account = owner.address;
      await createDelegationStore(where).revoke({ account, digest, atMs: this.#world.nowMs() });
      await ordersEnder(where, time.clock)(account, digest);
    };
    return { name: 'revocations', work };
  }

  async #sign(owner: User, epoch: bigint): Promise<Leave> {
    const { node } = this.#world;
    const account = owner.address;
    const key = this.#keys.get(account) ?? new User(`simulated key of ${account}`);
    this.#keys.set(account, key);
    const quote = this.#world.asset('USDC');
    const listed = [...this.#world.markets.values()].map(({ base }) => ({
      base: base.chainAsset,
      quote: quote.chainAsset,
    }));
    const markets = this.#one(2) ? [] : listed.slice(this.#world.random(listed.length));
    this.counts.delegations += 1;
    const nowMs = this.#world.nowMs();
    const signed: SignedDelegation = {
      ...{ account, sessionKey: key.address, quoteAsset: quote.chainAsset },
      // So little that some of its orders pass it.
      maxNotionalPerDay: BigInt(300 + this.#world.random(2_000)) * atomsOf(quote),
      ...{ maxFeeBps: this.#one(6) ? 400 : 500 },
      marketsRoot: markets.length === 0 ? allMarkets : marketsRootOf(markets),
      ...{ createdAtMs: nowMs, expiresAtMs: nowMs + (this.#one(3) ? hourMs : 100 * hourMs) },
      ...{ epoch, salt: BigInt(this.counts.delegations) },
    };
    const leave: Leave = {
      ...{ key, signed, markets, isOnChain: this.#one(4) },
      digest: node.world.digests.delegation(signed),
    };
    this.#leaves.push(leave);
    this.#limits.set(leave.digest, signed.maxNotionalPerDay);
    if (leave.isOnChain) {
      const values = { ...signed, quoteAsset: BigInt(signed.quoteAsset) };
      await node.ask(account, 'registerDelegation', [values]);
    }
    return leave;
  }

  async #register(reach: Reach, owner: User, leave: Leave): Promise<void> {
    const { node, time } = this.#world;
    const where = this.#where(reach);
    const { signed, markets, digest } = leave;
    const word = leave.isOnChain ? { registered: true } : { signature: owner.sign(digest) };
    const body = {
      ...{ delegation: delegationJson(signed), ...word },
      ...(markets.length === 0 ? {} : { markets }),
    };
    const request = { requestId: 'one', path: {}, query: {}, headers: {}, body };
    await registerDelegation(request, {
      store: createDelegationStore(where),
      rights: createSigningRights({ ...where, clock: time.clock }),
      ...{ digestOf: node.world.digests, clock: time.clock },
    });
  }

  #where(reach: Reach) {
    return { client: this.#world.tablesBy(reach), table: tables.chainTable };
  }

  #of({ address }: User): Leave[] {
    return this.#leaves.filter(({ signed }) => signed.account === address);
  }

  #one(of: number): boolean {
    return this.#world.random(of) === 0;
  }
}
