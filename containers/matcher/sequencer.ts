/**
 * Decides the order of all commands: takes them from the queue, stamps the engine's time, drives them one by one to their
 * end (what is due before, what a bounded command left undone), journals what they did, and answers each once that is durable.
 */
import { assert } from '#domain/assertion.ts';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { cancelledIn, firstAnswer, identityOf, repeatedAnswer } from './answers.ts';
import { queuedCommands } from './bounds.ts';
import { CommandQueue, type Rank } from './command-queue.ts';
import type { WaitingOrder } from './credit-desk.ts';
import { doorRefusal } from './door-checks.ts';
import { asError } from './doubt.ts';
import { isDue, rest, steps } from './engine/drive.ts';
import { memoryMs } from './engine/limits.ts';
import { WindowQueue } from './engine/window-queue.ts';
import { placeCommand } from './place-command.ts';
import { type OtherRequest, onlyOf, requestCommand } from './request-command.ts';
import type { Request, SequencerOptions } from './sequencer-options.ts';
import { isNotOfKey, ordersOfKey, replacesAnother } from './session-keys.ts';
import { WaitingOrders, type WaitingPlacement } from './waiting-orders.ts';

type Answer = (result: CommandResult) => void;
/** What a turn of the queue has left to do; it stops after each applied command, so that the journal can keep up. */
type Steps = Generator<void, void>;
/** Nothing is left of most turns: an order is one command. */
type Turn = (nowMs: number) => Steps | undefined;
type CancelRequest = Extract<CommandRequest, { type: 'cancel' }>;
type CancelAllRequest = Extract<CommandRequest, { type: 'cancel_all' }>;
/** `covered`: what waited when it was asked. */
type MassCancel = { covered: WaitingPlacement[]; nowMs: number; answer: Answer };

export class Sequencer {
  #options: SequencerOptions;
  #queue = new CommandQueue<Turn>();
  #turn: Steps | undefined;
  /** Commands that are not answered yet, by id, with those who asked for the same again: they get the same answer. */
  #inFlight = new Map<string, Answer[] | undefined>();
  #whenIdle: (() => void)[] = [];
  #waiting = new WaitingOrders();
  /** Cancels that found their order waiting: the engine, which never saw it, remembers them as refused. */
  #tookWaiting = new Map<string, CommandResult>();
  #tookWindow = new WindowQueue<string>();
  #pumpIsDue = false;

  constructor(options: SequencerOptions) {
    this.#options = options;
  }

