/** Clients of a simulation: they place every kind of order, cancel, amend, arm switches, and repeat what they got no answer to. */
import type { OrderTerms } from '#domain/raw-order.ts';
import type { CommandRequest } from '#wire/matcher-api.ts';
import { leaseKeys } from '#wire/table-keys.ts';
import { formatTerms } from '#wire/terms.ts';
import { pause } from '../../containers/matcher/timers.ts';
import { address, base, digest, quote } from '../engine/trading-floor.ts';
import type { MatcherRun } from './matcher-run.ts';
import {
  type AnyRequest,
  groupId,
  market,
  type SimulatedWorld,
  tables,
  traders,
} from './simulated-world.ts';

type PlaceRequest = Extract<CommandRequest, { type: 'place' }>;
type Ordered = { commandId: string; by: string; why: string };

const selfTradeModes = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'] as const;
const states = ['open', 'auction', 'open', 'halted', 'auction', 'cancel_only', 'open'] as const;

/** How long a client waits for an answer before it asks again. */
const answerMs = 1_500;

export class Traders {
  #world: SimulatedWorld;
  #matchers: () => readonly MatcherRun[];
  #orders: PlaceRequest[] = [];
  #sent: AnyRequest[] = [];
  #ids = 0;

  constructor(world: SimulatedWorld, matchers: () => readonly MatcherRun[]) {
    this.#world = world;
    this.#matchers = matchers;
  }

  /** One wish of somebody. */
  act(): void {
    const what = this.#random(28);
    const trader = this.#pick(traders) ?? '';
    if (what < 14) {
      const order = this.#order(trader);
      // Some never arrive: their cancel, or their repetition, comes first.
      if (what > 0) this.#send(order);
    } else if (what < 17) this.#cancel(trader);
    else if (what < 19) {
      const again = this.#pick([...this.#orders.slice(-25), ...this.#sent.slice(-6)]);
      if (again) this.#send(again);
    } else if (what < 25) this.#send(this.#wide(trader, what));
    else this.#ask(trader, what);
  }

