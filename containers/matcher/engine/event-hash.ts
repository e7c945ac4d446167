/**
 * Folds an event into the chain over all events: every field. An event is written as pairs of 32-bit words, in a fixed order: names as
 * their two words, numbers as the halves of their doubles, what an order is known by joined into two words, what never changes of it
 * into two more, so that an engine computes those once an order and not once an event.
 */
import { unreachable } from '#domain/assertion.ts';
import type {
  CreditGranted,
  CreditReturned,
  EngineEvent,
  OrderDone,
  Trade,
} from '#domain/event.ts';
import { numberedRefusals } from '#domain/refusal.ts';
import { foldTerms } from './fold-terms.ts';
import { HashLanes, halvesOf, mostWords } from './hash-lanes.ts';
import { joinNames, nameWords } from './name-words.ts';

/** What opens each event's words. The numbers stand for ever: hashes of old journals are made of them. */
export const eventTags = {
  accepted: 1,
  refused: 2,
  trade: 3,
  order_done: 4,
  order_amended: 5,
  order_triggered: 6,
  credit_granted: 7,
  credit_returned: 8,
  market_listed: 9,
  market_state_changed: 10,
} as const;

/** In the order of their numbers. */
export const doneReasons: OrderDone['reason'][] = [
  'filled',
  'cancelled',
  'expired',
  'self_trade',
  'halted',
];
export const amendReasons = ['amended', 'self_trade'];
const stateReasons = ['operator', 'volatility', 'schedule'];
const sides = ['buy', 'sell'];

/** An event's first word: its tag, and what else it is, as a number. */
export const firstWord = (tag: number, detail: number): number => tag | (detail << 8);

export function foldEvent(into: HashLanes, event: EngineEvent): void {
  const words = new Words();
  const first = firstWord(eventTags[event.type], detailOf(event));
  words.pair(first, event.type === 'trade' ? event.priceTicks : 0);
  words.integer(event.sequence);
  writeRest(words, event);
  words.foldInto(into);
  if (event.type === 'market_listed') foldTerms(into, event);
}

/** Words of one event. */
class Words {
  readonly #words = new Int32Array(mostWords);
  #count = 0;

  pair(first: number, second: number): void {
    this.#words[this.#count] = first;
    this.#words[this.#count + 1] = second;
    this.#count += 2;
  }

  integer(value: number): void {
    const { low, high } = halvesOf(value);
    this.pair(low, high);
  }

  name(text: string): void {
    const { left, right } = nameWords(text);
    this.pair(left, right);
  }

  foldInto(lanes: HashLanes): void {
    lanes.words(this.#words, this.#count);
  }
}

function detailOf(event: EngineEvent): number {
  switch (event.type) {
    case 'refused':
      return numberedRefusals.indexOf(event.code);
    case 'trade':
      return sides.indexOf(event.takerSide);
    case 'order_done':
      return doneReasons.indexOf(event.reason);
    case 'order_amended':
      return amendReasons.indexOf(event.reason);
    case 'market_state_changed':
      return stateReasons.indexOf(event.reason);
    default:
      return 0;
  }
}

function writeRest(words: Words, event: EngineEvent): void {
  switch (event.type) {
    case 'accepted':
    case 'refused':
      words.name(event.commandId);
      return;
    case 'trade':
      writeTrade(words, event);
      return;
    case 'order_done':
      writeOrderDone(words, event);
      return;
    case 'credit_granted':
      writeCredit(words, event, event.grantNumber);
      return;
    case 'credit_returned':
      writeCredit(words, event, event.returnNumber);
      return;
    case 'order_amended':
      writeParty(words, event, event.digest);
      words.integer(event.sizeLots);
      words.integer(event.spendUnits);
      words.integer(event.atMs);
      return;
    case 'order_triggered':
      writeParty(words, event, event.digest);
      words.integer(event.atMs);
      return;
    case 'market_state_changed':
      words.name(event.marketId);
      words.name(event.state);
      words.integer(event.atMs);
      words.integer(event.untilMs);
      return;
    case 'market_listed':
      return;
    default:
      unreachable(event);
  }
}

function writeCredit(words: Words, event: CreditGranted | CreditReturned, number: number): void {
  words.name(event.account);
  words.name(event.asset);
  words.integer(number);
  words.integer(event.units);
}

function writeTrade(words: Words, trade: Trade): void {
  const { marketId } = trade;
  writeParty(words, { account: trade.makerAccount, marketId }, trade.makerDigest);
  writeParty(words, { account: trade.takerAccount, marketId }, trade.takerDigest);
  words.integer(trade.atMs);
  words.integer(trade.sizeLots);
  words.integer(trade.baseUnits);
  words.integer(trade.quoteUnits);
  words.integer(trade.makerFeeUnits);
  words.integer(trade.takerFeeUnits);
}

/** Which order it is: its digest, its owner and its market. */
function writeParty(
  words: Words,
  { account, marketId }: { account: string; marketId: string },
  digest: string,
): void {
  const names = [nameWords(digest), nameWords(account), nameWords(marketId)] as const;
  const [order, owner, market] = names;
  const left = joinNames(order.left, owner.left, market.left);
  words.pair(left, joinNames(order.right, owner.right, market.right));
}

function writeOrderDone(words: Words, done: OrderDone): void {
  const terms = new Words();
  writeParty(terms, done, done.digest);
  terms.name(traitsText(done));
  terms.pair(done.limitTicks, done.triggerTicks);
  terms.name(done.clientOrderId ?? '');
  terms.integer(done.createdAtMs);
  terms.integer(done.expiresAtMs);
  terms.integer(done.displayLots);
  const folded = new HashLanes();
  terms.foldInto(folded);
  words.pair(folded.left, folded.right);
  words.integer(done.atMs);
  words.integer(done.sizeLots);
  words.integer(done.spendUnits);
  words.integer(done.filledLots);
  words.integer(done.filledQuoteUnits);
  words.integer(done.feeUnits);
}

/** What an order is beside its numbers, as one text. */
export function traitsText({
  side,
  orderType,
  timeInForce,
  postOnly,
  selfTrade,
}: Pick<OrderDone, 'side' | 'orderType' | 'timeInForce' | 'postOnly' | 'selfTrade'>): string {
  return `${side} ${orderType} ${timeInForce} ${postOnly} ${selfTrade}`;
}
