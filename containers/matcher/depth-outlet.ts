/** Depth deltas of a group's markets: durable level changes merged for 100 ms, with the newest durable book's checksum. */

import type { MarketId } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { AuctionJson, DepthDelta } from '#wire/feed-message.ts';
import { levelsToText } from '#wire/present.ts';
import { depthSpacingMs } from './bounds.ts';
import type { LevelChange } from './engine/engine.ts';
import type { Timers } from './timers.ts';

export type BookTop = { checksum: number; auction?: AuctionJson };

/** What a durable frame did to the books. */
export type BookChanges = {
  lastSequence: number;
  levels: LevelChange[];
  /** Of every market that changed, at the frame's end. */
  tops: Map<MarketId, BookTop>;
};

export type DepthOutlet = { take(changes: BookChanges): void; stop(): void };

type Book = {
  /** The last sequence that a delta covered. */
  sentSequence: number;
  /** Price to size, of what changed since. */
  bids: Map<number, number>;
  asks: Map<number, number>;
  top: BookTop;
};

export function createDepthOutlet(options: {
  /** The engine's sequence number when this leader began: the first delta continues it. */
  fromSequence: number;
  timers: Timers;
  market: (marketId: MarketId) => ListedMarket | undefined;
  send: (deltas: DepthDelta[]) => void;
}): DepthOutlet {
  const books = new Map<MarketId, Book>();
  let durableSequence = options.fromSequence;
  let cancel: (() => void) | undefined;

  const bookOf = (marketId: MarketId): Book => {
    const known = books.get(marketId);
    if (known) return known;
    const book = {
      sentSequence: options.fromSequence,
      bids: new Map(),
      asks: new Map(),
      top: { checksum: 0 },
    };
    books.set(marketId, book);
    return book;
  };

  const sendAll = () => {
    cancel = undefined;
    const deltas: DepthDelta[] = [];
    for (const [marketId, book] of books) {
      const listed = options.market(marketId);
      if (!listed || book.bids.size + book.asks.size === 0) continue;
      deltas.push({
        type: 'depth',
        market: marketId,
        firstSequence: book.sentSequence + 1,
        lastSequence: durableSequence,
        bids: levelsToText([...book.bids], listed),
        asks: levelsToText([...book.asks], listed),
        ...book.top,
      });
      book.sentSequence = durableSequence;
      book.bids.clear();
      book.asks.clear();
    }
    options.send(deltas);
  };

  return {
    take({ lastSequence, levels, tops }) {
      durableSequence = lastSequence;
      for (const { marketId, side, priceTicks, sizeLots } of levels) {
        const book = bookOf(marketId);
        (side === 'buy' ? book.bids : book.asks).set(priceTicks, sizeLots);
      }
      for (const [marketId, top] of tops) bookOf(marketId).top = top;
      if (levels.length > 0) cancel ??= options.timers.after(depthSpacingMs, sendAll);
    },
    stop() {
      if (!cancel) return;
      cancel();
      sendAll();
    },
  };
}
