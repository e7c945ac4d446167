/** Compares what clients were told with what the journal holds and the book shows. Each difference is a sentence. */
import { isDeepStrictEqual } from 'node:util';
import { formatPrice, formatSize } from '#domain/market.ts';
import type { Digest } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { FillJson, OrderJson } from '#wire/feed-message.ts';
import type { FillView } from '#wire/matcher-api.ts';
import { fillToJson } from '#wire/present.ts';
import type { JournalStory, OrderStory } from './journal-story.ts';
import type { Sent, Told } from './told.ts';

export type Differences = {
  /** What a client was told, and what is not so. */
  lost: string[];
  /** What happened more often than a client was told. */
  doubled: string[];
  /** What is in the journal, and not in ledger or history. */
  unsettled: string[];
};

type Markets = ReadonlyMap<string, ListedMarket>;

/** Everything that clients were told is in the journal, once. */
export function compareTold(told: Told, story: JournalStory, markets: Markets, to: Differences) {
  for (const sent of told.sent) compareSent(sent, story, to);
  const known = new Set<string>();
  for (const fill of told.fills) {
    const text = JSON.stringify(fill);
    if (!known.has(text)) compareFill(fill, story, markets, to);
    known.add(text);
  }
  const ends = new Map(told.ends.map((end) => [`${end.digest} ${end.status}`, end]));
  for (const { digest, status } of ends.values()) {
    const now = stateOf(story, digest);
    if (now !== status)
      to.lost.push(`order ${digest} was told to be ${status}; in the journal it is ${now}`);
  }
}

function compareSent(sent: Sent, story: JournalStory, to: Differences): void {
  const { kind, commandId, account, answers } = sent;
  const name = `${kind} ${commandId} of ${account}`;
  const taken = story.accepted.get(commandId) ?? [];
  if (taken.length > 1) to.doubled.push(`${name} was taken at sequences ${taken.join(', ')}`);
  for (const answer of answers) {
    if (answer.type === 'accepted') {
      if (taken.length === 0)
        to.lost.push(
          `${name} was accepted at sequence ${answer.sequence} and is not in the journal`,
        );
      else if (!taken.includes(answer.sequence))
        to.doubled.push(
          `${name} was accepted at sequence ${answer.sequence}; the journal has it at ${taken.join(', ')}`,
        );
    } else if (answer.type === 'refused' && taken.length > 0)
      to.doubled.push(
        `${name} was refused ${answer.code} and is in the journal at ${taken.join()}`,
      );
  }
  const nothingTaken = answers.length > 0 && answers.every(({ type }) => type === 'nothing_taken');
  if (nothingTaken && taken.length > 0)
    to.doubled.push(`${name} was never taken, its client was told; it is in the journal`);
  const isCancelled = answers.some(({ type }) => type === 'accepted') && kind === 'cancel';
  const now = stateOf(story, sent.order);
  if (isCancelled && now !== 'cancelled')
    to.lost.push(`${name} was accepted; its order ${sent.order} is ${now}`);
}

function stateOf({ orders }: JournalStory, digest: Digest): string {
  const order = orders.get(digest);
  return order ? (order.done?.reason ?? 'live') : 'not there';
}

function compareFill(fill: FillJson, story: JournalStory, markets: Markets, to: Differences) {
  const trade = story.trades.get(fill.tradeId);
  const name = `fill ${fill.tradeId} of order ${fill.orderDigest}`;
  const listed = markets.get(fill.market);
  if (!trade || !listed) {
    to.lost.push(`${name} was told and is not in the journal`);
    return;
  }
  const isMaker = fill.role === 'maker';
  const view: FillView = {
    ...trade,
    digest: isMaker ? trade.makerDigest : trade.takerDigest,
    side: isMaker === (trade.takerSide === 'buy') ? 'sell' : 'buy',
    role: fill.role,
    feeUnits: isMaker ? trade.makerFeeUnits : trade.takerFeeUnits,
  };
  if (!isDeepStrictEqual(fillToJson(view, listed), fill))
    to.lost.push(`${name} was told otherwise than it is in the journal: ${JSON.stringify(fill)}`);
}

/** No order takes more than its size, however often it was sent. */
export function compareSizes({ orders }: JournalStory, { doubled }: Differences): void {
  for (const [digest, { sizeLots, filledLots, placed }] of orders)
    if (filledLots > placed.amounts.sizeLots || (sizeLots > 0 && filledLots > sizeLots))
      doubled.push(`order ${digest} of ${sizeLots} lots was filled for ${filledLots}`);
}

export type BookShown = {
  /** Every account's open orders. */
  open: OrderJson[];
  /** By market: `side price` and the size there. */
  levels: Map<string, Map<string, string>>;
};

/** The book is what the journal's events leave: no order or level less, none more. */
export function compareBook(
  { orders }: JournalStory,
  shown: BookShown,
  markets: Markets,
  { lost, doubled }: Differences,
): void {
  const live = new Map([...orders].filter(([, { done }]) => !done));
  const open = new Map(shown.open.map((order) => [order.digest, order]));
  for (const [digest, order] of live)
    if (!open.has(digest))
      lost.push(`order ${digest} of ${order.placed.account} is not in the book`);
  for (const [digest, { account, filledSize }] of open) {
    const order = live.get(digest);
    if (!order)
      doubled.push(`order ${digest} of ${account} is in the book, and over in the journal`);
    else if (filledSize !== sizeText(order.filledLots, order, markets))
      lost.push(`order ${digest} shows ${filledSize} filled; the journal ${order.filledLots} lots`);
  }
  for (const [marketId, listed] of markets)
    compareLevels(
      { marketId, expected: levelsOf(live.values(), listed) },
      shown.levels.get(marketId) ?? new Map(),
      { lost, doubled },
    );
}

function compareLevels(
  { marketId, expected }: { marketId: string; expected: Map<string, string> },
  shown: Map<string, string>,
  { lost, doubled }: Pick<Differences, 'lost' | 'doubled'>,
): void {
  for (const [level, size] of expected)
    if (shown.get(level) !== size)
      lost.push(`${marketId} ${level} shows ${shown.get(level) ?? '0'} of ${size}`);
  for (const [level, size] of shown)
    if (!expected.has(level))
      doubled.push(`${marketId} ${level} shows ${size} that nobody ordered`);
}

function levelsOf(live: Iterable<OrderStory>, listed: ListedMarket): Map<string, string> {
  const { market, base, quote } = listed;
  const lots = new Map<string, number>();
  for (const { placed, sizeLots, filledLots } of live) {
    if (placed.marketId !== market.id) continue;
    const price = formatPrice(placed.amounts.limitTicks, market, base, quote);
    const level = `${placed.side} ${price}`;
    lots.set(level, (lots.get(level) ?? 0) + sizeLots - filledLots);
  }
  return new Map([...lots].map(([level, size]) => [level, formatSize(size, market, base)]));
}

function sizeText(lots: number, { placed }: OrderStory, markets: Markets): string {
  const listed = markets.get(placed.marketId);
  return listed ? formatSize(lots, listed.market, listed.base) : '';
}
