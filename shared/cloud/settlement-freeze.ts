/**
 * A frozen vault settles nothing any more. What was matched and is in no settled batch is then taken back in the ledger, fill by fill
 * as one that fails on both sides, so that the books say again what the vault holds and will pay.
 */
import type { Units } from '#domain/amount.ts';
import { insuredPrefix } from '#domain/ledger-operation.ts';
import { chainKeys, insuranceAccount, type Key } from '#wire/table-keys.ts';
import { getItems, keyText } from './batch-items.ts';
import { type LedgerPlace, postOperation, putOnce } from './ledger-operations.ts';
import {
  type BatchRow,
  type BatchWhere,
  batchesBehind,
  contentOf,
  markTakenBack,
} from './settlement-batches.ts';
import { insuredBefore, type PlannedTransfer, tradesOfContent } from './settlement-content.ts';
import { newlyInsured, noteInsured, noteInsuredOf } from './settlement-insurance.ts';
import { storedNumber } from './stored-number.ts';
import { transact } from './transaction.ts';

/** Where the chain's newest blocks say so; `isFinal`: for good. */
export type Freeze = { blockNumber: number; isFinal: boolean };

const batchesAtOnce = 100;

export async function readFreeze({ client, chainTable }: BatchWhere): Promise<Freeze | undefined> {
  const key: Key = chainKeys.frozen;
  const item = (await getItems({ client, table: chainTable }, [key])).get(keyText(key));
  if (!item) return undefined;
  return { blockNumber: storedNumber(item['blockNumber']), isFinal: item['isFinal'] === true };
}

/** The first block that says so is kept; what is final stays. */
export const noteFreeze = ({ client, chainTable }: BatchWhere, blockNumber: number) =>
  transact(client, [putOnce(chainTable, { ...chainKeys.frozen, blockNumber, isFinal: false })]);

/** A reorg took it back: only the one of that block, and never a final one. */
export const forgetFreeze = ({ client, chainTable }: BatchWhere, blockNumber: number) =>
  transact(client, [
    {
      Delete: {
        TableName: chainTable,
        Key: chainKeys.frozen,
        ConditionExpression: 'blockNumber = :block AND isFinal = :open',
        ExpressionAttributeValues: { ':block': blockNumber, ':open': false },
      },
    },
  ]);

/** For good: only the one of that block, which a reorg may have taken back meanwhile. */
export const confirmFreeze = ({ client, chainTable }: BatchWhere, blockNumber: number) =>
  transact(client, [
    {
      Update: {
        TableName: chainTable,
        Key: chainKeys.frozen,
        UpdateExpression: 'SET isFinal = :final',
        ConditionExpression: 'blockNumber = :block',
        ExpressionAttributeValues: { ':block': blockNumber, ':final': true },
      },
    },
  ]);

/** Once the freeze is final, and all that there was is planned: any number of times, until nothing is left. */
export async function takeBackUnsettled(
  where: BatchWhere,
  ledger: LedgerPlace,
  { lastBatch, nowMs }: { lastBatch: number; nowMs: number },
): Promise<void> {
  for (let behind = lastBatch; ; ) {
    const rows = await batchesBehind(where, behind, batchesAtOnce);
    for (const row of rows) if (!row.isTakenBack) await takeBack(where, ledger, row, nowMs);
    const last = rows.at(-1);
    if (!last || rows.length < batchesAtOnce) return;
    behind = last.batchId;
  }
}

/** Notes first what the ledger must follow; fills that were insured before are undone for the side that was not. */
async function takeBack(
  where: BatchWhere,
  ledger: LedgerPlace,
  row: BatchRow,
  nowMs: number,
): Promise<void> {
  const { batchId } = row;
  // Whoever prepared it may have died before it noted whom insurance stands in for.
  await noteInsuredOf(where, row);
  const content = await contentOf(where, batchId);
  const before = new Map([...insuredBefore(content), ...row.insured]);
  for (const at of tradesOfContent(content).keys()) {
    const side = newlyInsured('both', before.get(at));
    if (side) await noteInsured(where, { batchId, at, side, isTakenBack: true });
  }
  let isWhole = true;
  for (const transfer of content.transfers)
    isWhole = (await giveBack(ledger, transfer, nowMs)) && isWhole;
  if (isWhole) await markTakenBack(where, row);
}

/** False where its receiver's money is not home yet. */
async function giveBack(
  ledger: LedgerPlace,
  { operationId, account, asset, units }: PlannedTransfer,
  atMs: number,
): Promise<boolean> {
  const { status } = await postOperation(ledger, {
    operationId: `${insuredPrefix}frozen:${operationId}`,
    operation: {
      ...{ kind: 'adjust', account, house: insuranceAccount, asset },
      units: -units as Units,
    },
    ordered: { by: 'settlement', why: `the vault is frozen, ${operationId} is not settled` },
    atMs,
  });
  return status === 'created' || status === 'exists';
}
