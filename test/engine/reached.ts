/** Counts what stories reach, so that a feature that no story comes to any more is seen. */
import type { Command } from '#domain/command.ts';
import type { EngineEvent, OrderDone } from '#domain/event.ts';
import type { MarketState } from '#domain/market.ts';
import { dayMs } from '../../containers/matcher/engine/limits.ts';

export class Reached {
  readonly #counts = new Map<string, number>();
  readonly #delegated = new Map<string, Command>();
  readonly #states = new Map<string, MarketState>();
  /** What the newest command that is no continue was: a continue goes on with it. */
  #root: Command | undefined;

  readonly hear = (command: Command, events: EngineEvent[]): void => {
    if (command.type !== 'continue') this.#root = command;
    this.#note(`command ${command.type}`);
    const root = this.#root;
    for (const event of events) {
      this.#note(`event ${event.type}`);
      if (event.type === 'refused') this.#note(`refusal ${event.code}`);
      if (event.type === 'order_done') this.#note(`end ${event.reason}`);
      if (event.type === 'market_state_changed') this.#hearState(event);
      if (event.type === 'order_done') this.#hearEnd(event, root);
    }
    this.#hearTriggered(events);
    if (root?.type === 'place') this.#hearPlaced(root, events);
    this.#hearTrades(events);
    this.#hearDelegated(command, events);
    if (command.type === 'continue') this.#note(`continue of ${root?.type}`);
  };

  /** The features of a list that nothing came to. */
  missing(features: string[]): string[] {
    return features.filter((feature) => !this.#counts.has(feature));
  }

  #note(feature: string): void {
    this.#counts.set(feature, (this.#counts.get(feature) ?? 0) + 1);
  }

  #hearState(event: Extract<EngineEvent, { type: 'market_state_changed' }>): void {
    const { marketId, state, reason } = event;
    const before = this.#states.get(marketId);
    this.#states.set(marketId, state);
    this.#note(`state ${state} by ${reason}`);
    if (before === 'auction' && state === 'auction') this.#note('an auction goes on');
  }

  #hearEnd(event: OrderDone, root: Command | undefined): void {
    const isCancel = event.reason === 'cancelled';
    if (isCancel && root?.type === 'tick') this.#note('a switch fires');
    if (isCancel && root?.type === 'place' && root.replaces === event.digest) {
      this.#note('an order is replaced');
    }
    if (event.reason === 'expired' && root?.type === 'tick') this.#note('an order expires in time');
  }

  #hearTriggered(events: EngineEvent[]): void {
    const triggered = events.filter((event) => event.type === 'order_triggered');
    if (triggered.length > 1) this.#note('one command sets off several');
    for (const { digest } of triggered) {
      const end = events.find((event) => event.type === 'order_done' && event.digest === digest);
      const isFok = end?.type === 'order_done' && end.timeInForce === 'fok';
      if (isFok) this.#note(`fok ends ${end.reason} on entry`);
    }
    const isSetOffByEntry = events.some((event, index) => {
      const later = events.slice(index);
      return (
        event.type === 'order_triggered' &&
        later.some((each) => each.type === 'trade' && each.takerDigest === event.digest) &&
        later.filter((each) => each.type === 'order_triggered').length > 1
      );
    });
    if (isSetOffByEntry) this.#note('one that entered trades before the next');
  }

  /** An incoming order that met one of its owner's. */
  #hearPlaced(order: Extract<Command, { type: 'place' }>, events: EngineEvent[]): void {
    const met = events.some(
      (event) =>
        ((event.type === 'order_done' || event.type === 'order_amended') &&
          event.reason === 'self_trade') ||
        (event.type === 'refused' && event.code === 'would_self_trade'),
    );
    if (met) this.#note(`${order.selfTrade} of ${order.timeInForce} meets its own`);
    const isAuction = this.#states.get(order.marketId) === 'auction';
    if (met && isAuction) this.#note(`${order.selfTrade} meets its own in an auction`);
  }

  /** Orders of session keys that trade. */
  #hearDelegated(command: Command, events: EngineEvent[]): void {
    if (command.type === 'place' && command.delegation && events[0]?.type === 'accepted') {
      this.#delegated.set(command.commandId, command);
    }
    for (const event of events) {
      if (event.type !== 'trade') continue;
      for (const digest of [event.makerDigest, event.takerDigest]) {
        const placed = this.#delegated.get(digest);
        if (!placed) continue;
        this.#note('an order by a delegation trades');
        const days = [placed.nowMs, event.atMs].map((atMs) => Math.floor(atMs / dayMs));
        if (days[0] !== days[1]) this.#note('an order by a delegation trades the day after');
      }
    }
  }

  #hearTrades(events: EngineEvent[]): void {
    const trades = events.filter((event) => event.type === 'trade');
    const makers = trades.map((trade) => trade.makerDigest);
    if (new Set(makers).size < makers.length) this.#note('an iceberg trades slice by slice');
    if (trades.some((trade) => trade.makerFeeUnits < 0)) this.#note('a maker is paid');
    const opens = events.some(
      (event) => event.type === 'market_state_changed' && event.state === 'open',
    );
    if (opens && trades.length > 0) this.#note('an uncross trades');
  }
}
