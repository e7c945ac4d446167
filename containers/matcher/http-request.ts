/**
 * HTTP/1.1 requests out of the bytes of one connection (RFC 9112), as callers inside the VPC send them: GET and POST, bodies with a
 * length. Whatever could be understood in two ways is a fault, and ends the connection.
 */
import { readField, saysClose } from '#cloud/http-field.ts';
import { groupHeader } from '#cloud/matcher-client.ts';
import { requestBytes, requestHeadBytes } from './bounds.ts';

export type HttpRequest = {
  method: string;
  /** With its query. */
  path: string;
  /** Undefined where it is larger than may be: it is not read, and the connection is of no more use. It is what was received itself: to be read at once. */
  body: Buffer | undefined;
  wantedGroup: string | undefined;
  isLast: boolean;
};

/** Not a request that can be read: `status` is what there is to answer. */
export type HttpFault = { status: 400 | 431 | 501 | 505 };

type Head = Omit<HttpRequest, 'body'> & {
  /** Of the body. */
  length: number;
  awaitsContinue: boolean;
};

const nothing = Buffer.alloc(0);
const endOfHead = Buffer.from('\r\n\r\n');

export class RequestReader {
  /** What was received and not read: the first of it, and what came behind. */
  #first: Buffer = nothing;
  #behind: Buffer[] | undefined;
  #byteLength = 0;
  /** Of the request whose body is still to come. */
  #head: Head | undefined;
  /** The newest head and its bytes: a sender's next one mostly says the same, and need not be read again. */
  #known: { bytes: Buffer; head: Head } | undefined;
  #awaitsContinue = false;
  /** Behind what was not read nobody knows where a request begins. */
  #isOver = false;

  /** Bytes that wait to be read. */
  get byteLength(): number {
    return this.#byteLength;
  }

  push(chunk: Buffer): void {
    if (this.#byteLength === 0) this.#first = chunk;
    else if (this.#behind) this.#behind.push(chunk);
    else this.#behind = [chunk];
    this.#byteLength += chunk.length;
  }

  /** The next request, once all of it is there. After a fault, or a body that is too large, there is no next one. */
  next(): HttpRequest | HttpFault | undefined {
    if (this.#isOver) return undefined;
    const read = this.#read();
    if (read) this.#isOver = isFault(read) || read.body === undefined;
    return read;
  }

  /** Whether the sender keeps its body back until it is told to go on; true once. */
  takeAwaitsContinue(): boolean {
    const awaits = this.#awaitsContinue;
    this.#awaitsContinue = false;
    return awaits;
  }

  #read(): HttpRequest | HttpFault | undefined {
    if (!this.#head) {
      const head = this.#readHead();
      if (!head || isFault(head)) return head;
      this.#head = head;
      this.#awaitsContinue = head.awaitsContinue;
    }
    const { length, method, path, wantedGroup, isLast } = this.#head;
    if (length > requestBytes) return { method, path, wantedGroup, isLast: true, body: undefined };
    if (this.#byteLength < length) return undefined;
    this.#head = undefined;
    this.#awaitsContinue = false;
    return { method, path, wantedGroup, isLast, body: this.#take(length) };
  }

  #readHead(): Head | HttpFault | undefined {
    const bytes = this.#joined();
    const length = bytes.indexOf(endOfHead);
    if (length > requestHeadBytes || (length < 0 && bytes.length > requestHeadBytes))
      return { status: 431 };
    if (length < 0) return undefined;
    const taken = this.#take(length + endOfHead.length);
    if (this.#known?.bytes.equals(taken)) return this.#known.head;
    const head = parseHead(taken.toString('latin1', 0, length));
    if (!isFault(head)) this.#known = { bytes: Buffer.from(taken), head };
    return head;
  }

  #take(length: number): Buffer {
    const bytes = this.#joined();
    this.#byteLength -= length;
    this.#first = this.#byteLength > 0 ? bytes.subarray(length) : nothing;
    return bytes.length > length ? bytes.subarray(0, length) : bytes;
  }

  /** A body is joined when all of it is there; only a head is looked at before that, and heads are short. */
  #joined(): Buffer {
    if (this.#behind) {
      this.#first = Buffer.concat([this.#first, ...this.#behind], this.#byteLength);
      this.#behind = undefined;
    }
    return this.#first;
  }
}

export const isFault = (read: object): read is HttpFault => 'status' in read;

const requestLine = /^([A-Z]+) (\/[!-~]*) HTTP\/(\d\.\d)$/;
const count = /^\d{1,15}$/;

function parseHead(text: string): Head | HttpFault {
  const [first = '', ...lines] = text.split('\r\n');
  const [, method = '', path = '', version] = requestLine.exec(first) ?? [];
  if (version === undefined) return { status: 400 };
  if (version !== '1.1') return { status: 505 };
  if (method !== 'GET' && method !== 'POST') return { status: 501 };
  const head: Head = {
    method,
    path,
    wantedGroup: undefined,
    isLast: false,
    length: 0,
    awaitsContinue: false,
  };
  let isLengthKnown = false;
  for (const line of lines) {
    const field = readField(line);
    if (!field) return { status: 400 };
    const { name, value } = field;
    switch (name) {
      case 'content-length':
        // Two lengths are how one request is smuggled inside another.
        if (isLengthKnown || !count.test(value)) return { status: 400 };
        isLengthKnown = true;
        head.length = Number(value);
        break;
      case 'transfer-encoding':
        return { status: 501 };
      case 'connection':
        head.isLast = saysClose(value);
        break;
      case 'expect':
        head.awaitsContinue = value.toLowerCase() === '100-continue';
        break;
      case groupHeader:
        head.wantedGroup = value;
        break;
    }
  }
  return head;
}
