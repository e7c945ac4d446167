/**
 * The answer to `POST /orders`: what became of each order, as bytes (docs/matcher-api.md). Written straight from what the engine did;
 * what the sender of an order knows of it is left out, and put back by who reads the answer.
 */
import { assert } from '#domain/assertion.ts';
import type { RawProgress, RawTrade } from '#domain/raw-event.ts';
import type { RawOrder } from '#domain/raw-order.ts';
import type { Refusal } from '#domain/refusal.ts';
import { memberAt, placeIn } from './closed-list.ts';
import type {
  CommandResult,
  CommandsResponse,
  FillView,
  OrderStatus,
  OrderView,
  PlaceRequest,
} from './matcher-api.ts';
import { batchLimit } from './order-body.ts';
import { placeRequestOf } from './order-request.ts';
import { asciiText } from './order-texts.ts';
import { parseTerms } from './terms.ts';

const version = 1;

/** Version, number of orders, epoch. */
const epochAt = 2;
const numberBytes = 8;
const headBytes = epochAt + numberBytes;

/** What a record tells of the order whose place in the request is its first byte. */
const kinds = { refused: 1, accepted: 2, acceptedOrder: 3, takerFill: 4, makerFill: 5 } as const;
type Kind = (typeof kinds)[keyof typeof kinds];
/** Beside a kind: the order was taken before, and this is its first answer. */
const repeatedBit = 0x80;

/** By their numbers in answers: the list grows at its end only. */
const statusNames: readonly OrderStatus[] = [
  'untriggered',
  'open',
  'filled',
  'cancelled',
  'expired',
  'self_trade',
  'halted',
];

/** Where records have their fields, and how long they are; a refusal's length is that of its code. */
const codeAt = 3;
const sequenceAt = 2;
const acceptedBytes = sequenceAt + numberBytes;
const statusAt = acceptedBytes;
const progressAt = statusAt + 1;
const acceptedOrderBytes = progressAt + 8 * numberBytes;
const fillBytes = sequenceAt + 6 * numberBytes;

/** What answers to so many orders mostly take: nearly all of them fill another one or none. */
export const answerRoomBytes = (count: number): number =>
  headBytes + count * (acceptedOrderBytes + fillBytes);

/** Of a request's orders, in whatever order they come; one's own records come one after the other. */
export class OrderAnswers {
  readonly #count: number;
  /** A bit of each order that has no answer yet. */
  #open: number;
  #bytes: Uint8Array;
  #view: DataView;
  #length = headBytes;

  /** `room`: of `answerRoomBytes`, to be written to; what it holds does not matter. */
  constructor(count: number, room = new Uint8Array(answerRoomBytes(count))) {
    assert(count > 0 && count <= batchLimit, 'answers to no request');
    this.#count = count;
    this.#open = (1 << count) - 1;
    this.#bytes = room;
    this.#view = viewOf(room);
  }

  accepted(place: number, sequence: number, progress: RawProgress): void {
    this.#acceptedOrder(place, 0, sequence, progress);
  }

  /** Of an accepted order, one of its trades. */
  fill(place: number, trade: RawTrade): void {
    const isTaker = trade.isOwn === 'taker';
    if (!isTaker && trade.isOwn !== 'maker') assert(false, 'a trade of two other orders');
    const feeUnits = isTaker ? trade.takerFeeUnits : trade.makerFeeUnits;
    this.#fill(place, isTaker ? kinds.takerFill : kinds.makerFill, trade, feeUnits);
  }

  refused(place: number, code: Refusal): void {
    this.#refused(place, 0, code);
  }

  /** The same from an object. Of its order there is only told what may change. */
  result(place: number, result: CommandResult): void {
    const repeated = result.repeated ? repeatedBit : 0;
    if (result.status === 'refused') {
      this.#refused(place, repeated, result.code);
      return;
    }
    const { sequence, order } = result;
    if (order) this.#acceptedOrder(place, repeated, sequence, order);
    else {
      const at = this.#answer(place, kinds.accepted | repeated, acceptedBytes);
      this.#view.setFloat64(at + sequenceAt, sequence);
    }
    for (const fill of result.fills) {
      const kind = fill.role === 'taker' ? kinds.takerFill : kinds.makerFill;
      this.#fill(place, kind, fill, fill.feeUnits);
    }
  }

