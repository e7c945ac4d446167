/** What every matching engine of Crossbook can do. Two of them (one obviously right, one fast) run the same suite. */
import type { Asset } from '#domain/asset.ts';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { Market, MarketId } from '#domain/market.ts';
import type { Address, Digest, DoneReason, OrderProgress, Side } from '#domain/order.ts';
import type { RawCommand } from '#domain/raw-command.ts';
import type { RawEvent, RawProgress } from '#domain/raw-event.ts';
import type { RawOrder, RawPlacement } from '#domain/raw-order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import type { StateReading } from './state-reading.ts';

/** A live order, or one that ended within the admission window. */
export type EngineOrder = OrderProgress & {
  status: 'untriggered' | 'open' | DoneReason;
  /** Of a live order: by whose leave a session key signed it. Forgotten with its end. */
  delegation?: Digest;
};

export type EngineCredit = {
  account: Address;
  asset: string;
  freeUnits: number;
  heldUnits: number;
  grantNumber: number;
  returnNumber: number;
  /** All that was ever returned, modulo 2^53 (`addReturned` of the domain): the ledger compares it with what it has back. */
  returnedUnits: number;
};

/** A price level's new total of what is shown; 0 lots means that it is gone. */
export type LevelChange = { marketId: MarketId; side: Side; priceTicks: number; sizeLots: number };

export type EngineDepth = { bids: [number, number][]; asks: [number, number][] };

/** Where a market's trading stands, beside its terms. Prices are 0 where there is none. */
export type MarketStatus = {
  /** When the state ends by itself; 0 where only an operator ends it. */
  untilMs: number;
  lastTicks: number;
  referenceTicks: number;
  /** What an auction's uncross would do now; absent where nothing would trade, and outside auctions. */
  auction?: { priceTicks: number; sizeLots: number; imbalanceLots: number };
};

export interface Engine {
  /**
   * Applies one command: emits `accepted` or `refused`, then what followed. Deterministic; `command.nowMs` never goes back.
   * While `isUnfinished`, only `continue` may come; while something is due at its time (`nextDueMs`), only `tick`. `drive` keeps to that.
   */
  apply(command: Command, emit: (event: EngineEvent) => void): void;

  /** The number of the newest event; 0 before the first. */
  readonly sequence: number;
  /** The newest command's time. */
  readonly nowMs: number;
  /** Whether the newest command's bound on events left work for a `continue`. */
  readonly isUnfinished: boolean;

  /** When the next live order expires, switch fires or market's time ends; undefined where nothing ever does. */
  nextDueMs(): number | undefined;

  /** How much credit a placement lacks right now, in units of the asset that it would hold; 0 units where it would not be refused for lack of it; no asset where its market is unknown. */
  shortfall(command: PlaceOrder): { asset: string; units: number };
  /** The first result of a command id seen within the admission window. */
  firstResult(commandId: string): { sequence: number; code?: EngineRefusal } | undefined;

  /** A market's terms, with its state of this moment. */
  market(marketId: MarketId): { market: Market; base: Asset; quote: Asset } | undefined;
  marketIds(): MarketId[];
  marketStatus(marketId: MarketId): MarketStatus | undefined;
  order(digest: Digest): EngineOrder | undefined;
  /** Live orders, oldest first. */
  ordersOf(account: Address): EngineOrder[];
  creditOf(account: Address): EngineCredit[];
  /** Every (account, asset) that has credit. */
  credits(): EngineCredit[];
  /** When an account's dead man's switch fires; 0 where it is not armed. */
  switchOf(account: Address): number;
  /** An account's fee tier; 0 where it pays each market's own rates. */
  feeTierOf(account: Address): number;
  /** The rates that an account's next order in a market would have. */
  feesOf(account: Address, marketId: MarketId): { makerFeeBps: number; takerFeeBps: number };
  /** The best levels, best first. */
  depth(marketId: MarketId, levels: number): EngineDepth;
  /** Levels that changed since the last call, each once, in no order. */
  takeLevelChanges(): LevelChange[];

  /** Gives the whole state, record by record; a record is the caller's only until the next. */
  save(write: (record: SnapshotRecord) => void): void;
  /** The state of this moment, to be read later and in pieces while commands go on. */
  freeze(): StateReading;
  /** Hash of book, credit and settings; unchanged by a refusal. */
  stateHash(): string;
  /** Hash over every event so far. */
  eventHash(): string;
  /** Throws AssertionFailed where an invariant of the market rules does not hold. */
  validate(): void;
}

/** One that also takes commands as a journal has them. */
export interface ReplayingEngine extends Engine {
  /** As `apply` of one after the other, all of one frame's bytes; but told are only those that were refused or changed a market's state, and `eventHash` answers for all. */
  repeat(
    commands: readonly RawCommand[],
    tell: (command: RawCommand, events: EngineEvent[]) => void,
  ): void;
  /** As `takeLevelChanges`, where nobody shows a book. */
  forgetLevelChanges(): void;
}

/** What the newest command did; to be read before the next one. */
export interface Did {
  /** How many events. */
  readonly count: number;
  /** All of them in their order, as they lie there. */
  each(visit: (event: RawEvent) => void): void;
  /** All of them, with texts. `commandId` is the command's. */
  events(commandId: string): EngineEvent[];
  /** Of a placement that was accepted, and of each `continue` of it: how far its order has come, live or over. Its reader's only until the next one is asked for. */
  progress(): RawProgress | undefined;
}

/** Orders and accounts that commands touched, as they were when this was taken: to be told later to who listens, if anybody does. */
export interface Touched {
  /** How many orders that lived, and lines of credit; one that was touched twice may count twice. */
  readonly size: number;
  /** Whose credit may have changed, each once. */
  accounts(): Address[];
  /** Those that lived then, each once. */
  orders(isWanted: (account: Address) => boolean): EngineOrder[];
  credits(
    isWanted: (account: Address) => boolean,
  ): Pick<EngineCredit, 'account' | 'asset' | 'freeUnits' | 'heldUnits'>[];
}

/** One that leads: it takes new orders as they came, and what commands did can be read as it lies there. */
export interface LeadingEngine extends ReplayingEngine {
  /**
   * Announces the placements that come next, in their order (`commandsAhead` of them at most): the engine looks ahead at what they will
   * need. Nothing that can be asked for changes, others may come in between or in their place, and what was announced before counts no more.
   */
  announce(placements: readonly RawPlacement[]): void;
  /** As `apply` of the command that it stands for; `did` tells what it did. */
  place(placement: RawPlacement): void;
  /** As `shortfall` of that command. */
  lackOf(placement: RawPlacement): { asset: string; units: number };
  /** As `firstResult` of its digest. */
  firstResultOf(order: RawOrder): { sequence: number; code?: EngineRefusal } | undefined;
  /** Of the newest command, whichever way it came. */
  readonly did: Did;
  /** What was touched since it was asked before. */
  takeTouched(): Touched;
  /** Gets ready for the next `freeze`, a little at a time: called with every frame, a state that has grown stands no longer still for it. */
  makeRoomToFreeze(): void;
}
