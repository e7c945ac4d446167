/**
 * The journal of a leader: outcomes become frames, one put is in flight, and nothing that was derived
 * from a frame leaves before it is durable (W3, W4, W5).
 *
 * A frame closes when the put before it has returned, or at 256 KiB; with no put in flight it goes at once,
 * with everything that was applied in the same turn of the event loop.
 */
import type { Clock } from '#cloud/clock.ts';
import { JournalForbidden, type JournalWriter } from '#cloud/journal-writer.ts';
import { assert } from '#domain/assertion.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { RawEvent } from '#domain/raw-event.ts';
import type { RawPlacement } from '#domain/raw-order.ts';
import type { Watermark } from '#wire/accept-record.ts';
import {
  chainAfter,
  FrameBuilder,
  type FrameHeader,
  type Hash,
  type StateCheck,
} from '#wire/journal-frame.ts';
import { digestOf } from '#wire/order-request.ts';
import { frameBytes, waitingFrames } from './bounds.ts';
import type { NotedCommand } from './chain-watch.ts';
import { asError, Doubt, type Doubted } from './doubt.ts';
import type { Did } from './engine/engine.ts';
import { Fifo } from './fifo.ts';
import { FrameCounts } from './frame-counts.ts';
import type { HeldLease } from './lease.ts';
import { pause, type Timers } from './timers.ts';

/** What a frame did, as those who tell the world need it. */
export type ClosedFrame = {
  header: FrameHeader;
  /** The chain value behind the frame. */
  chain: Hash;
  /** The record itself. */
  data: Uint8Array;
  counts: Readonly<FrameCounts>;
  /** Of new orders only those that did more than trade and end, such as halt a market. */
  outcomes: [NotedCommand, EngineEvent[]][];
};

export type JournalOptions = {
  groupId: string;
  rulesVersion: number;
  /** A random number of this process: see FrameBuilder. */
  hashSecret: number;
  /** The journal as recovery left it, this leader's epoch record included. */
  from: Watermark;
  /** The shard sequence number of that epoch record: the first frame goes behind it. */
  after: string;
  writer: JournalWriter;
  lease: Pick<HeldLease, 'isSurelyHeld'>;
  clock: Clock;
  timers: Timers;
  doubted: Doubted;
  /** Called at the moment a frame closes; what it answers is run once the frame is durable, before the frame's answers. */
  closing: (frame: ClosedFrame) => Release;
  /** The engine's hash over all events, the last appended command's included. */
  eventHash: () => string;
  /** What the frame of this number is to say about the engine's state, if anything. */
  stateCheck: (frame: number) => StateCheck | undefined;
  /** Queued commands may be applied: a put is on its way, or has returned and the next frame is about to close. */
  room: () => void;
  putTook: (ms: number) => void;
};

/** Runs once a frame is durable, with its place in the shard. */
export type Release = (shardSequence: string) => void;

/** `waiting`: how many wait for it. */
type PendingFrame = { data: Uint8Array; tell: Release; waiting: number };
type DurableFrame = { shardSequence: string; tell: Release; waiting: number };
type OpenFrame = {
  atMs: number;
  grantsClock: number;
  counts: FrameCounts;
  outcomes: [NotedCommand, EngineEvent[]][];
  waiting: number;
};

/** The bound of one Kinesis record. */
const recordBytes = 1024 * 1024;

/** Waits between tries of a put: short, because the lease is. */
const firstRetryMs = 20;
const longestRetryMs = 500;

