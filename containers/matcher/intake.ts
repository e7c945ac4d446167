/** Takes what is asked for, each command once: who asks for the same again gets the first answer. Their turns come in the queue. */
import { type RawOrder, rawOrderAt } from '#domain/raw-order.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import type { OrderAnswers } from '#wire/order-answers.ts';
import { digestOf } from '#wire/order-request.ts';
import { answerAgain, identityOf, repeatedAnswer, switched } from './answers.ts';
import { queuedCommands } from './bounds.ts';
import type { CommandQueue } from './command-queue.ts';
import { doorRefusal, orderRefusal } from './door-checks.ts';
import type { InFlight } from './in-flight.ts';
import type { Request, SequencerOptions } from './sequencer-options.ts';
import {
  TakenCommand,
  TakenCommands,
  TakenOrder,
  TakenOrders,
  type TakenRequest,
} from './taken-command.ts';
import type { WaitingCancels } from './waiting-cancels.ts';

export type Answer = (result: CommandResult) => void;
/** What comes up in the queue. It stops after each applied command, so that the journal can keep up. */
export type Turn = (nowMs: number) => Generator<void, void>;

type IntakeOptions = Pick<SequencerOptions, 'engine' | 'journal' | 'tombstones' | 'clock'> & {
  inFlight: InFlight;
  waitingCancels: WaitingCancels;
  queue: CommandQueue<Turn, TakenOrder>;
  /** The engine's time. */
  nowMs: () => number;
  turnOf: (request: Request, answer: Answer) => Turn;
};

type OrderOf = ConstructorParameters<typeof TakenOrder>[2] & { clockMs: number };

export class Intake {
  readonly #options: IntakeOptions;
  /** How many came so far. */
  #orders = 0;
  #whenIdle: (() => void)[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Takes all commands of a request or, where there is no room, none. Its answer is made of the results when what they came from is
   * durable.
   */
  execute<T>(
    requests: readonly Request[],
    make: (results: CommandResult[]) => T,
  ): Promise<T> | 'busy' {
    if (!this.#hasRoomFor(requests.length)) return 'busy';
    if (requests.length === 0) return Promise.resolve(make([]));
    const { promise, resolve } = Promise.withResolvers<T>();
    const whole = new TakenCommands(requests.length, this.#known, (results) =>
      resolve(make(results)),
    );
    for (const [place, request] of requests.entries()) this.#take(request, { whole, place });
    return promise;
  }

  /** The same of new orders; there are so many that even a promise for each request would be seen. */
  place(orders: readonly RawOrder[], answered: (answers: OrderAnswers) => void): 'taken' | 'busy' {
    if (!this.#hasRoomFor(orders.length)) return 'busy';
    const whole = new TakenOrders(orders.length, this.#known, answered);
    const { nowMs, clock } = this.#options;
    // Orders of one request came at one time.
    const of = {
      ...{ whole, place: 0, nth: this.#orders },
      ...{ takenAtMs: nowMs(), clockMs: clock.nowMs() },
    };
    for (const order of orders) {
      this.#takeOrder(order, of);
      of.place += 1;
      of.nth += 1;
    }
    this.#orders = of.nth;
    return 'taken';
  }

  /** Resolves when everything that was taken is answered. */
  async idle(): Promise<void> {
    if (this.#options.inFlight.size > 0)
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #hasRoomFor(count: number): boolean {
    return this.#options.queue.size + count <= queuedCommands;
  }

  #known = (whole: TakenRequest): void => {
    this.#options.journal.whenDurable(() => this.#answer(whole));
  };

  #answer(whole: TakenRequest): void {
    const { inFlight } = this.#options;
    for (let each = whole.newest; each; each = each.before) inFlight.remove(each);
    whole.answer();
    if (inFlight.size === 0 && this.#whenIdle.length > 0)
      for (const idle of this.#whenIdle.splice(0)) idle();
  }

  #take(request: Request, { whole, place }: { whole: TakenCommands; place: number }): void {
    const { engine, tombstones, clock, inFlight, waitingCancels, queue } = this.#options;
    const about = identityOf(request);
    const { commandId } = about;
    const id = inFlight.identify(commandId);
    const earlier = inFlight.find(id);
    if (earlier) {
      earlier.join(whole, place);
      return;
    }
    const known = waitingCancels.find(commandId) ?? repeatedAnswer(about, engine);
    if (known) {
      whole.settle(place, { ...switched(known, request, engine), repeated: true });
      return;
    }
    const code = doorRefusal(request, clock.nowMs(), tombstones);
    if (code) {
      whole.settle(place, { status: 'refused', commandId, code });
      return;
    }
    const taken = new TakenCommand(request, id, { whole, place });
    whole.add(taken);
    inFlight.add(taken);
    queue.pushCancel(this.#options.turnOf(request, (result) => taken.settle(result)));
  }

  #takeOrder(order: RawOrder, of: OrderOf): void {
    const { engine, inFlight, queue } = this.#options;
    const { whole, place, clockMs } = of;
    const hash = inFlight.hashOf(order.bytes, order.at + rawOrderAt.digest);
    const taken = new TakenOrder(order, hash, of);
    const earlier = inFlight.find(taken);
    if (earlier) {
      earlier.join(whole, place);
      return;
    }
    const first = engine.firstResultOf(order);
    if (first) {
      const digest = digestOf(order);
      whole.settle(place, answerAgain({ commandId: digest, digest }, first, engine));
      return;
    }
    const code = orderRefusal(order, clockMs);
    if (code) {
      whole.refuse(place, code);
      return;
    }
    whole.add(taken);
    inFlight.add(taken);
    queue.pushOrder(taken);
  }
}
