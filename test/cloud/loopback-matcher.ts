/** Real HTTP servers on loopback that behave as a matcher may: answer, refuse, hang, die. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

export type Loopback = { port: number; requests: Received[]; stop(): Promise<void> };
export type Received = {
  method: string;
  url: string;
  body: string;
  /** The body as it came. */
  bytes: Buffer;
  contentType: string | undefined;
  group: unknown;
};
export type Behaviour = (received: Received, response: ServerResponse) => void;

export const answers =
  (status: number, body: unknown, headers: Record<string, string> = {}): Behaviour =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

export const answersBytes =
  (body: Uint8Array): Behaviour =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(body);
  };

/** Takes the request and never says a word. */
export const hangs: Behaviour = () => {};

/** Takes the request and drops the connection. */
export const dies: Behaviour = (_, response) => {
  response.socket?.destroy();
};

/** Behaves differently at each request; the last behaviour stays. */
export function matcherThat(...behaviours: Behaviour[]): Promise<Loopback> {
  const requests: Received[] = [];
  const server = createServer(async (incoming, response) => {
    const received = await read(incoming);
    const behave = behaviours[Math.min(requests.length, behaviours.length - 1)];
    requests.push(received);
    behave?.(received, response);
  });
  return listen(server, requests);
}

async function read(incoming: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = '', url = '', headers } = incoming;
  const bytes = Buffer.concat(chunks);
  const contentType = headers['content-type'];
  const group = headers['x-crossbook-group'];
  return { method, url, body: bytes.toString(), bytes, contentType, group };
}

function listen(server: Server, requests: Received[]): Promise<Loopback> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const stop = async () => {
        server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
      };
      resolve({ port, requests, stop });
    });
  });
}

/** A port on which nobody listens: connections are refused at once. */
export function refusingPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createTcpServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** A port whose accept queue is full: a connection to it is neither made nor refused. */
export async function hangingPort(): Promise<{ port: number; stop(): Promise<void> }> {
  const program = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(program, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const fillers: Socket[] = Array.from({ length: 8 }, () => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    port,
    async stop() {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}
