/** Commands from when they were taken until their answers leave. Those that came in one request are answered together. */
import { assert } from '#domain/assertion.ts';
import type { PlaceOrder } from '#domain/command.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import type { PlaceRequest } from './place-command.ts';
import type { Request } from './sequencer-options.ts';

/** What is left of a request to be answered. */
export class TakenRequest {
  readonly results: CommandResult[];
  /** Those of its commands that nobody had asked for before. */
  readonly commands: TakenCommand[] = [];
  #left: number;
  readonly #whole: (taken: TakenRequest) => void;

  /** `whole` is called when the last of so many commands has its result. */
  constructor(count: number, whole: (taken: TakenRequest) => void) {
    this.results = new Array<CommandResult>(count);
    this.#left = count;
    this.#whole = whole;
  }

  settle(place: number, result: CommandResult): void {
    this.results[place] = result;
    this.#left -= 1;
    if (this.#left === 0) this.#whole(this);
  }
}

export class TakenCommand<R extends Request = Request> {
  readonly request: R;
  readonly commandId: string;
  /** The engine's time at which it was taken. */
  readonly takenAtMs: number;
  readonly #whole: TakenRequest;
  /** Which of the request's commands it is. */
  readonly #place: number;
  #result: CommandResult | undefined;
  /** Those who asked for the same again. */
  #alike: ((result: CommandResult) => void)[] | undefined;

  constructor(
    request: R,
    of: { commandId: string; takenAtMs: number; whole: TakenRequest; place: number },
  ) {
    this.request = request;
    this.commandId = of.commandId;
    this.takenAtMs = of.takenAtMs;
    this.#whole = of.whole;
    this.#place = of.place;
    of.whole.commands.push(this);
  }

  /** Undefined while it waits: its answer leaves once what it is made of is durable. */
  get result(): CommandResult | undefined {
    return this.#result;
  }

  settle(result: CommandResult): void {
    assert(!this.#result, `${this.commandId} has two results`);
    this.#result = result;
    this.#whole.settle(this.#place, result);
    for (const tell of this.#alike ?? []) tell(result);
  }

  /** Somebody asks for the same again: he gets the same answer. */
  join(whole: TakenRequest, place: number): void {
    const tell = (result: CommandResult) => whole.settle(place, { ...result, repeated: true });
    if (this.#result) tell(this.#result);
    else if (this.#alike) this.#alike.push(tell);
    else this.#alike = [tell];
  }
}

/** An order that was taken; while it has no result it waits in the queue or at the credit desk. */
export class TakenOrder extends TakenCommand<PlaceRequest> {
  /** As it was announced to the engine, if it comes next. */
  announced: PlaceOrder | undefined;
}
