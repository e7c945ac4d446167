/** Commands from when they were taken until their answers leave. Those that came in one request are answered together. */
import { Buffer } from 'node:buffer';
import { assert } from '#domain/assertion.ts';
import type { Address, Digest, FittedAmounts } from '#domain/order.ts';
import type { RawEvent } from '#domain/raw-event.ts';
import { type RawOrder, type RawPlacement, rawOrderAt } from '#domain/raw-order.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { answerRoomBytes, OrderAnswers } from '#wire/order-answers.ts';
import { accountOf, digestOf } from '#wire/order-request.ts';
import type { Digested } from './digest-table.ts';
import type { Did } from './engine/engine.ts';
import { unfitted } from './fit-order.ts';
import type { Request } from './sequencer-options.ts';

/** Told of a request when all that it is answered is known; it is answered when that is durable. */
type Known = (whole: TakenRequest) => void;

/** What is left of a request to be answered. */
export abstract class TakenRequest {
  /** Of its commands that nobody had asked for before the last one. Each knows the one before it: most requests have one, and no list. */
  newest: TakenCommand | TakenOrder | undefined;
  #left: number;
  readonly #known: Known;

  constructor(count: number, known: Known) {
    this.#left = count;
    this.#known = known;
  }

  add(taken: TakenCommand | TakenOrder): void {
    taken.before = this.newest;
    this.newest = taken;
  }

  /** One of them has its answer whole. */
  settled(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#known(this);
  }

  abstract answer(): void;
}

/** Whatever is no new order: its answer is JSON. */
export class TakenCommands extends TakenRequest {
  readonly results: CommandResult[];
  readonly #answered: (results: CommandResult[]) => void;

  constructor(count: number, known: Known, answered: (results: CommandResult[]) => void) {
    super(count, known);
    this.results = new Array<CommandResult>(count);
    this.#answered = answered;
  }

  answer(): void {
    this.#answered(this.results);
  }

  settle(place: number, result: CommandResult): void {
    this.results[place] = result;
    this.settled();
  }
}

/** New orders: their answers are bytes. */
export class TakenOrders extends TakenRequest {
  readonly answers: OrderAnswers;
  readonly #answered: (answers: OrderAnswers) => void;

  constructor(count: number, known: Known, answered: (answers: OrderAnswers) => void) {
    super(count, known);
    // Out of memory that is there already: room of its own for each costs more than all that is written to it.
    this.answers = new OrderAnswers(count, Buffer.allocUnsafe(answerRoomBytes(count)));
    this.#answered = answered;
  }

  answer(): void {
    this.#answered(this.answers);
  }

  settle(place: number, result: CommandResult): void {
    this.answers.result(place, result);
    this.settled();
  }

  refuse(place: number, code: Refusal): void {
    this.answers.refused(place, code);
    this.settled();
  }

  /** Of what the order has just done. */
  note(place: number, event: RawEvent, did: Did): void {
    if (event.type === 'raw_accepted') {
      const progress = did.progress();
      assert(progress, 'an order was accepted and is nowhere');
      this.answers.accepted(place, event.sequence, progress);
    } else if (event.type === 'raw_refused') this.answers.refused(place, event.code);
    else if (event.type === 'raw_trade' && event.isOwn) this.answers.fill(place, event);
  }

  /** The same as an order of this or another request was answered. */
  again(place: number, of: TakenOrders, ofPlace: number): void {
    this.answers.again(place, of.answers, ofPlace);
    this.settled();
  }
}

/** Either of them, and which of its commands it is. */
type Asked = { whole: TakenCommands | TakenOrders; place: number };

export class TakenCommand<R extends Request = Request> implements Digested {
  readonly request: R;
  readonly digestBytes: Uint8Array;
  readonly digestAt = 0;
  readonly hash: number;
  /** Of the same request. */
  before: TakenCommand | TakenOrder | undefined;
  readonly #whole: TakenCommands;
  readonly #place: number;
  #result: CommandResult | undefined;
  /** Those who asked for the same again. */
  #alike: Asked[] | undefined;

