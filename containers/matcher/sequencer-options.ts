/** What a sequencer is given to work with. */
import type { Clock } from '#cloud/clock.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { RawEvent } from '#domain/raw-event.ts';
import type { OtherRequest } from '#wire/matcher-api.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import type { WaitingOrder } from './credit-desk.ts';
import type { Doubted } from './doubt.ts';
import type { LeadingEngine } from './engine/engine.ts';
import type { Journal } from './journal.ts';
import type { TakenOrder } from './taken-command.ts';
import type { Timers } from './timers.ts';
import type { Tombstones } from './tombstones.ts';

/** Whatever is no new order, asks for a command and waits for its answer. */
export type Request = OtherRequest | OperatorRequest;

export type SequencerOptions = {
  engine: LeadingEngine;
  journal: Journal;
  tombstones: Tombstones;
  clock: Clock;
  timers: Timers;
  doubted: Doubted;
  /** See InFlight. */
  hashSecret: number;
  newCommandId: (type: 'tick' | 'continue') => string;
  newCancelId: () => string;
  /** True where the credit desk keeps the order for now; it enters later, or is refused. `order` makes what the desk keeps. */
  deskTakes: (first: TakenOrder, order: (taken: TakenOrder) => WaitingOrder) => boolean;
  /** Told of every command after it was applied. */
  applied: (command: Command, events: EngineEvent[]) => void;
  /** Told of what an order did that was placed, event by event. */
  noted: (placement: TakenOrder, event: RawEvent) => void;
  /** Told after a run of commands. */
  settled: () => void;
};
