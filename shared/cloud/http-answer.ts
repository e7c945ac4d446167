/**
 * An HTTP/1.1 answer to a POST out of the bytes of its connection (RFC 9112). Whatever could be understood in two ways is a fault,
 * and ends the connection.
 */
import { readField, saysClose } from './http-field.ts';

export type HttpAnswer = {
  status: number;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: string;
  /** Nothing that comes behind it on this connection answers anything. */
  isLast: boolean;
};

/** Not an answer that can be read. */
export type HttpFault = { fault: string };

type Head = Omit<HttpAnswer, 'body'> & { byteLength: number };
type Body = { text: string; byteLength: number };

/** What is asked for by a POST here is answered in a few hundred bytes. */
export const answerBytes = 64 * 1024;

const endOfLine = '\r\n';
const endOfHead = '\r\n\r\n';

/** Reads what came since the request; undefined while more is to come. */
export function readAnswer(bytes: Buffer): HttpAnswer | HttpFault | undefined {
  if (bytes.length > answerBytes) return { fault: `an answer of more than ${answerBytes} bytes` };
  return readWhole(bytes);
}

export const isFault = (read: object): read is HttpFault => 'fault' in read;

function readWhole(bytes: Buffer): HttpAnswer | HttpFault | undefined {
  const head = readHead(bytes);
  if (!head || isFault(head)) return head;
  const { byteLength, ...answer } = head;
  const rest = bytes.subarray(byteLength);
  // It says only that the answer is still to come.
  if (head.status < 200) return readWhole(rest);
  const body = readBody(head, rest);
  if (!body || isFault(body)) return body;
  const isLast = head.isLast || rest.length > body.byteLength;
  return { ...answer, isLast, body: body.text };
}

const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;

function readHead(bytes: Buffer): Head | HttpFault | undefined {
  const length = bytes.indexOf(endOfHead);
  if (length < 0) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, length).split(endOfLine);
  const [, minor, digits] = statusLine.exec(first) ?? [];
  if (digits === undefined) return { fault: 'an answer that is not HTTP/1.1' };
  const status = Number(digits);
  if (status === 101) return { fault: 'an answer that leaves HTTP' };
  const headers = new Map<string, string>();
  for (const line of lines) {
    const field = readField(line);
    if (!field) return { fault: `an answer ${status} with a header that is none` };
    const { name, value } = field;
    const known = headers.get(name);
    headers.set(name, known === undefined ? value : `${known}, ${value}`);
  }
  const isLast = minor === '0' || saysClose(headers.get('connection') ?? '');
  return { status, headers, isLast, byteLength: length + endOfHead.length };
}

const count = /^\d{1,9}$/;

function readBody({ status, headers }: Head, rest: Buffer): Body | HttpFault | undefined {
  if (status === 204 || status === 304) return { text: '', byteLength: 0 };
  const length = headers.get('content-length');
  const coding = headers.get('transfer-encoding');
  if (coding?.toLowerCase() === 'chunked' && length === undefined) return readChunks(rest);
  // Two lengths, too, are one that is no number.
  if (coding !== undefined || length === undefined || !count.test(length))
    return { fault: `an answer ${status} whose length is not known` };
  const byteLength = Number(length);
  return rest.length < byteLength
    ? undefined
    : { text: rest.toString('utf8', 0, byteLength), byteLength };
}

const chunkSize = /^([\da-f]{1,7})[\t ]*(?:;|$)/i;

/** Pieces with their lengths before them, until one of none; then perhaps more headers, which say nothing of use. */
function readChunks(rest: Buffer): Body | HttpFault | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = rest.indexOf(endOfLine, at);
    if (end < 0) return undefined;
    const [, digits] = chunkSize.exec(rest.toString('latin1', at, end)) ?? [];
    if (digits === undefined) return { fault: 'an answer with a piece whose length is not known' };
    const from = end + endOfLine.length;
    const to = from + Number.parseInt(digits, 16);
    if (to === from) {
      const over = rest.indexOf(endOfHead, end);
      if (over < 0) return undefined;
      return { text: Buffer.concat(pieces).toString(), byteLength: over + endOfHead.length };
    }
    if (rest.length < to + endOfLine.length) return undefined;
    if (rest.toString('latin1', to, to + endOfLine.length) !== endOfLine)
      return { fault: 'an answer with a piece longer than its length' };
    pieces.push(rest.subarray(from, to));
    at = to + endOfLine.length;
  }
}
