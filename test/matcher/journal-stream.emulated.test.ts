import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kinesisClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { createJournalReader } from '#cloud/journal-reader.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { createJournalWriter, JournalForbidden } from '#cloud/journal-writer.ts';
import { startKinesis } from '../twins/kinesis-twin.ts';

const stream = 'journal';
let kinesis: Awaited<ReturnType<typeof startKinesis>>;

beforeAll(async () => {
  const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  Object.assign(process.env, { AWS_REGION: 'us-east-1', ...credentials });
  kinesis = await startKinesis(stream);
});
afterAll(() => kinesis.stop());

async function readOn(after: string, count: number): Promise<JournalRecord[]> {
  const read: JournalRecord[] = [];
  for await (const records of createJournalReader({ client: kinesis.client, stream }).follow(
    after,
  )) {
    read.push(...records);
    if (read.length >= count) break;
  }
  return read;
}

test('records are read in the order in which they were put, from the beginning or from any record on', async () => {
  const writer = createJournalWriter({ client: kinesis.client, stream, clock });
  const numbers: string[] = [];
  for (let value = 0; value < 5; value += 1) {
    numbers.push(await writer.put(new Uint8Array([value, 255, 0]), numbers.at(-1)));
  }
  const all = await readOn('', 5);
  expect(all.map(({ data }) => [...data])).toEqual(numbers.map((_, value) => [value, 255, 0]));
  expect(all.map(({ shardSequence }) => shardSequence)).toEqual(numbers);
  const rest = await readOn(numbers[2] ?? '', 2);
  expect(rest.map(({ shardSequence }) => shardSequence)).toEqual(numbers.slice(3));
});

test('a reader that has seen everything is given what comes later', async () => {
  const writer = createJournalWriter({ client: kinesis.client, stream, clock });
  const last = await writer.put(new Uint8Array([1]), undefined);
  const coming = readOn(last, 1);
  const next = await writer.put(new Uint8Array([2]), last);
  expect(await coming).toMatchObject([{ shardSequence: next }]);
});

test('a frame of the largest size comes back whole', async () => {
  const writer = createJournalWriter({ client: kinesis.client, stream, clock });
  const data = new Uint8Array(512 * 1024).map((_, index) => index % 251);
  const before = await writer.put(new Uint8Array([1]), undefined);
  await writer.put(data, before);
  const [read] = await readOn(before, 1);
  expect(Buffer.compare(read?.data ?? new Uint8Array(), data)).toBe(0);
});

test('a stream that is not there is told apart from one that does not answer', async () => {
  const writer = createJournalWriter({ client: kinesis.client, stream: 'another', clock });
  await expect(writer.put(new Uint8Array([1]), undefined)).rejects.toBeInstanceOf(JournalForbidden);
});

test.each([
  ['never', ''],
  ['half', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'],
])('a put that is %s answered is given up, so that it can be repeated', async (_, answer) => {
  const held = new Set<Socket>();
  const deaf = createServer((socket) => {
    held.add(socket);
    socket.once('data', () => socket.write(answer));
  });
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  const { port } = deaf.address() as AddressInfo;
  const endpoint = process.env['AWS_ENDPOINT_URL_KINESIS'];
  process.env['AWS_ENDPOINT_URL_KINESIS'] = `http://127.0.0.1:${port}`;
  const client = kinesisClient();
  const writer = createJournalWriter({ client, stream, clock });
  await expect(writer.put(new Uint8Array([1]), undefined)).rejects.not.toBeInstanceOf(
    JournalForbidden,
  );
  process.env['AWS_ENDPOINT_URL_KINESIS'] = endpoint;
  for (const socket of held) socket.destroy();
  await new Promise((resolve) => deaf.close(resolve));
});
