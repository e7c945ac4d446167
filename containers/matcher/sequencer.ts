/**
 * Decides the order of all commands: takes them from the queue, stamps the engine's time, applies them one by one,
 * journals what they did, and answers each once that is durable.
 */
import type { Clock } from '#cloud/clock.ts';
import { assert } from '#domain/assertion.ts';
import type { CancelOrder, Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { firstAnswer, repeatedAnswer } from './answers.ts';
import { queuedCommands } from './bounds.ts';
import { CommandQueue } from './command-queue.ts';
import type { WaitingOrder } from './credit-desk.ts';
import { doorRefusal } from './door-checks.ts';
import { asError, type Doubted } from './doubt.ts';
import type { Engine } from './engine/engine.ts';
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

export type Sequencer = {
  /** Takes all commands of a request or, where there is no room, none. */
  execute(requests: CommandRequest[]): Promise<CommandResult[]> | 'busy';
  /** Applies one of the matcher's own commands before everything that waits; resolves when applied, not when durable. */
  submit(make: (nowMs: number) => Command | undefined): Promise<EngineEvent[]>;
  /** Applies what waits, as far as the journal has room. */
  pump(): void;
  /** Resolves when nothing waits: neither here nor at the credit desk. */
  idle(): Promise<void>;
};

type Placement = {
  request: PlaceRequest;
  answer: (result: CommandResult) => void;
  /** A cancel came first: whoever holds the order lets it go. */
  removed: boolean;
};

export function createSequencer(options: SequencerOptions): Sequencer {
  const { engine, journal, tombstones, timers } = options;
  const queue = new CommandQueue<() => void>();
  const inFlight = new Map<string, Promise<CommandResult>>();
  /** Orders that wait in the queue or at the credit desk. */
  const waiting = new Map<Digest, Placement>();
  let pumpIsDue = false;

  const nowMs = () => Math.max(engine.nowMs, options.clock.nowMs());

  const apply = (command: Command): EngineEvent[] => {
    const events: EngineEvent[] = [];
    engine.apply(command, (event) => events.push(event));
    journal.append(command, events);
    options.applied(command, events);
    return events;
  };

  const pump = () => {
    pumpIsDue = false;
    try {
      while (journal.hasRoom) {
        const run = queue.take();
        if (!run) break;
        run();
      }
      journal.flush();
      options.settled();
    } catch (error) {
      journal.stop();
      options.doubted(asError(error));
    }
  };

  const enqueue = (rank: 'own' | 'cancel' | 'place', run: () => void) => {
    queue.push(rank, run);
    if (pumpIsDue) return;
    pumpIsDue = true;
    timers.soon(pump);
  };

  const whenDurable = (result: CommandResult): Promise<CommandResult> =>
    new Promise((resolve) => journal.whenDurable(() => resolve(result)));

  const submit: Sequencer['submit'] = (make) =>
    new Promise((resolve) => {
      enqueue('own', () => {
        const command = make(nowMs());
        resolve(command ? apply(command) : []);
      });
    });

  const commandOf = (request: PlaceRequest): PlaceOrder => {
    const command = placeCommand(request, engine, nowMs());
    assert(command, 'an order without terms passed the door');
    return command;
  };

  const place = (placement: Placement) => {
    const { request, answer } = placement;
    if (placement.removed) return;
    const { digest } = request;
    if (tombstones.isBuried(digest, request.order.account, nowMs())) {
      return answer({ status: 'refused', commandId: digest, code: 'order_cancelled' });
    }
    const order = waitingOrder(placement);
    if (!options.deskTakes(order)) order.enterNow();
  };

  const waitingOrder = (placement: Placement) => {
    const { request, answer } = placement;
    const ids = { commandId: request.digest, digest: request.digest };
    const enterNow = () => {
      if (!placement.removed) answer(firstAnswer(ids, apply(commandOf(request)), engine));
    };
    return {
      account: request.order.account,
      command: () => commandOf(request),
      isRemoved: () => placement.removed,
      enterNow,
      enter: () =>
        new Promise<void>((resolve) =>
          enqueue('own', () => {
            enterNow();
            resolve();
          }),
        ),
      refuse: (code: Refusal) => answer({ status: 'refused', commandId: request.digest, code }),
    };
  };

  const cancel = (request: CancelRequest, answer: (result: CommandResult) => void) => {
    const { commandId, digest } = request;
    const account = request.account.toLowerCase();
    const command: CancelOrder = { type: 'cancel', commandId, nowMs: nowMs(), account, digest };
    const isUnseen = !engine.order(digest) && !engine.firstResult(digest);
    const events = apply(command);
    const result = firstAnswer({ commandId, digest }, events, engine);
    if (!isUnseen) return answer(result);
    tombstones.bury(digest, account, command.nowMs);
    const removed = removeWaiting(digest, account);
    const { sequence } = events[0] as EngineEvent;
    answer(removed ? { status: 'accepted', commandId, sequence, fills: [] } : result);
  };

  /** Takes an order out of the queue or from the credit desk: it never enters. */
  const removeWaiting = (digest: Digest, account: Address): boolean => {
    const placement = waiting.get(digest);
    if (!placement || placement.request.order.account !== account) return false;
    placement.removed = true;
    placement.answer({ status: 'refused', commandId: digest, code: 'order_cancelled' });
    return true;
  };

  const take = (request: CommandRequest): Promise<CommandResult> => {
    const { digest } = request;
    const commandId = request.type === 'place' ? digest : request.commandId;
    const first = inFlight.get(commandId);
    if (first) return first.then((result) => ({ ...result, repeated: true }));
    const known = repeatedAnswer({ commandId, digest }, engine);
    if (known) return whenDurable(known);
    const code = doorRefusal(request, options.clock.nowMs(), tombstones);
    if (code) return Promise.resolve({ status: 'refused', commandId, code });

    const answered = new Promise<CommandResult>((resolve) => {
      const answer = (result: CommandResult) => {
        journal.whenDurable(() => {
          inFlight.delete(commandId);
          resolve(result);
        });
      };
      if (request.type === 'cancel') return enqueue('cancel', () => cancel(request, answer));
      const forget = (result: CommandResult) => {
        waiting.delete(digest);
        answer(result);
      };
      const placement = { request, answer: forget, removed: false };
      waiting.set(digest, placement);
      enqueue('place', () => place(placement));
    });
    inFlight.set(commandId, answered);
    return answered;
  };

  return {
    execute(requests) {
      if (queue.size + requests.length > queuedCommands) return 'busy';
      return Promise.all(requests.map(take));
    },
    submit,
    pump,
    async idle() {
      await Promise.all(inFlight.values());
    },
  };
}
