/** The row of a market in the history table: its terms and state as of its newest event in the journal. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { EngineEvent, MarketListed, MarketStateChanged } from '#domain/event.ts';
import { type GroupId, type MarketState, noProtections } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { historyKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { storedNumber } from './stored-number.ts';
import { untilSettled } from './transaction.ts';

type Where = { client: DynamoDBDocumentClient; table: string };

/** A market with its state of a moment ago. */
export type DirectoryEntry = ListedMarket & {
  /** When the state ends by itself; 0 where only an operator ends it. */
  untilMs: number;
  /** Of the newest event that is in it; 0 where the journal has said nothing yet. */
  sequence: number;
};

export type MarketEvent = MarketListed | MarketStateChanged;

/** Brings the rows up to these events, in their order, and answers those that were news; events that a row has seen already change nothing. */
export async function writeMarketRows(
  where: Where,
  groupId: GroupId,
  events: readonly EngineEvent[],
): Promise<MarketEvent[]> {
  const news: MarketEvent[] = [];
  for (const event of events) {
    if (event.type !== 'market_listed' && event.type !== 'market_state_changed') continue;
    if (await writeMarketRow(where, groupId, event)) news.push(event);
  }
  return news;
}

/**
 * An older process, or a batch that comes again, cannot set a row back: its sequence is not above the row's.
 * A market belongs to the group that listed it first, since sequences of two groups cannot be compared.
 */
async function writeMarketRow(
  { client, table }: Where,
  groupId: GroupId,
  event: MarketEvent,
): Promise<boolean> {
  const { expression, values } = changeOf(event);
  const update = new UpdateCommand({
    TableName: table,
    Key: historyKeys.market(event.type === 'market_listed' ? event.market.id : event.marketId),
    UpdateExpression: `SET #sequence = :sequence, #group = :group, ${expression}`,
    ConditionExpression:
      'attribute_not_exists(#sequence) OR (#sequence < :sequence AND #group = :group)',
    ExpressionAttributeNames: {
      '#sequence': 'sequence',
      '#group': 'groupId',
      '#state': 'state',
      '#until': 'untilMs',
      ...(event.type === 'market_listed' ? { '#terms': 'terms' } : {}),
    },
    ExpressionAttributeValues: { ':sequence': event.sequence, ':group': groupId, ...values },
  });
  try {
    await untilSettled(() => client.send(update));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function changeOf(event: MarketEvent): { expression: string; values: Record<string, unknown> } {
  if (event.type === 'market_state_changed') {
    const { state, untilMs } = event;
    const values = { ':state': state, ':until': untilMs };
    return { expression: '#state = :state, #until = :until', values };
  }
  const { market, base, quote } = event;
  return {
    // Terms change, the state of a listed market stays.
    expression:
      '#terms = :terms, #state = if_not_exists(#state, :state), #until = if_not_exists(#until, :until)',
    values: {
      ':terms': JSON.stringify({ market, base, quote }),
      ':state': market.state,
      ':until': 0,
    },
  };
}

/**
 * `known` are the market's terms by the catalog: a row that began with a change of state, because the listing was read
 * before there were rows, has none of its own.
 */
export function readMarketRow(item: Item, known?: ListedMarket): DirectoryEntry | undefined {
  const terms = item['terms'];
  const listed = terms === undefined ? known : (JSON.parse(String(terms)) as ListedMarket);
  if (!listed) return undefined;
  const { market, base, quote } = listed;
  return {
    // Terms that an older version wrote lack what came later.
    market: { ...noProtections, ...market, state: item['state'] as MarketState },
    base,
    quote,
    untilMs: storedNumber(item['untilMs']),
    sequence: storedNumber(item['sequence']),
  };
}
