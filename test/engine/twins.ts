/** Two engines that are told the same and must say the same: every event, every hash, every view. */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Asset } from '#domain/asset.ts';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { assetsOf, type Market } from '#domain/market.ts';
import type { Engine, EngineCredit, LevelChange } from '../../containers/matcher/engine/engine.ts';
import {
  type Crowd,
  type Deed,
  marketIds,
  type Place,
  type Story,
  type Sweep,
  traders,
} from './random-story.ts';
import { digest, plainMarket, startMs } from './trading-floor.ts';

const noAmounts = { limitTicks: 0, sizeLots: 0, spendUnits: 0, triggerTicks: 0, displayLots: 0 };
const signed = { signature: `0x${'00'.repeat(65)}`, signed: {} as PlaceOrder['signed'] };

export class Twins {
  readonly #engine: Engine;
  readonly #naive: Engine;
  readonly #commands: Command[] = [];
  readonly #grants = new Map<string, number>();
  readonly #terms = new Map<string, Market>();
  #nowMs = startMs;

  constructor(engine: Engine, naive: Engine) {
    this.#engine = engine;
    this.#naive = naive;
    for (const marketId of marketIds) {
      const changes = { minSizeLots: 2, minNotionalUnits: 150, makerFeeBps: 20, takerFeeBps: 50 };
      this.#apply(this.#listing({ marketId, changes, baseDecimals: 0, quoteDecimals: 0 }));
    }
    for (const account of traders) {
      this.#apply(this.#grant({ account, asset: 'ETH', units: 150, again: false }));
      this.#apply(this.#grant({ account, asset: 'BTC', units: 2_000, again: false }));
      this.#apply(this.#grant({ account, asset: 'USDC', units: 9_000, again: false }));
    }
  }

  /** Lives a story through and compares after every deed. */
  live({ crowds, sweeps, deeds }: Story): void {
    for (const each of crowds) this.#gather(each);
    for (const each of sweeps) this.#sweep(each);
    for (const { deed, laterMs } of deeds) {
      this.#nowMs += laterMs;
      this.#apply(this.#commandOf(deed));
      this.compare();
    }
  }

