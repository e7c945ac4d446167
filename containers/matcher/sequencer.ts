/**
 * Decides the order of all commands: takes them from the queue, stamps the engine's time, drives them one by one to their
 * end (what is due before, what a bounded command left undone), journals what they did, and answers each once that is durable.
 */
import { assert } from '#domain/assertion.ts';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { cancelledIn, firstAnswer, identityOf, repeatedAnswer, switched } from './answers.ts';
import { queuedCommands } from './bounds.ts';
import { CommandQueue } from './command-queue.ts';
import type { WaitingOrder } from './credit-desk.ts';
import { doorRefusal } from './door-checks.ts';
import { asError } from './doubt.ts';
import { isDue, rest, steps } from './engine/drive.ts';
import { InFlight } from './in-flight.ts';
import { placeCommand } from './place-command.ts';
import { type OtherRequest, onlyOf, requestCommand } from './request-command.ts';
import type { Request, SequencerOptions } from './sequencer-options.ts';
import { isNotOfKey, ordersOfKey, replacesAnother } from './session-keys.ts';
import { TakenCommand, TakenOrder, TakenRequest } from './taken-command.ts';
import { WaitingCancels } from './waiting-cancels.ts';

type Answer = (result: CommandResult) => void;
/** What a turn of the queue has left to do; it stops after each applied command, so that the journal can keep up. */
type Steps = Generator<void, void>;
type Turn = (nowMs: number) => Steps;
type CancelRequest = Extract<CommandRequest, { type: 'cancel' }>;
type CancelAllRequest = Extract<CommandRequest, { type: 'cancel_all' }>;
/** `covered`: what waited when it was asked. */
type MassCancel = { covered: TakenOrder[]; nowMs: number; answer: Answer };

/** Orders that are announced to the engine together: it looks ahead at some of them at a time. */
const announcedTogether = 16;

export class Sequencer {
  #options: SequencerOptions;
  #queue = new CommandQueue<Turn, TakenOrder>();
  #turn: Steps | undefined;
  #inFlight = new InFlight();
  #whenIdle: (() => void)[] = [];
  /** How many of the queue's next orders were announced, as commands of one moment. They are announced anew once anything else came. */
  #announced = { count: 0, nowMs: 0 };
  #waitingCancels = new WaitingCancels();
  #pumpIsDue = false;
  /** What the command that is applied has done so far. */
  #events: EngineEvent[] = [];
  #emit = (event: EngineEvent) => void this.#events.push(event);

  constructor(options: SequencerOptions) {
    this.#options = options;
  }

