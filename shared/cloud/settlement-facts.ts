/** What facts of the chain say of batches, in their order and each any number of times. */
import { assert } from '#domain/assertion.ts';
import type { ChainFact } from '#wire/chain-fact.ts';
import { settlementEvent } from '#wire/exchange-events.ts';
import { chainKeys } from '#wire/table-keys.ts';
import { putOnce } from './ledger-operations.ts';
import {
  type BatchRow,
  type BatchWhere,
  batchesBefore,
  markMined,
  markReorged,
  markSettled,
  noteRejections,
  placesOf,
  readBatch,
} from './settlement-batches.ts';
import { noteRestriction } from './settlement-due.ts';
import { confirmFreeze, forgetFreeze, noteFreeze, readFreeze } from './settlement-freeze.ts';
import { transact } from './transaction.ts';

type Contracts = { vault: string; exchange: string };

/** Batches that can be mined and not settled: some blocks' worth. */
const unsettledAtMost = 200;

export async function applySettlementFact(
  where: BatchWhere,
  fact: ChainFact,
  contracts: Contracts,
): Promise<void> {
  switch (fact.type) {
    case 'block':
      return applyBlock(where, fact, contracts);
    case 'reorg':
      for (const batch of await minedBatches(where))
        if ((batch.blockNumber ?? 0) > fact.number) await markReorged(where, batch.batchId);
      return forgetFreezeAbove(where, fact.number);
    case 'finalize':
      for (const batch of await minedBatches(where))
        if ((batch.blockNumber ?? 0) <= fact.number) await settle(where, batch);
      return confirmFreezeAt(where, fact.number);
  }
}

async function forgetFreezeAbove(where: BatchWhere, ancestor: number): Promise<void> {
  const freeze = await readFreeze(where);
  if (freeze && !freeze.isFinal && freeze.blockNumber > ancestor)
    await forgetFreeze(where, freeze.blockNumber);
}

/** Behind the batches: whatever is not settled by now never will be. */
async function confirmFreezeAt(where: BatchWhere, finalNumber: number): Promise<void> {
  const freeze = await readFreeze(where);
  if (freeze && !freeze.isFinal && freeze.blockNumber <= finalNumber)
    await confirmFreeze(where, freeze.blockNumber);
}

async function applyBlock(
  where: BatchWhere,
  { number: blockNumber, logs }: Extract<ChainFact, { type: 'block' }>,
  contracts: Contracts,
): Promise<void> {
  const events = logs.flatMap((log) => settlementEvent(log, contracts) ?? []);
  if (events.some(({ type }) => type === 'frozen')) await noteFreeze(where, blockNumber);
  const restrictions = events.flatMap((event) =>
    event.type === 'restricted' ? [event.requestedAtMs] : [],
  );
  if (restrictions.length > 0)
    await noteRestriction(
      { client: where.client, table: where.chainTable },
      Math.max(...restrictions),
    );
  for (const event of events) {
    if (event.type === 'restricted' || event.type === 'frozen') continue;
    const { batchId } = event;
    const batch = await readBatch(where, batchId);
    assert(batch, `the chain settled batch ${batchId}, which nobody planned`);
    if (event.type === 'batch_settled') {
      const { transactionHash } = event;
      await markMined(where, batchId, { transactionHash, blockNumber });
    } else {
      const at = placesOf(batch)[event.index];
      assert(at !== undefined, `batch ${batchId} has no fill ${event.index}`);
      await noteRejections(where, batchId, [{ at, reason: event.reason }]);
    }
  }
}

/** Newest first: those behind the last one that is settled. */
async function minedBatches(where: BatchWhere): Promise<BatchRow[]> {
  const newest = await batchesBefore(where, Number.MAX_SAFE_INTEGER, unsettledAtMost);
  const settledAt = newest.findIndex(({ status }) => status === 'settled');
  const open = settledAt === -1 ? newest : newest.slice(0, settledAt);
  return open.filter(({ status }) => status === 'mined').reverse();
}

/** What it rejected is repaired from now on: no reorg can settle it any more. */
async function settle(where: BatchWhere, { batchId, rejections }: BatchRow): Promise<void> {
  for (const { at, reason } of rejections) {
    const item = { ...chainKeys.rejectedFill(batchId, at), kind: 'rejected', batchId, at, reason };
    // Refused: it is noted already.
    await transact(where.client, [putOnce(where.chainTable, item)]);
  }
  await markSettled(where, batchId);
}
