/**
 * One connection by which POSTs leave, one after another, each in the turn in which it is made. Whoever asks repeats what failed:
 * an error means that nobody knows whether the request arrived.
 */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectSafely } from 'node:tls';
import { assert } from '#domain/assertion.ts';
import { type HttpAnswer, isFault, readAnswer } from './http-answer.ts';

export type PostAddress = { protocol: string; hostname: string; port?: number | undefined };

type Waiting = { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void };

const nothing = Buffer.alloc(0);
/** A peer that is gone without a word is noticed by the system, as Node's own agents let it. */
const silenceMs = 1_000;

export class PostConnection {
  #address: PostAddress;
  /** From the request to the end of its answer, a new connection between them included. */
  #limitMs: number;
  #socket: Socket | undefined;
  /** Of the newest connection: with it the next one costs less. */
  #session: Buffer | undefined;
  #waiting: Waiting | undefined;
  #received: Buffer = nothing;
  #limit: NodeJS.Timeout | undefined;

  constructor(address: PostAddress, limitMs: number) {
    this.#address = address;
    this.#limitMs = limitMs;
  }

  /** `request` is all of it, from its first line to the end of its body, and is to stay as it is until the answer. */
  post(request: Uint8Array): Promise<HttpAnswer> {
    assert(!this.#waiting, 'a request left before the one before it was answered');
    return new Promise((resolve, reject) => {
      const socket = this.#socket ?? this.#open();
      this.#waiting = { resolve, reject };
      // One timer for all requests: to set it anew costs next to nothing, and where it finds nobody waiting it does nothing.
      this.#limit ??= setTimeout(() => this.#outOfTime(), this.#limitMs).unref();
      this.#limit.refresh();
      socket.ref();
      socket.write(request);
    });
  }

  #open(): Socket {
    const { protocol, hostname, port } = this.#address;
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket =
      protocol === 'https:' ? this.#secured(host) : connect({ host, port: port ?? 80 });
    this.#socket = socket;
    socket.setNoDelay(true).setKeepAlive(true, silenceMs);
    socket.on('data', (chunk) => this.#take(socket, chunk));
    socket.on('end', () => this.#lose(socket, new Error('the connection ended without an answer')));
    socket.on('close', () =>
      this.#lose(socket, new Error('the connection closed without an answer')),
    );
    socket.on('error', (error) => this.#lose(socket, error));
    return socket;
  }

  #secured(host: string): Socket {
    const socket = connectSafely({
      host,
      port: this.#address.port ?? 443,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) ? {} : { servername: host }),
      ...(this.#session && { session: this.#session }),
    });
    return socket.on('session', (session) => (this.#session = session));
  }

  #take(socket: Socket, chunk: Buffer): void {
    if (socket !== this.#socket) return;
    // What nobody asked for must never answer the next request.
    if (!this.#waiting) {
      this.#lose(socket);
      return;
    }
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const answer = readAnswer(this.#received);
    if (!answer) return;
    if (isFault(answer)) {
      this.#lose(socket, new Error(answer.fault));
      return;
    }
    this.#settle(socket, answer);
  }

  #settle(socket: Socket, answer: HttpAnswer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#received = nothing;
    // An idle connection holds no process.
    socket.unref();
    // Answered before all was sent: the rest would be taken for the next request.
    if (answer.isLast || socket.writableLength > 0) this.#lose(socket);
    waiting?.resolve(answer);
  }

  #outOfTime(): void {
    if (!this.#socket || !this.#waiting) return;
    const error = new Error(`no answer in ${this.#limitMs} ms`);
    error.name = 'TimeoutError';
    this.#lose(this.#socket, error);
  }

  /** The next request opens another connection; who waits on this one is told why, unless it has no reason to. */
  #lose(socket: Socket, why?: Error): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#received = nothing;
    socket.destroy();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (why) waiting?.reject(why);
  }
}
