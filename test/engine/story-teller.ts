/** Turns the deeds of a story into commands, by what an engine says of its orders and markets. */
import type { Asset } from '#domain/asset.ts';
import type { AmendOrder, Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { assetsOf, type Market, type MarketState } from '#domain/market.ts';
import { notionalUnits, type OrderType } from '#domain/order.ts';
import type { Engine, EngineOrder } from '../../containers/matcher/engine/engine.ts';
import { dayMs } from '../../containers/matcher/engine/limits.ts';
import { type Deed, type Listing, type Place, type Scale, traders } from './random-story.ts';
import { lotsAt, ticksAt, unitsAt } from './story-scale.ts';
import { digest, ordered, plainMarket } from './trading-floor.ts';

const signed = { signature: `0x${'00'.repeat(65)}`, signed: {} as PlaceOrder['signed'] };
const noAmounts = { limitTicks: 0, sizeLots: 0, spendUnits: 0, triggerTicks: 0, displayLots: 0 };

type Amounts = Pick<PlaceOrder['amounts'], 'limitTicks' | 'sizeLots' | 'spendUnits'>;
type Delegated = Pick<PlaceOrder, 'account' | 'marketId' | 'amounts'> & {
  replaces: string | undefined;
};
type KnownEngine = Pick<Engine, 'ordersOf' | 'order' | 'market' | 'save'>;
type Of<T extends Deed['type']> = Extract<Deed, { type: T }>;

export class StoryTeller {
  /** So late in the UTC day that many a story sees the next. */
  nowMs = dayMs - 60;
  /** Commands of deeds: without the ticks and continues that drive them. */
  readonly told: Command[] = [];
  readonly #grants = new Map<string, number>();
  readonly #terms = new Map<string, Market>();
  readonly #engine: KnownEngine;

  readonly #scale: Scale;

  constructor(engine: KnownEngine, scale: Scale) {
    this.#engine = engine;
    this.#scale = scale;
  }

  /** What the teller must know of what happened. */
  hear(event: EngineEvent): void {
    if (event.type === 'market_listed') this.#terms.set(event.market.id, event.market);
    if (event.type !== 'credit_granted') return;
    this.#grants.set(`${event.account} ${event.asset}`, event.grantNumber);
  }

  commandOf(deed: Deed): Command {
    switch (deed.type) {
      case 'place':
        return this.placing(deed);
      case 'cancel': {
        const order = this.#placed(deed.nth, deed.isLive);
        const account = deed.stranger ?? order?.account ?? traders[0] ?? '';
        return { type: 'cancel', ...this.#next(), account, digest: order?.digest ?? unknown };
      }
      case 'amend':
        return this.#amending(deed);
      case 'cancel_all':
      case 'cancel_all_after':
      case 'return':
        return { ...deed, ...this.#next() };
      case 'grant':
        return this.grant(deed);
      case 'list':
        return this.listing(deed);
      case 'set_state':
        return this.settingState(deed.marketId, this.#nextState(deed));
      case 'define_tier':
        return { ...deed, type: 'define_fee_tier', ...this.#next(), ...ordered };
      case 'assign_tier':
        return { ...deed, type: 'assign_fee_tier', ...this.#next(), ...ordered };
      case 'repeat': {
        const command = this.told[deed.nth % this.told.length] as Command;
        return { ...command, nowMs: this.nowMs };
      }
      case 'tick':
        return { type: 'tick', ...this.#next() };
    }
  }

  #next(): { commandId: string; nowMs: number } {
    return { commandId: digest(this.told.length + 1), nowMs: this.nowMs };
  }

  /** Towards `open` again, so that a market does not stay where nothing trades; what the deed says from there. */
  #nextState({ marketId, state, fitsState }: Of<'set_state'>): MarketState {
    const now = this.#engine.market(marketId)?.market.state;
    if (!fitsState || now === 'open' || now === undefined) return state;
    return now === 'halted' ? 'auction' : 'open';
  }

  settingState(marketId: string, state: MarketState): Command {
    return { type: 'set_market_state', ...this.#next(), marketId, state, ...ordered };
  }

  #live(): EngineOrder[] {
    return traders.flatMap((account) => this.#engine.ordersOf(account));
  }

  #placed(nth: number, isLive: boolean): { digest: string; account: string } | undefined {
    const live = this.#live();
    if (isLive) return live[nth % Math.max(live.length, 1)];
    const placed = this.told.filter((command) => command.type === 'place');
    const { commandId, account } = placed[nth % Math.max(placed.length, 1)] ?? {};
    return commandId && account ? { digest: commandId, account } : undefined;
  }

  #amending(deed: Of<'amend'>): AmendOrder {
    const found = this.#placed(deed.nth, deed.isLive);
    const order = found && this.#engine.order(found.digest);
    const isByMoney = (order?.spendUnits ?? 0) > 0 !== deed.isOtherKind;
    const amounts = {
      sizeLots: isByMoney
        ? 0
        : Math.max(0, (order?.sizeLots ?? 9) - lotsAt(this.#scale, deed.lessLots)),
      spendUnits: isByMoney
        ? Math.max(0, (order?.spendUnits ?? 900) - unitsAt(this.#scale, deed.lessUnits, 100))
        : 0,
    };
    const { misfit } = deed;
    const account = deed.stranger ?? found?.account ?? traders[0] ?? '';
    const of = { ...this.#next(), account, digest: found?.digest ?? unknown };
    return { type: 'amend', ...of, ...amounts, ...(misfit ? { misfit } : {}) };
  }

  /** The nth command's id, with the time of signing where an order has it. */
  #known(nth: number): { commandId: string; createdAtMs?: number } | undefined {
    const command = this.told[nth];
    const isOrder = (other: Command) =>
      other.type === 'place' && other.commandId === command?.commandId;
    const isDigest = command?.commandId.startsWith('0x');
    if (!isDigest) return undefined;
    return this.told.filter((other) => other.type === 'place').findLast(isOrder) ?? command;
  }

  placing(deed: Place): PlaceOrder {
    const { commandId, nowMs } = this.#next();
    const known = deed.reuses === undefined ? undefined : this.#known(deed.reuses);
    const old = this.#replaced(deed);
    const { clientOrderId, maxFeeBps, misfit, selfTrade } = deed;
    const marketId = old?.isItsOwn ? old.marketId : deed.marketId;
    const kind = this.#kindOf(deed, marketId);
    const bound = boundOf(deed, kind.orderType, this.#scale);
    const rests = kind.timeInForce === 'gtc' || kind.timeInForce === 'gtd';
    const isConditional = kind.orderType !== 'limit' && kind.orderType !== 'market';
    const amounts = {
      limitTicks: ticksAt(this.#scale, deed.limitTicks),
      triggerTicks: isConditional ? ticksAt(this.#scale, deed.triggerTicks) : 0,
      displayLots: rests ? lotsAt(this.#scale, deed.displayLots) : 0,
      ...bound.amounts,
    };
    const fitted = misfit ? { ...noAmounts, misfit } : amounts;
    const account = old?.isItsOwn ? old.account : deed.account;
    const replaces = old?.digest;
    return {
      type: 'place',
      commandId: known?.commandId ?? commandId,
      nowMs,
      account,
      marketId,
      side: bound.isByMoney && deed.byMoney === 'where_allowed' ? 'buy' : deed.side,
      ...kind,
      selfTrade,
      cap: bound.isByMoney ? 'quote' : 'base',
      amounts: fitted,
      maxFeeBps,
      // A digest covers the time of signing, so the two come again together.
      createdAtMs: known?.createdAtMs ?? nowMs + deed.signedMs,
      expiresAtMs: nowMs + deed.livesMs,
      ...(clientOrderId === undefined ? {} : { clientOrderId }),
      ...(replaces === undefined ? {} : { replaces }),
      ...this.#delegated(deed, { account, marketId, amounts: fitted, replaces }),
      ...signed,
    };
  }

  #replaced({ replaces }: Place) {
    if (!replaces) return undefined;
    const live = this.#live();
    const old = live[replaces.nth % Math.max(live.length, 1)];
    if (!old) return undefined;
    const { digest: name, account, marketId } = old;
    return { digest: name, account, marketId, isItsOwn: replaces.isOwn };
  }

  /** Known by its number; the limit grows as prices and sizes do. */
  #delegated({ delegation }: Place, order: Delegated): Pick<PlaceOrder, 'delegation'> {
    if (!delegation) return {};
    const { nth, limit } = delegation;
    const name = digest(888_000 + nth);
    const units =
      'units' in limit
        ? unitsAt(this.#scale, limit.units, 100)
        : this.#neededBy(order, name) + limit.beyondUnits;
    const limitUnits = Math.min(Math.max(units, 0), Number.MAX_SAFE_INTEGER);
    return { delegation: { digest: name, limitUnits } };
  }

  /** What counts by a delegation with this order, and without the one that it replaces. */
  #neededBy({ account, marketId, amounts, replaces }: Delegated, name: string): number {
    const worth = ({ limitTicks, sizeLots, spendUnits }: Amounts, of: string) =>
      spendUnits || notionalUnits(limitTicks, sizeLots, this.#terms.get(of) ?? plainMarket);
    let units = worth(amounts, marketId);
    this.#engine.save((record) => {
      const isOrder = record.kind === 'order' && record.delegation === name;
      if (isOrder && record.account === account && record.digest !== replaces) {
        const { filledLots, filledQuoteUnits } = record;
        const sizeLots = record.sizeLots - filledLots;
        const spendUnits = record.spendUnits && record.spendUnits - filledQuoteUnits;
        units += worth({ ...record, sizeLots, spendUnits }, record.marketId);
      }
      const counts = record.kind === 'delegation' && record.digest === name;
      const isToday = counts && record.day === Math.floor(this.nowMs / dayMs);
      if (isToday && record.account === account) units += record.matchedUnits;
    });
    return units;
  }

  /** What the deed says, or what the market takes in its state. */
  #kindOf({ kind, fitsState, postOnly }: Place, marketId: string) {
    const isGoodForATime = kind.timeInForce === 'gtc' || kind.timeInForce === 'gtd';
    const canBePostOnly = isGoodForATime && kind.orderType === 'limit';
    const said = { ...kind, postOnly: postOnly && canBePostOnly };
    const state = this.#engine.market(marketId)?.market.state;
    if (!fitsState || (state !== 'pre_open' && state !== 'auction')) return said;
    return { orderType: 'limit', timeInForce: 'gtc', postOnly: state === 'pre_open' } as const;
  }

  grant(deed: { account: string; asset: string; units: number; again: boolean }): Command {
    const { account, asset, units } = deed;
    const last = this.#grants.get(`${account} ${asset}`) ?? 0;
    const grantNumber = deed.again && last > 0 ? last : last + 1;
    return { type: 'grant', ...this.#next(), account, asset, grantNumber, units, clock: 0 };
  }

  listing(deed: Omit<Listing, 'changes'> & { changes: Partial<Market> }): Command {
    const { marketId, changes, baseDecimals, quoteDecimals } = deed;
    const names = assetsOf(marketId);
    const known = this.#terms.get(marketId) ?? { ...plainMarket, haltWindowMs: 40 };
    const market = { ...known, ...changes, id: marketId };
    if (changes.referenceTicks !== undefined) {
      market.referenceTicks = ticksAt(this.#scale, changes.referenceTicks);
    }
    const asset = (id: string, decimals: number): Asset => {
      return { id, decimals, chainDecimals: 18, chainAsset: `0x${id.length}` };
    };
    const [base, quote] = [asset(names.base, baseDecimals), asset(names.quote, quoteDecimals)];
    return { type: 'list_market', ...this.#next(), market, base, quote, ...ordered };
  }
}

/** The digest of an order that nobody placed. */
const unknown = digest(999_999);

function boundOf(deed: Place, orderType: OrderType, scale: Scale) {
  const { byMoney, sizeLots, spendUnits, limitTicks } = deed;
  const isMarketLike =
    orderType === 'market' || orderType === 'stop' || orderType === 'take_profit';
  const isByMoney = byMoney === 'where_allowed' ? isMarketLike : byMoney !== 'never';
  const besideSize = byMoney === 'beside_size';
  return {
    isByMoney,
    amounts: {
      sizeLots: isByMoney && !besideSize ? 0 : lotsAt(scale, sizeLots),
      spendUnits: isByMoney ? unitsAt(scale, spendUnits, limitTicks) : 0,
    },
  };
}
