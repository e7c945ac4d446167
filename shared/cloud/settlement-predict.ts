/**
 * What the chain would say of a batch, before it is sent: a fill that would be rejected gets insurance in the place of the side that
 * fails, so that the other side is settled; of a fill that fails on both sides nothing is sent.
 */
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import { atomsPerUnit } from '#domain/asset.ts';
import type { RejectionReason, SettlementBatch } from '#wire/settlement-batch.ts';
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
  /** One reason a fill, were the batch mined now, behind those that are on their way. */
  reasons(batch: SettlementBatch): Promise<readonly RejectionReason[]>;
  /** What insurance has in the vault, in atoms. */
  insuranceAtoms(chainAsset: bigint): Promise<bigint>;
};

export type Prediction =
  | { status: 'settles'; built: BuiltBatch; insured: Map<number, Insured>; failing: Failing[] }
  /** Somebody must fund it; until then the fill waits, and what comes behind it. */
  | { status: 'insurance_too_low'; asset: AssetId; at: number };

/** A side that would not have settled, and why. */
export type Failing = { at: number; side: Insured; reason: RejectionReason };

/** Each round settles at least one question of three, and questions are rare: a batch of nothing but failures takes some rounds. */
const roundsAtMost = 60;

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
    const reasons = await predicting.reasons(built.batch);
    assert(reasons.length === built.places.length, 'the chain says one reason a fill');
    const rejected = built.places.flatMap((at, index) => {
      const reason = reasons[index] ?? 'settled';
      return reason === 'settled' ? [] : [{ at, reason }];
    });
    if (rejected.length === 0)
      return { status: 'settles', built, insured, failing: [...failing.values()] };
    for (const { at, reason } of rejected) {
      const before = insured.get(at);
      if (before !== undefined && reason === 'balance_too_low') {
        const lacking = await lackingAsset(trades, insured, at, predicting);
        if (lacking) return { status: 'insurance_too_low', asset: lacking, at };
      }
      // What the ledger was told of a side stays: then both fail.
      const side: Insured =
        before === undefined ? 'maker' : before === 'maker' && !known.has(at) ? 'taker' : 'both';
      insured.set(at, side);
      failing.set(at, { at, side, reason: failing.get(at)?.reason ?? reason });
    }
  }
  throw new Error(`batch ${head.batchId}: no prediction in ${roundsAtMost} rounds`);
}

/** The asset that insurance gives in a fill and has less of than all insured fills take, up to that one. */
async function lackingAsset(
  trades: readonly SettlingTrade[],
  insured: ReadonlyMap<number, Insured>,
  upTo: number,
  { assets, insuranceAtoms }: Predicting,
): Promise<AssetId | undefined> {
  const own = trades[upTo];
  const side = insured.get(upTo);
  if (!own || side === undefined || side === 'both') return undefined;
  for (const { asset, units } of movedBy(own, side).moves) {
    if (units >= 0n) continue;
    let needed = 0n;
    for (const [at, of] of insured) {
      const trade = trades[at];
      if (!trade || at > upTo || of === 'both') continue;
      for (const move of movedBy(trade, of).moves)
        if (move.asset === asset && move.units < 0n) needed -= move.units;
    }
    const terms = termsOf(assets, asset);
    const atoms = await insuranceAtoms(BigInt(terms.chainAsset));
    if (atoms < needed * atomsPerUnit(terms)) return asset;
  }
  return undefined;
}