  /**
   * Takes all commands of a request or, where there is no room, none. Its answer is made of the results as soon as they are known: when
   * it may leave, many others leave with it.
   */
  execute<T>(
    requests: readonly Request[],
    make: (results: CommandResult[]) => T,
  ): Promise<T> | 'busy' {
    if (this.#queue.size + requests.length > queuedCommands) return 'busy';
    if (requests.length === 0) return Promise.resolve(make([]));
    const { promise, resolve } = Promise.withResolvers<T>();
    const whole = new TakenRequest(requests.length, ({ results, commands }) => {
      const made = make(results);
      this.#options.journal.whenDurable(() => {
        for (const taken of commands) this.#inFlight.remove(taken);
        resolve(made);
        if (this.#inFlight.size === 0) for (const idle of this.#whenIdle.splice(0)) idle();
      });
    });
    const takenAtMs = this.#nowMs();
    for (const [place, request] of requests.entries())
      this.#take(request, { whole, place, takenAtMs });
    return promise;
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
  async idle(): Promise<void> {
    if (this.#inFlight.size > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #take(request: Request, of: { whole: TakenRequest; place: number; takenAtMs: number }): void {
    const { engine, tombstones, clock } = this.#options;
    const { whole, place, takenAtMs } = of;
    const about = identityOf(request);
    const { commandId } = about;
    const before = this.#inFlight.find(commandId);
    if (before) {
      before.join(whole, place);
      return;
    }
    const known = this.#waitingCancels.find(commandId) ?? repeatedAnswer(about, engine);
    if (known) {
      whole.settle(place, { ...switched(known, request, engine), repeated: true });
      return;
    }
    const code = doorRefusal(request, clock.nowMs(), tombstones);
    if (code) {
      whole.settle(place, { status: 'refused', commandId, code });
      return;
    }
    if (request.type === 'place') {
      const order = new TakenOrder(request, { commandId, takenAtMs, whole, place });
      this.#inFlight.add(order);
      this.#queue.pushOrder(order);
    } else {
      const taken = new TakenCommand(request, { commandId, takenAtMs, whole, place });
      this.#inFlight.add(taken);
      this.#queue.pushCancel(this.#turnOf(request, (result) => taken.settle(result)));
    }
    this.#pumpSoon();
  }

  #turnOf(request: OtherRequest, answer: Answer): Turn {
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

  /** The queue's next orders become commands, and the engine looks ahead at what they will need. */
  #announce(nowMs: number): void {
    const next = this.#queue.nextOrders(announcedTogether);
    const commands: PlaceOrder[] = [];
    for (const order of next) {
      // Cancelled while it waited.
      if (order.result) continue;
      order.announced = this.#commandOf(order, nowMs);
      commands.push(order.announced);
    }
    this.#options.engine.prepare(commands);
    this.#announced = { count: next.length, nowMs };
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
    const { digest, order, delegation } = placement.request;
    if (placement.result) return undefined;
    const command = placement.announced;
    assert(command, 'an order comes that was not announced');
    const isBuried = tombstones.isBuried(digest, order.account, nowMs, delegation?.digest);
    if (isBuried || replacesAnother(placement.request, command, engine)) {
      const code = isBuried ? 'order_cancelled' : 'not_owner';
      placement.settle({ status: 'refused', commandId: digest, code });
      return undefined;
    }
    if (deskTakes(command, () => this.#waitingOrder(placement))) return undefined;
    return this.#enterNow(placement, command);
  }

  /** As `#enter`, in the turn that began a moment ago: nothing is due or unfinished before it. */
  #enterNow(placement: TakenOrder, command: PlaceOrder): Steps | undefined {
    const { engine } = this.#options;
    assert(!engine.isUnfinished, 'an order enters before what is unfinished');
    const events = this.#apply(command);
    if (engine.isUnfinished) return this.#enterOn(placement, events);
    this.#entered(placement, events);
    return undefined;
  }

  *#enterOn(placement: TakenOrder, events: EngineEvent[]): Steps {
    yield;
    let all = events;
    for (const each of rest(this.#options)) {
      all = all.concat(this.#apply(each));
      yield;
    }
    this.#entered(placement, all);
  }

  *#enter(placement: TakenOrder, command: PlaceOrder): Steps {
    this.#entered(placement, yield* this.#drive(command));
  }

  #entered(placement: TakenOrder, events: readonly EngineEvent[]): void {
    placement.settle(firstAnswer(identityOf(placement.request), events, this.#options.engine));
  }

  #commandOf({ request }: TakenOrder, nowMs: number): PlaceOrder {
    const command = placeCommand(request, this.#options.engine, nowMs);
    assert(command, 'an order without terms passed the door');
    return command;
  }

  /** The order as the credit desk sees it. */
  #waitingOrder(placement: TakenOrder): WaitingOrder {
    const { engine } = this.#options;
    const { digest, order } = placement.request;
    const enter = this.#enter.bind(this);
    const isRemoved = () => placement.result !== undefined;
    return {
      account: order.account,
      command: () => this.#commandOf(placement, this.#nowMs()),
      isRemoved,
      enter: (isFunded) => {
        const { promise, resolve } = Promise.withResolvers<boolean>();
        const commandOf = (nowMs: number) => this.#commandOf(placement, nowMs);
        this.#queue.pushOwn(function* (nowMs) {
          // The order that it replaces may have been filled since, and its credit is spent.
          const lacks = isFunded && !isRemoved() && engine.shortfall(commandOf(nowMs)).units > 0;
          if (!lacks && !isRemoved()) yield* enter(placement, commandOf(nowMs));
          resolve(!lacks);
        });
        this.#pumpSoon();
        return promise;
      },
      refuse: (code) => placement.settle({ status: 'refused', commandId: digest, code }),
    };
  }

  /** Journaled even where its order never came: whoever leads next must know that the order may not enter. */
  *#cancel(request: CancelRequest, nowMs: number, answer: Answer): Steps {
    const { engine, tombstones } = this.#options;
    const { commandId, digest, account, delegations } = request;
    const isUnseen = !engine.order(digest) && !engine.firstResult(digest);
    const placement = isUnseen ? this.#inFlight.findWaiting(digest, account) : undefined;
    if (isNotOfKey(request, engine, placement?.request))
      return answer({ status: 'refused', commandId, code: 'not_owner' });
    const events = yield* this.#drive({ type: 'cancel', commandId, nowMs, account, digest });
    if (isUnseen) tombstones.bury(digest, account, nowMs, placement ? undefined : delegations);
    if (!placement) {
      answer(firstAnswer(identityOf(request), events, engine));
      return;
    }
    placement.settle({ status: 'refused', commandId: digest, code: 'order_cancelled' });
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
        if (placement.result) continue;
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
    const waiting = covered.filter((placement) => !placement.result);
    for (const placement of waiting) yield* this.#letGo(placement, nowMs);
    const cancelled = live.length + waiting.length;
    const { sequence } = engine;
    answer({ status: 'accepted', commandId, sequence, fills: [], cancelled });
  }

  /** An order that waits never enters; a cancel in the journal says so to the next leader. */
  *#letGo(placement: TakenOrder, nowMs: number): Steps {
    const { tombstones, newCancelId } = this.#options;
    const { digest, order } = placement.request;
    const { account } = order;
    const commandId = newCancelId();
    yield* this.#drive({ type: 'cancel', commandId, nowMs, account, digest });
    tombstones.bury(digest, account, nowMs);
    placement.settle({ status: 'refused', commandId: digest, code: 'order_cancelled' });
  }

  *#other(request: OtherRequest, nowMs: number, answer: Answer): Steps {
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
