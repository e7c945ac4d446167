/** Who deposits, trades and withdraws in the chain's simulation: every word of theirs is signed, every coin is on the chain. */

import { units } from '#domain/amount.ts';
import type { PlaceOrder, SignedOrder } from '#domain/command.ts';
import type { SignedWithdraw } from '#wire/eip712.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { requestWithdrawal } from '../../functions/withdrawals/request-withdrawal.ts';
import { delaySeconds, type User } from '../contracts/chain-world.ts';
import type { ChainExchange } from './chain-exchange.ts';
import { ChainKeys } from './chain-keys.ts';
import type { TokenName } from './chain-node.ts';
import type { Reach } from './chain-workers.ts';
import { atomsOf, type ChainSimulationWorld, tables } from './chain-world.ts';
import type { TradingGroup } from './trading-group.ts';

const selfTradeModes = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'] as const;
const symbols: readonly TokenName[] = ['ETH', 'USDC', 'BTC'];
const dayMs = 86_400_000;
const withdrawalTerms = {
  newRecipientDelayMs: 0,
  deadlineAtLeastMs: 1_000,
  deadlineAtMostMs: dayMs,
  limits: Object.fromEntries(
    symbols.map((id) => [id, { perDay: '1000000', reviewFrom: '900000' }]),
  ),
};

/** In units of each asset, a lot being one of ETH or BTC for a hundred of USDC: so little that what is earned is needed again. */
const perDeposit: Record<TokenName, number> = { ETH: 24, USDC: 2_400, BTC: 24 };

export type Work = { name: string; work: (reach: Reach) => Promise<unknown> };

export class ChainUsers {
  readonly counts = {
    deposits: 0,
    orders: 0,
    delegated: 0,
    withdrawals: 0,
    acts: 0,
    gifts: 0,
    frozenExits: 0,
  };
  readonly keys: ChainKeys;
  #epochs = new Map<string, bigint>();
  #world: ChainSimulationWorld;
  #exchange: ChainExchange;
  #salt = 0n;

  constructor(world: ChainSimulationWorld, exchange: ChainExchange) {
    this.#world = world;
    this.#exchange = exchange;
    this.keys = new ChainKeys(world);
  }

