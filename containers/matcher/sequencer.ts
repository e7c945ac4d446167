/**
 * Decides the order of all commands: takes them from the queue, stamps the engine's time, drives them one by one to their
 * end (what is due before, what a bounded command left undone), journals what they did, and answers each once that is durable.
 */
import { assert } from '#domain/assertion.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { RawEvent } from '#domain/raw-event.ts';
import type { RawOrder } from '#domain/raw-order.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import type { OrderAnswers } from '#wire/order-answers.ts';
import { cancelledIn, firstAnswer, identityOf, switched } from './answers.ts';
import { CommandQueue } from './command-queue.ts';
import type { WaitingOrder } from './credit-desk.ts';
import { asError } from './doubt.ts';
import { before, isDue, rest, steps } from './engine/drive.ts';
import { commandsAhead } from './engine/limits.ts';
import { fitOrder } from './fit-order.ts';
import { InFlight } from './in-flight.ts';
import { type Answer, Intake, type Turn } from './intake.ts';
import { onlyOf, requestCommand } from './request-command.ts';
import type { Request, SequencerOptions } from './sequencer-options.ts';
import { isNotOfKey, ordersOfKey, replacesAnother } from './session-keys.ts';
import type { TakenOrder } from './taken-command.ts';
import { WaitingCancels } from './waiting-cancels.ts';

type Steps = ReturnType<Turn>;
type CancelRequest = Extract<CommandRequest, { type: 'cancel' }>;
type CancelAllRequest = Extract<CommandRequest, { type: 'cancel_all' }>;
/** `covered`: what waited when it was asked. */
type MassCancel = { covered: TakenOrder[]; nowMs: number; answer: Answer };

export class Sequencer {
  #options: SequencerOptions;
  #queue = new CommandQueue<Turn, TakenOrder>();
  #turn: Steps | undefined;
  #inFlight: InFlight;
  /** How many of the queue's next orders were announced, as commands of one moment. They are announced anew once anything else came. */
  #announced = { count: 0, nowMs: 0 };
  #waitingCancels = new WaitingCancels();
  #pumpIsDue = false;
  #intake: Intake;
  /** What the command that is applied has done so far. */
  #events: EngineEvent[] = [];
  #emit = (event: EngineEvent) => void this.#events.push(event);
  /** The order that is placed, and whether one command does all of it. */
  #entering: TakenOrder | undefined;
  #isWhole = true;

