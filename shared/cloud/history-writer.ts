/**
 * Market history: writes a journal's trades, candles, fills, finished orders and markets, and the watermark after them.
 *
 * Every row is a function of the journal alone, so writing one again changes nothing; a candle remembers the newest
 * trade in it. Only the watermark compares what was read: an older process cannot set it back.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { foldTrades, touchedCandles } from '#domain/candle.ts';
import type { Trade } from '#domain/event.ts';
import type { GroupId } from '#domain/market.ts';
import type { Watermark } from '#wire/accept-record.ts';
import { historyKeys } from '#wire/table-keys.ts';
import { getItems, type Item, putItems } from './batch-items.ts';
import { candleItem, doneOrderItems, fillItems, readCandle, tradeItem } from './history-item.ts';
import { eventsOf, isAfter, type JournalRecord, type JournalRun, takeRun } from './journal-run.ts';
import { type MarketEvent, writeMarketRows } from './market-row.ts';
import type { Consumed } from './stream-edge.ts';
import { untilSettled } from './transaction.ts';
import { readWatermark } from './watermark-item.ts';

type Where = { client: DynamoDBDocumentClient; table: string };

/** Six candles a trade at worst and some nine rows: about a second of writing between two watermarks. */
const tradesPerRun = 1_000;
/** Conditional puts under way at one time. */
const putsAtOnce = 16;

/**
 * Writes every acceptable record's rows; the same records, any part of them, or more of them may be given again.
 * `onNews` hears each change of a market that was not written before.
 */
export async function writeHistory(
  where: Where,
  groupId: GroupId,
  records: readonly JournalRecord[],
  onNews: (event: MarketEvent) => void = () => undefined,
): Promise<Consumed> {
  let frames = 0;
  let watermark = await readPosition(where, groupId);
  for (;;) {
    const run = takeRun(groupId, watermark, records, { trades: tradesPerRun });
    if (!isAfter(run.to.shardSequence, watermark.shardSequence))
      return run.stop ? { status: 'stopped', frames, stop: run.stop } : { status: 'done', frames };
    const news = await writeRows(where, groupId, run);
    news.forEach(onNews);
    watermark = await movePosition(where, groupId, watermark, run.to);
    frames += run.frames.length;
  }
}

async function readPosition({ client, table }: Where, groupId: GroupId): Promise<Watermark> {
  const key = historyKeys.watermark(groupId);
  const get = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
  const { Item: item } = await client.send(get);
  return readWatermark(item?.['watermark']);
}

async function writeRows(where: Where, groupId: GroupId, run: JournalRun): Promise<MarketEvent[]> {
  const rows: Item[] = [];
  const trades: Trade[] = [];
  const events = eventsOf(run.frames);
  for (const event of events) {
    if (event.type === 'order_done') rows.push(...doneOrderItems(event));
    if (event.type !== 'trade') continue;
    trades.push(event);
    rows.push(tradeItem(event), ...fillItems(groupId, event));
  }
  await putItems(where, rows);
  await writeCandles(where, trades);
  return writeMarketRows(where, groupId, events);
}

async function writeCandles(where: Where, trades: readonly Trade[]): Promise<void> {
  const keys = touchedCandles(trades).map((candle) =>
    historyKeys.candle(candle.marketId, candle.interval, candle.openAtMs),
  );
  const known = [...(await getItems(where, keys)).values()].map(readCandle);
  const changed = foldTrades(known, trades);
  for (let at = 0; at < changed.length; at += putsAtOnce) {
    await Promise.all(
      changed.slice(at, at + putsAtOnce).map((candle) =>
        // Refused where another process folded these trades, or more, into it: all of them count there too.
        putWhere(where, candleItem(candle), {
          ConditionExpression: 'attribute_not_exists(pk) OR lastSequence < :last',
          ExpressionAttributeValues: { ':last': candle.lastSequence },
        }),
      ),
    );
  }
}

/** The watermark after `to` is written; where another process moved it first, its own. */
async function movePosition(
  where: Where,
  groupId: GroupId,
  from: Watermark,
  to: Watermark,
): Promise<Watermark> {
  const written = await putWhere(
    where,
    { ...historyKeys.watermark(groupId), watermark: to },
    from.shardSequence === ''
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: '#watermark.shardSequence = :from',
          ExpressionAttributeNames: { '#watermark': 'watermark' },
          ExpressionAttributeValues: { ':from': from.shardSequence },
        },
  );
  return written ? to : readPosition(where, groupId);
}

type Condition = Pick<
  PutCommand['input'],
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

async function putWhere({ client, table }: Where, item: Item, condition: Condition) {
  try {
    await untilSettled(() =>
      client.send(new PutCommand({ TableName: table, Item: item, ...condition })),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
