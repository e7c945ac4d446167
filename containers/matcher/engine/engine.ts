/** What every matching engine of Crossbook can do. Two of them (one obviously right, one fast) run the same suite. */
import type { Asset } from '#domain/asset.ts';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { Market, MarketId } from '#domain/market.ts';
import type { Address, Digest, DoneReason, OrderProgress, Side } from '#domain/order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';

/** A live order, or one that ended within the admission window. */
export type EngineOrder = OrderProgress & { status: 'open' | DoneReason };

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

/** A price level's new total; 0 lots means that it is gone. */
export type LevelChange = { marketId: MarketId; side: Side; priceTicks: number; sizeLots: number };

export type EngineDepth = { bids: [number, number][]; asks: [number, number][] };

export interface Engine {
  /** Applies one command: emits `accepted` or `refused`, then what followed. Deterministic; `command.nowMs` never goes back. */
  apply(command: Command, emit: (event: EngineEvent) => void): void;

  /** The number of the newest event; 0 before the first. */
  readonly sequence: number;
  /** The newest command's time. */
  readonly nowMs: number;

  /** When the next resting order expires; undefined where none does. In the past where more were due than one command ends: another command goes on. */
  nextExpiryMs(): number | undefined;

  /** How much credit a placement lacks right now, in units of the asset that it would hold; 0 units where it would not be refused for lack of it; no asset where its market is unknown. */
  shortfall(command: PlaceOrder): { asset: string; units: number };
  /** The first result of a command id seen within the admission window. */
  firstResult(commandId: string): { sequence: number; code?: EngineRefusal } | undefined;

  market(marketId: MarketId): { market: Market; base: Asset; quote: Asset } | undefined;
  marketIds(): MarketId[];
  order(digest: Digest): EngineOrder | undefined;
  /** Live orders, oldest first. */
  ordersOf(account: Address): EngineOrder[];
  creditOf(account: Address): EngineCredit[];
  /** Every (account, asset) that has credit. */
  credits(): EngineCredit[];
  /** The best levels, best first. */
  depth(marketId: MarketId, levels: number): EngineDepth;
  /** Levels that changed since the last call, each once. */
  takeLevelChanges(): LevelChange[];

  /** Hash of book, credit and settings; unchanged by a refusal. */
  stateHash(): string;
  /** Hash over every event so far. */
  eventHash(): string;
  /** Throws AssertionFailed where an invariant of the market rules does not hold. */
  validate(): void;
}
