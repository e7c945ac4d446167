/**
 * A market's order book by price, kept from a snapshot and deltas. Deltas may come doubled or out of order;
 * a delta that never comes, or a checksum that differs, makes the book `stale`: it then needs a new snapshot.
 */
import { parsePrice, parseSize } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { AuctionJson, DepthDelta, DepthSnapshot, TextLevel } from '#wire/feed-message.ts';
import type { DepthLevel } from '#wire/matcher-api.ts';
import { depthChecksum, levelsToText } from '#wire/present.ts';

/**
 * `waiting`: no snapshot yet. `live`: the book is the exchange's at `sequence`.
 * `early`: live, but deltas are held that come after one that is missing.
 * `stale`: the levels may be wrong; only a new snapshot helps.
 */
export type DepthState = 'waiting' | 'live' | 'early' | 'stale';

export type DepthBook = {
  readonly state: DepthState;
  readonly sequence: number;
  /** Best first. Levels deeper than the snapshot are known from when they change. */
  bids(levels?: number): TextLevel[];
  asks(levels?: number): TextLevel[];
  /** What an auction's uncross would do; while there is one, the best bid may be above the best ask. */
  readonly auction: AuctionJson | undefined;
  snapshot(snapshot: DepthSnapshot): void;
  delta(delta: DepthDelta): void;
  /** Waits for a new snapshot: the connection was lost, or a missing delta has not come in time. */
  reset(): void;
};

/** Deltas that are kept while a snapshot or a missing delta is waited for: half a minute of a busy market. */
const heldAtMost = 256;

export function createDepthBook(listed: ListedMarket): DepthBook {
  const bids = createSide((left, right) => right - left, listed);
  const asks = createSide((left, right) => left - right, listed);
  let state: DepthState = 'waiting';
  let sequence = 0;
  let auction: AuctionJson | undefined;
  let held: DepthDelta[] = [];

  const check = (checksum: number) => {
    if (depthChecksum(bids.levels(10), asks.levels(10)) !== checksum) state = 'stale';
  };
  const apply = (delta: DepthDelta) => {
    for (const level of delta.bids) bids.set(level);
    for (const level of delta.asks) asks.set(level);
    sequence = delta.lastSequence;
    auction = delta.auction;
    check(delta.checksum);
  };
  /** Applies what is held and follows without a gap, in order. */
  const applyHeld = () => {
    held.sort((left, right) => left.firstSequence - right.firstSequence);
    state = 'live';
    while (state === 'live') {
      held = held.filter((delta) => delta.lastSequence > sequence);
      const [next] = held;
      if (!next) return;
      // A delta that began before the snapshot holds newer sizes of the same levels: it fits.
      if (next.firstSequence <= sequence + 1) apply(next);
      else state = 'early';
    }
  };

  return {
    get state() {
      return state;
    },
    get sequence() {
      return sequence;
    },
    get auction() {
      return auction;
    },
    bids: (levels = 50) => levelsToText(bids.levels(levels), listed),
    asks: (levels = 50) => levelsToText(asks.levels(levels), listed),
    snapshot(snapshot) {
      // An answer that was overtaken by the deltas after a later one.
      if ((state === 'live' || state === 'early') && snapshot.sequence < sequence) return;
      bids.clear();
      asks.clear();
      for (const level of snapshot.bids) bids.set(level);
      for (const level of snapshot.asks) asks.set(level);
      sequence = snapshot.sequence;
      auction = snapshot.auction;
      state = 'live';
      check(snapshot.checksum);
      if (state === 'live') applyHeld();
    },
    delta(delta) {
      held.push(delta);
      if (held.length > heldAtMost) held.shift();
      if (state === 'live' || state === 'early') applyHeld();
    },
    reset() {
      state = 'waiting';
      held = [];
    },
  };
}

type Side = {
  set(level: TextLevel): void;
  levels(most: number): DepthLevel[];
  clear(): void;
};

/** One side's levels, sorted, best first. */
function createSide(compare: (left: number, right: number) => number, listed: ListedMarket): Side {
  const { market, base, quote } = listed;
  const lots = new Map<number, number>();
  let sorted: number[] = [];
  return {
    set([price, size]) {
      const ticks = parsePrice(price, market, base, quote);
      const sizeLots = parseSize(size, market, base);
      // Terms that have changed since the client learned them: the checksum will say so.
      if (ticks === undefined || sizeLots === undefined) return;
      const at = positionOf(ticks, sorted, compare);
      const known = sorted[at] === ticks;
      if (sizeLots === 0) {
        if (known) sorted.splice(at, 1);
        lots.delete(ticks);
      } else {
        if (!known) sorted.splice(at, 0, ticks);
        lots.set(ticks, sizeLots);
      }
    },
    levels: (most) => sorted.slice(0, most).map((ticks) => [ticks, lots.get(ticks) ?? 0]),
    clear() {
      sorted = [];
      lots.clear();
    },
  };
}

/** Where a price is, or would be inserted. */
function positionOf(
  ticks: number,
  sorted: number[],
  compare: (left: number, right: number) => number,
): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle] ?? 0, ticks) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
