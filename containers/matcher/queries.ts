/** What a leader answers about its state: captured at one moment, released once the frame that holds it is durable (W5). */
import type { Clock } from '#cloud/clock.ts';
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { AccountView, DepthView, MatcherHealth, OrderView } from '#wire/matcher-api.ts';
import { depthChecksum } from '#wire/present.ts';
import { depthLevels, healthRests } from './bounds.ts';
import type { Engine } from './engine/engine.ts';
import type { Journal } from './journal.ts';

export type Queries = {
  /** Undefined where the market is not listed. */
  depth(marketId: MarketId, levels: number): Promise<DepthView | undefined>;
  account(account: Address): Promise<AccountView>;
  /** An order that lives, or ended within the admission window. */
  order(digest: Digest): Promise<OrderView | undefined>;
  health(): Promise<MatcherHealth>;
};

/** The levels that a depth checksum covers. */
const checksumLevels = 10;

export function createQueries(options: {
  groupId: string;
  epoch: number;
  engine: Engine;
  journal: Pick<Journal, 'frame' | 'whenDurable'>;
  clock: Pick<Clock, 'monotonicMs'>;
}): Queries {
  const { engine, journal, clock } = options;
  const durable = <T>(captured: T): Promise<T> =>
    new Promise((resolve) => journal.whenDurable(() => resolve(captured)));
  let health: { view: MatcherHealth; untilMs: number } | undefined;

  return {
    depth(marketId, levels) {
      const listed = engine.market(marketId);
      const status = engine.marketStatus(marketId);
      if (!listed || !status) return Promise.resolve(undefined);
      const wanted = Math.max(1, Math.min(levels, depthLevels));
      const { bids, asks } = engine.depth(marketId, Math.max(wanted, checksumLevels));
      return durable({
        ...status,
        marketId,
        state: listed.market.state,
        sequence: engine.sequence,
        bids: bids.slice(0, wanted),
        asks: asks.slice(0, wanted),
        checksum: depthChecksum(bids, asks),
      });
    },
    account(account) {
      const credit = engine
        .creditOf(account)
        // An empty line is told too where it was not always so: its numbers say which grants and returns are in it.
        .filter(
          (line) => line.freeUnits + line.heldUnits + line.grantNumber + line.returnNumber > 0,
        )
        .map(({ account: _, ...line }) => line);
      const orders = engine.ordersOf(account).map((order) => ({ ...order }));
      const switchDueMs = engine.switchOf(account);
      return durable({
        ...{ account, sequence: engine.sequence, credit, orders },
        ...(switchDueMs > 0 ? { switchDueMs } : {}),
        feeTier: engine.feeTierOf(account),
      });
    },
    order(digest) {
      const order = engine.order(digest);
      return durable(order && { ...order });
    },
    health() {
      const nowMs = clock.monotonicMs();
      if (!health || nowMs >= health.untilMs) {
        const { sequence } = engine;
        const known = health?.view.sequence === sequence ? health.view.stateHash : undefined;
        const view = {
          groupId: options.groupId,
          leading: true,
          epoch: options.epoch,
          frame: journal.frame,
          sequence,
          stateHash: known ?? engine.stateHash(),
        };
        const tookMs = clock.monotonicMs() - nowMs;
        health = { view, untilMs: nowMs + tookMs * healthRests };
      }
      return durable(health.view);
    },
  };
}