  #cancel(trader: string): void {
    const order = this.#pick(this.#orders.slice(-12));
    if (!order) return;
    const account = this.#random(8) ? order.order.account : address(trader);
    this.#send({ type: 'cancel', commandId: this.#freshId(), account, digest: order.digest });
  }

  #ask(trader: string, what: number): void {
    const matcher = this.#pick(this.#matchers());
    if (what === 25) matcher?.demand(address(trader), this.#random(2) ? 'USDC' : 'ETH');
    else matcher?.ask(address(trader));
  }

  /** What touches many orders, or one that rests, or a market. */
  #wide(trader: string, what: number): AnyRequest {
    const account = address(trader);
    const commandId = this.#freshId();
    if (what < 21) {
      const side = [undefined, 'buy' as const, 'sell' as const][this.#random(3)];
      return { type: 'cancel_all', commandId, account, ...(side ? { side } : {}) };
    }
    if (what < 22) {
      const afterMs = [0, 1_000, 1_000 + this.#random(9_000)][this.#random(3)] ?? 0;
      return { type: 'cancel_all_after', commandId, account, afterMs };
    }
    const order = this.#pick(this.#orders.slice(-12));
    if (what < 24 && order) {
      const newAmount = BigInt(1 + this.#random(30)) * 10n ** 18n;
      const owner = order.order.account;
      return { type: 'amend', commandId, account: owner, digest: order.digest, newAmount };
    }
    return this.#operation(account, { commandId, by: 'an operator', why: 'trouble' });
  }

  #operation(account: string, ordered: Ordered): AnyRequest {
    const fees = { makerFeeBps: this.#random(60) - 30, takerFeeBps: 30 + this.#random(20) };
    const tier = 1 + this.#random(2);
    switch (this.#random(6)) {
      case 0:
        return { type: 'define_fee_tier', ...ordered, tier, ...fees };
      case 1:
        return { type: 'assign_fee_tier', ...ordered, account, tier: this.#random(3) };
      case 2:
        return { type: 'list_market', ...ordered, market: { ...market, ...fees }, base, quote };
      default: {
        const state = this.#pick(states) ?? 'open';
        return { type: 'set_market_state', ...ordered, market: market.id, state };
      }
    }
  }

  #order(trader: string): PlaceRequest {
    const [isBuy, ticks, lots] = [this.#random(2) > 0, 97 + this.#random(7), 1 + this.#random(60)];
    const { spendUnits = 0, ...terms } = this.#attributes(isBuy);
    const nowMs = Math.floor(this.#world.time.clock.nowMs());
    const lifeMs = this.#random(3) ? 3_600_000 : 1_000 + this.#random(20_000);
    const number = this.#orders.length + 1;
    const request: PlaceRequest = {
      type: 'place',
      digest: digest(number),
      order: {
        account: address(trader),
        signer: address(trader),
        baseAsset: base.chainAsset,
        quoteAsset: quote.chainAsset,
        side: isBuy ? 0 : 1,
        cap: spendUnits > 0 ? 1 : 0,
        baseAmount:
          spendUnits > 0
            ? (BigInt(spendUnits) * 10n ** 18n) / BigInt(ticks)
            : BigInt(lots) * 10n ** 18n,
        quoteAmount: BigInt(spendUnits || lots * ticks) * 10n ** 6n,
        maxFeeBps: 50,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + lifeMs,
        epoch: 0n,
        salt: BigInt(number),
        terms: formatTerms({
          ...{ marketId: market.id, orderType: 'limit', timeInForce: 'gtc' },
          ...{ postOnly: false, selfTrade: 'expire_taker' },
          ...terms,
        }),
      },
      signature: `0x${'5a'.repeat(65)}`,
    };
    this.#orders.push(request);
    return request;
  }

  #attributes(isBuy: boolean): Partial<Omit<OrderTerms, 'marketId'>> & { spendUnits?: number } {
    const selfTrade = this.#pick(selfTradeModes) ?? 'expire_taker';
    const trigger = String(97 + this.#random(7));
    const replaces = this.#pick(this.#orders.slice(-12))?.digest;
    switch (this.#random(12)) {
      case 0:
        return { selfTrade, timeInForce: 'ioc' };
      case 1:
        return { selfTrade, timeInForce: 'fok' };
      case 2:
        return { postOnly: true };
      case 3:
        return { selfTrade, display: '3' };
      case 4:
        return { selfTrade, trigger, orderType: 'stop_limit' };
      case 5:
        return { selfTrade, trigger, orderType: 'take_profit_limit' };
      case 6:
        return { selfTrade, trigger, orderType: 'stop', timeInForce: 'ioc' };
      case 7:
        return { selfTrade, ...(replaces ? { replaces } : {}) };
      case 8:
        if (!isBuy) return { selfTrade, orderType: 'market', timeInForce: 'ioc' };
        return {
          ...{ selfTrade, orderType: 'market', timeInForce: 'ioc' },
          spendUnits: 100 + this.#random(3_000),
        };
      default:
        return { selfTrade };
    }
  }

  #send(request: AnyRequest): void {
    this.#sent.push(request);
    void this.#askUntilTold(request);
  }

  /** Requests and answers get lost, come late, or come twice; the same request is sent again, maybe to another matcher. */
  async #askUntilTold(request: AnyRequest): Promise<void> {
    const { timers } = this.#world.time;
    for (let tries = 1 + this.#random(4); tries > 0; tries -= 1) {
      const matcher = this.#target();
      const told = await Promise.race([
        matcher ? this.#exchange(matcher, request) : undefined,
        pause(timers, answerMs),
      ]);
      if (told) return;
      await pause(timers, this.#random(1_000));
    }
  }

  async #exchange(matcher: MatcherRun, request: AnyRequest): Promise<boolean | undefined> {
    const { time, weather } = this.#world;
    const isBad = () => this.#random(100) < weather.faultsPerHundred;
    await pause(time.timers, this.#random(weather.latencyMs));
    if (isBad()) return undefined;
    if (isBad()) time.timers.after(this.#random(4_000), () => void matcher.execute(request));
    const result = await matcher.execute(request);
    if (!result || isBad()) return undefined;
    return !(result.status === 'refused' && result.code === 'busy');
  }

  /** Most look who leads; some ask whom they knew. */
  #target(): MatcherRun | undefined {
    const matchers = this.#matchers();
    const row = this.#world.leaseTable.item(tables.lease, leaseKeys.lease(groupId));
    const owner = matchers.find(({ process }) => process.name === row?.['owner']);
    return this.#random(8) > 0 && owner ? owner : this.#pick(matchers);
  }

  /** A command's id that none had before. */
  #freshId(): string {
    this.#ids += 1;
    return `0x${'c0'.repeat(8)}${this.#ids.toString(16).padStart(48, '0')}`;
  }

  #random(below: number): number {
    return this.#world.random(below);
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#random(from.length)];
  }
}