  /** Takes all commands of a request or, where there is no room, none. */
  execute(requests: readonly Request[]): Promise<CommandResult[]> | 'busy' {
    if (this.#queue.size + requests.length > queuedCommands) return 'busy';
    const results = new Array<CommandResult>(requests.length);
    const { promise, resolve } = Promise.withResolvers<CommandResult[]>();
    let left = requests.length;
    if (left === 0) resolve(results);
    for (const [at, request] of requests.entries())
      this.#take(request, (result) => {
        results[at] = result;
        left -= 1;
        if (left === 0) resolve(results);
      });
    return promise;
  }

  /** Applies one of the matcher's own commands before everything that waits; resolves when applied, not when durable. */
  submit(make: (nowMs: number) => Command | undefined): Promise<EngineEvent[]> {
    const { promise, resolve } = Promise.withResolvers<EngineEvent[]>();
    const drive = this.#drive.bind(this);
    this.#enqueue('own', function* (nowMs) {
      const command = make(nowMs);
      resolve(command ? yield* drive(command) : []);
    });
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
        } else if (!this.#takeTurn()) break;
      }
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

  #take(request: Request, answer: Answer): void {
    const { engine, tombstones, clock } = this.#options;
    const about = identityOf(request);
    const { commandId } = about;
    if (this.#inFlight.has(commandId)) {
      const alike = this.#inFlight.get(commandId) ?? [];
      alike.push((result) => answer({ ...result, repeated: true }));
      this.#inFlight.set(commandId, alike);
      return;
    }
    const known = this.#tookWaiting.get(commandId) ?? repeatedAnswer(about, engine);
    if (known) {
      const repeated = { ...this.#switched(request, known), repeated: true as const };
      this.#options.journal.whenDurable(() => answer(repeated));
      return;
    }
    const code = doorRefusal(request, clock.nowMs(), tombstones);
    if (code) {
      answer({ status: 'refused', commandId, code });
      return;
    }
    this.#inFlight.set(commandId, undefined);
    this.#queued(request, (result) => {
      const others = this.#inFlight.get(commandId);
      this.#inFlight.delete(commandId);
      answer(result);
      if (others) for (const other of others) other(result);
      if (this.#inFlight.size === 0) for (const idle of this.#whenIdle.splice(0)) idle();
    });
  }

  /** Puts a command into the queue; `leave` is called when its answer may leave. */
  #queued(request: Request, leave: Answer): void {
    const answer = (result: CommandResult) =>
      this.#options.journal.whenDurable(() => leave(result));
    if (request.type === 'place') {
      const placement = { request, takenAtMs: this.#nowMs(), answer };
      this.#waiting.add(placement);
      this.#enqueue('place', (nowMs) => this.#place(placement, nowMs));
    } else if (request.type === 'cancel') {
      this.#enqueue('cancel', (nowMs) => this.#cancel(request, nowMs, answer));
    } else if (request.type === 'cancel_all') {
      // Those that are taken after it are not meant.
      const { account, delegation } = request;
      const covered = this.#waiting.of(account, { ...onlyOf(request), delegation });
      this.#enqueue('cancel', (nowMs) => {
        const at = { covered, nowMs, answer };
        return delegation === undefined
          ? this.#cancelAll(request, at)
          : this.#cancelAllOfKey(request, at);
      });
    } else this.#enqueue('cancel', (nowMs) => this.#other(request, nowMs, answer));
  }

  #enqueue(rank: Rank, turn: Turn): void {
    this.#queue.push(rank, turn);
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    this.#options.timers.soon(() => this.pump());
  }

  #nowMs(): number {
    return Math.max(this.#options.engine.nowMs, this.#options.clock.nowMs());
  }

  /** What is due comes as a turn of its own, before what waits; false where nothing waits. */
  #takeTurn(): boolean {
    const { engine } = this.#options;
    if (this.#queue.size === 0) return false;
    const nowMs = this.#nowMs();
    this.#turn =
      engine.isUnfinished || isDue(engine, nowMs)
        ? this.#catchUp(nowMs)
        : this.#queue.take()?.(nowMs);
    return true;
  }

  *#catchUp(nowMs: number): Steps {
    const { engine, newCommandId } = this.#options;
    const fired = this.#waiting.accounts().flatMap((account) => {
      const dueMs = engine.switchOf(account);
      return dueMs > 0 && dueMs <= nowMs ? [{ account, dueMs }] : [];
    });
    do {
      const did = yield* this.#drive({ type: 'tick', commandId: newCommandId('tick'), nowMs });
      assert(did.length > 1 || !isDue(engine, nowMs), 'a tick did nothing of what is due');
    } while (isDue(engine, nowMs));
    // A switch means what waits as well as what rests; not what was taken after its time.
    for (const { account, dueMs } of fired)
      for (const placement of this.#waiting.of(account))
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
    engine.apply(command, (event) => events.push(event));
    journal.append(command, events);
    applied(command, events);
    return events;
  }

  #place(placement: WaitingPlacement, nowMs: number): Steps | undefined {
    const { engine, tombstones, deskTakes } = this.#options;
    const { digest, order, delegation } = placement.request;
    if (!this.#waiting.has(placement)) return undefined;
    const isBuried = tombstones.isBuried(digest, order.account, nowMs, delegation?.digest);
    // The desk looks at the very command that enters: it is made once.
    const command = this.#commandOf(placement, nowMs);
    if (isBuried || replacesAnother(placement.request, command, engine)) {
      const code = isBuried ? 'order_cancelled' : 'not_owner';
      this.#settle(placement, { status: 'refused', commandId: digest, code });
      return undefined;
    }
    // The desk's look and the order's turn are one after the other: its texts are resolved once for both.
    engine.prepare([command]);
    if (deskTakes(command, () => this.#waitingOrder(placement))) return undefined;
    return this.#enterNow(placement, command);
  }

  /** As `#enter`, in the turn that began a moment ago: nothing is due or unfinished before it. */
  #enterNow(placement: WaitingPlacement, command: PlaceOrder): Steps | undefined {
    const { engine } = this.#options;
    assert(!engine.isUnfinished, 'an order enters before what is unfinished');
    const events = this.#apply(command);
    if (engine.isUnfinished) return this.#enterOn(placement, events);
    this.#entered(placement, events);
    return undefined;
  }

  *#enterOn(placement: WaitingPlacement, events: EngineEvent[]): Steps {
    yield;
    let all = events;
    for (const each of rest(this.#options)) {
      all = all.concat(this.#apply(each));
      yield;
    }
    this.#entered(placement, all);
  }

  *#enter(placement: WaitingPlacement, command: PlaceOrder): Steps {
    this.#entered(placement, yield* this.#drive(command));
  }

  #entered(placement: WaitingPlacement, events: readonly EngineEvent[]): void {
    const { digest } = placement.request;
    const about = { commandId: digest, digest };
    this.#settle(placement, firstAnswer(about, events, this.#options.engine));
  }

  #settle(placement: WaitingPlacement, result: CommandResult): void {
    this.#waiting.remove(placement);
    placement.answer(result);
  }

  #commandOf({ request }: WaitingPlacement, nowMs: number): PlaceOrder {
    const command = placeCommand(request, this.#options.engine, nowMs);
    assert(command, 'an order without terms passed the door');
    return command;
  }

  /** The order as the credit desk sees it. */
  #waitingOrder(placement: WaitingPlacement): WaitingOrder {
    const { engine } = this.#options;
    const { digest, order } = placement.request;
    const enter = this.#enter.bind(this);
    const isRemoved = () => !this.#waiting.has(placement);
    return {
      account: order.account,
      command: () => this.#commandOf(placement, this.#nowMs()),
      isRemoved,
      enter: (isFunded) => {
        const { promise, resolve } = Promise.withResolvers<boolean>();
        const commandOf = (nowMs: number) => this.#commandOf(placement, nowMs);
        this.#enqueue('own', function* (nowMs) {
          // The order that it replaces may have been filled since, and its credit is spent.
          const lacks = isFunded && !isRemoved() && engine.shortfall(commandOf(nowMs)).units > 0;
          if (!lacks && !isRemoved()) yield* enter(placement, commandOf(nowMs));
          resolve(!lacks);
        });
        return promise;
      },
      refuse: (code) => this.#settle(placement, { status: 'refused', commandId: digest, code }),
    };
  }

  /** Journaled even where its order never came: whoever leads next must know that the order may not enter. */
  *#cancel(request: CancelRequest, nowMs: number, answer: Answer): Steps {
    const { engine, tombstones } = this.#options;
    const { commandId, digest, account, delegations } = request;
    const isUnseen = !engine.order(digest) && !engine.firstResult(digest);
    const placement = isUnseen ? this.#waiting.find(digest, account) : undefined;
    if (isNotOfKey(request, engine, placement?.request))
      return answer({ status: 'refused', commandId, code: 'not_owner' });
    const events = yield* this.#drive({ type: 'cancel', commandId, nowMs, account, digest });
    if (isUnseen) tombstones.bury(digest, account, nowMs, placement ? undefined : delegations);
    if (!placement) {
      answer(firstAnswer({ commandId, digest }, events, engine));
      return;
    }
    this.#settle(placement, { status: 'refused', commandId: digest, code: 'order_cancelled' });
    const { sequence } = engine;
    const took: CommandResult = { status: 'accepted', commandId, sequence, fills: [] };
    this.#tookWindow.prune(nowMs - memoryMs, (id) => this.#tookWaiting.delete(id));
    this.#tookWindow.push(commandId, nowMs);
    this.#tookWaiting.set(commandId, took);
    answer(took);
  }

  /** What rests is the engine's to cancel; what waited when it was asked never enters, whoever leads. */
  *#cancelAll(request: CancelAllRequest, at: MassCancel): Steps {
    const { engine } = this.#options;
    const { commandId } = request;
    const events = yield* this.#drive(requestCommand(request, engine, at.nowMs));
    const result = firstAnswer({ commandId }, events, engine);
    let cancelled = cancelledIn(events);
    if (result.status === 'accepted') {
      for (const placement of at.covered) {
        if (!this.#waiting.has(placement)) continue;
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
    const waiting = covered.filter((placement) => this.#waiting.has(placement));
    for (const placement of waiting) yield* this.#letGo(placement, nowMs);
    const cancelled = live.length + waiting.length;
    const { sequence } = engine;
    answer({ status: 'accepted', commandId, sequence, fills: [], cancelled });
  }

  /** An order that waits never enters; a cancel in the journal says so to the next leader. */
  *#letGo(placement: WaitingPlacement, nowMs: number): Steps {
    const { tombstones, newCancelId } = this.#options;
    const { digest, order } = placement.request;
    const { account } = order;
    const commandId = newCancelId();
    yield* this.#drive({ type: 'cancel', commandId, nowMs, account, digest });
    tombstones.bury(digest, account, nowMs);
    this.#settle(placement, { status: 'refused', commandId: digest, code: 'order_cancelled' });
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
        : this.#switched(request, result),
    );
  }

  /** Who arms a switch is told when it fires, as of now. */
  #switched(request: Request, result: CommandResult): CommandResult {
    if (request.type !== 'cancel_all_after' || result.status === 'refused') return result;
    return { ...result, switchDueMs: this.#options.engine.switchOf(request.account) };
  }
}
