/** What a run of frames does to money: many trades netted into one change per account and asset. */
import { assert } from './assertion.ts';
import type { AssetId } from './asset.ts';
import type { Command } from './command.ts';
import type { EngineEvent, Outcome, Trade } from './event.ts';
import { assetsOf, type GroupId, type MarketId } from './market.ts';

/** What clearing reads of a journal frame. */
export type ClearedFrame = { frame: number; clock: number; outcomes: Outcome<Command>[] };

/**
 * Frames `fromFrame` to `toFrame` of a pair group's journal, posted together. Frames between two runs moved no money:
 * what moves none leaves no run.
 */
export type ClearedRun = {
  groupId: GroupId;
  fromFrame: number;
  toFrame: number;
  /** The stream's record before the run's first one (empty text: the stream's beginning), and its last one. */
  fromShardSequence: string;
  toShardSequence: string;
  /** Time and logical clock of its last frame. */
  atMs: number;
  clock: number;
  trades: number;
  /** How many pairs of account and asset changed: so many entries it has. */
  changes: number;
};

/** What one trade did to one balance: `units` came in (or went out, negative), `feeUnits` were taken from it (negative: a rebate). */
export type EntryLine = {
  sequence: number;
  marketId: MarketId;
  units: bigint;
  feeUnits: bigint;
};

/** The netted change of one (account, asset) over a run. */
export type CreditChange = {
  account: string;
  asset: AssetId;
  /** Moves from pending to frozen. At most one a run: the next grant waits until this one is cleared. */
  granted?: { grantNumber: number; units: bigint };
  /** Moves from frozen to available. */
  returnedUnits: bigint;
  /** Of the newest return; 0 where there was none. */
  returnNumber: number;
  /** The clock of the newest frame that returned something; 0 where none did. */
  returnedClock: number;
  /** The sum of the lines, fees taken: changes frozen. */
  tradedUnits: bigint;
  lines: EntryLine[];
};

/** Identifies a change within a run; postings are made in the text order of these keys. */
export const changeKey = (change: { account: string; asset: AssetId }): string =>
  `${change.account}#${change.asset}`;

/** What a change adds to frozen. */
export const frozenChange = (change: CreditChange): bigint =>
  (change.granted?.units ?? 0n) - change.returnedUnits + change.tradedUnits;

/** What a change adds to available, the grant's own step (available to pending) included. */
export const availableChange = (change: CreditChange): bigint =>
  change.returnedUnits - (change.granted?.units ?? 0n);

/**
 * Nets consecutive frames into changes, sorted by key. Fees go to `feeAccount`.
 * Asserts that no asset is made or lost: over all changes, available and frozen move by zero.
 */
export function netFrames(frames: readonly ClearedFrame[], feeAccount: string): CreditChange[] {
  const changes = new Map<string, CreditChange>();
  let previous: ClearedFrame | undefined;
  for (const frame of frames) {
    assert(!previous || frame.frame === previous.frame + 1, `frame ${frame.frame} breaks the run`);
    previous = frame;
    for (const { events } of frame.outcomes)
      for (const event of events) net(changes, event, frame, feeAccount);
  }
  const sorted = [...changes.values()].sort((a, b) => (changeKey(a) < changeKey(b) ? -1 : 1));
  assertBalanced(sorted);
  return sorted;
}

function net(
  changes: Map<string, CreditChange>,
  event: EngineEvent,
  frame: ClearedFrame,
  feeAccount: string,
): void {
  switch (event.type) {
    case 'trade':
      netTrade(changes, event, feeAccount);
      return;
    case 'credit_granted': {
      const change = changeOf(changes, event.account, event.asset);
      assert(!change.granted, `${changeKey(change)}: two grants in one run`);
      change.granted = { grantNumber: event.grantNumber, units: BigInt(event.units) };
      return;
    }
    case 'credit_returned': {
      const change = changeOf(changes, event.account, event.asset);
      change.returnedUnits += BigInt(event.units);
      change.returnNumber = event.returnNumber;
      change.returnedClock = frame.clock;
      return;
    }
    // No money moves: holds and releases happen inside frozen, where only the engine looks.
    case 'accepted':
    case 'refused':
    case 'order_done':
    case 'order_amended':
    case 'order_triggered':
    case 'market_listed':
    case 'market_state_changed':
      return;
  }
}

function netTrade(changes: Map<string, CreditChange>, trade: Trade, feeAccount: string): void {
  const { base, quote } = assetsOf(trade.marketId);
  const takerBuys = trade.takerSide === 'buy';
  const [buyer, buyerFee] = takerBuys
    ? [trade.takerAccount, trade.takerFeeUnits]
    : [trade.makerAccount, trade.makerFeeUnits];
  const [seller, sellerFee] = takerBuys
    ? [trade.makerAccount, trade.makerFeeUnits]
    : [trade.takerAccount, trade.takerFeeUnits];
  const add = (account: string, asset: AssetId, units: number, feeUnits: number) => {
    const change = changeOf(changes, account, asset);
    const line = {
      sequence: trade.sequence,
      marketId: trade.marketId,
      units: BigInt(units),
      feeUnits: BigInt(feeUnits),
    };
    change.lines.push(line);
    change.tradedUnits += line.units - line.feeUnits;
  };
  add(buyer, base, trade.baseUnits, 0);
  add(buyer, quote, -trade.quoteUnits, buyerFee);
  add(seller, base, -trade.baseUnits, 0);
  add(seller, quote, trade.quoteUnits, sellerFee);
  // A maker's rebate (a negative fee) is paid out of the taker's fee, so that the house never pays for a trade.
  const houseUnits = buyerFee + sellerFee;
  assert(houseUnits >= 0, `trade ${trade.sequence} pays a rebate above its fee`);
  if (houseUnits > 0) add(feeAccount, quote, houseUnits, 0);
}

function changeOf(
  changes: Map<string, CreditChange>,
  account: string,
  asset: AssetId,
): CreditChange {
  const key = changeKey({ account, asset });
  const known = changes.get(key);
  if (known) return known;
  const fresh: CreditChange = {
    account,
    asset,
    returnedUnits: 0n,
    returnNumber: 0,
    returnedClock: 0,
    tradedUnits: 0n,
    lines: [],
  };
  changes.set(key, fresh);
  return fresh;
}

function assertBalanced(changes: readonly CreditChange[]): void {
  const sums = new Map<AssetId, bigint>();
  for (const change of changes) {
    const moved = frozenChange(change) + availableChange(change);
    sums.set(change.asset, (sums.get(change.asset) ?? 0n) + moved);
  }
  for (const [asset, sum] of sums) assert(sum === 0n, `the run makes or loses ${sum} of ${asset}`);
}