  /** What another one was answered, who asked for the same order before. */
  again(place: number, of: OrderAnswers, ofPlace: number): void {
    const end = of.#length;
    for (let from = headBytes; from < end; ) {
      const length = recordLength(of.#bytes, from);
      if (of.#bytes[from] === ofPlace) {
        const kind = of.#bytes[from + 1] as number;
        const at = isFill(kind)
          ? this.#record(place, kind, length)
          : this.#answer(place, kind | repeatedBit, length);
        this.#bytes.set(of.#bytes.subarray(from + 2, from + length), at + 2);
      }
      from += length;
    }
  }

  resultAt(place: number, order: RawOrder): CommandResult {
    const request = placeRequestOf(order);
    let result: CommandResult | undefined;
    for (let at = headBytes; at < this.#length; at += recordLength(this.#bytes, at))
      if (this.#bytes[at] === place) result = readRecord(this.#view, at, request, result);
    assert(result, 'an order has no answer yet');
    return result;
  }

  /** The whole answer, once each order has its own. The bytes are not to be changed. */
  take(epoch: number): Uint8Array {
    assert(this.#open === 0, 'not every order has its answer');
    this.#bytes[0] = version;
    this.#bytes[1] = this.#count;
    this.#view.setFloat64(epochAt, epoch);
    return this.#bytes.subarray(0, this.#length);
  }

  #acceptedOrder(place: number, repeated: number, sequence: number, order: RawProgress): void {
    const at = this.#answer(place, kinds.acceptedOrder | repeated, acceptedOrderBytes);
    const view = this.#view;
    view.setFloat64(at + sequenceAt, sequence);
    view.setUint8(at + statusAt, placeIn(statusNames, order.status));
    const from = at + progressAt;
    view.setFloat64(from, order.limitTicks);
    view.setFloat64(from + 8, order.triggerTicks);
    view.setFloat64(from + 16, order.sizeLots);
    view.setFloat64(from + 24, order.displayLots);
    view.setFloat64(from + 32, order.spendUnits);
    view.setFloat64(from + 40, order.filledLots);
    view.setFloat64(from + 48, order.filledQuoteUnits);
    view.setFloat64(from + 56, order.feeUnits);
  }

  #fill(
    place: number,
    kind: Kind,
    fill: Pick<FillView, 'sequence' | 'atMs' | 'priceTicks' | 'sizeLots' | 'quoteUnits'>,
    feeUnits: number,
  ): void {
    const from = this.#record(place, kind, fillBytes) + sequenceAt;
    const view = this.#view;
    view.setFloat64(from, fill.sequence);
    view.setFloat64(from + 8, fill.atMs);
    view.setFloat64(from + 16, fill.priceTicks);
    view.setFloat64(from + 24, fill.sizeLots);
    view.setFloat64(from + 32, fill.quoteUnits);
    view.setFloat64(from + 40, feeUnits);
  }

  #refused(place: number, repeated: number, code: Refusal): void {
    const at = this.#answer(place, kinds.refused | repeated, codeAt + code.length);
    this.#bytes[at + 2] = code.length;
    for (let nth = 0; nth < code.length; nth += 1)
      this.#bytes[at + codeAt + nth] = code.charCodeAt(nth);
  }

  /** The record that settles an order: each has one. */
  #answer(place: number, kind: number, length: number): number {
    const bit = 1 << place;
    if ((this.#open & bit) === 0) assert(false, `order ${place} has two answers`);
    this.#open &= ~bit;
    return this.#record(place, kind, length);
  }

  #record(place: number, kind: number, length: number): number {
    const at = this.#length;
    this.#reserve(at + length);
    this.#length = at + length;
    this.#bytes[at] = place;
    this.#bytes[at + 1] = kind;
    return at;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * length);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, length);

/** The results of the orders that were sent, in their order. Throws where the bytes are no answer to them. */
export function readOrderAnswers(
  bytes: Uint8Array,
  requests: readonly PlaceRequest[],
): CommandsResponse {
  const view = viewOf(bytes);
  if (view.getUint8(0) !== version) throw new RangeError('an answer of another version');
  if (view.getUint8(1) !== requests.length) throw new RangeError('an answer to something else');
  const epoch = numberAt(view, epochAt);
  const results: (CommandResult | undefined)[] = requests.map(() => undefined);
  for (let at = headBytes; at < bytes.length; at += recordLength(bytes, at)) {
    const place = view.getUint8(at);
    const request = requests[place];
    if (!request) throw new RangeError('an answer to an order that was not sent');
    results[place] = readRecord(view, at, request, results[place]);
  }
  return { epoch, results: results.map(isThere) };
}

function isThere(result: CommandResult | undefined): CommandResult {
  if (!result) throw new RangeError('an order without an answer');
  return result;
}

const isFill = (kind: number): boolean => kind === kinds.takerFill || kind === kinds.makerFill;

function recordLength(bytes: Uint8Array, at: number): number {
  switch ((bytes[at + 1] ?? 0) & ~repeatedBit) {
    case kinds.refused:
      return codeAt + (bytes[at + 2] ?? 0);
    case kinds.accepted:
      return acceptedBytes;
    case kinds.acceptedOrder:
      return acceptedOrderBytes;
    case kinds.takerFill:
    case kinds.makerFill:
      return fillBytes;
    default:
      throw new RangeError('an answer of no known kind');
  }
}

/** An order's result with what the record tells; `before` is what the records before it told. */
function readRecord(
  view: DataView,
  at: number,
  request: PlaceRequest,
  before: CommandResult | undefined,
): CommandResult {
  const kind = view.getUint8(at + 1);
  if (isFill(kind)) {
    if (before?.status !== 'accepted') throw new RangeError('a fill of no accepted order');
    before.fills.push(readFill(view, at, request));
    return before;
  }
  if (before) throw new RangeError('an order with two answers');
  const result = readAnswer(view, at, request);
  return (kind & repeatedBit) === 0 ? result : { ...result, repeated: true };
}

function readAnswer(view: DataView, at: number, request: PlaceRequest): CommandResult {
  const { digest: commandId } = request;
  const kind = view.getUint8(at + 1) & ~repeatedBit;
  if (kind === kinds.refused) return { status: 'refused', commandId, code: codeIn(view, at) };
  const accepted = {
    status: 'accepted',
    commandId,
    sequence: numberAt(view, at + sequenceAt),
  } as const;
  return kind === kinds.accepted
    ? { ...accepted, fills: [] }
    : { ...accepted, order: readOrder(view, at, request), fills: [] };
}

function readOrder(view: DataView, at: number, request: PlaceRequest): OrderView {
  const { digest, order, clientOrderId, delegation } = request;
  const terms = parseTerms(order.terms);
  assert(terms, 'an order without terms was sent');
  const from = at + progressAt;
  const status = memberAt(statusNames, view.getUint8(at + statusAt));
  const seen: OrderView = {
    digest,
    account: order.account,
    marketId: terms.marketId,
    side: sideOf(request),
    orderType: terms.orderType,
    timeInForce: terms.timeInForce,
    postOnly: terms.postOnly,
    selfTrade: terms.selfTrade,
    limitTicks: numberAt(view, from),
    triggerTicks: numberAt(view, from + 8),
    sizeLots: numberAt(view, from + 16),
    displayLots: numberAt(view, from + 24),
    spendUnits: numberAt(view, from + 32),
    filledLots: numberAt(view, from + 40),
    filledQuoteUnits: numberAt(view, from + 48),
    feeUnits: numberAt(view, from + 56),
    createdAtMs: order.createdAtMs,
    expiresAtMs: order.expiresAtMs,
    status,
  };
  if (clientOrderId !== undefined) seen.clientOrderId = clientOrderId;
  // Forgotten with the order's end.
  const isLive = status === 'untriggered' || status === 'open';
  if (isLive && delegation !== undefined) seen.delegation = delegation.digest;
  return seen;
}

function readFill(view: DataView, at: number, request: PlaceRequest): FillView {
  const terms = parseTerms(request.order.terms);
  assert(terms, 'an order without terms was sent');
  const from = at + sequenceAt;
  return {
    sequence: numberAt(view, from),
    marketId: terms.marketId,
    atMs: numberAt(view, from + 8),
    digest: request.digest,
    side: sideOf(request),
    role: view.getUint8(at + 1) === kinds.takerFill ? 'taker' : 'maker',
    priceTicks: numberAt(view, from + 16),
    sizeLots: numberAt(view, from + 24),
    quoteUnits: numberAt(view, from + 32),
    feeUnits: numberAt(view, from + 40),
  };
}

const sideOf = ({ order }: PlaceRequest) => (order.side === 0 ? 'buy' : 'sell');

function codeIn(view: DataView, at: number): Refusal {
  const length = view.getUint8(at + 2);
  if (at + codeAt + length > view.byteLength) throw new RangeError('a refusal ends too early');
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + codeAt, length);
  return asciiText(bytes, 0, length) as Refusal;
}

function numberAt(view: DataView, at: number): number {
  const value = view.getFloat64(at);
  if (!Number.isSafeInteger(value)) throw new RangeError('not an integer of the engine');
  return value;
}
