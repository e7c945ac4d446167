/** Live market data and private updates: channels with listeners, kept subscribed over every reconnection. */
import type { ListedMarket } from '#wire/catalog.ts';
import {
  type CreditMessage,
  type DepthSnapshot,
  type EntryMessage,
  type FeedMessage,
  type FillMessage,
  type MarketMessage,
  type MarketStatusJson,
  marketOfChannel,
  type OrderMessage,
  type TradeMessage,
} from '#wire/feed-message.ts';
import { backOffMs } from './back-off.ts';
import { CrossbookError, isPassingCode } from './crossbook-error.ts';
import { createDepthBook, type DepthBook } from './depth-book.ts';
import { createFeedSocket, type SocketOptions, socketLimits } from './feed-socket.ts';

export type AccountMessage = OrderMessage | FillMessage | CreditMessage;

/** What happens to a channel beside its messages. */
export type ChannelListener = {
  /** Subscribed, at first or again: what was missed in between can be fetched by REST. */
  subscribed?: () => void;
  /** The exchange refuses the channel; it is given up. */
  refused?: (error: CrossbookError) => void;
};

/** A change has a `reason` and a time; what the subscription answers has none. */
export type MarketStatus = MarketStatusJson & Partial<Pick<MarketMessage, 'reason' | 'atMs'>>;

export type Stop = () => void;

export type Feed = {
  trades(market: string, listen: (trade: TradeMessage) => void, more?: ChannelListener): Stop;
  /**
   * `listen` is called after every change of the book while it is live. A market whose tick or lot is changed
   * (`market` tells `listed`) needs a new subscription, with its new terms.
   */
  depth(market: ListedMarket, listen: (book: DepthBook) => void, more?: ChannelListener): Stop;
  /** Where a market stands: at first and after every loss as a status, then each change with its reason. */
  market(market: string, listen: (status: MarketStatus) => void, more?: ChannelListener): Stop;
  account(address: string, listen: (message: AccountMessage) => void, more?: ChannelListener): Stop;
  /** What was booked on one's own account: each entry once. What was missed in between, REST has. */
  entries(address: string, listen: (message: EntryMessage) => void, more?: ChannelListener): Stop;
  close(): void;
};

export type FeedOptions = SocketOptions & {
  /** A live session token; needed for private channels only. */
  token?: () => Promise<string>;
  /** The exchange's time; the session is renewed before it ends by it. */
  nowMs?: () => Promise<number>;
  /** How long a missing delta is waited for: the exchange's parallel posts may overtake each other. */
  missingDeltaMs?: number;
};

/** Less than the half minute before its end from which on `token` answers a new one. */
const renewBeforeMs = 25_000;

type Listener = ChannelListener & {
  message(message: FeedMessage): void;
  snapshot?: (snapshot: DepthSnapshot) => void;
  status?: (status: MarketStatusJson) => void;
  lost?: () => void;
};

export function createFeed(options: FeedOptions): Feed {
  const channels = new Channels(options);
  return {
    trades: (market, listen, more = {}) =>
      channels.add(`trades:${market}`, {
        ...more,
        message: (message) => message.type === 'trade' && listen(message),
      }),
    market: (market, listen, more = {}) =>
      channels.add(`market:${market}`, { ...more, ...marketListener(listen) }),
    account: (address, listen, more = {}) =>
      channels.add(`account:${address.toLowerCase()}`, {
        ...more,
        message: (message) => isAccountMessage(message) && listen(message),
      }),
    entries: (address, listen, more = {}) =>
      channels.add(`account:${address.toLowerCase()}`, { ...more, ...entryListener(listen) }),
    depth: (market, listen, more = {}) =>
      channels.add(`depth:${market.market.id}`, {
        ...more,
        ...depthListener(market, listen, options.missingDeltaMs ?? 2_000, (channel) =>
          channels.renew(channel),
        ),
      }),
    close: () => channels.close(),
  };
}

const isAccountMessage = (message: FeedMessage): message is AccountMessage =>
  message.type === 'order' || message.type === 'fill' || message.type === 'credit';

/** How many entries are remembered, so that one that is told again is not heard again. */
const rememberedEntries = 1_000;

