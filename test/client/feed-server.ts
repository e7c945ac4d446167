/** A real WebSocket server on loopback that speaks the feed's protocol; tests decide what it answers and when it fails. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type {
  DepthSnapshot,
  FeedMessage,
  FeedRequest,
  MarketStatusJson,
} from '#wire/feed-message.ts';

export type FeedServer = {
  url: string;
  /** Every request, with the number of the connection that sent it. */
  heard: { connection: number; request: FeedRequest }[];
  connections: number;
  /** What the next requests of a kind are refused with, first to last. */
  refusals: { action: string; code: string }[];
  /** Answers nothing at all while true. */
  silent: boolean;
  snapshots: Map<string, DepthSnapshot>;
  /** By channel. */
  statuses: Map<string, MarketStatusJson>;
  sessionEndsAtMs: number;
  tell(messages: FeedMessage[]): void;
  cut(): void;
  until(holds: () => boolean): Promise<void>;
  stop(): Promise<void>;
};

export async function startFeedServer(): Promise<FeedServer> {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(sockets, 'listening');
  const { port } = sockets.address() as AddressInfo;
  const server: FeedServer = {
    url: `ws://127.0.0.1:${port}/v1`,
    heard: [],
    connections: 0,
    refusals: [],
    silent: false,
    snapshots: new Map(),
    statuses: new Map(),
    sessionEndsAtMs: 1,
    tell: (messages) => {
      for (const each of sockets.clients) each.send(JSON.stringify(messages));
    },
    cut: () => {
      for (const each of sockets.clients) each.terminate();
    },
    async until(holds) {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async stop() {
      server.cut();
      await new Promise((resolve) => sockets.close(resolve));
    },
  };
  sockets.on('connection', (socket) => {
    server.connections += 1;
    const connection = server.connections;
    socket.on('message', (data) => {
      const request = JSON.parse(String(data)) as FeedRequest;
      server.heard.push({ connection, request });
      if (server.silent) return;
      socket.send(JSON.stringify({ ...answer(request, server), id: request.id }));
    });
  });
  return server;
}

function answer(request: FeedRequest, server: FeedServer): object {
  const refusal = server.refusals.findIndex(({ action }) => action === request.action);
  if (refusal >= 0) {
    const [refused] = server.refusals.splice(refusal, 1);
    return { type: 'error', code: refused?.code, message: 'no', requestId: 'r' };
  }
  if (request.action === 'ping') return { type: 'pong', atMs: 1 };
  if (request.action === 'authenticate')
    return { type: 'authenticated', account: '0x', expiresAtMs: server.sessionEndsAtMs };
  const { channels } = request;
  if (request.action === 'unsubscribe') return { type: 'unsubscribed', channels };
  const snapshots = channels.flatMap((channel) => server.snapshots.get(channel) ?? []);
  const markets = channels.flatMap((channel) => server.statuses.get(channel) ?? []);
  return { type: 'subscribed', channels, snapshots, markets };
}
