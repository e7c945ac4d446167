/** The events of one command as rows, and the chain over all; TypeScript makes events of them where somebody asks. */
import { eventsPerCommand, eventsPerStep } from '../../limits.ts';
import { eventsAt, noOrder, state } from './engine-state.ts';
import {
  foldLong,
  foldMiddle,
  foldShort,
  numbers,
  pair,
  pairAndNumber,
  pairsAt,
} from './event-chain.ts';
import { partyAt, partyOf, termsOf } from './order-terms.ts';
import { accepted } from './refusal-code.ts';
import { Account, Asset, CreditLine, EventRow, Market, Order, Request } from './rows.ts';

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
  state.isWorthTelling = 0;
}

function nextRow(tag: i32, detail: i32): EventRow {
  const count = state.eventCount;
  const row = changetype<EventRow>(eventsAt + ((<usize>count) << 6));
  state.eventCount = count + 1;
  row.tag = tag;
  row.detail = detail;
  return row;
}

/** A tag with what else an event is, and another word: the first pair of it. */
function titled(tag: i32, detail: i32, other: i32 = 0): i64 {
  return pair(tag | (detail << 8), other);
}

/** Accepted or refused. */
export function tellAnswer(request: Request, code: i32): void {
  const isAccepted = code === accepted;
  const detail = isAccepted ? 0 : code;
  const tag = isAccepted ? tagAccepted : tagRefused;
  nextRow(tag, detail);
  if (!isAccepted) state.isWorthTelling = 1;
  const name = changetype<usize>(request) + offsetof<Request>('nameLeft');
  foldShort(6, titled(tag, detail), v128.load64_zero(name));
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
  foldLong(
    20,
    titled(tagTrade, taker.traits & 1, priceTicks),
    pairsAt(changetype<usize>(maker) + partyAt, changetype<usize>(taker) + partyAt),
    numbers(state.nowMs, sizeLots),
    numbers(baseUnits, quoteUnits),
    numbers(makerFeeUnits, takerFeeUnits),
  );
}

/** What an order was when it ended, it stays: reading it after the command is soon enough. Two of its numbers in one read would wait until both writes came to memory. */
export function tellDone(order: Order, reason: i32): void {
  nextRow(tagDone, reason).order = order;
  foldLong(
    18,
    titled(tagDone, reason),
    pairAndNumber(termsOf(order), state.nowMs),
    numbers(order.sizeLots, order.extras.spendUnits),
    numbers(order.filledLots, order.filledQuoteUnits),
    numbers(order.feeUnits, 0),
  );
}

/** `reason`: 0 by its owner, 1 by self-trade prevention. */
export function tellAmended(order: Order, reason: i32): void {
  const row = nextRow(tagAmended, reason);
  row.order = order;
  row.sizeLots = order.sizeLots;
  const spendUnits = order.extras.spendUnits;
  row.quoteUnits = spendUnits;
  foldMiddle(
    12,
    titled(tagAmended, reason),
    pairAndNumber(partyOf(order), order.sizeLots),
    numbers(spendUnits, state.nowMs),
  );
}

export function tellTriggered(order: Order): void {
  nextRow(tagTriggered, 0).order = order;
  foldShort(8, titled(tagTriggered, 0), pairAndNumber(partyOf(order), state.nowMs));
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
  const account = changetype<usize>(line.account) + offsetof<Account>('nameLeft');
  const asset = changetype<usize>(line.asset) + offsetof<Asset>('nameLeft');
  foldMiddle(12, titled(tag, 0), pairsAt(account, asset), numbers(number, units));
}

/** `stateName`: where the name of the state lies. */
export function tellState(market: Market, reason: i32, stateName: usize): void {
  const row = nextRow(tagStateChanged, reason);
  row.market = market;
  row.order = noOrder;
  row.sizeLots = market.state;
  row.quoteUnits = market.untilMs;
  state.isWorthTelling = 1;
  const name = changetype<usize>(market) + offsetof<Market>('nameLeft');
  foldMiddle(
    12,
    titled(tagStateChanged, reason),
    pairsAt(name, stateName),
    numbers(state.nowMs, market.untilMs),
  );
}

/** Its terms are TypeScript's to fold. */
export function tellListed(market: Market): void {
  nextRow(tagListed, 0).market = market;
  foldShort(4, titled(tagListed, 0), i64x2.splat(0));
}