/** Hands on each entry once: the exchange tells it at least once. */
function entryListener(listen: (message: EntryMessage) => void): Listener {
  const known = new Set<string>();
  return {
    message(message) {
      if (message.type !== 'entry' || known.has(message.entry.entryId)) return;
      known.add(message.entry.entryId);
      const [oldest] = known;
      if (known.size > rememberedEntries && oldest !== undefined) known.delete(oldest);
      listen(message);
    },
  };
}

/** Hands on what is newer than what was heard: the exchange's parallel posts may overtake each other. */
function marketListener(listen: (status: MarketStatus) => void): Listener {
  let newest = -1;
  const hear = (status: MarketStatus) => {
    if (status.sequence <= newest) return;
    newest = status.sequence;
    listen(status);
  };
  return {
    message(message) {
      if (message.type !== 'market') return;
      const { type: _, ...status } = message;
      hear(status);
    },
    status: hear,
    lost() {
      newest = -1;
    },
  };
}

function depthListener(
  market: ListedMarket,
  listen: (book: DepthBook) => void,
  missingDeltaMs: number,
  renew: (channel: string) => void,
): Listener {
  const book = createDepthBook(market);
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Restarts since the book was last live: only the first is at once, so that a lasting fault is no flood. */
  let restarts = 0;

  const settle = () => {
    if (book.state === 'live') {
      clearTimeout(timer);
      timer = undefined;
      restarts = 0;
      listen(book);
    } else if (book.state === 'early') timer ??= setTimeout(restart, missingDeltaMs);
    else if (book.state === 'stale') {
      clearTimeout(timer);
      timer = setTimeout(restart, restarts === 0 ? 0 : missingDeltaMs);
    }
  };
  const restart = () => {
    timer = undefined;
    restarts += 1;
    book.reset();
    renew(`depth:${market.market.id}`);
  };
  return {
    message(message) {
      if (message.type !== 'depth') return;
      const before = book.sequence;
      book.delta(message);
      // An early or old delta changed nothing that a listener could see.
      if (book.state !== 'live' || book.sequence !== before) settle();
    },
    snapshot(snapshot) {
      book.snapshot(snapshot);
      settle();
    },
    lost() {
      clearTimeout(timer);
      timer = undefined;
      book.reset();
    },
  };
}