  constructor(options: SequencerOptions) {
    this.#options = options;
    this.#inFlight = new InFlight(options);
    this.#intake = new Intake({
      ...options,
      inFlight: this.#inFlight,
      waitingCancels: this.#waitingCancels,
      queue: this.#queue,
      nowMs: () => this.#nowMs(),
      turnOf: (request, answer) => this.#turnOf(request, answer),
    });
  }

  /** See Intake. */
  execute<T>(
    requests: readonly Request[],
    make: (results: CommandResult[]) => T,
  ): Promise<T> | 'busy' {
    const answer = this.#intake.execute(requests, make);
    this.#pumpSoon();
    return answer;
  }

  place(orders: readonly RawOrder[], answered: (answers: OrderAnswers) => void): 'taken' | 'busy' {
    const taken = this.#intake.place(orders, answered);
    this.#pumpSoon();
    return taken;
  }

  /** Applies one of the matcher's own commands before everything that waits; resolves when applied, not when durable. */
  submit(make: (nowMs: number) => Command | undefined): Promise<EngineEvent[]> {
    const { promise, resolve } = Promise.withResolvers<EngineEvent[]>();
    const drive = this.#drive.bind(this);
    this.#queue.pushOwn(function* (nowMs) {
      const command = make(nowMs);
      resolve(command ? yield* drive(command) : []);
    });
    this.#pumpSoon();
    return promise;
  }

  /** Does what a leader before left undone and what is due; resolves when that is applied. */
  async catchUp(): Promise<void> {
    // Every turn begins with it.
    await this.submit(() => undefined);
  }

  /** Applies what waits, as far as the journal has room. */
  pump(): void {
    const { journal, settled, doubted } = this.#options;
    this.#pumpIsDue = false;
    try {
      while (journal.hasRoom) {
        if (this.#turn) {
          if (this.#turn.next().done) this.#turn = undefined;
        } else if (!this.#takeNext()) break;
      }
      this.#announced.count = 0;
      journal.flush();
      settled();
    } catch (error) {
      doubted(asError(error));
    }
  }

  /** Resolves when everything that was taken is answered. */
  idle(): Promise<void> {
    return this.#intake.idle();
  }

  #turnOf(request: Request, answer: Answer): Turn {
    if (request.type === 'cancel') return (nowMs) => this.#cancel(request, nowMs, answer);
    if (request.type !== 'cancel_all') return (nowMs) => this.#other(request, nowMs, answer);
    // Those that are taken after it are not meant.
    const { account, delegation } = request;
    const covered = this.#inFlight.waitingOf(account, { ...onlyOf(request), delegation });
    return (nowMs) => {
      const at = { covered, nowMs, answer };
      return delegation === undefined
        ? this.#cancelAll(request, at)
        : this.#cancelAllOfKey(request, at);
    };
  }

  #pumpSoon(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    this.#options.timers.soon(() => this.pump());
  }

  #nowMs(): number {
    return Math.max(this.#options.engine.nowMs, this.#options.clock.nowMs());
  }

  /** What is due comes as a turn of its own, before what waits; false where nothing waits. */
  #takeNext(): boolean {
    const { engine } = this.#options;
    if (this.#queue.size === 0) return false;
    const isAnnounced = this.#announced.count > 0;
    const nowMs = isAnnounced ? this.#announced.nowMs : this.#nowMs();
    if (engine.isUnfinished || isDue(engine, nowMs)) this.#turn = this.#catchUp(nowMs);
    else this.#turn = this.#queue.takeTurn()?.(nowMs);
    if (this.#turn) {
      this.#announced.count = 0;
      return true;
    }
    if (!isAnnounced) this.#announce(nowMs);
    const order = this.#queue.takeOrder();
    this.#announced.count -= 1;
    if (order) this.#turn = this.#place(order, nowMs);
    return true;
  }

  /** The queue's next orders are fitted, and the engine looks ahead at what they will need. */
  #announce(nowMs: number): void {
    const next = this.#queue.nextOrders(commandsAhead);
    // Some were cancelled while they waited.
    const waiting = next.filter((each) => !each.isSettled);
    for (const each of waiting) this.#fit(each, nowMs);
    this.#options.engine.announce(waiting);
    this.#announced = { count: next.length, nowMs };
  }

  #fit(placement: TakenOrder, nowMs: number): void {
    placement.nowMs = nowMs;
    placement.amounts = fitOrder(placement.order, this.#options.engine);
  }

  *#catchUp(nowMs: number): Steps {
    const { engine, newCommandId } = this.#options;
    const fired = this.#inFlight.waitingAccounts().flatMap((account) => {
      const dueMs = engine.switchOf(account);
      return dueMs > 0 && dueMs <= nowMs ? [{ account, dueMs }] : [];
    });
    do {
      const did = yield* this.#drive({ type: 'tick', commandId: newCommandId('tick'), nowMs });
      assert(did.length > 1 || !isDue(engine, nowMs), 'a tick did nothing of what is due');
    } while (isDue(engine, nowMs));
    // A switch means what waits as well as what rests; not what was taken after its time.
    for (const { account, dueMs } of fired)
      for (const placement of this.#inFlight.waitingOf(account))
        if (placement.takenAtMs < dueMs) yield* this.#letGo(placement, nowMs);
  }

  /** Takes a command to its end; gives its own events and those of its continues. */
  *#drive(command: Command): Generator<void, EngineEvent[]> {
    let events: EngineEvent[] = [];
    let isBegun = false;
    for (const each of steps(command, this.#options)) {
      isBegun ||= each === command;
      const did = this.#apply(each);
      if (isBegun) events = events.length > 0 ? events.concat(did) : did;
      yield;
    }
    return events;
  }

  #apply(command: Command): EngineEvent[] {
    const { engine, journal, applied } = this.#options;
    const events: EngineEvent[] = [];
    this.#events = events;
    engine.apply(command, this.#emit);
    journal.append(command, events);
    applied(command, events);
    return events;
  }

  #place(placement: TakenOrder, nowMs: number): Steps | undefined {
    const { engine, tombstones, deskTakes } = this.#options;
    const { order } = placement;
    if (placement.isSettled) return undefined;
    const isBuried =
      !tombstones.isEmpty &&
      tombstones.isBuried(placement.digest, placement.account, nowMs, order.delegation?.digest);
    if (isBuried || replacesAnother(order, engine)) {
      placement.refuse(isBuried ? 'order_cancelled' : 'not_owner');
      return undefined;
    }
    if (deskTakes(placement, this.#waitingOrder)) return undefined;
    // Nothing is due or unfinished before it: its turn began a moment ago.
    return this.#enter(placement);
  }

  /** Gives what is left to do where it does more than one command may. */
  #enter(placement: TakenOrder): Steps | undefined {
    const { engine, journal } = this.#options;
    assert(!engine.isUnfinished, 'an order enters before what is unfinished');
    engine.place(placement);
    const { did } = engine;
    const isWhole = !engine.isUnfinished;
    this.#entering = placement;
    this.#isWhole = isWhole;
    journal.appendPlacement(placement, did, this.#note);
    if (!isWhole) return this.#goOn(placement, did.events(placement.digest));
    placement.told();
    return undefined;
  }

  /** What it did is looked through once, for its frame, its answer and whoever else wants to know. */
  #note = (event: RawEvent): void => {
    const { engine, noted } = this.#options;
    const placement = this.#entering as TakenOrder;
    noted(placement, event);
    if (this.#isWhole) placement.note(event, engine.did);
  };

  *#goOn(placement: TakenOrder, events: readonly EngineEvent[]): Steps {
    const { digest } = placement;
    yield;
    let all = events;
    for (const each of rest(this.#options)) {
      all = all.concat(this.#apply(each));
      yield;
    }
    placement.settle(firstAnswer({ commandId: digest, digest }, all, this.#options.engine));
  }

  /** One that waited for credit. */
  *#enterLate(placement: TakenOrder, nowMs: number): Steps {
    for (const each of before(nowMs, this.#options)) {
      this.#apply(each);
      yield;
    }
    this.#fit(placement, nowMs);
    yield* this.#enter(placement) ?? [];
  }

  /** The order as the credit desk sees it. */
  #waitingOrder = (placement: TakenOrder): WaitingOrder => {
    const { engine } = this.#options;
    const enter = this.#enterLate.bind(this);
    const isRemoved = () => placement.isSettled;
    const lack = (nowMs: number) => {
      this.#fit(placement, nowMs);
      return engine.lackOf(placement);
    };
    return {
      account: placement.account,
      lack: () => lack(this.#nowMs()),
      isRemoved,
      enter: (isFunded) => {
        const { promise, resolve } = Promise.withResolvers<boolean>();
        this.#queue.pushOwn(function* (nowMs) {
          // The order that it replaces may have been filled since, and its credit is spent.
          const lacks = isFunded && !isRemoved() && lack(nowMs).units > 0;
          if (!lacks && !isRemoved()) yield* enter(placement, nowMs);
          resolve(!lacks);
        });
        this.#pumpSoon();
        return promise;
      },
      refuse: (code) => placement.refuse(code),
    };
  };

  /** Journaled even where its order never came: whoever leads next must know that the order may not enter. */
  *#cancel(request: CancelRequest, nowMs: number, answer: Answer): Steps {
    const { engine, tombstones } = this.#options;
    const { commandId, digest, account, delegations } = request;
    const isUnseen = !engine.order(digest) && !engine.firstResult(digest);
    const placement = isUnseen ? this.#inFlight.findWaiting(digest, account) : undefined;
    if (isNotOfKey(request, engine, placement?.order))
      return answer({ status: 'refused', commandId, code: 'not_owner' });
    const events = yield* this.#drive({ type: 'cancel', commandId, nowMs, account, digest });
    if (isUnseen) tombstones.bury(digest, account, nowMs, placement ? undefined : delegations);
    if (!placement) {
      answer(firstAnswer(identityOf(request), events, engine));
      return;
    }
    placement.refuse('order_cancelled');
    const { sequence } = engine;
    const took: CommandResult = { status: 'accepted', commandId, sequence, fills: [] };
    this.#waitingCancels.note(took, nowMs);
    answer(took);
  }

  /** What rests is the engine's to cancel; what waited when it was asked never enters, whoever leads. */
  *#cancelAll(request: CancelAllRequest, at: MassCancel): Steps {
    const { engine } = this.#options;
    const events = yield* this.#drive(requestCommand(request, engine, at.nowMs));
    const result = firstAnswer(identityOf(request), events, engine);
    let cancelled = cancelledIn(events);
    if (result.status === 'accepted') {
      for (const placement of at.covered) {
        if (placement.isSettled) continue;
        yield* this.#letGo(placement, at.nowMs);
        cancelled += 1;
      }
    }
    at.answer(result.status === 'accepted' ? { ...result, cancelled } : result);
  }

  /** The engine knows no such command: each order is cancelled by one of its own, all in this turn. */
  *#cancelAllOfKey(request: CancelAllRequest, { covered, nowMs, answer }: MassCancel): Steps {
    const { engine, newCancelId } = this.#options;
    const { account, commandId } = request;
    const live = ordersOfKey(request, engine);
    for (const digest of live)
      yield* this.#drive({ type: 'cancel', commandId: newCancelId(), nowMs, account, digest });
    const waiting = covered.filter((placement) => !placement.isSettled);
    for (const placement of waiting) yield* this.#letGo(placement, nowMs);
    const cancelled = live.length + waiting.length;
    const { sequence } = engine;
    answer({ status: 'accepted', commandId, sequence, fills: [], cancelled });
  }

  /** An order that waits never enters; a cancel in the journal says so to the next leader. */
  *#letGo(placement: TakenOrder, nowMs: number): Steps {
    const { tombstones, newCancelId } = this.#options;
    const { digest, account } = placement;
    const commandId = newCancelId();
    yield* this.#drive({ type: 'cancel', commandId, nowMs, account, digest });
    tombstones.bury(digest, account, nowMs);
    placement.refuse('order_cancelled');
  }

  *#other(request: Request, nowMs: number, answer: Answer): Steps {
    const { engine } = this.#options;
    if (request.type === 'amend' && isNotOfKey(request, engine))
      return answer({ status: 'refused', commandId: request.commandId, code: 'not_owner' });
    const events = yield* this.#drive(requestCommand(request, engine, nowMs));
    const result = firstAnswer(identityOf(request), events, engine);
    const closes = request.type === 'set_market_state' && request.state === 'closed';
    answer(
      closes && result.status === 'accepted'
        ? { ...result, cancelled: cancelledIn(events) }
        : switched(result, request, engine),
    );
  }
}
