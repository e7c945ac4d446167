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
import type { Watermark } from '#wire/accept-record.ts';
import { chainAfter, FrameBuilder, type FrameHeader } from '#wire/journal-frame.ts';
import { frameBytes, waitingFrames } from './bounds.ts';
import { asError, Doubt, type Doubted } from './doubt.ts';
import type { HeldLease } from './lease.ts';
import { pause, type Timers } from './timers.ts';

/** What a frame did, as those who tell the world need it. */
export type ClosedFrame = { header: FrameHeader; outcomes: [Command, EngineEvent[]][] };

export type JournalOptions = {
  groupId: string;
  rulesVersion: number;
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
  closing: (frame: ClosedFrame) => () => void;
  /** A put returned: queued commands may be applied before the next frame closes. */
  room: () => void;
  putTook?: (ms: number) => void;
};

export type Journal = {
  /** Takes an outcome that the engine has just made. */
  append(command: Command, events: EngineEvent[]): void;
  /** False while too much is waiting to become durable. */
  readonly hasRoom: boolean;
  /** The number of the frame that holds the state as it is now. */
  readonly frame: number;
  /** Closes and puts what is open unless a put is in flight; `even` an empty one. */
  flush(even?: 'empty'): void;
  /** Runs once everything appended so far is durable and answers may leave; never if that cannot be known. */
  whenDurable(run: () => void): void;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
  /** Nothing leaves from now on. */
  stop(): void;
};

type Pending = { data: Uint8Array; releases: (() => void)[] };
type Open = {
  builder: FrameBuilder;
  atMs: number;
  lastSequence: number;
  grantsClock: number;
  outcomes: [Command, EngineEvent[]][];
  releases: (() => void)[];
};

/** Waits between tries of a put: short, because the lease is. */
const firstRetryMs = 20;
const longestRetryMs = 500;

export function createJournal(options: JournalOptions): Journal {
  const { lease, timers, doubted } = options;
  let { epoch, frame, chain, lastSequence, clock } = options.from;
  let after = options.after;
  let open: Open | undefined;
  /** Closed and not yet durable, oldest first; the first one is in flight while `putting`. */
  const closed: Pending[] = [];
  let putting = false;
  let stopped = false;
  let idle: (() => void)[] = [];

  const opened = (atMs: number): Open =>
    (open ??= {
      builder: new FrameBuilder(atMs),
      atMs,
      lastSequence,
      grantsClock: 0,
      outcomes: [],
      releases: [],
    });

  const close = () => {
    const closing = open;
    if (!closing) return;
    open = undefined;
    const header: FrameHeader = {
      groupId: options.groupId,
      epoch,
      frame: frame + 1,
      firstSequence: lastSequence + 1,
      lastSequence: closing.lastSequence,
      clock: Math.max(clock, closing.grantsClock) + 1,
      atMs: closing.atMs,
      rulesVersion: options.rulesVersion,
      previousHash: chain,
    };
    const data = closing.builder.close(header);
    assert(data.length <= 1024 * 1024, `frame ${header.frame} is larger than a record may be`);
    assert(closing.outcomes.length === closing.builder.count, 'an outcome was not written');
    frame = header.frame;
    lastSequence = header.lastSequence;
    clock = header.clock;
    chain = chainAfter(chain, data);
    const release = options.closing({ header, outcomes: closing.outcomes });
    closed.push({ data, releases: [release, ...closing.releases] });
  };

  const putAll = async () => {
    putting = true;
    try {
      for (let next = closed[0]; next && !stopped; next = closed[0]) {
        const sentAtMs = options.clock.monotonicMs();
        after = await putUntilDurable(next.data, after, options, () => stopped);
        options.putTook?.(options.clock.monotonicMs() - sentAtMs);
        if (stopped) return;
        if (!lease.isSurelyHeld()) throw new Doubt('the lease ran out while a frame was written');
        closed.shift();
        for (const release of next.releases) release();
        options.room();
        if (closed.length === 0) close();
      }
    } catch (error) {
      stopped = true;
      doubted(asError(error));
    } finally {
      putting = false;
    }
    if (!stopped) for (const run of idle.splice(0)) run();
  };

  const flush = (even?: 'empty') => {
    if (stopped) return;
    if (even) opened(options.clock.nowMs());
    if (putting) return;
    if (closed.length === 0) close();
    if (closed.length > 0) void putAll();
  };

  return {
    append(command, events) {
      assert(!stopped, 'a command was applied after the journal stopped');
      const to = opened(command.nowMs);
      const [first] = events;
      assert(first?.sequence === to.lastSequence + 1, 'the engine left out a sequence number');
      to.builder.append(command, events);
      to.lastSequence += events.length;
      assert(events.at(-1)?.sequence === to.lastSequence, 'sequence numbers have a gap');
      if (command.type === 'grant') to.grantsClock = Math.max(to.grantsClock, command.clock);
      to.outcomes.push([command, events]);
      if (to.builder.byteLength >= frameBytes) close();
    },
    get hasRoom() {
      return !stopped && closed.length < waitingFrames;
    },
    get frame() {
      return open ? frame + 1 : frame;
    },
    flush,
    whenDurable(run) {
      const holder = open ?? closed.at(-1);
      if (holder) holder.releases.push(run);
      else if (stopped) return;
      else if (lease.isSurelyHeld()) run();
      else doubted(new Doubt('the lease ran out before an answer could leave'));
    },
    drained() {
      flush();
      if (!putting && closed.length === 0) return Promise.resolve();
      return new Promise((resolve) => idle.push(resolve));
    },
    stop() {
      stopped = true;
      idle = [];
    },
  };
}

/** W3: the identical bytes until they are there, or until the lease is no longer sure. */
export async function putUntilDurable(
  data: Uint8Array,
  after: string | undefined,
  ports: Pick<JournalOptions, 'writer' | 'lease' | 'timers'>,
  isStopped: () => boolean = () => false,
): Promise<string> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await ports.writer.put(data, after);
    } catch (error) {
      if (error instanceof JournalForbidden) throw error;
      if (isStopped()) return '';
      if (!ports.lease.isSurelyHeld()) {
        const why = 'the lease ran out while the journal could not be written';
        throw new Doubt(why, { cause: error });
      }
    }
    await pause(ports.timers, Math.min(firstRetryMs * 2 ** tried, longestRetryMs));
  }
}
