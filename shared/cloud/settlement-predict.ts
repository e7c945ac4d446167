/**
 * What the chain would say of a batch, before it is sent: a fill that would be rejected gets insurance in the place of the side that
 * fails, so that the other side is settled; of a fill that fails on both sides nothing is sent.
 */
import { assert } from '#domain/assertion.ts';
import { type AssetId, atomsPerUnit } from '#domain/asset.ts';
import type { RejectionReason, SettlementBatch } from '#wire/settlement-batch.ts';
import type { FillOutcome } from '#wire/settlement-calldata.ts';
import {
  type BatchContent,
  type Building,
  type BuiltBatch,
  buildBatch,
  type Insured,
  movedBy,
  type SettlingTrade,
  termsOf,
  tradesOfContent,
} from './settlement-content.ts';

export type Predicting = Building & {
  /** One a fill, were the batch mined now, behind those that are on their way. */
  outcomes(batch: SettlementBatch): Promise<readonly FillOutcome[]>;
};

export type Prediction =
  | { status: 'settles'; built: BuiltBatch; insured: Map<number, Insured>; failing: Failing[] }
  /**
   * Somebody must fund it; until then the fill waits, and what comes behind it. `enoughAtoms`: with so much more it can give what
   * it has to in all places of the batch that are known to fail.
   */
  | { status: 'insurance_too_low'; asset: AssetId; at: number; enoughAtoms: bigint };

/** A side that would not have settled, and why. */
export type Failing = { at: number; side: Insured; reason: RejectionReason };

/** A round insures all that fail by themselves; another one is needed where what they owed was spent in the same batch. */
const roundsAtMost = 100;

/** `known`: what was insured before. The ledger was told: it stays. */
export async function predict(
  head: { batchId: number; matchedThroughMs: number },
  content: BatchContent,
  known: ReadonlyMap<number, Insured>,
  predicting: Predicting,
): Promise<Prediction> {
  const insured = new Map(known);
  const failing = new Map<number, Failing>();
  const trades = tradesOfContent(content);
  for (let round = 0; round < roundsAtMost; round += 1) {
    const built = buildBatch(head, content, insured, predicting);
    const rejected = rejectedIn(built, await predicting.outcomes(built.batch));
    if (rejected.length === 0)
      return { status: 'settles', built, insured, failing: [...failing.values()] };
    for (const { at, reason, side } of ownFaults(rejected, trades)) {
      const before = insured.get(at);
      if (before !== undefined && before === side && reason === 'balance_too_low')
        return tooLow(at, side, { trades, insured, predicting });
      const now = before === undefined && side ? side : 'both';
      insured.set(at, now);
      failing.set(at, { at, side: now, reason: failing.get(at)?.reason ?? reason });
    }
  }
  throw new Error(`batch ${head.batchId}: no prediction in ${roundsAtMost} rounds`);
}

type Rejected = FillOutcome & { at: number };

function rejectedIn({ places }: BuiltBatch, outcomes: readonly FillOutcome[]): Rejected[] {
  assert(outcomes.length === places.length, 'the chain says one outcome a fill');
  return places.flatMap((at, index) => {
    const outcome = outcomes[index];
    return outcome && outcome.reason !== 'settled' ? [{ ...outcome, at }] : [];
  });
}

/**
 * Who lacks what an earlier rejected fill owes him is not at fault: with insurance in that one he has it. The first one rejected
 * always is, so that each round gets somewhere.
 */
function ownFaults(rejected: readonly Rejected[], trades: readonly SettlingTrade[]): Rejected[] {
  const owed = new Set<string>();
  return rejected.filter(({ at, reason, side }) => {
    const trade = trades[at];
    if (!trade) return false;
    const { makerAccount, takerAccount } = trade;
    const [own, other] =
      side === 'taker' ? [takerAccount, makerAccount] : [makerAccount, takerAccount];
    const isOwn = side === undefined || reason !== 'balance_too_low' || !owed.has(own);
    if (side !== undefined) owed.add(isOwn ? other : own).add(other);
    return isOwn;
  });
}

type Insuring = {
  trades: readonly SettlingTrade[];
  insured: ReadonlyMap<number, Insured>;
  predicting: Building;
};

/** Insurance lacks what a side gives. */
function tooLow(
  at: number,
  side: 'maker' | 'taker',
  { trades, insured, predicting }: Insuring,
): Prediction {
  const given = givenBy(trades[at], side)[0];
  assert(given, 'a side of a trade gives something');
  const { asset } = given;
  const enoughUnits = [...insured]
    .flatMap(([place, each]) => (each === 'both' ? [] : givenBy(trades[place], each)))
    .reduce((sum, move) => (move.asset === asset ? sum + move.units : sum), 0n);
  const enoughAtoms = enoughUnits * atomsPerUnit(termsOf(predicting.assets, asset));
  return { status: 'insurance_too_low', asset, at, enoughAtoms };
}

const givenBy = (trade: SettlingTrade | undefined, side: 'maker' | 'taker') =>
  (trade ? movedBy(trade, side).moves : [])
    .filter(({ units }) => units < 0n)
    .map(({ asset, units }) => ({ asset, units: -units }));
