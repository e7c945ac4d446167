/** Sends feed messages to whoever listens: collects for 100 ms, drops what nobody wants, and invokes the fan-out. */
import type { FanOutRequest, FeedMessage } from '#wire/feed-message.ts';
import type { Clock } from './clock.ts';
import { type Parcel, packBundles } from './feed-bundles.ts';
import type { Interest } from './feed-store.ts';

/** Something that happened. Its messages are made when it is known who listens, and for them alone: to most of it nobody does. */
export type Happening = {
  /** Where interest in it is kept: a pair group, or `accounts` for private channels. */
  scope: string;
  /** Its messages if everybody listened: what waits is bounded by it. */
  size: number;
  /** Those on channels that are heard, each channel's in order. */
  told(isHeard: (channel: string) => boolean): Told[];
};
export type Told = { channel: string; message: FeedMessage };

export const accountsScope = 'accounts';

export type FeedPublisher = {
  /** Returns at once and never throws: trading does not wait for the feed. */
  publish(happenings: readonly Happening[]): void;
  /** Sends what is waiting, then nothing more. */
  stop(): Promise<void>;
};

export type FeedPublisherOptions = {
  /** `FeedStore.interest`. */
  interestOf(scope: string): Promise<Interest[]>;
  fanOut(request: FanOutRequest): Promise<void>;
  clock: Pick<Clock, 'monotonicMs'>;
  report?: (problem: string, detail: { error?: unknown; messages?: number }) => void;
};

export const publisherLimits = {
  collectMs: 100,
  /** Interest is read at most this often, and only while there is something to send. */
  interestMs: 1_000,
  /** What waits or is kept at most; the oldest is dropped as a whole, and clients see the gap by its sequence numbers. */
  messages: 20_000,
};

type Scope = {
  known: Interest[];
  readAtMs: number;
  /**
   * What was sent since interest was last read. A slice that turns up at the next reading gets it too:
   * somebody who subscribed a moment ago, and then fetched a snapshot, misses no delta after it.
   */
  recent: Happening[];
};

export function createFeedPublisher(options: FeedPublisherOptions): FeedPublisher {
  const scopes = new Map<string, Scope>();
  let waiting: Happening[] = [];
  let timer: { handle: NodeJS.Timeout; dueMs: number } | undefined;
  let flushing: Promise<void> | undefined;
  let stopped = false;

  /** One timer at most: what is due sooner takes the place of what is due later. */
  const schedule = (ms: number) => {
    const dueMs = options.clock.monotonicMs() + ms;
    if (stopped || flushing || (timer && timer.dueMs <= dueMs)) return;
    clearTimeout(timer?.handle);
    timer = { handle: setTimeout(start, ms), dueMs };
  };

  const start = () => {
    timer = undefined;
    flushing = flush().finally(() => {
      flushing = undefined;
      if (waiting.length > 0) schedule(publisherLimits.collectMs);
      else if ([...scopes.values()].some((scope) => scope.recent.length > 0))
        schedule(untilNextReading(scopes, options.clock.monotonicMs()));
    });
  };

  const flush = async () => {
    const sending = waiting;
    waiting = [];
    try {
      await send(sending, scopes, options);
    } catch (error) {
      options.report?.('the feed could not be sent', { error, messages: sizeOf(sending) });
    }
  };

  return {
    publish(happenings) {
      if (stopped || happenings.length === 0) return;
      waiting.push(...happenings);
      waiting = bounded(waiting, options);
      schedule(publisherLimits.collectMs);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer?.handle);
      await flushing;
      await flush();
    },
  };
}

async function send(
  sending: Happening[],
  scopes: Map<string, Scope>,
  options: FeedPublisherOptions,
): Promise<void> {
  for (const { scope } of sending)
    if (!scopes.has(scope)) scopes.set(scope, { known: [], readAtMs: -Infinity, recent: [] });
  const parcels: Parcel[] = [];
  for (const [name, scope] of scopes) {
    const fresh = sending.filter((each) => each.scope === name);
    if (fresh.length + scope.recent.length === 0) continue;
    const before = scope.known;
    const wasRead = await readInterest(name, scope, options);
    const newcomers = wasRead ? newSlices(before, scope.known) : [];
    const others = scope.known.filter((each) => !newcomers.includes(each));
    parcels.push(...parcelsFor(newcomers, name, scope.recent.concat(fresh)));
    parcels.push(...parcelsFor(others, name, fresh));
    scope.recent = wasRead ? [] : bounded(scope.recent.concat(fresh), options);
  }
  for (const request of packBundles(parcels)) await options.fanOut(request);
}

/** Reads who listens where that is due; a failed reading counts as none, and the old answer is used on. */
async function readInterest(
  name: string,
  scope: Scope,
  { interestOf, clock, report }: FeedPublisherOptions,
): Promise<boolean> {
  const nowMs = clock.monotonicMs();
  if (nowMs - scope.readAtMs < publisherLimits.interestMs) return false;
  scope.readAtMs = nowMs;
  try {
    scope.known = await interestOf(name);
    return true;
  } catch (error) {
    report?.('the feed does not know who listens', { error });
    return false;
  }
}

const newSlices = (before: Interest[], after: Interest[]): Interest[] => {
  const known = new Set(before.map(({ channel, slice }) => `${channel}#${slice}`));
  return after.filter(({ channel, slice }) => !known.has(`${channel}#${slice}`));
};

function parcelsFor(slices: Interest[], scope: string, happenings: Happening[]): Parcel[] {
  if (slices.length === 0) return [];
  const listening = Map.groupBy(slices, ({ channel }) => channel);
  const messages = new Map<string, FeedMessage[]>();
  for (const happening of happenings) {
    for (const { channel, message } of happening.told((each) => listening.has(each))) {
      const before = messages.get(channel);
      if (before) before.push(message);
      else messages.set(channel, [message]);
    }
  }
  return [...listening].flatMap(([channel, heard]) => {
    const sent = messages.get(channel);
    return sent ? [{ channel, scope, slices: heard, messages: sent }] : [];
  });
}

function untilNextReading(scopes: Map<string, Scope>, nowMs: number): number {
  const due = [...scopes.values()]
    .filter((scope) => scope.recent.length > 0)
    .map((scope) => scope.readAtMs + publisherLimits.interestMs - nowMs);
  return Math.max(1, Math.ceil(Math.min(...due)));
}

function bounded(happenings: Happening[], { report }: FeedPublisherOptions): Happening[] {
  let excess = sizeOf(happenings) - publisherLimits.messages;
  if (excess <= 0) return happenings;
  report?.('the feed drops its oldest messages', { messages: excess });
  let dropped = 0;
  for (; excess > 0; dropped += 1) excess -= happenings[dropped]?.size ?? excess;
  return happenings.slice(dropped);
}

const sizeOf = (happenings: readonly Happening[]): number =>
  happenings.reduce((sum, { size }) => sum + size, 0);