  /** Everybody begins with something, and insurance with more. */
  async begin(): Promise<void> {
    const { node } = this.#world;
    for (const user of node.users)
      for (const symbol of symbols) if (this.#random(2)) await this.#deposit(user, symbol);
    for (const symbol of symbols) await this.#deposit(node.world.places.insurance, symbol, 50);
  }

  /** Something that one of them wants; what of it takes calls is answered as a process. */
  async act(): Promise<Work | undefined> {
    const what = this.#random(26);
    const user = this.#pick(this.#world.node.users);
    const group = this.#pick(this.#world.groups);
    if (what < 13) return this.#order(user, group);
    if (what === 13) await this.#deposit(user, this.#pick(symbols));
    else if (what === 14) group.cancelOne(user.address, this.#random(100));
    else if (what === 15 && this.#random(3) === 0) group.cancelAll(user.address);
    else if (what < 18) group.giveBack(user.address, this.#pick(symbols));
    else if (what === 18 && this.#random(3) === 0) group.takeOver();
    else if (what === 19) return this.#withdraw(user);
    else if (what === 22) return this.keys.delegate(user, this.#epochOf(user));
    else if (what === 23 && this.#random(2)) return this.keys.revoke(user);
    else if (what === 24) await this.#feedExit(user);
    else if (what === 25 && this.#random(3) === 0) return this.#gift(user);
    else if (what > 19 && this.#random(2)) await this.#takeBack(user, group);
    return undefined;
  }

  /** On the chain, past the exchange: an order, all orders, or funds. */
  async #takeBack(user: User, group: TradingGroup): Promise<void> {
    const { node } = this.#world;
    const what = this.#random(4);
    this.counts.acts += 1;
    if (what === 0) {
      const orders = group.engine.ordersOf(user.address);
      if (orders.length > 0) await node.ask(user.address, 'cancel', [this.#pick(orders).digest]);
    } else if (what === 1) {
      await node.ask(user.address, 'bumpEpoch', []);
      this.#epochs.set(user.address, this.#epochOf(user) + 1n);
    } else {
      const symbol = this.#pick(symbols);
      const asset = this.#world.asset(symbol);
      const atoms = (atomsOf(asset) * BigInt(1 + this.#random(4_000))) / 100n;
      await node.ask(user.address, 'requestWithdraw', [BigInt(node.tokens[symbol]), atoms]);
    }
  }

  #gift({ address: account }: User): Work {
    this.counts.gifts += 1;
    const operationId = `gift:${this.counts.gifts}`;
    const gift = { account, asset: this.#pick(symbols), units: units(1 + this.#random(4)) };
    return { name: 'gifts', work: (reach) => this.#exchange.give(reach, { operationId, ...gift }) };
  }

  /** What comes in while an exit may take all of it at any moment: whoever sells it as well has it twice. */
  async #feedExit(user: User): Promise<void> {
    const effectiveMs = this.#world.chainMs - delaySeconds * 1_000;
    for (const act of await this.#world.acts()) {
      if (act.type !== 'exit_requested' || act.account !== user.address) continue;
      const asset = [...this.#world.assets.values()].find(
        ({ chainAsset }) => chainAsset === act.chainAsset,
      );
      if (asset && act.requestedAtMs < effectiveMs)
        await this.#deposit(user, asset.id as TokenName);
    }
  }

  /** Anybody may end an exit whose time has come; what has not come yet reverts. `one`: of so many. */
  async endExits(one = 1): Promise<void> {
    const { node } = this.#world;
    for (const act of await this.#world.acts()) {
      if (act.type !== 'exit_requested' || this.#random(one) > 0) continue;
      const isGivenUp = this.#random(6) === 0;
      const name = isGivenUp ? 'abandonWithdraw' : 'finalizeWithdraw';
      await node.ask(act.account, name, [act.exitId]);
    }
  }

  /** Somebody asks for what is his. */
  async insist(): Promise<string> {
    const { node } = this.#world;
    const user = this.#pick(node.users);
    this.counts.acts += 1;
    await node.ask(user.address, 'requestWithdraw', [BigInt(node.tokens[this.#pick(symbols)]), 1n]);
    return user.address;
  }

  /** Some leave a frozen vault with all that they have there; who has nothing reverts. */
  async leaveFrozen(): Promise<void> {
    const { node } = this.#world;
    for (const { address } of node.users)
      for (const symbol of symbols) {
        if (this.#random(2)) continue;
        this.counts.frozenExits += 1;
        await node.ask(address, 'exitFrozen', [address, BigInt(node.tokens[symbol])]);
      }
  }

  /** Nobody wants anything any more: what is free comes home. */
  stop(): void {
    for (const group of this.#world.groups)
      for (const { address } of this.#world.node.users) {
        group.cancelAll(address);
        for (const symbol of symbols) group.giveBack(address, symbol);
      }
  }

  /** Of whole units and some dust, as it comes. */
  async #deposit(user: User, symbol: TokenName, times = 1): Promise<void> {
    const { node } = this.#world;
    const perUnit = atomsOf(this.#world.asset(symbol));
    const whole = BigInt(times * (1 + this.#random(perDeposit[symbol])));
    const dust = this.#random(2) === 0 ? 0n : (perUnit * BigInt(1 + this.#random(999))) / 1_000n;
    const values = [BigInt(node.tokens[symbol]), whole * perUnit + dust, user.address];
    this.counts.deposits += 1;
    await node.ask(user.address, 'deposit', values);
  }

  #order(user: User, group: TradingGroup): Work | undefined {
    const base = this.#world.marketBase(group.groupId).id as TokenName;
    // What he can pay for, as a rule: of what he has just earned, too.
    const canSell = this.#unitsOf(user, base) > 0;
    const canBuy = this.#unitsOf(user, 'USDC') > 100;
    if (!canSell && !canBuy && this.#random(8)) return undefined;
    const sells = canSell && (!canBuy || this.#random(2) === 0);
    const most = sells ? this.#unitsOf(user, base) : this.#unitsOf(user, 'USDC') / 101;
    const sizeLots = 1 + this.#random(Math.max(1, Math.min(8, Math.floor(most))));
    const order = this.#signed(user, group, { side: sells ? 'sell' : 'buy', sizeLots });
    this.counts.orders += 1;
    return { name: 'orders', work: (reach) => this.#enter(reach, group, order) };
  }

  async #enter(reach: Reach, group: TradingGroup, signed: PlaceOrder): Promise<void> {
    if (!this.#exchange.guarding.isListening) return;
    const order = await this.#exchange.door.letIn(signed);
    if (!order) return;
    if (order.delegation) this.counts.delegated += 1;
    const lack = group.engine.shortfall(order);
    if (lack.units === 0) group.apply({ ...order, nowMs: this.#world.nowMs() });
    else await this.#fund(reach, group, order, lack);
  }

  #signed(
    user: User,
    group: TradingGroup,
    { side, sizeLots }: { side: 'buy' | 'sell'; sizeLots: number },
  ): PlaceOrder {
    const base = this.#world.marketBase(group.groupId);
    const quote = this.#world.asset('USDC');
    const limitTicks = 99 + this.#random(3);
    // A key may go on with a leave that its owner has taken back: the door knows.
    const leave = this.#random(2) ? this.keys.some(user) : undefined;
    const signer = leave?.key ?? user;
    const plain = group.placing({
      ...{ account: user.address, marketId: `${base.id}-USDC`, side, limitTicks, sizeLots },
      timeInForce: this.#random(5) ? 'gtc' : 'ioc',
      selfTrade: this.#pick(selfTradeModes),
    });
    this.#salt += 1n;
    const signed: SignedOrder = {
      ...{ account: user.address, signer: signer.address },
      ...{ baseAsset: base.chainAsset, quoteAsset: quote.chainAsset },
      ...{ side: side === 'buy' ? 0 : 1, cap: 0, maxFeeBps: 500 },
      baseAmount: BigInt(sizeLots) * atomsOf(base),
      quoteAmount: BigInt(sizeLots * limitTicks) * atomsOf(quote),
      createdAtMs: plain.createdAtMs,
      expiresAtMs: Math.min(plain.expiresAtMs, leave?.signed.expiresAtMs ?? plain.expiresAtMs),
      ...{
        epoch: this.#epochOf(user),
        salt: this.#salt,
        terms: `${base.id}-USDC limit gtc`,
      },
    };
    const digest = this.#world.node.world.digests.order(signed);
    const signature = signer.sign(digest).toLowerCase();
    const { expiresAtMs } = signed;
    return { ...plain, expiresAtMs, commandId: digest, maxFeeBps: 500, signed, signature };
  }

  /** As what he signs: at least what the chain says of him. */
  #epochOf({ address }: User): bigint {
    return this.#epochs.get(address) ?? 0n;
  }

  /** Gets an order what it lacks, or a chunk of it; whoever dies between leaves a grant that is pending. */
  async #fund(
    reach: Reach,
    group: TradingGroup,
    order: PlaceOrder,
    lack: { asset: string; units: number },
  ): Promise<void> {
    const { account } = order;
    const more = this.#random(2) ? 0 : this.#random(200);
    const outcome = await this.#exchange.ledger(reach).grant({
      ...{ account, asset: lack.asset, groupId: group.groupId },
      ...{ least: units(lack.units), most: units(lack.units + more) },
      atMs: this.#world.nowMs(),
    });
    if (outcome.status === 'balance_too_low') {
      // Another group's free credit is called back; the order comes no more.
      for (const each of this.#world.groups) each.giveBack(account, lack.asset);
      return;
    }
    // Its frame may be lost, or this process: then a sweep submits it.
    if (this.#random(8) === 0) return;
    group.grant(outcome.grant);
    group.apply({ ...order, nowMs: this.#world.nowMs() });
  }

  #withdraw(user: User): Work {
    const { node } = this.#world;
    // Of USDC more often: who both spent and earned of it owes the vault a batch before it pays.
    const symbol = this.#random(2) ? 'USDC' : this.#pick(symbols);
    // All that is free, as a rule: what was earned a moment ago and is in no batch yet is among it.
    const all = this.#unitsOf(user, symbol);
    const whole = this.#random(3) && all > 0 ? all : 1 + this.#random(perDeposit[symbol]);
    for (const group of this.#world.groups) {
      if (this.#random(4) === 0) group.cancelAll(user.address);
      group.giveBack(user.address, symbol);
    }
    const amount = BigInt(whole) * atomsOf(this.#world.asset(symbol));
    this.counts.withdrawals += 1;
    const withdraw: SignedWithdraw = {
      ...{ account: user.address, asset: this.#world.asset(symbol).chainAsset, amount },
      ...{ recipient: user.address, afterBatch: 0n, withdrawalId: BigInt(this.counts.withdrawals) },
      deadlineMs: this.#world.nowMs() + 20_000 + this.#random(600_000),
    };
    const signature = user.sign(node.world.digests.withdraw(withdraw));
    const names = ['amount', 'afterBatch', 'withdrawalId'] as const;
    const texts = Object.fromEntries(names.map((name) => [name, String(withdraw[name])]));
    const body = { withdraw: { ...withdraw, ...texts }, signature };
    return { name: 'withdrawals', work: (reach) => this.#ask(reach, body) };
  }

  /** What is available, and what engines have of it. */
  #unitsOf({ address }: User, symbol: TokenName): number {
    const { table, groups } = this.#world;
    const item = table.item(tables.ledgerTable, ledgerKeys.balance(address, symbol));
    const lent = groups.map(({ engine }) => {
      const line = engine.creditOf(address).find(({ asset }) => asset === symbol);
      return (line?.freeUnits ?? 0) + (line?.heldUnits ?? 0);
    });
    return lent.reduce((sum, each) => sum + each, Number(item?.['available'] ?? 0n));
  }

  #ask(reach: Reach, body: object) {
    const { vault, exchange } = this.#world.node.world.places;
    const { chain: _, ...ports } = this.#exchange.payouts(reach);
    const request = { requestId: 'one', path: {}, query: {}, headers: {}, body };
    return requestWithdrawal(request, {
      ...ports,
      ledger: this.#exchange.ledger(reach),
      assets: async () => [...this.#world.assets.values()],
      digestOf: this.#world.node.world.digests,
      ...{ contracts: [vault, exchange], terms: withdrawalTerms },
    });
  }

  #random(below: number): number {
    return this.#world.random(below);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)] as T;
  }
}
