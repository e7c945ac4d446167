/** Posts the messages of a fan-out request to every subscriber of its slices: each connection gets its own in order, in as few frames as fit. */
import type { ConnectionPoster } from '#cloud/connection-poster.ts';
import type { FeedStore } from '#cloud/feed-store.ts';
import { type FanOutRequest, frameBytes } from '#wire/feed-message.ts';

export type DeliverPorts = {
  store: Pick<FeedStore, 'subscribers' | 'disconnect'>;
  post: ConnectionPoster;
  report(problem: string, error: unknown): void;
};

export type Delivery = { posted: number; gone: number; failed: number };

/** Posts at a time: API Gateway throttles an account's management calls, and a socket each is held open. */
const atOnce = 50;

/**
 * Delivers a request. A connection that is gone is removed; one that fails is left out, because a
 * second try of the whole request would repeat everybody else's messages.
 */
export async function deliver(request: FanOutRequest, ports: DeliverPorts): Promise<Delivery> {
  const queue = [...(await textsByConnection(request, ports.store))];
  const delivery: Delivery = { posted: 0, gone: 0, failed: 0 };
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [connectionId, texts] = next;
      delivery[await deliverTo(connectionId, framesOf(texts), ports)] += 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, worker));
  return delivery;
}

/** Every subscriber's messages as JSON text, in the request's order. */
async function textsByConnection(
  { bundles }: FanOutRequest,
  store: DeliverPorts['store'],
): Promise<Map<string, string[]>> {
  const found = await Promise.all(
    bundles.map(async ({ channel, slices, messages }) => {
      const listed = await Promise.all(slices.map((slice) => store.subscribers(channel, slice)));
      return { connections: listed.flat(), texts: messages.map((each) => JSON.stringify(each)) };
    }),
  );
  const byConnection = new Map<string, string[]>();
  for (const { connections, texts } of found) {
    for (const connectionId of connections) {
      const before = byConnection.get(connectionId);
      if (before) before.push(...texts);
      else byConnection.set(connectionId, [...texts]);
    }
  }
  return byConnection;
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
