/**
 * An engine's whole state as a sequence of plain records, the same from every engine that was told the same commands:
 * what snapshots hold, what an engine is restored from and what `stateHash` folds.
 *
 * Order of the records: markets by id, and behind each its orders (bids best price first and in queue order, asks likewise,
 * then those that wait for their trigger by `admitted`, then those triggered in the order in which they will enter, then one that is
 * amid its matching); credit by account, then asset; fee tiers by number; accounts' tiers and switches by account;
 * work that is left to do, first one first. Only then, outside the state hash: the clock, remembered ids and ended orders,
 * oldest first. Delegations come behind the switches, by account, then digest. Texts are ordered by code units: a locale's order differs between machines.
 */
import type { Asset } from '#domain/asset.ts';
import type { StateChangeReason } from '#domain/event.ts';
import type { Market, MarketId } from '#domain/market.ts';
import type { Address, Digest, DoneReason, OrderProgress, Side } from '#domain/order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import type { EngineCredit } from './engine.ts';

/** Where a live order is: in the book, hidden until its trigger, triggered and next to enter, or amid its matching. */
export type OrderPlace = 'book' | 'untriggered' | 'triggered' | 'incoming';

export type MarketRecord = {
  kind: 'market';
  /** With the state of this moment. */
  market: Market;
  base: Asset;
  quote: Asset;
  /** When the state ends by itself; 0 where only an operator ends it. */
  untilMs: number;
  /** Of the newest trade; 0 before the first. */
  lastTicks: number;
  /** What bands count from; 0 where there is none. */
  referenceTicks: number;
  /** Parts of the volatility window that hold trades, oldest first: part number, lots, and the sum of ticks × lots. */
  window: { part: number; lots: number; tickLots: number }[];
};

export type OrderRecord = OrderProgress & {
  kind: 'order';
  place: OrderPlace;
  /** By whose leave a session key signed it. */
  delegation?: Digest;
  makerFeeBps: number;
  takerFeeBps: number;
  /** Sequence number of its `accepted` or, once it was triggered, of its `order_triggered`. */
  admitted: number;
  heldUnits: number;
  /** What its level counts of it: the rest of an iceberg's slice, all that is left of another; 0 outside the book. */
  shownLots: number;
};

export type CreditRecord = EngineCredit & { kind: 'credit' };
export type FeeTierRecord = {
  kind: 'fee_tier';
  tier: number;
  makerFeeBps: number;
  takerFeeBps: number;
};
export type AccountTierRecord = { kind: 'account_tier'; account: Address; tier: number };
export type SwitchRecord = { kind: 'switch'; account: Address; dueMs: number };

/** What counts against the limit of a delegation. */
export type DelegationRecord = {
  kind: 'delegation';
  account: Address;
  digest: Digest;
  /** What its live orders may still take, at their own prices. */
  openUnits: number;
  /** What was matched on a UTC day (days since 1970), the last on which anything was; both 0 before that. */
  matchedUnits: number;
  day: number;
};

/**
 * How far an incoming order may trade, fixed when it begins to match: what its own trades do to reference price and window
 * does not move its bounds, also where a `continue` goes on with it. 0 and `maxPriceTicks` where nothing bounds it.
 */
export type MatchBounds = {
  bandLowTicks: number;
  bandHighTicks: number;
  haltLowTicks: number;
  haltHighTicks: number;
};

/** What a command left undone. */
export type Work =
  | ({ work: 'match'; digest: Digest } & MatchBounds)
  | { work: 'cancel_all'; account: Address; marketId?: MarketId; side?: Side }
  | { work: 'cascade'; marketId: MarketId }
  | {
      work: 'uncross';
      marketId: MarketId;
      priceTicks: number;
      leftLots: number;
      /** Of the opening that ends it. */
      reason: StateChangeReason;
    }
  | { work: 'close'; marketId: MarketId };
export type WorkRecord = { kind: 'work'; work: Work };

export type ClockRecord = {
  kind: 'clock';
  sequence: number;
  nowMs: number;
  /** The event hash's state, so that a restored engine goes on with the chain. */
  eventLanes: [left: number, right: number, count: number];
};
export type RememberedRecord = {
  kind: 'remembered';
  commandId: string;
  sequence: number;
  code?: EngineRefusal;
  atMs: number;
};
export type EndedRecord = OrderProgress & { kind: 'ended'; status: DoneReason; atMs: number };

export type SnapshotRecord =
  | MarketRecord
  | OrderRecord
  | CreditRecord
  | FeeTierRecord
  | AccountTierRecord
  | SwitchRecord
  | DelegationRecord
  | WorkRecord
  | ClockRecord
  | RememberedRecord
  | EndedRecord;
