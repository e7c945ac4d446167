/** One WebSocket that comes back: backs off with jitter, pings, renews itself before the exchange would end it, and matches replies to requests. */
import type { FeedMessage, FeedReply, FeedRequest } from '#wire/feed-message.ts';
import { type BackOff, backOffMs } from './back-off.ts';
import { CrossbookError } from './crossbook-error.ts';

export type SocketLimits = {
  backOff: BackOff;
  /** API Gateway ends a connection that is idle for 10 min. */
  pingMs: number;
  /** And every connection after 2 h; clients leave earlier, each at its own moment. */
  renewMs: number;
  renewJitterMs: number;
  replyMs: number;
};

export const socketLimits: SocketLimits = {
  backOff: { firstMs: 250, mostMs: 30_000 },
  pingMs: 4 * 60_000,
  renewMs: 105 * 60_000,
  renewJitterMs: 10 * 60_000,
  replyMs: 10_000,
};

export type SocketOptions = {
  url: string;
  open?: (url: string) => WebSocket;
  random?: () => number;
  limits?: Partial<SocketLimits>;
};

export type SocketEvents = {
  /** A new connection stands; nothing is subscribed on it. */
  opened(): void;
  lost(): void;
  messages(messages: FeedMessage[]): void;
};

type Body = FeedRequest extends infer R ? (R extends FeedRequest ? Omit<R, 'id'> : never) : never;

export type FeedSocket = {
  /** Throws a CrossbookError: the exchange's refusal, or `network_error` where the connection went. */
  request(body: Body): Promise<Exclude<FeedReply, { type: 'error' }>>;
  close(): void;
};

export function createFeedSocket(options: SocketOptions, events: SocketEvents): FeedSocket {
  const limits = { ...socketLimits, ...options.limits };
  const { random = Math.random, open = (url) => new WebSocket(url) } = options;
  const replies = createReplies();
  let socket: WebSocket | undefined;
  let failures = 0;
  let closed = false;
  let timers: ReturnType<typeof setTimeout>[] = [];

  const connect = () => {
    const fresh = open(options.url);
    socket = fresh;
    // A handshake that hangs is as good as failed.
    timers = [setTimeout(() => drop(fresh), limits.replyMs)];
    fresh.addEventListener('open', () => {
      if (socket !== fresh) return;
      clearTimeout(timers[0]);
      const renewMs = limits.renewMs - random() * limits.renewJitterMs;
      timers = [setInterval(ping, limits.pingMs), setTimeout(() => drop(fresh), renewMs)];
      events.opened();
    });
    fresh.addEventListener('message', ({ data }) => {
      if (socket === fresh) receive(String(data));
    });
    fresh.addEventListener('close', () => drop(fresh));
    fresh.addEventListener('error', () => drop(fresh));
  };

  /** Ends this connection and begins the next. A close may never be reported where the network is gone, so it is not waited for. */
  const drop = (ended: WebSocket) => {
    if (socket !== ended) return;
    socket = undefined;
    for (const timer of timers) clearTimeout(timer);
    ended.close();
    replies.giveUp();
    events.lost();
    if (closed) return;
    timers = [setTimeout(connect, backOffMs(failures, limits.backOff, random))];
    failures += 1;
  };

  const receive = (text: string) => {
    const value = parsed(text);
    if (Array.isArray(value)) events.messages(value as FeedMessage[]);
    // Something that works beyond the handshake answers: the next loss is a new one.
    else if (isReply(value) && replies.settle(value)) failures = 0;
  };

  const request: FeedSocket['request'] = (body) => {
    const asked = socket;
    if (asked?.readyState !== 1)
      return Promise.reject(new CrossbookError('network_error', 'there is no connection now'));
    // A connection on which answers do not come is as good as lost.
    const { id, reply } = replies.expect(limits.replyMs, () => drop(asked));
    asked.send(JSON.stringify({ ...body, id }));
    return reply;
  };

  const ping = () => {
    request({ action: 'ping' }).catch(() => undefined);
  };

  connect();
  return {
    request,
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      if (socket) drop(socket);
    },
  };
}

type Good = Exclude<FeedReply, { type: 'error' }>;
type Waiting = {
  resolve(reply: Good): void;
  reject(error: CrossbookError): void;
  timer: ReturnType<typeof setTimeout>;
};

/** Requests by their id until they are answered. */
function createReplies() {
  const waiting = new Map<number, Waiting>();
  let requests = 0;
  const take = (id: number): Waiting | undefined => {
    const waits = waiting.get(id);
    waiting.delete(id);
    clearTimeout(waits?.timer);
    return waits;
  };
  return {
    expect(replyMs: number, late: () => void) {
      requests += 1;
      const id = requests;
      const reply = new Promise<Good>((resolve, reject) => {
        waiting.set(id, { resolve, reject, timer: setTimeout(late, replyMs) });
      });
      return { id, reply };
    },
    /** Whether somebody waited for it. */
    settle(reply: FeedReply): boolean {
      const waits = take(Number(reply.id));
      if (reply.type === 'error')
        waits?.reject(new CrossbookError(reply.code, reply.message, reply));
      else waits?.resolve(reply);
      return waits !== undefined;
    },
    giveUp(): void {
      for (const id of [...waiting.keys()])
        take(id)?.reject(new CrossbookError('network_error', 'the connection was lost'));
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The gateway's own messages ("Internal server error") have no type; the request that they answer times out. */
const isReply = (value: unknown): value is FeedReply =>
  typeof value === 'object' && value !== null && 'type' in value;
