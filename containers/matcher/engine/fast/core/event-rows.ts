/** The events of one command as rows, and the chain over all; TypeScript makes events of them where somebody asks. */
import { eventsPerCommand, eventsPerStep } from '../../limits.ts';
import { eventsAt, noOrder, state } from './engine-state.ts';
import { foldEvent, wordOf } from './event-chain.ts';
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
  const count = state.eventCount;
  const row = changetype<EventRow>(eventsAt + ((<usize>count) << 6));
  state.eventCount = count + 1;
  row.tag = tag;
  row.detail = detail;
  return row;
}

/** A tag with what else an event is: the first word of it. */
function titled(tag: i32, detail: i32): i32 {
  return tag | (detail << 8);
}

/** Accepted or refused. */
export function tellAnswer(request: Request, isAccepted: bool): void {
  const detail = isAccepted ? 0 : request.code;
  const tag = isAccepted ? tagAccepted : tagRefused;
  nextRow(tag, detail);
  foldEvent(4, titled(tag, detail), request.nameLeft, request.nameRight);
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
  const row = nextRow(tagTrade, priceTicks);
  row.order = maker;
  row.taker = taker;
  row.sizeLots = sizeLots;
  row.baseUnits = baseUnits;
  row.quoteUnits = quoteUnits;
  row.makerFeeUnits = makerFeeUnits;
  row.takerFeeUnits = takerFeeUnits;
  foldEvent(
    13,
    titled(tagTrade, taker.traits & 1),
    state.nowWord,
    priceTicks,
    wordOf(sizeLots),
    wordOf(baseUnits),
    wordOf(quoteUnits),
    maker.partyLeft,
    maker.partyRight,
    taker.partyLeft,
    taker.partyRight,
    wordOf(makerFeeUnits),
    wordOf(takerFeeUnits),
  );
}

/** What an order was when it ended, it stays: reading it after the command is soon enough. */
export function tellDone(order: Order, reason: i32): void {
  nextRow(tagDone, reason).order = order;
  foldEvent(
    10,
    titled(tagDone, reason),
    order.termsLeft,
    order.termsRight,
    wordOf(order.sizeLots),
    wordOf(order.spendUnits),
    wordOf(order.filledLots),
    wordOf(order.filledQuoteUnits),
    wordOf(order.feeUnits),
    state.nowWord,
  );
}

/** `reason`: 0 by its owner, 1 by self-trade prevention. */
export function tellAmended(order: Order, reason: i32): void {
  const row = nextRow(tagAmended, reason);
  row.order = order;
  row.sizeLots = order.sizeLots;
  row.quoteUnits = order.spendUnits;
  foldEvent(
    7,
    titled(tagAmended, reason),
    order.partyLeft,
    order.partyRight,
    wordOf(order.sizeLots),
    wordOf(order.spendUnits),
    state.nowWord,
  );
}

export function tellTriggered(order: Order): void {
  nextRow(tagTriggered, 0).order = order;
  foldEvent(5, tagTriggered, order.partyLeft, order.partyRight, state.nowWord);
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
  foldEvent(
    8,
    tag,
    line.account.nameLeft,
    line.account.nameRight,
    line.asset.nameLeft,
    line.asset.nameRight,
    wordOf(number),
    wordOf(units),
  );
}

/** `stateLeft` and `stateRight`: the name of the state. */
export function tellState(market: Market, reason: i32, stateLeft: i32, stateRight: i32): void {
  const row = nextRow(tagStateChanged, reason);
  row.market = market;
  row.order = noOrder;
  row.sizeLots = market.state;
  row.quoteUnits = market.untilMs;
  foldEvent(
    8,
    titled(tagStateChanged, reason),
    market.nameLeft,
    market.nameRight,
    stateLeft,
    stateRight,
    state.nowWord,
    wordOf(market.untilMs),
  );
}

/** Its terms are TypeScript's to fold. */
export function tellListed(market: Market): void {
  nextRow(tagListed, 0).market = market;
  foldEvent(2, tagListed);
}
