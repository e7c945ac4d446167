/**
 * Decides the order of all commands: takes them from the queue, stamps the engine's time, applies them one by one,
 * journals what they did, and answers each once that is durable.
 */
import type { Clock } from '#cloud/clock.ts';
import { assert } from '#domain/assertion.ts';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { firstAnswer, repeatedAnswer } from './answers.ts';
import { queuedCommands } from './bounds.ts';
import { CommandQueue, type Rank } from './command-queue.ts';
import type { WaitingOrder } from './credit-desk.ts';
import { doorRefusal } from './door-checks.ts';
import { asError, type Doubted } from './doubt.ts';
import type { Engine } from './engine/engine.ts';
import { memoryMs } from './engine/limits.ts';
import { WindowQueue } from './engine/window-queue.ts';
import type { Journal } from './journal.ts';
import { type PlaceRequest, placeCommand } from './place-command.ts';
import type { Timers } from './timers.ts';
import type { Tombstones } from './tombstones.ts';

export type CancelRequest = Extract<CommandRequest, { type: 'cancel' }>;

export type SequencerOptions = {
  engine: Engine;
  journal: Journal;
  tombstones: Tombstones;
  clock: Clock;
  timers: Timers;
  doubted: Doubted;
  /** True where the credit desk keeps the order for now; it enters later, or is refused. */
  deskTakes: (order: WaitingOrder) => boolean;
  /** Told of every command after it was applied. */
  applied: (command: Command, events: EngineEvent[]) => void;
  /** Told after a run of commands. */
  settled: () => void;
};

type Placement = {
  request: PlaceRequest;
  answer: (result: CommandResult) => void;
  /** A cancel came first: whoever holds the order lets it go. */
  removed: boolean;
};

export class Sequencer {
  #options: SequencerOptions;
  #queue = new CommandQueue<() => void>();
  /** Commands that are not answered yet, by id: a repeated request waits for the same answer. */
  #inFlight = new Map<string, { answered: Promise<CommandResult> }>();
  /** Orders that wait in the queue or at the credit desk. */
  #waiting = new Map<Digest, Placement>();
  /** Cancels that found their order waiting: the engine, which never saw it, remembers them as refused. */
  #tookWaiting = new Map<string, CommandResult>();
  #tookWindow = new WindowQueue<string>();
  #pumpIsDue = false;

  constructor(options: SequencerOptions) {
    this.#options = options;
  }

  /** Takes all commands of a request or, where there is no room, none. */
  execute(requests: CommandRequest[]): Promise<CommandResult[]> | 'busy' {
    if (this.#queue.size + requests.length > queuedCommands) return 'busy';
    return Promise.all(requests.map((request) => this.#take(request)));
  }

  /** Applies one of the matcher's own commands before everything that waits; resolves when applied, not when durable. */
  submit(make: (nowMs: number) => Command | undefined): Promise<EngineEvent[]> {
    return new Promise((resolve) => {
      this.#enqueue('own', () => {
        const command = make(this.#nowMs());
        resolve(command ? this.#apply(command) : []);
      });
    });
  }

  /** Applies what waits, as far as the journal has room. */
  pump(): void {
    const { journal, settled, doubted } = this.#options;
    this.#pumpIsDue = false;
    try {
      while (journal.hasRoom) {
        const run = this.#queue.take();
        if (!run) break;
        run();
      }
      journal.flush();
      settled();
    } catch (error) {
      doubted(asError(error));
    }
  }

  /** Resolves when everything that was taken is answered. */
  async idle(): Promise<void> {
    await Promise.all([...this.#inFlight.values()].map(({ answered }) => answered));
  }

  async #take(request: CommandRequest): Promise<CommandResult> {
    const { engine, clock, tombstones } = this.#options;
    const { digest } = request;
    const commandId = request.type === 'place' ? digest : request.commandId;
    const first = this.#inFlight.get(commandId);
    if (first) return { ...(await first.answered), repeated: true };
    const known = this.#tookWaiting.get(commandId) ?? repeatedAnswer({ commandId, digest }, engine);
    if (known) return this.#whenDurable({ ...known, repeated: true });
    const code = doorRefusal(request, clock.nowMs(), tombstones);
    if (code) return { status: 'refused', commandId, code };
    const answered = this.#queued(request).then((result) => {
      this.#inFlight.delete(commandId);
      return result;
    });
    this.#inFlight.set(commandId, { answered });
    return answered;
  }

  /** Puts a command into the queue; resolves when its answer may leave. */
  #queued(request: CommandRequest): Promise<CommandResult> {
    const { journal } = this.#options;
    return new Promise((resolve) => {
      const answer = (result: CommandResult) => journal.whenDurable(() => resolve(result));
      if (request.type === 'cancel') {
        this.#enqueue('cancel', () => answer(this.#cancel(request)));
        return;
      }
      const placement: Placement = { request, removed: false, answer };
      this.#waiting.set(request.digest, placement);
      this.#enqueue('place', () => this.#place(placement));
    });
  }

  #enqueue(rank: Rank, run: () => void): void {
    this.#queue.push(rank, run);
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    this.#options.timers.soon(() => this.pump());
  }