  /** `id`: see InFlight. */
  constructor(request: R, id: Digested, { whole, place }: { whole: TakenCommands; place: number }) {
    this.request = request;
    this.digestBytes = id.digestBytes;
    this.hash = id.hash;
    this.#whole = whole;
    this.#place = place;
  }

  settle(result: CommandResult): void {
    assert(!this.#result, `${result.commandId} has two results`);
    this.#result = result;
    this.#whole.settle(this.#place, result);
    for (const { whole, place } of this.#alike ?? [])
      whole.settle(place, { ...result, repeated: true });
  }

  /** Somebody asks for the same again: he gets the same answer. */
  join(whole: Asked['whole'], place: number): void {
    if (this.#result) whole.settle(place, { ...this.#result, repeated: true });
    else if (this.#alike) this.#alike.push({ whole, place });
    else this.#alike = [{ whole, place }];
  }
}

/** A new order; while it has no result it waits in the queue or at the credit desk. */
export class TakenOrder implements RawPlacement, Digested {
  readonly order: RawOrder;
  /** See InFlight. */
  readonly hash: number;
  /** Counts all that came. */
  readonly nth: number;
  /** The engine's time at which it was taken. */
  readonly takenAtMs: number;
  /** As it was fitted last. */
  nowMs = 0;
  amounts: FittedAmounts = unfitted;
  /** Of the same request. */
  before: TakenCommand | TakenOrder | undefined;
  readonly #whole: TakenOrders;
  readonly #place: number;
  #isSettled = false;
  #alike: Asked[] | undefined;

  constructor(
    order: RawOrder,
    hash: number,
    of: { nth: number; takenAtMs: number; whole: TakenOrders; place: number },
  ) {
    this.order = order;
    this.hash = hash;
    this.nth = of.nth;
    this.takenAtMs = of.takenAtMs;
    this.#whole = of.whole;
    this.#place = of.place;
  }

  get digestBytes(): Uint8Array {
    return this.order.bytes;
  }

  get digestAt(): number {
    return this.order.at + rawOrderAt.digest;
  }

  /** Its text is made where somebody asks. */
  get digest(): Digest {
    return digestOf(this.order);
  }

  get account(): Address {
    return accountOf(this.order);
  }

  /** Its answer leaves once what it is made of is durable. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  refuse(code: Refusal): void {
    this.#settling();
    this.#whole.refuse(this.#place, code);
    this.#tellAlike();
  }

  settle(result: CommandResult): void {
    this.#settling();
    this.#whole.settle(this.#place, result);
    this.#tellAlike();
  }

  /** An event of what it did: it was placed a moment ago, and nothing came after it. */
  note(event: RawEvent, did: Did): void {
    this.#whole.note(this.#place, event, did);
  }

  /** That was all. */
  told(): void {
    this.#settling();
    this.#whole.settled();
    this.#tellAlike();
  }

  /** Somebody asks for the same again: he gets the same answer. */
  join(whole: Asked['whole'], place: number): void {
    if (this.#isSettled) this.#again(whole, place);
    else if (this.#alike) this.#alike.push({ whole, place });
    else this.#alike = [{ whole, place }];
  }

  #settling(): void {
    if (this.#isSettled) assert(false, `${this.digest} has two results`);
    this.#isSettled = true;
  }

  #tellAlike(): void {
    if (this.#alike) for (const { whole, place } of this.#alike) this.#again(whole, place);
  }

  #again(whole: Asked['whole'], place: number): void {
    if (whole instanceof TakenOrders) whole.again(place, this.#whole, this.#place);
    else
      whole.settle(place, {
        ...this.#whole.answers.resultAt(this.#place, this.order),
        repeated: true,
      });
  }
}
