/** Posts the messages of a fan-out request to every subscriber of its slices: each connection gets its own in order, in as few frames as fit. */
import type { Clock } from '#cloud/clock.ts';
import type { ConnectionPoster } from '#cloud/connection-poster.ts';
import type { FeedStore, Subscriber } from '#cloud/feed-store.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import { type FanOutRequest, frameBytes, type SessionExpired } from '#wire/feed-message.ts';

export type DeliverPorts = {
  store: Pick<FeedStore, 'subscribers' | 'expire' | 'disconnect'>;
  clock: Pick<Clock, 'nowMs'>;
  post: ConnectionPoster;
  report(problem: string, error: unknown): void;
};

export type Delivery = { posted: number; gone: number; failed: number };

/** Posts at a time: API Gateway throttles an account's management calls, and a socket each is held open. */
const atOnce = 50;

/** Questions to the table at a time. */
const queriesAtOnce = 16;

/**
 * Delivers a request. A connection that is gone is removed; one that fails is left out, because a
 * second try of the whole request would repeat everybody else's messages.
 */
export async function deliver(request: FanOutRequest, ports: DeliverPorts): Promise<Delivery> {
  const delivery: Delivery = { posted: 0, gone: 0, failed: 0 };
  const everybody = [...(await textsByConnection(request, ports))];
  await sideBySide(everybody, atOnce, async ([connectionId, texts]) => {
    delivery[await deliverTo(connectionId, framesOf(texts), ports)] += 1;
  });
  return delivery;
}

/** Every subscriber's messages as JSON text, in the request's order; instead of them the news that the session has ended. */
async function textsByConnection(
  { bundles }: FanOutRequest,
  ports: DeliverPorts,
): Promise<Map<string, string[]>> {
  const { store } = ports;
  const atMs = ports.clock.nowMs();
  const found = await sideBySide(bundles, queriesAtOnce, async ({ channel, slices, messages }) => {
    const texts = messages.map((each) => JSON.stringify(each));
    const listed: { connectionId: string; texts: string[] }[] = [];
    for (const slice of slices) {
      const subscribers = await store.subscribers(channel, slice);
      const told = await sideBySide(subscribers, queriesAtOnce, async (subscriber) => ({
        connectionId: subscriber.connectionId,
        texts: hasEnded(subscriber, atMs)
          ? await textsAfterEnd({ ...subscriber, channel, atMs }, texts, ports)
          : texts,
      }));
      listed.push(...told);
    }
    return listed;
  });
  const byConnection = new Map<string, string[]>();
  for (const { connectionId, texts } of found.flat()) {
    if (texts.length === 0) continue;
    const before = byConnection.get(connectionId);
    if (before) before.push(...texts);
    else byConnection.set(connectionId, [...texts]);
  }
  return byConnection;
}

const hasEnded = ({ sessionExpiresAtMs }: Subscriber, atMs: number): boolean =>
  sessionExpiresAtMs !== undefined && sessionExpiresAtMs <= atMs;

/** Ends the subscription, and lets only one of several deliveries at once tell of it; a renewed one goes on. */
async function textsAfterEnd(
  subscription: { connectionId: string; channel: string; atMs: number },
  texts: string[],
  { store, report }: DeliverPorts,
): Promise<string[]> {
  try {
    const became = await store.expire(subscription);
    if (became === 'renewed') return texts;
    const { channel } = subscription;
    const news: SessionExpired = { type: 'session_expired', channel };
    return became === 'expired' ? [JSON.stringify(news)] : [];
  } catch (error) {
    // Whoever cannot be told today is asked about at the next message; the others get theirs.
    report('a subscription could not be ended', error);
    return [];
  }
}

/** JSON arrays of messages, each a frame of at most 32 KB; a single message that is larger goes alone. */
export function framesOf(texts: string[]): string[] {
  const frames: string[] = [];
  let open = '';
  for (const text of texts) {
    // Market names, decimal text and digests are ASCII: a character is a byte.
    if (open && open.length + text.length + 2 > frameBytes) {
      frames.push(`${open}]`);
      open = '';
    }
    open = open ? `${open},${text}` : `[${text}`;
  }
  return open ? [...frames, `${open}]`] : frames;
}

async function deliverTo(
  connectionId: string,
  frames: string[],
  { post, store, report }: DeliverPorts,
): Promise<keyof Delivery> {
  try {
    for (const frame of frames) {
      if ((await post(connectionId, frame)) === 'posted') continue;
      await store.disconnect(connectionId);
      return 'gone';
    }
    return 'posted';
  } catch (error) {
    report('a connection could not be posted to', error);
    return 'failed';
  }
}
