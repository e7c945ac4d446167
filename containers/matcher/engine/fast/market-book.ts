/** A market: its terms, its two sides, and those that wait for their trigger. */
import { assert } from '#domain/assertion.ts';
import type { Asset } from '#domain/asset.ts';
import type { Market } from '#domain/market.ts';
import { nameWords } from '../name-words.ts';
import { none } from './order-table.ts';
import { type PagePool, PriceLadder } from './price-ladder.ts';
import { VolatilityWindow } from './volatility.ts';

export type Terms = { market: Market; base: Asset; quote: Asset };

/** The two sides and the two triggers of a market each have a ladder. */
const laddersPerMarket = 4;

export class MarketBook {
  readonly handle: number;
  readonly id: string;
  readonly nameLeft: number;
  readonly nameRight: number;
  readonly baseAsset: number;
  readonly quoteAsset: number;
  /** With the state of this moment. */
  market: Market;
  base: Asset;
  quote: Asset;
  /** When the state ends by itself; 0 where only an operator ends it. */
  untilMs = 0;
  lastTicks = 0;
  referenceTicks: number;
  readonly window = new VolatilityWindow();
  readonly bids: PriceLadder;
  readonly asks: PriceLadder;
  /** By trigger, the next to be reached first: those that wait for a rise, and for a fall. */
  readonly rising: PriceLadder;
  readonly falling: PriceLadder;
  /** Triggered orders in the order in which they will enter, linked like a level. */
  firstTriggered: number = none;
  lastTriggered: number = none;
  liveOrders = 0;
  /** Amid closing: those that still wait for their trigger, the oldest last. */
  readonly untriggered: number[] = [];

  constructor(
    { market, base, quote }: Terms,
    handles: { market: number; base: number; quote: number },
    pages: PagePool,
  ) {
    const { left, right } = nameWords(market.id);
    this.handle = handles.market;
    this.id = market.id;
    this.nameLeft = left;
    this.nameRight = right;
    this.baseAsset = handles.base;
    this.quoteAsset = handles.quote;
    this.market = market;
    this.base = base;
    this.quote = quote;
    this.referenceTicks = market.referenceTicks;
    assert(base.id !== quote.id, `${market.id} trades an asset for itself`);
    const owner = handles.market * laddersPerMarket;
    this.bids = new PriceLadder(pages, { owner, isDescending: true });
    this.asks = new PriceLadder(pages, { owner: owner + 1, isDescending: false });
    this.rising = new PriceLadder(pages, { owner: owner + 2, isDescending: false });
    this.falling = new PriceLadder(pages, { owner: owner + 3, isDescending: true });
  }
}
