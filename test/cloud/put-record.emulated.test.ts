/** Puts without the SDK's steps, held to what the SDK sends and to what Kinesis and whatever stands before it may answer. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { KinesisClient, type KinesisClientConfig, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signPost } from '#cloud/aws-signature.ts';
import { limitedCalls } from '#cloud/clients.ts';
import { createJournalWriter, JournalForbidden } from '#cloud/journal-writer.ts';

type Said = { status: number; body: string; headers?: Record<string, string> };
type Received = { headers: IncomingHttpHeaders; body: string };

const took: Said = { status: 200, body: '{"SequenceNumber":"495","ShardId":"shardId-0"}' };
const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' };
const region = 'eu-central-1';
const clock = { nowMs: () => Date.UTC(2026, 0, 31, 23, 59, 59, 900) };
const data = new Uint8Array([0, 255, 62, 63, 1, 2, 3]);

const received: Received[] = [];
let says = took;
const server = createServer(async (request, response) => {
  received.push({ headers: request.headers, body: await text(request) });
  response.writeHead(says.status, says.headers).end(says.body);
});
let client: KinesisClient;

function clientWith(keys: KinesisClientConfig['credentials'] & object): KinesisClient {
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const requestHandler = limitedCalls(2_000);
  return new KinesisClient({ endpoint, region, credentials: keys, maxAttempts: 1, requestHandler });
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = clientWith(credentials);
});
afterAll(async () => {
  client.destroy();
  await new Promise((closed) => server.close(closed));
});

const writer = () => createJournalWriter({ client, stream: 'majors', clock });
const lastReceived = () => received.at(-1) ?? { headers: {}, body: '' };

/** From within other bytes, as a frame may lie. */
const record = (length: number) =>
  Uint8Array.from({ length: length + 9 }, (_, at) => at * 31 + (at >> 8)).subarray(9);

test.each<[Uint8Array, string | undefined]>([
  [data, undefined],
  [data, '494'],
  [record(0), undefined],
  ...[24_575, 24_576, 24_577, 49_153, 262_144].map((length): [Uint8Array, undefined] => [
    record(length),
    undefined,
  ]),
])('a put says what the SDK would say, whatever its length (%#)', async (data, after) => {
  says = took;
  expect(await writer().put(data, after)).toBe('495');
  const own = lastReceived();
  const same = { StreamName: 'majors', PartitionKey: 'journal', Data: data };
  await client.send(new PutRecordCommand({ ...same, SequenceNumberForOrdering: after }));
  const sdk = lastReceived();
  expect(JSON.parse(own.body)).toEqual(JSON.parse(sdk.body));
  for (const name of ['content-type', 'host', 'x-amz-target', 'x-amz-security-token'])
    expect([name, own.headers[name]]).toEqual([name, sdk.headers[name]]);
});

test('a put is signed as it was sent, and on the next day with the next day’s key', async () => {
  says = took;
  let nowMs = clock.nowMs();
  const { put } = createJournalWriter({ client, stream: 'majors', clock: { nowMs: () => nowMs } });
  for (const date of ['20260131T235959Z', '20260201T000000Z']) {
    await put(data, undefined);
    const { headers, body } = lastReceived();
    // What AWS asks for: the host, the type, and all that AWS itself defines.
    const own = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
    const names = ['content-type', 'host', ...own];
    const signed = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
    expect(signed['x-amz-date']).toBe(date);
    const signable = { region, service: 'kinesis', date, headers: signed, body };
    expect(headers.authorization).toBe(signPost(signable, credentials));
    nowMs += 100;
  }
});

test.each<[string, Said]>([
  ['in the body', { status: 400, body: '{"__type":"ResourceNotFoundException","message":"no"}' }],
  [
    'with a namespace',
    { status: 400, body: '{"__type":"com.amazonaws#AccessDeniedException","Message":"no"}' },
  ],
  [
    'in a header',
    { status: 400, body: '{}', headers: { 'x-amzn-errortype': 'ValidationException:http://a/' } },
  ],
])('a stream that can never be written is told by the name %s', async (_, said) => {
  says = said;
  await expect(writer().put(data, undefined)).rejects.toBeInstanceOf(JournalForbidden);
});

const throttled = {
  status: 400,
  body: '{"__type":"ProvisionedThroughputExceededException","message":"slow down"}',
};

test.each<[string, Said, string]>([
  ['refused for its rate', throttled, 'slow down'],
  ['met by a fault', { status: 500, body: '{"__type":"InternalFailure"}' }, 'Kinesis answers 500'],
  ['answered by a proxy', { status: 503, body: '<html>' }, 'Kinesis answers 503'],
  ['answered by a word', { status: 502, body: 'null' }, 'Kinesis answers 502'],
  ['taken without a number', { status: 200, body: '{}' }, 'named no sequence number'],
  ['taken without sense', { status: 200, body: '{"Sequ' }, 'named no sequence number'],
])('a put that is %s may be tried again', async (_, said, message) => {
  says = said;
  const put = writer().put(data, undefined);
  await expect(put).rejects.toThrow(message);
  await expect(put).rejects.not.toBeInstanceOf(JournalForbidden);
});

test('a put goes on after one that was refused', async () => {
  const { put } = writer();
  says = throttled;
  await expect(put(data, '494')).rejects.toMatchObject({
    name: 'ProvisionedThroughputExceededException',
  });
  says = took;
  expect(await put(data, '494')).toBe('495');
});

test('puts of one second are signed by the keys of their time', async () => {
  says = took;
  let keys: object = { ...credentials, expiration: new Date(0) };
  const changing = clientWith(async () => keys as typeof credentials);
  const { put } = createJournalWriter({ client: changing, stream: 'majors', clock });
  await put(data, undefined);
  expect(lastReceived().headers).toMatchObject({ 'x-amz-security-token': 'token' });
  keys = { accessKeyId: 'AKIB', secretAccessKey: 'other' };
  await put(data, undefined);
  const { headers } = lastReceived();
  expect(headers.authorization).toContain('Credential=AKIB/');
  expect(headers['x-amz-security-token']).toBe(undefined);
  changing.destroy();
});

test('keys that would begin a header of their own are not sent, and not told', async () => {
  const sessionToken = 'hidden\r\nx-amz-target: Kinesis_20131202.DeleteStream';
  const bad = clientWith({ ...credentials, sessionToken });
  const before = received.length;
  const { put } = createJournalWriter({ client: bad, stream: 'majors', clock });
  await expect(put(data, undefined)).rejects.toThrow(/^((?!hidden).)*$/s);
  expect(received).toHaveLength(before);
  bad.destroy();
});

test('a put for which there were no credentials yet may be tried again', async () => {
  says = took;
  let asked = 0;
  const late = clientWith(async () => {
    asked += 1;
    if (asked === 1) throw new Error('not yet');
    return credentials;
  });
  const { put } = createJournalWriter({ client: late, stream: 'majors', clock });
  await expect(put(data, undefined)).rejects.toThrow('not yet');
  expect(await put(data, undefined)).toBe('495');
  late.destroy();
});
