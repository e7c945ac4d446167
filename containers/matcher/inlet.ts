/**
 * The matcher's door: HTTP/1.1 inside the VPC, for functions and other matchers. It decides nothing. It stands on sockets, not on
 * node:http, whose streams and events cost more than all that the matcher does with an order (decision 0018).
 */
import { STATUS_CODES } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { type Asker, answerRequest, type Door, type Reply } from './answer-request.ts';
import { connections, requestBytes } from './bounds.ts';
import { type HttpFault, type HttpRequest, isFault, RequestReader } from './http-request.ts';

export type InletOptions = Door & {
  port: number;
  /** A connection over which no whole request came for so long is ended; at the latest after twice as long. */
  idleMs?: number;
  failed: (error: unknown) => void;
};

export type Inlet = { port: number; close(): void };

/** Longer than clients keep theirs, so that none is closed under a request. */
const usualIdleMs = 75_000;
/** What a sender whose connection ends still sends is thrown away so long, so that it can read its answer. */
const lingerMs = 2_000;

export async function openInlet(options: InletOptions): Promise<Inlet> {
  const open = new Set<Connection>();
  // Whoever has sent its last request may close its side and still read.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = new Connection(socket, options);
    open.add(connection);
    socket.on('close', () => open.delete(connection));
  });
  server.maxConnections = connections;
  const port = await listen(server, options.port);
  // One timer for all of them: a timeout of each socket's own is set anew with whatever it reads and writes.
  const sweep = setInterval(() => {
    for (const connection of open) connection.endIfIdle();
  }, options.idleMs ?? usualIdleMs);
  return {
    port,
    close() {
      clearInterval(sweep);
      server.close();
      for (const connection of open) connection.endWhenIdle();
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** Answers one request after the other, in their order. */
class Connection implements Asker {
  #socket: Socket;
  #options: InletOptions;
  #reader = new RequestReader();
  #isAnswering = false;
  /** Whether the request that is answered is the last one. */
  #isLast = false;
  /** Answers that are there at once are sent in a loop, not one inside the other. */
  #isReading = false;
  /** Whether a request was answered since it was asked last. */
  #isUsed = true;
  /** No further request is read. */
  #isEnding = false;

  constructor(socket: Socket, options: InletOptions) {
    this.#socket = socket;
    this.#options = options;
    // The socket is destroyed by then; whoever sent a command over it asks again.
    socket.on('error', () => {});
    socket.on('end', () => this.endWhenIdle());
    socket.on('data', (chunk) => {
      if (this.#isEnding) return;
      this.#reader.push(chunk);
      if (!this.#isAnswering) this.#next();
      // Whoever sends on and on reads his answers first.
      else if (this.#reader.byteLength > requestBytes) socket.pause();
    });
  }

  endWhenIdle(): void {
    this.#isEnding = true;
    if (!this.#isAnswering) this.#socket.end();
  }

  /** A request that trickles in for ever is none. */
  endIfIdle(): void {
    if (!this.#isUsed && !this.#isAnswering) this.#socket.destroy();
    this.#isUsed = false;
  }

  answered(reply: Reply): void {
    // A request that failed was answered so, whatever became of it.
    if (!this.#isAnswering) return;
    this.#isAnswering = false;
    this.#isUsed = true;
    this.#send(reply, this.#isLast || this.#isEnding);
    if (this.#isEnding || this.#isReading) return;
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#next();
  }

  failed(error: unknown): void {
    this.#options.failed(error);
    // Its answer may still come: nothing else may follow over this connection.
    this.#isLast = true;
    this.answered({ status: 500, json: '{"code":"internal_error"}' });
  }

  #next(): void {
    this.#isReading = true;
    while (!this.#isAnswering && !this.#isEnding) {
      const read = this.#reader.next();
      if (!read) break;
      this.#answer(read);
    }
    this.#isReading = false;
    if (!this.#isAnswering && !this.#isEnding && this.#reader.takeAwaitsContinue())
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  }

  #answer(read: HttpRequest | HttpFault): void {
    if (isFault(read)) {
      this.#send({ status: read.status, json: '{"code":"invalid_request"}' }, true);
      return;
    }
    this.#isAnswering = true;
    this.#isLast = read.isLast;
    try {
      answerRequest(read, this.#options, this);
    } catch (error) {
      this.failed(error);
    }
  }

  #send(reply: Reply, isLast: boolean): void {
    const message = rendered(reply, isLast);
    if (!isLast) {
      this.#socket.write(message);
      return;
    }
    this.#isEnding = true;
    this.#socket.end(message);
    this.#socket.resume();
    const linger = setTimeout(() => this.#socket.destroy(), lingerMs);
    this.#socket.once('close', () => clearTimeout(linger));
  }
}

/** Head and body in one piece: one write a request. */
function rendered(reply: Reply, isLast: boolean): Buffer {
  const { status, retryAfterSeconds } = reply;
  const isJson = 'json' in reply;
  const length = isJson ? Buffer.byteLength(reply.json) : reply.bytes.length;
  const type = isJson ? 'application/json' : 'application/octet-stream';
  const retryAfter = retryAfterSeconds === undefined ? '' : `retry-after: ${retryAfterSeconds}\r\n`;
  const connection = isLast ? 'connection: close\r\n' : '';
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n${retryAfter}${connection}\r\n`;
  const message = Buffer.allocUnsafe(head.length + length);
  message.write(head, 'latin1');
  if (isJson) message.write(reply.json, head.length);
  else message.set(reply.bytes, head.length);
  return message;
}
