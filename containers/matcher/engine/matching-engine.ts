/** The matching engine of one pair group: an in-memory state behind the Engine interface. */
import { assert } from '#domain/assertion.ts';
import type { PlaceOrder } from '#domain/command.ts';
import { admitOrder, holdAssetOf, placementHold } from './admit.ts';
import { applyCommand } from './apply.ts';
import { orderView } from './book-order.ts';
import type { Engine, EngineDepth, LevelChange } from './engine.ts';
import { type EngineState, emptyState } from './engine-state.ts';
import type { BookSide } from './order-book.ts';
import { hashState } from './state-hash.ts';
import { validateState } from './validate.ts';

/** The behaviour that this code has. A journal that names another cannot be replayed by it. */
export const currentRulesVersion = 1;

export function createEngine(options: { groupId?: string; rulesVersion?: number } = {}): Engine {
  const { groupId, rulesVersion = currentRulesVersion } = options;
  assert(rulesVersion === currentRulesVersion, `rules version ${rulesVersion} is not known`);
  const state = emptyState(groupId);
  return {
    apply(command, emit) {
      state.out.open(emit);
      applyCommand(command, state);
    },
    get sequence() {
      return state.out.sequence;
    },
    get nowMs() {
      return state.nowMs;
    },
    nextExpiryMs: () => state.expiry.next?.expiresAtMs,
    shortfall: (command) => shortfall(command, state),
    firstResult: (commandId) => state.remembered.result(commandId),
    market(marketId) {
      const listing = state.listings.get(marketId);
      return listing && { market: listing.market, base: listing.base, quote: listing.quote };
    },
    marketIds: () => [...state.listings.keys()],
    order(digest) {
      const order = state.live.find(digest);
      return order && orderView(order);
    },
    ordersOf: (account) => state.live.ordersOf(account).map(orderView),
    creditOf: (account) => state.credit.linesOf(account).map((line) => ({ ...line })),
    credits: () => credits(state),
    depth: (marketId, levels) => depth(marketId, levels, state),
    takeLevelChanges: () => takeLevelChanges(state),
    stateHash: () => hashState(state),
    eventHash: () => state.out.hash(),
    validate: () => validateState(state),
  };
}

/** Credit is checked last, so `balance_too_low` means that nothing else is in the way. */
function shortfall(command: PlaceOrder, state: EngineState): { asset: string; units: number } {
  const listing = state.listings.get(command.marketId);
  if (!listing) return { asset: '', units: 0 };
  const asset = holdAssetOf(command, listing);
  if (admitOrder(command, state) !== 'balance_too_low') return { asset, units: 0 };
  const freeUnits = state.credit.freeUnits(command.account, asset);
  return { asset, units: placementHold(command, listing) - freeUnits };
}

function credits(state: EngineState) {
  return [...state.credit.lines()]
    .filter((line) => line.freeUnits + line.heldUnits > 0)
    .map((line) => ({ ...line }));
}

function depth(marketId: string, levels: number, state: EngineState): EngineDepth {
  const book = state.listings.get(marketId)?.book;
  return book
    ? { bids: bestLevels(book.bids, levels), asks: bestLevels(book.asks, levels) }
    : { bids: [], asks: [] };
}

function bestLevels(side: BookSide, count: number): [number, number][] {
  const levels: [number, number][] = [];
  if (count <= 0) return levels;
  for (const { priceTicks, sizeLots } of side.fromBest()) {
    levels.push([priceTicks, sizeLots]);
    if (levels.length === count) break;
  }
  return levels;
}

function takeLevelChanges(state: EngineState): LevelChange[] {
  const changes: LevelChange[] = [];
  for (const [marketId, { book }] of state.listings) {
    for (const side of [book.bids, book.asks]) {
      if (side.changed.size === 0) continue;
      for (const priceTicks of side.changed) {
        changes.push({ marketId, side: side.side, priceTicks, sizeLots: side.sizeAt(priceTicks) });
      }
      side.changed.clear();
    }
  }
  return changes;
}