export class Journal {
  #options: JournalOptions;
  /** The chain as it will be once everything closed is durable. */
  #tip: Pick<Watermark, 'epoch' | 'frame' | 'chain' | 'lastSequence' | 'clock'>;
  #after: string;
  #open: OpenFrame | undefined;
  /** Of the open frame. */
  #builder: FrameBuilder;
  /** Who is told of a new order's events as they are written. */
  #note: (event: RawEvent) => void = () => {};
  /** Closed and not yet durable, oldest first. */
  #closed: PendingFrame[] = [];
  #putting = false;
  /** Whether the first of them is on its way. */
  #inFlight = false;
  /** What was derived from these may leave, and does in the next turn of the event loop. */
  #durable: DurableFrame[] = [];
  /**
   * Who waits for a frame, the oldest frame's first. Not a list of each frame: one that the collector takes for old, since frames wait
   * long while the journal is slow, keeps all alive that its orders made, until the next full collection.
   */
  #waiting = new Fifo<() => void>();
  #stopped = false;
  #drained: (() => void)[] = [];

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#tip = options.from;
    this.#after = options.after;
    this.#builder = new FrameBuilder(options);
  }

  /** False while too much is waiting to become durable, and while a full frame waits for no other: it is to be put first. */
  get hasRoom(): boolean {
    const isIdle = !this.#inFlight && this.#closed.length > 0;
    return !this.#stopped && !isIdle && this.#closed.length < waitingFrames;
  }

  /** The number of the frame that holds the state as it is now. */
  get frame(): number {
    return this.#open ? this.#tip.frame + 1 : this.#tip.frame;
  }

  /** Takes an outcome that the engine has just made. */
  append(command: Command, events: EngineEvent[]): void {
    const to = this.#opened(command.nowMs);
    this.#builder.append(command, events);
    to.counts.applied(events);
    if (command.type === 'grant') to.grantsClock = Math.max(to.grantsClock, command.clock);
    to.outcomes.push([command, events]);
    this.#closeIfFull();
  }

  /** The same of a new order; `note` is told of each event as it is written. */
  appendPlacement(placement: RawPlacement, did: Did, note: (event: RawEvent) => void): void {
    const to = this.#opened(placement.nowMs);
    to.counts.placed();
    this.#note = note;
    this.#builder.appendPlacement(placement, did, this.#count);
    if (!to.counts.isPlain) {
      const commandId = digestOf(placement.order);
      to.outcomes.push([{ type: 'place', commandId }, did.events(commandId)]);
    }
    this.#closeIfFull();
  }

  /** Closes and puts what is open unless a put is in flight; `even` an empty one. */
  flush(even?: 'empty'): void {
    if (this.#stopped) return;
    if (even) this.#opened(this.#options.clock.nowMs());
    if (this.#putting) return;
    if (this.#closed.length === 0) this.#close();
    if (this.#closed.length > 0) void this.#putAll();
  }

  /** Runs once everything appended so far is durable and answers may leave; never if that cannot be known. */
  whenDurable(run: () => void): void {
    const holder = this.#open ?? this.#closed.at(-1) ?? this.#durable.at(-1);
    if (this.#stopped) return;
    if (holder) {
      holder.waiting += 1;
      this.#waiting.push(run);
    } else if (this.#leads()) run();
  }

  /** Resolves when nothing waits any more. */
  drained(): Promise<void> {
    this.flush();
    if (this.#isDrained()) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Nothing leaves from now on. */
  stop(): void {
    this.#stopped = true;
  }

  #count = (event: RawEvent): void => {
    (this.#open as OpenFrame).counts.take(event);
    this.#note(event);
  };

  #opened(atMs: number): OpenFrame {
    assert(!this.#stopped, 'a command was applied after the journal stopped');
    if (this.#open) return this.#open;
    this.#builder.open(atMs);
    const counts = new FrameCounts(this.#tip.lastSequence);
    this.#open = { atMs, counts, grantsClock: 0, outcomes: [], waiting: 0 };
    return this.#open;
  }

  #closeIfFull(): void {
    if (this.#builder.byteLength >= frameBytes) this.#close();
  }

  #close(): void {
    const closing = this.#open;
    if (!closing) return;
    this.#open = undefined;
    const { epoch, frame, chain, lastSequence, clock } = this.#tip;
    const { counts, outcomes } = closing;
    const header: FrameHeader = {
      groupId: this.#options.groupId,
      epoch,
      frame: frame + 1,
      firstSequence: lastSequence + 1,
      lastSequence: counts.lastSequence,
      clock: Math.max(clock, closing.grantsClock) + 1,
      atMs: closing.atMs,
      rulesVersion: this.#options.rulesVersion,
      previousHash: chain,
      eventHash: this.#options.eventHash(),
    };
    const data = this.#builder.close(header, this.#options.stateCheck(header.frame));
    assert(data.length <= recordBytes, `frame ${header.frame} is larger than a record may be`);
    assert(counts.commands === this.#builder.count, 'an outcome was not written');
    const after = chainAfter(chain, data);
    this.#tip = { ...header, chain: after };
    const tell = this.#options.closing({ header, chain: after, data, counts, outcomes });
    this.#closed.push({ data, tell, waiting: closing.waiting });
  }

  async #putAll(): Promise<void> {
    this.#putting = true;
    try {
      for (let next = this.#closed[0]; next && !this.#stopped; next = this.#closed[0]) {
        await this.#put(next);
      }
    } catch (error) {
      this.#doubt(asError(error));
    }
    this.#putting = false;
    this.#tellDrained();
  }

  async #put(frame: PendingFrame): Promise<void> {
    const { clock, timers, room, putTook } = this.#options;
    const sentAtMs = clock.monotonicMs();
    const put = putUntilDurable(frame.data, this.#after, this.#options);
    this.#inFlight = true;
    timers.soon(room);
    const shardSequence = await put;
    this.#inFlight = false;
    if (this.#stopped || !this.#leads()) return;
    this.#after = shardSequence;
    putTook(clock.monotonicMs() - sentAtMs);
    this.#closed.shift();
    // Answers leave when the next put is on its way: it would wait for them otherwise, some ms after a large frame.
    this.#durable.push({ shardSequence, tell: frame.tell, waiting: frame.waiting });
    if (this.#durable.length === 1) timers.soon(() => this.#release());
    if (this.#closed.length === 0) room();
    if (this.#closed.length === 0) this.#close();
  }

  #release(): void {
    if (this.#stopped || !this.#leads()) return;
    try {
      for (const { shardSequence, tell, waiting } of this.#durable.splice(0)) {
        tell(shardSequence);
        for (let left = waiting; left > 0; left -= 1) this.#waiting.take()?.();
      }
    } catch (error) {
      this.#doubt(asError(error));
    }
    this.#tellDrained();
  }

  #isDrained(): boolean {
    return !this.#putting && this.#closed.length + this.#durable.length === 0;
  }

  #tellDrained(): void {
    if (!this.#stopped && this.#isDrained()) for (const run of this.#drained.splice(0)) run();
  }

  /** W4: the journal has what was put, but whether readers will take it from us is sure only while we lead. */
  #leads(): boolean {
    const isSure = this.#options.lease.isSurelyHeld();
    if (!isSure) this.#doubt(new Doubt('the lease ran out before an answer could leave'));
    return isSure;
  }

  #doubt(cause: Error): void {
    this.#stopped = true;
    this.#options.doubted(cause);
  }
}

/** W3: the identical bytes until they are there, or until the lease is no longer sure. */
export async function putUntilDurable(
  data: Uint8Array,
  after: string | undefined,
  ports: Pick<JournalOptions, 'writer' | 'lease' | 'timers'>,
): Promise<string> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await ports.writer.put(data, after);
    } catch (error) {
      if (error instanceof JournalForbidden) throw error;
      if (!ports.lease.isSurelyHeld()) {
        const why = 'the lease ran out while the journal could not be written';
        throw new Doubt(why, { cause: error });
      }
    }
    await pause(ports.timers, Math.min(firstRetryMs * 2 ** tried, longestRetryMs));
  }
}
