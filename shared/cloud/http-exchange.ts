/** One HTTP request to one host, and what became of it: the difference between "never arrived" and "no reply" decides what may be said. */
import { type Agent, request as httpRequest } from 'node:http';

export type ExchangeRequest = {
  method: 'GET' | 'POST';
  path: string;
  /** Text is JSON. */
  body?: string | Uint8Array;
  headers?: Record<string, string>;
};

export type Exchange =
  | { type: 'reply'; status: number; body: Buffer; retryAfterMs: number | undefined }
  /** No connection: the host has seen nothing. */
  | { type: 'not_connected'; why: string }
  /** It was connected and may have read the request: nobody knows what it did. */
  | { type: 'no_reply'; why: string };

export type ExchangeLimits = {
  agent: Agent;
  connectTimeoutMs: number;
  replyTimeoutMs: number;
  replyLimitBytes: number;
};

/** Sends a request and waits, bounded; never throws. */
export function exchange(
  target: { host: string; port: number },
  { method, path, body, headers }: ExchangeRequest,
  { agent, connectTimeoutMs, replyTimeoutMs, replyLimitBytes }: ExchangeLimits,
): Promise<Exchange> {
  return new Promise((resolve) => {
    let connected = false;
    const outgoing = httpRequest({
      ...target,
      method,
      path,
      agent,
      headers: { ...headers, ...(body === undefined ? {} : describe(body)) },
    });
    const finish = (outcome: Exchange) => {
      clearTimeout(connecting);
      clearTimeout(waiting);
      resolve(outcome);
    };
    const fail = (why: string) => {
      finish({ type: connected ? 'no_reply' : 'not_connected', why });
      outgoing.destroy();
    };
    const connecting = setTimeout(() => {
      if (!connected) fail(`no connection in ${connectTimeoutMs} ms`);
    }, connectTimeoutMs);
    const waiting = setTimeout(() => fail(`no reply in ${replyTimeoutMs} ms`), replyTimeoutMs);

    outgoing.on('socket', (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once('connect', () => (connected = true));
    });
    outgoing.on('error', (error) => fail(error.message));
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > replyLimitBytes) fail(`a reply of more than ${replyLimitBytes} bytes`);
        else chunks.push(chunk);
      });
      incoming.on('error', (error) => fail(error.message));
      incoming.on('end', () => {
        const retryAfter = Number(incoming.headers['retry-after']);
        finish({
          type: 'reply',
          status: incoming.statusCode ?? 0,
          body: Buffer.concat(chunks),
          retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
        });
      });
    });
    outgoing.end(body);
  });
}

const describe = (body: string | Uint8Array) => ({
  'content-type': typeof body === 'string' ? 'application/json' : 'application/octet-stream',
  'content-length': Buffer.byteLength(body),
});