/** The channels somebody listens to, and the connection that carries them. */
class Channels {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #retries = new Set<ReturnType<typeof setTimeout>>();
  readonly #options: FeedOptions;
  #socket: ReturnType<typeof createFeedSocket> | undefined;
  #open = false;
  #closed = false;
  /** Counts connections, so that what an old one's answer sets off is not done on a new one. */
  #connection = 0;
  #signedIn: Promise<unknown> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  add(channel: string, listener: Listener): Stop {
    const others = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, others.add(listener));
    // The first listener opens the connection; a later one of the same channel needs its own snapshot.
    if (!this.#socket) this.#connect();
    else if (this.#open && (others.size === 1 || listener.snapshot || listener.status))
      this.renew(channel);
    return () => this.#remove(channel, listener);
  }

  /** Subscribes, or subscribes again for a new snapshot. */
  renew(channel: string): void {
    this.#enqueue(channel, this.#connection, 0);
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    for (const retry of this.#retries) clearTimeout(retry);
    clearTimeout(this.#renewal);
    this.#socket?.close();
  }

  #connect(): void {
    this.#socket = createFeedSocket(this.#options, {
      opened: () => {
        this.#open = true;
        this.#connection += 1;
        this.#signedIn = undefined;
        for (const channel of this.#listeners.keys()) this.renew(channel);
      },
      lost: () => {
        this.#open = false;
        clearTimeout(this.#renewal);
        for (const listener of this.#all()) listener.lost?.();
      },
      messages: (messages) => {
        for (const message of messages) this.#deliver(message);
      },
    });
  }

  #remove(channel: string, listener: Listener): void {
    listener.lost?.();
    const listeners = this.#listeners.get(channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(channel);
    if (this.#open)
      this.#socket?.request({ action: 'unsubscribe', channels: [channel] }).catch(() => undefined);
  }

  #deliver(message: FeedMessage): void {
    if (message.type === 'session_expired') {
      this.#signedIn = undefined;
      this.renew(message.channel);
      return;
    }
    for (const channel of channelsOf(message, this.#listeners.keys()))
      for (const listener of this.#listeners.get(channel) ?? []) listener.message(message);
  }

  /** One request after the other: many at once would each start a function of their own. */
  #enqueue(channel: string, connection: number, tries: number): void {
    this.#turn = this.#turn
      .then(() => this.#subscribe(channel, connection, tries))
      // Only a listener can throw here: that is its owner's to see, and no reason to stop.
      .catch((error: unknown) => {
        queueMicrotask(() => {
          throw error;
        });
      });
  }

  /** One channel a request: a depth snapshot then has the whole frame to itself. */
  async #subscribe(channel: string, connection: number, tries: number): Promise<void> {
    if (this.#closed || connection !== this.#connection || !this.#listeners.has(channel)) return;
    let snapshots: DepthSnapshot[];
    let markets: MarketStatusJson[];
    try {
      if (channel.startsWith('account:')) await this.#signIn();
      const reply = await this.#socket?.request({ action: 'subscribe', channels: [channel] });
      if (reply?.type !== 'subscribed') return;
      ({ snapshots, markets } = reply);
    } catch (error) {
      this.#failed(channel, connection, tries, asCrossbookError(error));
      return;
    }
    for (const listener of this.#listeners.get(channel) ?? []) {
      for (const snapshot of snapshots) listener.snapshot?.(snapshot);
      for (const status of markets) listener.status?.(status);
      listener.subscribed?.();
    }
  }

  #failed(channel: string, connection: number, tries: number, error: CrossbookError): void {
    // Whoever lost the connection is subscribed again by the next one.
    if (connection !== this.#connection || !this.#open) return;
    this.#signedIn = undefined;
    const sessionEnded = error.code === 'session_expired' || error.code === 'session_required';
    const passes = isPassingCode(error.code) || error.code === 'internal_error';
    if (passes || (sessionEnded && tries === 0)) {
      const { random = Math.random, limits } = this.#options;
      const waitMs = backOffMs(tries, limits?.backOff ?? socketLimits.backOff, random);
      const retry = setTimeout(() => {
        this.#retries.delete(retry);
        this.#enqueue(channel, connection, tries + 1);
      }, waitMs);
      this.#retries.add(retry);
      return;
    }
    const listeners = this.#listeners.get(channel) ?? [];
    this.#listeners.delete(channel);
    for (const listener of listeners) listener.refused?.(error);
  }

  /** Once a connection; all private channels wait for the same answer. */
  #signIn(): Promise<unknown> {
    this.#signedIn ??= (async () => {
      const token = await this.#options.token?.();
      if (!token) throw new CrossbookError('session_required', 'private channels need a signer');
      const reply = await this.#socket?.request({ action: 'authenticate', token });
      // Without the time nothing is renewed ahead; the exchange tells when the session has ended.
      if (reply?.type === 'authenticated')
        this.#renewBefore(reply.expiresAtMs).catch(() => undefined);
    })();
    return this.#signedIn;
  }

  /** Signs in again in time, so that private channels go on; where that fails the exchange tells when they end. */
  async #renewBefore(expiresAtMs: number): Promise<void> {
    const connection = this.#connection;
    const { nowMs = async () => Date.now() } = this.#options;
    const inMs = expiresAtMs - (await nowMs()) - renewBeforeMs;
    // A session that is about to end already cannot be renewed in time by one like it.
    if (inMs <= 0 || this.#closed || connection !== this.#connection) return;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      this.#signedIn = undefined;
      this.#signIn().catch(() => {
        this.#signedIn = undefined;
      });
    }, inMs);
  }

  #all(): Listener[] {
    return [...this.#listeners.values()].flatMap((listeners) => [...listeners]);
  }
}

/** Private messages do not name their account: a connection has one owner. */
function channelsOf(message: FeedMessage, known: Iterable<string>): string[] {
  if (message.type === 'market') return [`market:${message.market}`];
  if (message.type === 'trade') return [`trades:${message.market}`];
  if (message.type === 'depth' || message.type === 'depth_snapshot')
    return [`depth:${message.market}`];
  return [...known].filter((channel) => marketOfChannel(channel) === undefined);
}

function asCrossbookError(error: unknown): CrossbookError {
  if (error instanceof CrossbookError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new CrossbookError('internal_error', why);
}
