/** The events of one command as rows, and the chain over all; TypeScript makes events of them where somebody asks. */
import { eventsPerCommand, eventsPerStep } from '../../limits.ts';
import { eventsAt, noOrder, state } from './engine-state.ts';
import { beginWords, endWords, wordOf, words2, words4, words6, words10 } from './event-chain.ts';
import { isSell } from './order-traits.ts';
import { CreditLine, EventRow, Market, Order, Request } from './rows.ts';

/** As in `eventTags`. */
const tagAccepted: i32 = 1;
const tagRefused: i32 = 2;
const tagTrade: i32 = 3;
const tagDone: i32 = 4;
const tagAmended: i32 = 5;
const tagTriggered: i32 = 6;
const tagGranted: i32 = 7;
const tagReturned: i32 = 8;
const tagListed: i32 = 9;
const tagStateChanged: i32 = 10;

/** Whether one more step of work surely fits. */
export function hasRoom(): bool {
  return state.eventCount + eventsPerStep <= eventsPerCommand;
}

/** Begins the events of a command. */
export function beginEvents(): void {
  state.eventCount = 0;
  state.nowWord = wordOf(state.nowMs);
}

function nextRow(tag: i32, detail: i32): EventRow {
  const row = changetype<EventRow>(eventsAt + ((<usize>state.eventCount) << 6));
  state.eventCount += 1;
  state.sequence += 1;
  row.tag = tag;
  row.detail = detail;
  beginWords(tag | (detail << 8));
  return row;
}

/** Accepted or refused. */
export function tellAnswer(request: Request, isAccepted: bool): void {
  if (isAccepted) nextRow(tagAccepted, 0).detail = 0;
  else nextRow(tagRefused, request.code);
  words2(request.nameLeft, request.nameRight);
  endWords(4);
}

export function tellTrade(
  maker: Order,
  taker: Order,
  priceTicks: i32,
  sizeLots: f64,
  baseUnits: f64,
  quoteUnits: f64,
  makerFeeUnits: f64,
  takerFeeUnits: f64,
): void {
  const row = nextRow(tagTrade, isSell(taker.traits) ? 1 : 0);
  row.detail = priceTicks;
  row.order = maker;
  row.taker = taker;
  row.sizeLots = sizeLots;
  row.baseUnits = baseUnits;
  row.quoteUnits = quoteUnits;
  row.makerFeeUnits = makerFeeUnits;
  row.takerFeeUnits = takerFeeUnits;
  words2(state.nowWord, priceTicks);
  words4(wordOf(sizeLots), wordOf(baseUnits));
  words6(wordOf(quoteUnits), maker.partyLeft, maker.partyRight, taker.partyLeft);
  words10(taker.partyRight, wordOf(makerFeeUnits), wordOf(takerFeeUnits));
  endWords(13);
}

/** What an order was when it ended, it stays: reading it after the command is soon enough. */
export function tellDone(order: Order, reason: i32): void {
  nextRow(tagDone, reason).order = order;
  words2(order.termsLeft, order.termsRight);
  words4(wordOf(order.sizeLots), wordOf(order.spendUnits));
  const filledLots = wordOf(order.filledLots);
  const filledQuoteUnits = wordOf(order.filledQuoteUnits);
  words6(filledLots, filledQuoteUnits, wordOf(order.feeUnits), state.nowWord);
  endWords(10);
}

/** `reason`: 0 by its owner, 1 by self-trade prevention. */
export function tellAmended(order: Order, reason: i32): void {
  const row = nextRow(tagAmended, reason);
  row.order = order;
  row.sizeLots = order.sizeLots;
  row.quoteUnits = order.spendUnits;
  words2(order.partyLeft, order.partyRight);
  words4(wordOf(order.sizeLots), wordOf(order.spendUnits));
  words6(state.nowWord, 0, 0, 0);
  endWords(7);
}

export function tellTriggered(order: Order): void {
  nextRow(tagTriggered, 0).order = order;
  words2(order.partyLeft, order.partyRight);
  words4(state.nowWord, 0);
  endWords(5);
}

export function tellGranted(line: CreditLine, units: f64): void {
  tellCredit(tagGranted, line, line.past.grantNumber, units);
}

export function tellReturned(line: CreditLine, units: f64): void {
  tellCredit(tagReturned, line, line.past.returnNumber, units);
}

function tellCredit(tag: i32, line: CreditLine, number: f64, units: f64): void {
  const row = nextRow(tag, 0);
  row.line = line;
  row.sizeLots = number;
  row.quoteUnits = units;
  words2(line.account.nameLeft, line.account.nameRight);
  words4(line.asset.nameLeft, line.asset.nameRight);
  words6(wordOf(number), wordOf(units), 0, 0);
  endWords(8);
}

/** `stateLeft` and `stateRight`: the name of the state. */
export function tellState(market: Market, reason: i32, stateLeft: i32, stateRight: i32): void {
  const row = nextRow(tagStateChanged, reason);
  row.market = market;
  row.order = noOrder;
  row.sizeLots = market.state;
  row.quoteUnits = market.untilMs;
  words2(market.nameLeft, market.nameRight);
  words4(stateLeft, stateRight);
  words6(state.nowWord, wordOf(market.untilMs), 0, 0);
  endWords(8);
}

/** Its terms are TypeScript's to fold. */
export function tellListed(market: Market): void {
  nextRow(tagListed, 0).market = market;
  endWords(2);
}
