/**
 * How much gas a batch takes at most: what decides where it is cut. Measured on anvil, where every balance and every `filled` is
 * written for the first time (22,100 gas each); a batch of known accounts takes half of it. A test compares.
 */
import type { SettlementBatch } from './settlement-batch.ts';

const ofBatch = 90_000;
/** Its signature, its `filled`, its account's two balances, its bytes. */
const ofOrder = 66_000;
const ofFill = 5_000;
/** The insurance account's two balances. */
const ofInsuredFill = 50_000;
const ofTransfer = 50_000;
const ofDelegation = 70_000;
const ofProofNode = 2_000;

export function batchGas({ orders, fills, transfers }: SettlementBatch): number {
  const delegations = new Set(orders.flatMap(({ delegation }) => delegation?.digest ?? []));
  const nodes = orders.reduce(
    (sum, { delegation }) => sum + (delegation?.marketProof.length ?? 0),
    0,
  );
  const insured = fills.filter((fill) => fill.insured).length;
  return (
    ofBatch +
    ofOrder * orders.length +
    ofFill * fills.length +
    ofInsuredFill * insured +
    ofTransfer * transfers.length +
    ofDelegation * delegations.size +
    ofProofNode * nodes
  );
}
