/**
 * One PutRecord by the address, the credentials and the connections of the SDK's client, without the steps that the SDK takes
 * around each call: they were two thirds of what a put costs its sender (decision 0039).
 */
import { type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { keptDayKey, signPost } from './aws-signature.ts';
import type { Clock } from './clock.ts';
import { type UnsentRequest, unsentRequest } from './unsent-request.ts';

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

type Signing = { region: string; token: string | undefined; nowMs: number };

/** Answers the record's sequence number. Any error but a refusal means that nobody knows whether the record is there. */
export function recordPutter({
  client,
  clock,
}: {
  client: KinesisClient;
  clock: Pick<Clock, 'nowMs'>;
}): (put: PutRecord) => Promise<string> {
  const { config } = client;
  const dayKey = keptDayKey();
  let kept: UnsentRequest | undefined;
  return async (put) => {
    kept ??= await usualRequest(client, put);
    const usual = kept;
    const credentials = await config.credentials();
    const region = await config.region();
    const body = bodyOf(put);
    const signing = { region, token: credentials.sessionToken, nowMs: clock.nowMs() };
    const signable = { service: 'kinesis', body, ...signedPart(usual, signing) };
    const headers = {
      ...usual.headers,
      ...signable.headers,
      'content-length': String(body.length),
      authorization: signPost(signable, credentials, dayKey),
    };
    const request = { ...usual, headers, body } as never;
    const { response } = await config.requestHandler.handle(request);
    const answer = Buffer.from(await config.streamCollector(response.body)).toString();
    if (response.statusCode !== 200) throw refusalOf(response, answer);
    return sequenceNumberOf(answer);
  };
}

/** All puts go to one address, with headers that differ only in what is signed. */
function usualRequest(client: KinesisClient, put: PutRecord): Promise<UnsentRequest> {
  const command = new PutRecordCommand({ ...put, Data: new Uint8Array() });
  return unsentRequest(command, () => client.send(command));
}

/** A multiple of three, so that pieces join into one base64 text. */
const pieceBytes = 24 * 1024;

/**
 * Spelled by hand: `JSON.stringify` looks at every character of the data, which takes longer than to sign them. By pieces: the text of
 * a whole frame is memory that is new each time, and takes ten times as long to make as pieces that stay in the caches.
 */
function bodyOf({ Data, ...rest }: PutRecord): Buffer {
  const head = Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"Data":"`);
  const tail = '"}';
  const data = Buffer.from(Data.buffer, Data.byteOffset, Data.byteLength);
  const body = Buffer.allocUnsafe(head.length + Math.ceil(data.length / 3) * 4 + tail.length);
  let at = head.copy(body);
  for (let from = 0; from < data.length; from += pieceBytes)
    at += body.write(data.toString('base64', from, from + pieceBytes), at, 'latin1');
  body.write(tail, at, 'latin1');
  return body;
}

function signedPart({ headers: usual }: UnsentRequest, { region, token, nowMs }: Signing) {
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = { 'x-amz-date': date };
  for (const name of ['content-type', 'host', 'x-amz-target']) headers[name] = usual[name] ?? '';
  if (token !== undefined) headers['x-amz-security-token'] = token;
  return { region, date, headers };
}

function sequenceNumberOf(answer: string): string {
  const { SequenceNumber: number } = fieldsOf(answer);
  if (typeof number !== 'string' || number === '')
    throw new Error('Kinesis took a record and named no sequence number');
  return number;
}

type Answered = { statusCode: number; headers: Record<string, string> };

/** The word is in a header or in the body, perhaps with a namespace before it and an address behind it. */
function refusalOf({ statusCode, headers }: Answered, answer: string): Error {
  const { __type, message, Message } = fieldsOf(answer);
  const told = String(message ?? Message ?? `Kinesis answers ${statusCode}`);
  const name = String(headers['x-amzn-errortype'] ?? __type ?? '')
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
