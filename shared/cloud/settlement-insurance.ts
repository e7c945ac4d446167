/**
 * Makes the ledger follow where insurance took a side's place: the failing owner's part of the trade is taken back against the house's
 * insurance. The other side is never touched: what it was promised has settled.
 */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { insuredPrefix } from '#domain/ledger-operation.ts';
import { chainKeys, insuranceAccount, type Key } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { type LedgerPlace, postOperation, putOnce } from './ledger-operations.ts';
import { queryAll } from './query.ts';
import { type BatchRow, type BatchWhere, contentOf, readBatch } from './settlement-batches.ts';
import {
  type Insured,
  insuredBefore,
  movedBy,
  type Repair,
  tradesOfContent,
} from './settlement-content.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled } from './transaction.ts';

export const insuredOperation = (of: {
  batchId: number;
  at: number;
  side: 'maker' | 'taker';
  asset: string;
}): string => `${insuredPrefix}${of.batchId}:${of.at}:${of.side}:${of.asset}`;

/** `isTakenBack`: by a freeze, whatever was insured before. */
export type InsuredFill = { batchId: number; at: number; side: Insured; isTakenBack?: boolean };

const keyOf = ({ batchId, at, isTakenBack }: InsuredFill): Key =>
  isTakenBack ? chainKeys.takenBackFill(batchId, at) : chainKeys.insuredFill(batchId, at);

/** Notes that the ledger must follow: any number of times. */
export async function noteInsured(
  { client, chainTable }: BatchWhere,
  fill: InsuredFill,
): Promise<void> {
  const item = { ...keyOf(fill), kind: 'insured', ...fill, status: 'open' };
  await transact(client, [putOnce(chainTable, item)]);
}

/** What of a mark the ledger has not been told: of one side that was insured before, the other. */
export function newlyInsured(mark: Insured, before: Insured | undefined): Insured | undefined {
  if (before === undefined) return mark;
  if (mark === before) return undefined;
  return before === 'maker' ? 'taker' : 'maker';
}

/** What a prepared batch says of insurance, so that the ledger follows what it takes over: any number of times. */
export async function noteInsuredOf(
  where: BatchWhere,
  { batchId, insured }: BatchRow,
): Promise<void> {
  if (insured.size === 0) return;
  const before = insuredBefore(await contentOf(where, batchId));
  for (const [at, mark] of insured) {
    const side = newlyInsured(mark, before.get(at));
    if (side) await noteInsured(where, { batchId, at, side });
  }
}

export type Followed = { done: number; open: number };

/**
 * Posts what is open. The owner's funds may still lie in an engine; then the operation is refused, and it is tried
 * again until they are home: his orders were cancelled when the chain said why he fails.
 */
export async function followInsured(
  where: BatchWhere,
  ledger: LedgerPlace,
  nowMs: number,
): Promise<Followed> {
  const followed: Followed = { done: 0, open: 0 };
  const items = await queryAll(
    { client: where.client, table: where.chainTable },
    chainKeys.insuredFills,
  );
  // The newest first: what a fill brought was given in a later one.
  for (const item of items.reverse()) {
    if (item['kind'] !== 'insured' || item['status'] !== 'open') continue;
    const fill = readInsured(item);
    if (await follow(where, ledger, fill, nowMs)) {
      await markFollowed(where, fill);
      followed.done += 1;
    } else followed.open += 1;
  }
  return followed;
}

async function follow(
  where: BatchWhere,
  ledger: LedgerPlace,
  { batchId, at, side, isTakenBack }: InsuredFill,
  atMs: number,
): Promise<boolean> {
  const trade = tradesOfContent(await contentOf(where, batchId))[at];
  if (!trade) throw new Error(`batch ${batchId} has no place ${at}`);
  const sides = side === 'both' ? (['maker', 'taker'] as const) : [side];
  let isWhole = true;
  for (const each of sides) {
    const { account, moves } = movedBy(trade, each);
    // What he gained goes back first: nobody who may trade on has both sides of a trade meanwhile.
    const ordered = [...moves].sort((a, b) => (a.units > b.units ? -1 : 1));
    for (const { asset, units } of ordered) {
      if (units === 0n) continue;
      const operationId = insuredOperation({ batchId, at, side: each, asset });
      const operation = {
        ...{ kind: 'adjust' as const, account, house: insuranceAccount, asset },
        units: -units as Units,
      };
      const booking = { operationId, operation, atMs };
      const { status } = await postOperation(ledger, {
        ...booking,
        ordered: reasonOf(batchId, at),
      });
      if (status !== 'created' && status !== 'exists') {
        if (status !== 'balance_too_low') throw new Error(`${operationId} is refused: ${status}`);
        isWhole = false;
        // Of a frozen vault nobody trades on or is paid by the ledger, and two fills may each wait for what the other gives back.
        if (!isTakenBack) break;
      }
    }
  }
  return isWhole;
}

const reasonOf = (batchId: number, at: number) => ({
  by: 'settlement',
  why: `fill ${at} of batch ${batchId} is insured`,
});

async function markFollowed({ client, chainTable }: BatchWhere, fill: InsuredFill): Promise<void> {
  const update = new UpdateCommand({
    TableName: chainTable,
    Key: keyOf(fill),
    UpdateExpression: 'SET #status = :done',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':done': 'done' },
  });
  await untilSettled(() => client.send(update));
}

const readInsured = (item: Item): InsuredFill => ({
  batchId: storedNumber(item['batchId']),
  at: storedNumber(item['at']),
  side: item['side'] as Insured,
  ...(item['isTakenBack'] === true ? { isTakenBack: true } : {}),
});

/** Fills that the chain rejected, of batches that are final, and that no batch repairs yet; at most `limit`. */
export async function repairsDue(where: BatchWhere, limit: number): Promise<Repair[]> {
  const items = await queryAll(
    { client: where.client, table: where.chainTable },
    chainKeys.insuredFills,
  );
  const due = items.filter(
    (item) => item['kind'] === 'rejected' && item['repairedIn'] === undefined,
  );
  const repairs: Repair[] = [];
  for (const item of due.slice(0, limit)) {
    const batchId = storedNumber(item['batchId']);
    const at = storedNumber(item['at']);
    const trade = tradesOfContent(await contentOf(where, batchId))[at];
    if (!trade) throw new Error(`batch ${batchId} has no place ${at}`);
    const insured = (await readBatch(where, batchId))?.insured.get(at);
    repairs.push({ batchId, at, trade, ...(insured ? { insured } : {}) });
  }
  return repairs;
}
