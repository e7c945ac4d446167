/** All that the fast engine knows: columns of numbers behind handles, and the few objects that hold them together. */
import { assert } from '#domain/assertion.ts';
import type { MarketId } from '#domain/market.ts';
import type { Address } from '#domain/order.ts';
import type { MatchBounds, Work } from '../snapshot-record.ts';
import { Accounts } from './accounts.ts';
import { CreditLines } from './credit-lines.ts';
import { DueHeap } from './due-heap.ts';
import { EndedOrders } from './ended-orders.ts';
import { EventRows, TradeFigures } from './event-rows.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { IdTable } from './id-table.ts';
import { LevelChanges } from './level-changes.ts';
import { LevelPool } from './level-pool.ts';
import type { MarketBook } from './market-book.ts';
import { none, OrderTable } from './order-table.ts';
import { PagePool } from './price-ladder.ts';

export type FeeRates = { makerFeeBps: number; takerFeeBps: number };

/** How many live orders, and how many ids within the admission window, an engine is made ready for. */
export type Expected = { orders: number; ids: number };

/** What is left to do, apart from an order at hand: that is `incoming`, and always comes first. */
export type LaterWork = Exclude<Work, { work: 'match' }>;

export class FastState {
  readonly groupId: string | undefined;
  nowMs = 0;
  readonly orders = new OrderTable();
  readonly ids: IdTable;
  readonly accounts = new Accounts();
  readonly credit: CreditLines;
  readonly levels = new LevelPool();
  readonly pages = new PagePool();
  readonly changes = new LevelChanges();
  readonly events = new EventRows();
  /** Of the trade that happens now. */
  readonly figures = new TradeFigures();
  readonly markets: MarketBook[] = [];
  readonly marketHandles = new Map<MarketId, number>();
  readonly assets: string[] = [];
  readonly assetHandles = new Map<string, number>();
  /** Live orders by expiry, the older first. */
  readonly expiries: ExpiryQueue;
  /** Accounts by the time at which their dead man's switch fires. */
  readonly switches: DueHeap;
  /** When the next market's state ends by itself; infinite where none does. */
  marketsDueMs = Number.POSITIVE_INFINITY;
  /** Orders that ended, oldest first. */
  readonly ended = new EndedOrders();
  /** Live orders by account and `clientOrderId`. */
  readonly clientIds = new Map<string, number>();
  readonly feeTiers = new Map<number, FeeRates>();
  /** The order at hand; `none` where there is none. */
  incoming: number = none;
  /** How far it may trade, fixed when it began to match. */
  readonly bounds: MatchBounds = {
    bandLowTicks: 0,
    bandHighTicks: 0,
    haltLowTicks: 0,
    haltHighTicks: 0,
  };
  readonly work: LaterWork[] = [];

  constructor(options: {
    groupId?: string | undefined;
    hashSecret: number;
    credit?: CreditLines | undefined;
  }) {
    this.groupId = options.groupId;
    this.ids = new IdTable(options.hashSecret);
    this.credit = options.credit ?? new CreditLines();
    const { orders, accounts } = this;
    this.expiries = new ExpiryQueue(orders);
    this.switches = new DueHeap(
      (one, other) => (accounts.names[one] as string) < (accounts.names[other] as string),
    );
  }

  /** Makes room for what is expected, so that it need not be made while commands wait; more may come. */
  reserve({ orders, ids }: Expected): void {
    // Each table writes zeros over its room, so that its memory is there: over rows in use that would lose them.
    assert(this.nowMs === 0, 'room is made before the first command');
    this.orders.reserve(orders);
    this.ids.reserve(ids);
    this.ended.reserve(ids);
  }

  get isUnfinished(): boolean {
    return this.incoming !== none || this.work.length > 0;
  }

  /** When the next live order expires, switch fires or market's time ends; infinite where nothing ever does. */
  get dueMs(): number {
    return Math.min(this.expiries.firstMs, this.switches.firstMs, this.marketsDueMs);
  }

  digestOf(slot: number): string {
    return this.ids.text(this.orders.id[slot] as number);
  }

  liveOrderOf(digest: string): number {
    const row = this.ids.rowOf(digest);
    return row === none ? none : this.ids.order(row);
  }

  bookOf(marketId: MarketId): MarketBook | undefined {
    const handle = this.marketHandles.get(marketId);
    return handle === undefined ? undefined : this.markets[handle];
  }

  book(slot: number): MarketBook {
    return this.markets[this.orders.market[slot] as number] as MarketBook;
  }

  assetHandle(asset: string): number {
    const known = this.assetHandles.get(asset);
    if (known !== undefined) return known;
    this.assetHandles.set(asset, this.assets.length);
    this.assets.push(asset);
    return this.assets.length - 1;
  }

  /** The rates of an account's next order in a market. */
  ratesOf(account: number, book: { market: FeeRates }): FeeRates {
    const tier = account === none ? 0 : (this.accounts.feeTier[account] as number);
    return (tier === 0 ? undefined : this.feeTiers.get(tier)) ?? book.market;
  }
}

/** Client ids are unique among an account's live orders only. */
export const clientKey = (account: Address, clientOrderId: string): string =>
  `${account} ${clientOrderId}`;
