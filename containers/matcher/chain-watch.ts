/**
 * Nothing is matched that the chain may not settle: where the newest head of the chain that a leader was told of is too old,
 * open markets take cancels only, until heads are fresh again. A user who leaves is seen at the head, long before it counts.
 */
import type { Clock } from '#cloud/clock.ts';
import type { Command, PlaceOrder, SetMarketState } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { MarketId, MarketState } from '#domain/market.ts';
import type { ChainHead } from '#wire/matcher-api.ts';
import type { Engine } from './engine/engine.ts';
import type { Sequencer } from './sequencer.ts';
import type { Timers } from './timers.ts';

/** Who ordered it, for readers of the journal. Its commands' ids begin with it too: with a colon, which no operator's has. */
export const watchName = 'chain-watch';
/** Markets that end an auction meanwhile are seen by then. */
const lookMs = 5_000;

/** Of a placement nothing is noted but that it is one. */
export type NotedCommand = Exclude<Command, PlaceOrder> | Pick<PlaceOrder, 'type' | 'commandId'>;

/** Markets that the watch closed and nobody touched since: it follows from the journal alone, and only those are opened again. */
export class WatchedMarkets {
  readonly #closed: Set<MarketId>;

  constructor(closed: Iterable<MarketId> = []) {
    this.#closed = new Set(closed);
  }

  /** Told of every command with what it did, in the journal's order. */
  note(command: NotedCommand, events: readonly EngineEvent[]): void {
    const isOwn = command.commandId.startsWith(`${watchName}:`);
    // Whoever asks for a state means it, also where it was that already and the engine refuses.
    if (command.type === 'set_market_state' && !isOwn) this.#closed.delete(command.marketId);
    for (const event of events) {
      if (event.type !== 'market_state_changed') continue;
      if (isOwn && event.state === 'cancel_only') this.#closed.add(event.marketId);
      else this.#closed.delete(event.marketId);
    }
  }

  has(marketId: MarketId): boolean {
    return this.#closed.has(marketId);
  }

  ids(): MarketId[] {
    return [...this.#closed];
  }
}

export type ChainWatchOptions = {
  engine: Pick<Engine, 'market' | 'marketIds'>;
  /** What the journal said when the leader began. */
  late: { watched(): { marketId: MarketId }[] };
  /** A head may be so old: a quarter of the time that an exit takes. Where it is absent, nobody looks. */
  staleMs: number | undefined;
  clock: Pick<Clock, 'nowMs'>;
  timers: Timers;
  newCommandId: (kind: string) => string;
  submit: Sequencer['submit'];
};

export type ChainWatch = {
  /** The newest block that was looked through for what users took back. */
  tell(head: ChainHead): void;
  /** Told of every command. */
  applied(command: Command, events: readonly EngineEvent[]): void;
  stop(): void;
};

export function createChainWatch(options: ChainWatchOptions): ChainWatch {
  const { engine, staleMs = Number.POSITIVE_INFINITY, clock, timers } = options;
  const watched = new WatchedMarkets(options.late.watched().map(({ marketId }) => marketId));
  // Nobody has told a leader anything when it begins: it waits as long as for the next head.
  const beganMs = clock.nowMs();
  let toldMs: number | undefined;
  const ageOf = (atMs: number) => clock.nowMs() - atMs;
  const isStale = () => ageOf(Math.max(beganMs, toldMs ?? 0)) > staleMs;
  // Half of it, so that markets do not flap.
  const isFresh = () => toldMs !== undefined && ageOf(toldMs) <= staleMs / 2;

  const turn = (marketId: MarketId, to: MarketState, isWanted: () => boolean) => {
    const why =
      to === 'open' ? 'the chain’s head is known again' : 'the chain’s head was not heard of';
    void options.submit((nowMs): SetMarketState | undefined => {
      if (!isWanted()) return undefined;
      const commandId = options.newCommandId(watchName);
      return {
        ...{ type: 'set_market_state', commandId, nowMs, by: watchName, why },
        ...{ marketId, state: to },
      };
    });
  };
  const stateOf = (marketId: MarketId) => engine.market(marketId)?.market.state;
  const look = () => {
    if (isStale()) {
      for (const id of engine.marketIds())
        if (stateOf(id) === 'open')
          turn(id, 'cancel_only', () => isStale() && stateOf(id) === 'open');
    } else if (isFresh()) {
      for (const id of watched.ids())
        turn(id, 'open', () => isFresh() && watched.has(id) && stateOf(id) === 'cancel_only');
    }
  };
  let cancel = () => {};
  const next = () => {
    cancel = timers.after(Math.min(lookMs, staleMs / 4), () => {
      look();
      next();
    });
  };
  if (options.staleMs !== undefined) next();
  return {
    tell({ atMs }) {
      // A chain whose clock is ahead says nothing of the time to come.
      toldMs = Math.max(toldMs ?? 0, Math.min(atMs, clock.nowMs()));
      look();
    },
    applied: (command, events) => watched.note(command, events),
    stop: () => cancel(),
  };
}
