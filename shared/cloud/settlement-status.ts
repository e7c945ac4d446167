/** How far a fill is on its way to the chain, as its owner may know it: never further than it is. */
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { GroupId } from '#domain/market.ts';
import { settingNames } from '#wire/setting-names.ts';
import { chainKeys, ledgerKeys, padded } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { type Environment, isSettled, setting } from './settings.ts';
import {
  type BatchRow,
  type BatchWhere,
  batchIn,
  contentOf,
  readBatch,
} from './settlement-batches.ts';
import { tradesOfContent } from './settlement-content.ts';
import { sideBySide } from './side-by-side.ts';
import { storedNumber } from './stored-number.ts';
import { untilSettled } from './transaction.ts';
import { readWatermark } from './watermark-item.ts';

/** `taken_back`: it could not settle by its owner's own act, and the ledger undid it; the other side has settled. */
export type FillStatus = 'matched' | 'cleared' | 'submitted' | 'settled' | 'taken_back';

export type FillSettlement = { status: FillStatus; transactionHash?: string };

export type OwnFill = { groupId: GroupId; sequence: number; role: 'maker' | 'taker' };

type Where = BatchWhere & { ledgerTable: string };

const groupsAtOnce = 4;
const fillsAtOnce = 8;
/** Batches that one page of fills may lie in. */
const rowsPerCall = 200;

/** Undefined where the stage settles on no chain. */
export function fillSettlementsOf(environment: Environment, client: DynamoDBDocumentClient) {
  const chainTable = environment[settingNames.chainTable];
  if (!chainTable || !isSettled(environment)) return undefined;
  const where = { client, chainTable, ledgerTable: setting(environment, 'ledgerTable') };
  return (fills: readonly OwnFill[]) => fillSettlements(where, fills);
}

/** In the order of the fills. */
export async function fillSettlements(
  where: Where,
  fills: readonly OwnFill[],
): Promise<FillSettlement[]> {
  const groupIds = [...new Set(fills.map(({ groupId }) => groupId))];
  const groups = new Map(
    await sideBySide(groupIds, groupsAtOnce, async (groupId) => {
      const own = fills.filter((fill) => fill.groupId === groupId);
      return [groupId, await groupOf(where, groupId, own)] as const;
    }),
  );
  const numbers = new Set(
    [...groups.values()].flatMap(({ through }) => through.map((at) => at[1])),
  );
  const batches = await batchesOf(where, [...numbers]);
  return sideBySide(fills, fillsAtOnce, async (fill) => {
    const group = groups.get(fill.groupId);
    const batchId = group?.through.find(([sequence]) => sequence >= fill.sequence)?.[1];
    const batch = batchId === undefined ? undefined : batches.get(batchId);
    if (batch && batch.status !== 'planned') return settlementIn(where, batch, fill);
    const isCleared = (group?.clearedSequence ?? 0) >= fill.sequence;
    return { status: isCleared ? 'cleared' : 'matched' };
  });
}

/** Of a fill in a batch that was sent. Where all of it settles nobody asks which place the fill has. */
async function settlementIn(
  where: BatchWhere,
  batch: BatchRow,
  fill: OwnFill,
): Promise<FillSettlement> {
  if (batch.insured.size === 0 && batch.rejections.length === 0) return settlementOf(batch);
  const trades = tradesOfContent(await contentOf(where, batch.batchId));
  const at = trades.findLastIndex(
    ({ groupId, sequence }) => groupId === fill.groupId && sequence === fill.sequence,
  );
  const side = batch.insured.get(at);
  if (side === fill.role || side === 'both') return { status: 'taken_back' };
  if (!batch.rejections.some((rejection) => rejection.at === at)) return settlementOf(batch);
  const key = chainKeys.rejectedFill(batch.batchId, at);
  const items = await getItems({ client: where.client, table: where.chainTable }, [key]);
  const repairedIn = items.get(keyText(key))?.['repairedIn'];
  const repairing =
    repairedIn === undefined ? undefined : await readBatch(where, storedNumber(repairedIn));
  if (!repairing || repairing.status === 'planned') return { status: 'submitted' };
  return settlementIn(where, repairing, fill);
}

const settlementOf = ({ status, transactionHash }: BatchRow): FillSettlement => ({
  status: status === 'settled' ? 'settled' : 'submitted',
  ...(transactionHash === undefined ? {} : { transactionHash }),
});

type Group = { clearedSequence: number; through: (readonly [sequence: number, batchId: number])[] };

/** Batches first: what they hold is cleared, or will be in a moment. */
async function groupOf(where: Where, groupId: GroupId, fills: readonly OwnFill[]): Promise<Group> {
  const sequences = fills.map(({ sequence }) => sequence);
  const [first, last] = [Math.min(...sequences), Math.max(...sequences)];
  const through: [number, number][] = [];
  let after: Item | undefined;
  do {
    const query = new QueryCommand({
      TableName: where.chainTable,
      KeyConditionExpression: 'pk = :pk AND sk >= :first',
      ExpressionAttributeValues: {
        ':pk': chainKeys.batchesOf(groupId),
        ':first': padded(first),
      },
      Limit: rowsPerCall,
      ...(after ? { ExclusiveStartKey: after } : {}),
    });
    const answer = await untilSettled(() => where.client.send(query));
    for (const { sk, batchId } of answer.Items ?? [])
      through.push([Number(sk), storedNumber(batchId)]);
    after = answer.LastEvaluatedKey;
  } while (after && (through.at(-1)?.[0] ?? 0) < last);
  const key = ledgerKeys.cursor(groupId);
  const cursor = (await getItems({ client: where.client, table: where.ledgerTable }, [key])).get(
    keyText(key),
  );
  return { clearedSequence: readWatermark(cursor?.['watermark']).lastSequence, through };
}

async function batchesOf(
  { client, chainTable }: BatchWhere,
  numbers: readonly number[],
): Promise<Map<number, BatchRow>> {
  const items = await getItems({ client, table: chainTable }, numbers.map(chainKeys.batch));
  return new Map(
    [...items.values()].map((item) => {
      const batch = batchIn(item);
      return [batch.batchId, batch];
    }),
  );
}