  #commandOf(deed: Deed): Command {
    switch (deed.type) {
      case 'place':
        return this.#placing(deed);
      case 'cancel': {
        const order = this.#placed(deed.nth, deed.isLive);
        const account = deed.stranger ?? order?.account ?? traders[0] ?? '';
        const { nowMs, commandId } = this.#next();
        return { type: 'cancel', nowMs, commandId, account, digest: order?.commandId ?? 'none' };
      }
      case 'grant':
        return this.#grant(deed);
      case 'return':
        return { ...deed, ...this.#next() };
      case 'list':
        return this.#listing(deed);
      case 'repeat': {
        const command = this.#commands[deed.nth % this.#commands.length] as Command;
        return { ...command, nowMs: this.#nowMs };
      }
      case 'tick':
        return { type: 'tick', ...this.#next() };
    }
  }

  #next(): { commandId: string; nowMs: number } {
    return { commandId: digest(this.#commands.length + 1), nowMs: this.#nowMs };
  }

  #placed(nth: number, isLive: boolean): PlaceOrder | undefined {
    const placed = this.#commands
      .filter((command) => command.type === 'place')
      .filter(({ commandId }) => !isLive || this.#engine.order(commandId)?.status === 'open');
    return placed[nth % Math.max(placed.length, 1)];
  }

  /** The nth command's id, with the time of signing where an order has it. */
  #known(nth: number): { commandId: string; createdAtMs?: number } | undefined {
    const command = this.#commands[nth];
    const isOrder = (other: Command) =>
      other.type === 'place' && other.commandId === command?.commandId;
    return this.#commands.filter((other) => other.type === 'place').findLast(isOrder) ?? command;
  }

  #placing(deed: Omit<Place, 'type'>): PlaceOrder {
    const { commandId, nowMs } = this.#next();
    const known = deed.reuses === undefined ? undefined : this.#known(deed.reuses);
    const { account, marketId, side, kind, clientOrderId, maxFeeBps, misfit } = deed;
    const byMoney = kind.startsWith('money');
    const isLimit = kind === 'gtc' || kind === 'ioc' || kind === 'money_limit';
    const amounts = {
      limitTicks: deed.limitTicks,
      sizeLots: byMoney && kind !== 'money_size' ? 0 : deed.sizeLots,
      spendUnits: byMoney ? deed.spendUnits : 0,
      triggerTicks: 0,
      displayLots: 0,
    };
    return {
      type: 'place',
      commandId: known?.commandId ?? commandId,
      nowMs,
      account,
      marketId,
      side: kind === 'money' ? 'buy' : kind === 'money_sell' ? 'sell' : side,
      orderType: isLimit ? 'limit' : 'market',
      timeInForce: kind === 'gtc' ? 'gtc' : 'ioc',
      cap: byMoney ? 'quote' : 'base',
      postOnly: false,
      selfTrade: 'expire_taker',
      amounts: misfit ? { ...noAmounts, misfit } : amounts,
      maxFeeBps,
      // A digest covers the time of signing, so the two come again together.
      createdAtMs: known?.createdAtMs ?? nowMs + deed.signedMs,
      expiresAtMs: nowMs + deed.livesMs,
      ...(clientOrderId === undefined ? {} : { clientOrderId }),
      ...signed,
    };
  }

  #grant(deed: { account: string; asset: string; units: number; again: boolean }): Command {
    const { account, asset, units } = deed;
    const last = this.#grants.get(`${account} ${asset}`) ?? 0;
    const grantNumber = deed.again && last > 0 ? last : last + 1;
    return { type: 'grant', ...this.#next(), account, asset, grantNumber, units, clock: 0 };
  }

  #listing(
    deed: Omit<Extract<Deed, { type: 'list' }>, 'type' | 'changes'> & { changes: Partial<Market> },
  ): Command {
    const { marketId, changes, baseDecimals, quoteDecimals } = deed;
    const names = assetsOf(marketId);
    const market = { ...(this.#terms.get(marketId) ?? plainMarket), ...changes, id: marketId };
    const asset = (id: string, decimals: number): Asset => {
      return { id, decimals, chainDecimals: 18, chainAsset: `0x${id.length}` };
    };
    const [base, quote] = [asset(names.base, baseDecimals), asset(names.quote, quoteDecimals)];
    const ordered = { by: 'test', why: 'test' };
    return { type: 'list_market', ...this.#next(), market, base, quote, ...ordered };
  }

  /** Lets many small orders of one account rest, in a market that holds no other. */
  #gather({ account, side, orders, prices, livesMs }: Crowd): void {
    for (const asset of ['ETH', 'USDC']) {
      this.#apply(this.#grant({ account, asset, units: 1_000_000, again: false }));
    }
    const outwards = side === 'buy' ? -1 : 1;
    for (let count = 0; count < orders; count += 1) {
      this.#apply(
        this.#placing({
          ...plainPlacing,
          account,
          side,
          limitTicks: 100 + outwards * (1 + (count % prices)),
          livesMs: livesMs[count % livesMs.length] ?? 0,
        }),
      );
    }
    this.compare();
  }

  #sweep({ account, kind, sizeLots, laterMs }: Sweep): void {
    for (const asset of ['ETH', 'USDC']) {
      this.#apply(this.#grant({ account, asset, units: 1_000_000, again: false }));
    }
    // Only now, so that more are due than the sweep's own command ends first.
    this.#nowMs += laterMs;
    for (const side of ['buy', 'sell'] as const) {
      const limitTicks = side === 'buy' ? 103 : 97;
      const spendUnits = 100 * sizeLots;
      const sizes = { limitTicks, sizeLots, spendUnits, livesMs: 60_000 };
      this.#apply(this.#placing({ ...plainPlacing, account, side, kind, ...sizes }));
      this.compare();
    }
  }

  #apply(command: Command): void {
    if (command.type === 'place') this.#compareShortfall(command);
    const [events, naiveEvents] = [this.#engine, this.#naive].map((engine) => {
      const emitted: EngineEvent[] = [];
      engine.apply(command, (event) => emitted.push(event));
      return emitted;
    });
    same(events, naiveEvents, 'events');
    this.#commands.push(command);
    if (command.type === 'place') this.#compareShortfall(command);
    for (const event of events ?? []) {
      if (event.type === 'market_listed') this.#terms.set(event.market.id, event.market);
      if (event.type !== 'credit_granted') continue;
      this.#grants.set(`${event.account} ${event.asset}`, event.grantNumber);
    }
  }

  #compareShortfall(command: PlaceOrder): void {
    const [lacking, naiveLacking] = [this.#engine, this.#naive].map((each) =>
      each.shortfall(command),
    );
    same(lacking, naiveLacking, 'shortfall');
  }

  compare(): void {
    const says = (name: string, view: (engine: Engine) => unknown) =>
      same(view(this.#engine), view(this.#naive), name);
    says('sequence', (engine) => engine.sequence);
    says('nowMs', (engine) => engine.nowMs);
    says('eventHash', (engine) => engine.eventHash());
    says('stateHash', (engine) => engine.stateHash());
    says('nextDueMs', (engine) => engine.nextDueMs());
    says('credits', (engine) => engine.credits().sort(byLine));
    says('marketIds', (engine) => engine.marketIds());
    for (const marketId of [...marketIds, 'SOL-USDC']) {
      says('market', (engine) => engine.market(marketId));
      for (const levels of [2, 99]) says('depth', (engine) => engine.depth(marketId, levels));
    }
    for (const account of traders) {
      says('ordersOf', (engine) => engine.ordersOf(account));
      says('creditOf', (engine) => engine.creditOf(account).filter(isUsed).sort(byLine));
    }
    // All that was ever said takes long to ask for: now and then, and the newest each time.
    const asksForAll = this.#commands.length % 8 === 0;
    for (const { commandId } of this.#commands.slice(asksForAll ? 0 : -4)) {
      says('order', (engine) => engine.order(commandId));
      says('firstResult', (engine) => engine.firstResult(commandId));
    }
    // Not after every command, so that changes of several come together.
    if (this.#commands.length % 3 === 0) {
      says('takeLevelChanges', (engine) => engine.takeLevelChanges().sort(byLevel));
    }
    this.#engine.validate();
    this.#naive.validate();
  }
}

/** A buy of two lots that nothing refuses. */
const plainPlacing: Omit<Place, 'type'> = {
  account: '',
  marketId: 'ETH-USDC',
  side: 'buy',
  kind: 'gtc',
  limitTicks: 100,
  sizeLots: 2,
  spendUnits: 0,
  clientOrderId: undefined,
  signedMs: 0,
  livesMs: 1_000,
  maxFeeBps: 60,
  misfit: undefined,
  reuses: undefined,
};

/** A line that was never used may be there or not. */
const isUsed = ({ account: _, asset: __, ...numbers }: EngineCredit) =>
  Object.values(numbers).some((each) => each !== 0);

const byText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
const byLine = (one: EngineCredit, other: EngineCredit) =>
  byText(`${one.account} ${one.asset}`, `${other.account} ${other.asset}`);
const byLevel = (one: LevelChange, other: LevelChange) =>
  byText(`${one.marketId} ${one.side}`, `${other.marketId} ${other.side}`) ||
  one.priceTicks - other.priceTicks;

/** The quick comparison first: the readable one is slow. */
function same(engine: unknown, naive: unknown, name: string): void {
  if (!isDeepStrictEqual(engine, naive)) expect(engine, name).toEqual(naive);
}
