/**
 * One PutRecord by the address and the credentials of the SDK's client, on a connection of its own, without the steps that the SDK
 * takes around each call: they and its connection were nearly all that a put costs its sender (decision 0039).
 */
import { type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { assert } from '#domain/assertion.ts';
import { type Credentials, postSigner, signatureDate } from './aws-signature.ts';
import { putMs } from './clients.ts';
import type { Clock } from './clock.ts';
import type { HttpAnswer } from './http-answer.ts';
import { PostConnection } from './post-connection.ts';
import { PutText } from './put-text.ts';
import { unsentRequest } from './unsent-request.ts';

/** As the API names them (Kinesis API reference, PutRecord). */
export type PutRecord = {
  StreamName: string;
  PartitionKey: string;
  SequenceNumberForOrdering: string | undefined;
  Data: Uint8Array;
};

/** Kinesis said no; `name` is its word for why. */
export class PutRefused extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Answers the record's sequence number. Any error but a refusal means that nobody knows whether the record is there. One at a time. */
export function recordPutter({
  client,
  clock,
}: {
  client: KinesisClient;
  clock: Pick<Clock, 'nowMs'>;
}): (put: PutRecord) => Promise<string> {
  const text = new PutText();
  let usual: Usual | undefined;
  let signing: Signing | undefined;
  return async (put) => {
    usual ??= await usualOf(client, put);
    const credentials = await client.config.credentials();
    const second = Math.floor(clock.nowMs() / 1_000);
    if (signing?.second !== second || signing.credentials !== credentials)
      signing = signingOf(usual, credentials, second);
    const body = text.body(put);
    const length = headerLine('content-length', String(body.length));
    const authorization = headerLine('authorization', signing.sign(body));
    const request = text.request(`${signing.head}${length}${authorization}\r\n`);
    const answer = await usual.connection.post(request);
    if (answer.status !== 200) throw refusalOf(answer);
    return sequenceNumberOf(answer.body);
  };
}

/** What all puts have in common: their address, and most of their headers. */
type Usual = {
  path: string;
  region: string;
  headers: Record<string, string>;
  connection: PostConnection;
};

async function usualOf(client: KinesisClient, put: PutRecord): Promise<Usual> {
  const region = await client.config.region();
  const command = new PutRecordCommand({ ...put, Data: new Uint8Array() });
  const request = await unsentRequest(command, () => client.send(command));
  const { 'content-length': _, ...headers } = request.headers;
  assert(headers['host'], 'the client of a journal does not speak HTTP/1.1');
  const connection = new PostConnection(request, putMs);
  return { path: request.path, region, headers, connection };
}

/** What the puts of one second have in common, with the same keys. */
type Signing = {
  second: number;
  credentials: Credentials;
  /** What is sent before the lines that each put has of its own. */
  head: string;
  sign: (body: Uint8Array) => string;
};

function signingOf(usual: Usual, credentials: Credentials, second: number): Signing {
  const { path, region, headers } = usual;
  const date = signatureDate(second * 1_000);
  const dated: Record<string, string> = { ...headers, 'x-amz-date': date };
  const { sessionToken } = credentials;
  if (sessionToken !== undefined) dated['x-amz-security-token'] = sessionToken;
  const signed = Object.entries(dated).filter(([name]) => isSigned(name));
  const signable = { region, service: 'kinesis', date, headers: Object.fromEntries(signed) };
  const lines = Object.entries(dated).map(([name, value]) => headerLine(name, value));
  const head = `POST ${path} HTTP/1.1\r\n${lines.join('')}`;
  return { second, credentials, head, sign: postSigner(signable, credentials) };
}

/** What says who asks whom for what; the rest may change on the way. */
const isSigned = (name: string): boolean =>
  name === 'host' || name === 'content-type' || name.startsWith('x-amz-');

function headerLine(name: string, value: string): string {
  // With a line break in it a value would begin a header that nobody signed. It may be a secret: the message keeps it back.
  assert(!/[\r\n]/.test(value), `the header ${name} of a put has a line break`);
  return `${name}: ${value}\r\n`;
}

function sequenceNumberOf(answer: string): string {
  const { SequenceNumber: number } = fieldsOf(answer);
  if (typeof number !== 'string' || number === '')
    throw new Error('Kinesis took a record and named no sequence number');
  return number;
}

/** The word is in a header or in the body, perhaps with a namespace before it and an address behind it. */
function refusalOf({ status, headers, body }: HttpAnswer): Error {
  const { __type, message, Message } = fieldsOf(body);
  const told = String(message ?? Message ?? `Kinesis answers ${status}`);
  const name = String(headers.get('x-amzn-errortype') ?? __type ?? '')
    .replace(/:.*/, '')
    .replace(/.*#/, '');
  return name === '' ? new Error(told) : new PutRefused(name, told);
}

/** None where something on the way answered instead. */
function fieldsOf(answer: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(answer));
  } catch {
    return {};
  }
}
