/** A small market and the commands of its traders, for tests of any engine: one lot is one unit of ETH, one tick one unit of USDC. */
import type { Asset } from '#domain/asset.ts';
import type { Command, PlaceOrder, SignedOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { type Market, type MarketState, noProtections } from '#domain/market.ts';
import { drive } from '../../containers/matcher/engine/drive.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';

export const base: Asset = { id: 'ETH', decimals: 0, chainDecimals: 18, chainAsset: '0xaa' };
export const quote: Asset = { id: 'USDC', decimals: 0, chainDecimals: 6, chainAsset: '0xbb' };

/** Every number is 1 and there are no fees, so that a case shows only what it is about. */
export const plainMarket: Market = {
  id: 'ETH-USDC',
  groupId: 'main',
  baseUnitsPerLot: 1,
  quoteUnitsPerTickLot: 1,
  minSizeLots: 1,
  minNotionalUnits: 1,
  makerFeeBps: 0,
  takerFeeBps: 0,
  ...noProtections,
  state: 'open',
};

/** An address that reads as its trader: "alice" is 0x616c696365 and zeros. */
export function address(name: string): string {
  const hex = [...name].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return `0x${hex.padEnd(40, '0')}`;
}

/** The digest of the nth order of a test. */
export const digest = (number: number): string => `0x${number.toString(16).padStart(64, '0')}`;

/** Who orders what operators order, in tests. */
export const ordered = { by: 'operator', why: 'a test' };

export const startMs = 1_000_000;

/** What a case says of an order; the rest is filled in. */
export type Placing = Partial<
  Omit<PlaceOrder, 'type' | 'amounts' | 'signed' | 'signature' | 'account'>
> &
  Partial<Omit<PlaceOrder['amounts'], 'misfit'>> & {
    account?: string;
    misfit?: PlaceOrder['amounts']['misfit'] | undefined;
  };

/** Drives one engine: numbers the commands, keeps the clock and every event. */
export class TradingFloor {
  readonly engine: Engine;
  readonly commands: Command[] = [];
  readonly events: EngineEvent[] = [];
  nowMs = startMs;
  #orders = 0;

  constructor(engine: Engine, market: Partial<Market> = {}) {
    this.engine = engine;
    this.list(market);
  }

  /** Drives a command, checks every invariant, and answers its events: from its own answer on, with those of its continues. */
  apply(command: Command): EngineEvent[] {
    const events = this.applyUnchecked(command);
    this.engine.validate();
    return events;
  }

  /** The same without the check, which reads the whole state: for setting up by the thousand. */
  applyUnchecked(command: Command): EngineEvent[] {
    let answer: EngineEvent[] = [];
    const { engine } = this;
    drive(command, {
      engine,
      newCommandId: () => this.id(),
      apply: (each) => {
        if (each === command) answer = [];
        answer.push(...this.#applyOne(each));
      },
    });
    return answer;
  }

  #applyOne(command: Command): EngineEvent[] {
    const events: EngineEvent[] = [];
    this.commands.push(command);
    this.engine.apply(command, (event) => events.push(event));
    this.events.push(...events);
    return events;
  }

  /** An id that no command had before. */
  id(): string {
    return `command-${this.commands.length + 1}`;
  }

  list(market: Partial<Market> = {}): EngineEvent[] {
    return this.apply({
      type: 'list_market',
      commandId: this.id(),
      nowMs: this.nowMs,
      market: { ...plainMarket, ...market },
      base,
      quote,
      ...ordered,
    });
  }

  grant(account: string, asset: 'ETH' | 'USDC', units: number): EngineEvent[] {
    const last = this.engine.creditOf(account).find((line) => line.asset === asset);
    const grantNumber = (last?.grantNumber ?? 0) + 1;
    const { nowMs } = this;
    const commandId = `grant:${account}:${asset}:${grantNumber}`;
    return this.apply({
      type: 'grant',
      commandId,
      nowMs,
      account,
      asset,
      grantNumber,
      units,
      clock: 0,
    });
  }

  giveBack(account: string, asset: 'ETH' | 'USDC', units: number): EngineEvent[] {
    return this.apply({
      type: 'return',
      commandId: this.id(),
      nowMs: this.nowMs,
      account,
      asset,
      units,
    });
  }

  /** A GTC limit buy of one lot at 100 by alice, unless the case says otherwise. */
  placing(placing: Placing = {}): PlaceOrder {
    const { limitTicks = 100, sizeLots, spendUnits = 0, misfit, ...rest } = placing;
    const { triggerTicks = 0, displayLots = 0, ...given } = rest;
    const size = sizeLots ?? (spendUnits ? 0 : 1);
    const amounts = { limitTicks, sizeLots: size, spendUnits, triggerTicks, displayLots };
    this.#orders += 1;
    const command = {
      type: 'place' as const,
      commandId: digest(this.#orders),
      nowMs: this.nowMs,
      account: address('alice'),
      marketId: plainMarket.id,
      side: 'buy' as const,
      orderType: 'limit' as const,
      timeInForce: 'gtc' as const,
      postOnly: false,
      selfTrade: 'expire_taker' as const,
      cap: spendUnits ? ('quote' as const) : ('base' as const),
      amounts: misfit ? { ...amounts, misfit } : amounts,
      maxFeeBps: 10_000,
      createdAtMs: this.nowMs,
      expiresAtMs: this.nowMs + 86_400_000,
      signature: `0x${'00'.repeat(65)}`,
      ...given,
    };
    return { ...command, signed: unread(command) };
  }

  place(placing: Placing = {}): EngineEvent[] {
    return this.apply(this.placing(placing));
  }

  cancel(orderDigest: string, account = address('alice')): EngineEvent[] {
    const { nowMs } = this;
    return this.apply({
      type: 'cancel',
      commandId: this.id(),
      nowMs,
      account,
      digest: orderDigest,
    });
  }

  amend(
    orderDigest: string,
    to: { sizeLots?: number; spendUnits?: number },
    account = address('alice'),
  ): EngineEvent[] {
    const { nowMs } = this;
    const of = { commandId: this.id(), nowMs, account, digest: orderDigest };
    return this.apply({ type: 'amend', ...of, sizeLots: 0, spendUnits: 0, ...to });
  }

  cancelAll(
    account = address('alice'),
    of: { marketId?: string; side?: 'buy' | 'sell' } = {},
  ): EngineEvent[] {
    const { nowMs } = this;
    return this.apply({ type: 'cancel_all', commandId: this.id(), nowMs, account, ...of });
  }

  cancelAllAfter(afterMs: number, account = address('alice')): EngineEvent[] {
    const { nowMs } = this;
    return this.apply({
      type: 'cancel_all_after',
      commandId: this.id(),
      nowMs,
      account,
      afterMs,
    });
  }

  setState(state: MarketState, marketId = plainMarket.id): EngineEvent[] {
    const { nowMs } = this;
    return this.apply({
      type: 'set_market_state',
      commandId: this.id(),
      nowMs,
      marketId,
      state,
      ...ordered,
    });
  }

  defineFeeTier(tier: number, makerFeeBps: number, takerFeeBps: number): EngineEvent[] {
    const { nowMs } = this;
    const rates = { tier, makerFeeBps, takerFeeBps };
    return this.apply({
      type: 'define_fee_tier',
      commandId: this.id(),
      nowMs,
      ...rates,
      ...ordered,
    });
  }

  assignFeeTier(tier: number, account = address('alice')): EngineEvent[] {
    const { nowMs } = this;
    return this.apply({
      type: 'assign_fee_tier',
      commandId: this.id(),
      nowMs,
      account,
      tier,
      ...ordered,
    });
  }

  tick(laterMs = 0): EngineEvent[] {
    this.nowMs += laterMs;
    return this.apply({ type: 'tick', commandId: this.id(), nowMs: this.nowMs });
  }

  credit(account: string, asset: 'ETH' | 'USDC'): { freeUnits: number; heldUnits: number } {
    const line = this.engine.creditOf(account).find((each) => each.asset === asset);
    return { freeUnits: line?.freeUnits ?? 0, heldUnits: line?.heldUnits ?? 0 };
  }
}

/** The signed struct of a placement: the engine carries it and never reads it. */
function unread(command: Omit<PlaceOrder, 'signed'>): SignedOrder {
  return {
    account: command.account,
    signer: command.account,
    baseAsset: base.chainAsset,
    quoteAsset: quote.chainAsset,
    side: command.side === 'buy' ? 0 : 1,
    cap: command.cap === 'base' ? 0 : 1,
    baseAmount: 0n,
    quoteAmount: 0n,
    maxFeeBps: command.maxFeeBps,
    createdAtMs: command.createdAtMs,
    expiresAtMs: command.expiresAtMs,
    epoch: 0n,
    salt: 0n,
    terms: '',
  };
}

/** The code of a refused command; undefined where it was accepted. */
export function codeOf(events: EngineEvent[]): string | undefined {
  const [first] = events;
  return first?.type === 'refused' ? first.code : undefined;
}