  #nowMs(): number {
    return Math.max(this.#options.engine.nowMs, this.#options.clock.nowMs());
  }

  #apply(command: Command): EngineEvent[] {
    const { engine, journal, applied } = this.#options;
    const events: EngineEvent[] = [];
    engine.apply(command, (event) => events.push(event));
    journal.append(command, events);
    applied(command, events);
    return events;
  }

  #place(placement: Placement): void {
    const { tombstones, deskTakes } = this.#options;
    const { digest, order } = placement.request;
    if (placement.removed) return;
    if (tombstones.isBuried(digest, order.account, this.#nowMs())) {
      this.#settle(placement, { status: 'refused', commandId: digest, code: 'order_cancelled' });
    } else if (!deskTakes(this.#waitingOrder(placement))) this.#enter(placement);
  }

  #enter(placement: Placement): void {
    const { digest } = placement.request;
    if (placement.removed) return;
    const events = this.#apply(this.#commandOf(placement));
    const { engine } = this.#options;
    this.#settle(placement, firstAnswer({ commandId: digest, digest }, events, engine));
  }

  #settle({ request, answer }: Placement, result: CommandResult): void {
    this.#waiting.delete(request.digest);
    answer(result);
  }

  #commandOf({ request }: Placement): PlaceOrder {
    const command = placeCommand(request, this.#options.engine, this.#nowMs());
    assert(command, 'an order without terms passed the door');
    return command;
  }

  /** The order as the credit desk sees it. */
  #waitingOrder(placement: Placement): WaitingOrder {
    const { digest, order } = placement.request;
    return {
      account: order.account,
      command: () => this.#commandOf(placement),
      isRemoved: () => placement.removed,
      enter: () =>
        new Promise((resolve) => {
          this.#enqueue('own', () => {
            this.#enter(placement);
            resolve();
          });
        }),
      refuse: (code) => this.#settle(placement, { status: 'refused', commandId: digest, code }),
    };
  }

  /** Journaled even where its order never came: whoever leads next must know that the order may not enter. */
  #cancel(request: CancelRequest): CommandResult {
    const { engine, tombstones } = this.#options;
    const { commandId, digest, account } = request;
    const nowMs = this.#nowMs();
    const isUnseen = !engine.order(digest) && !engine.firstResult(digest);
    const events = this.#apply({ type: 'cancel', commandId, nowMs, account, digest });
    const result = firstAnswer({ commandId, digest }, events, engine);
    if (!isUnseen) return result;
    tombstones.bury(digest, account, nowMs);
    if (!this.#removeWaiting(digest, account)) return result;
    const took: CommandResult = {
      status: 'accepted',
      commandId,
      sequence: engine.sequence,
      fills: [],
    };
    this.#tookWindow.prune(nowMs - memoryMs, (id) => this.#tookWaiting.delete(id));
    this.#tookWindow.push(commandId, nowMs);
    this.#tookWaiting.set(commandId, took);
    return took;
  }

  /** Takes an order out of the queue or from the credit desk: it never enters. */
  #removeWaiting(digest: Digest, account: Address): boolean {
    const placement = this.#waiting.get(digest);
    if (placement?.request.order.account !== account) return false;
    placement.removed = true;
    this.#settle(placement, { status: 'refused', commandId: digest, code: 'order_cancelled' });
    return true;
  }

  #whenDurable(result: CommandResult): Promise<CommandResult> {
    return new Promise((resolve) => this.#options.journal.whenDurable(() => resolve(result)));
  }
}
