/** One client of the WebSocket front: its facts, its limits and how text reaches it. */
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { ConnectionFacts } from './websocket-event.ts';
import { watchFrames } from './websocket-frames.ts';

export type WebSocketLimits = {
  messageBytes: number;
  frameBytes: number;
  idleMs: number;
  lifeMs: number;
};

/** Amazon API Gateway quotas: 128 KB a message, 32 KB a frame, 10 minutes idle, 2 hours of life. */
export const WEBSOCKET_LIMITS: WebSocketLimits = {
  messageBytes: 128 * 1024,
  frameBytes: 32 * 1024,
  idleMs: 600_000,
  lifeMs: 7_200_000,
};

/** A client that reads so slowly is cut off, so that it cannot fill our memory. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

export type Connection = {
  facts: ConnectionFacts;
  lastActiveAtMs: () => number;
  /** False when the client is gone. */
  send: (text: string) => Promise<boolean>;
  close: (code: number, reason: string) => void;
};

/** Wraps an accepted socket. `onText` and `onClose` are called for the client's messages and its end. */
export function openConnection(options: {
  socket: WebSocket;
  /** The raw socket below it. */
  stream: Duplex;
  facts: ConnectionFacts;
  limits: WebSocketLimits;
  onText: (text: string) => void;
  onClose: (close: { code: number; reason: string }) => void;
}): Connection {
  const { socket, facts, limits } = options;
  let lastActiveAtMs = facts.connectedAtMs;
  const close = (code: number, reason: string): void => socket.close(code, reason);
  const idleTimer = setTimeout(() => close(1001, 'Going away'), limits.idleMs).unref();
  const lifeTimer = setTimeout(() => close(1001, 'Going away'), limits.lifeMs).unref();
  const touch = (): void => {
    lastActiveAtMs = Date.now();
    idleTimer.refresh();
  };

  const tooBig = (): void => close(1009, 'Message too big');
  // Before the ws package reads the same bytes, so that a refused frame is never handed on.
  options.stream.prependListener('data', watchFrames(limits.frameBytes, tooBig));
  socket.on('ping', touch);
  socket.on('message', (data, isBinary) => {
    // What was refused may still arrive while the closing handshake is under way.
    if (socket.readyState !== WebSocket.OPEN) return;
    touch();
    if (isBinary) return close(1003, 'Binary messages are not supported');
    return options.onText(String(data));
  });
  // The close that follows carries the code (1009 for a message over the limit).
  socket.on('error', () => undefined);
  socket.on('close', (code, reason) => {
    clearTimeout(idleTimer);
    clearTimeout(lifeTimer);
    options.onClose({ code, reason: String(reason) });
  });

  return {
    facts,
    lastActiveAtMs: () => lastActiveAtMs,
    close,
    send: async (text) => {
      if (socket.readyState !== WebSocket.OPEN) return false;
      if (socket.bufferedAmount > MAX_UNSENT_BYTES) {
        socket.terminate();
        return false;
      }
      touch();
      const { promise, resolve } = Promise.withResolvers<boolean>();
      socket.send(text, (error) => resolve(!error));
      return promise;
    },
  };
}
