import { PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoints } from '../../local/checkpoints.ts';
import { startKinesisPoller } from '../../local/kinesis-poller.ts';
import type { InvokeResult } from '../../local/lambda-host.ts';
import { provisionStream } from '../../local/provision-stream.ts';
import { createShardWatches } from '../../local/shard-watch.ts';
import { type EmulatorSet, startEmulatorSet, until } from './fixtures-b/emulator-set.ts';
import { mappingOf, resource } from './fixtures-b/resources.ts';

let set: EmulatorSet;
let streams = 0;

beforeAll(async () => {
  set = await startEmulatorSet();
});
afterAll(async () => {
  await set.stop();
});

type Event = {
  Records: { eventID: string; kinesis: { data: string; approximateArrivalTimestamp: number } }[];
};
const valuesOf = (event: unknown): string[] =>
  (event as Event).Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());

async function newStream(shards = 1): Promise<string> {
  streams += 1;
  const name = `stream-${streams}`;
  await provisionStream(
    set.clients.kinesis,
    resource('AWS::Kinesis::Stream', name, { ShardCount: shards }),
  );
  return name;
}

async function put(StreamName: string, values: string[], key = 'k'): Promise<void> {
  for (const value of values) {
    const Data = Buffer.from(value);
    await set.clients.kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: key, Data }));
  }
}

function start(
  stream: string,
  props: Record<string, unknown>,
  invoke: (event: unknown) => Promise<InvokeResult> | InvokeResult,
  reports: string[] = [],
) {
  const discards: string[][] = [];
  const mapping = mappingOf({
    EventSourceArn: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
    ...props,
  });
  const poller = startKinesisPoller({
    client: set.clients.kinesis,
    region: 'us-east-1',
    mapping,
    watchOf: createShardWatches()(''),
    checkpoints: openCheckpoints(`${set.stateFolder}/checkpoints`, stream, Date.now()),
    invoke: async (event) => invoke(event),
    sendDiscard: async ({ records }) => {
      discards.push(records.map((record) => record.sequenceNumber));
    },
    report: (text) => reports.push(text),
    nowMs: Date.now,
  });
  return { stop: poller.stop, discards };
}

const OK: InvokeResult = { ok: true, payload: null };
const FAILED: InvokeResult = {
  ok: false,
  error: { errorType: 'Error', errorMessage: 'no' },
  functionError: 'Unhandled',
};

test('every record arrives once, in the order of its shard', async () => {
  const stream = await newStream();
  const seen: string[] = [];
  const poller = start(stream, { BatchSize: 3 }, (event) => {
    seen.push(...valuesOf(event));
    return OK;
  });
  const values = Array.from({ length: 20 }, (_, n) => `v${n}`);
  await put(stream, values);
  await until(() => seen.length >= 20);
  await poller.stop();
  expect(seen).toEqual(values);
});

test('who started the emulator is told of puts', async () => {
  const stream = await newStream();
  let told = 0;
  set.emulators.onPut?.(() => {
    told += 1;
  });
  await put(stream, ['a']);
  await until(() => told > 0);
  const before = told;
  await put(stream, ['b']);
  await until(() => told > before);
});

test('a restart goes on after the last record that was done', async () => {
  const stream = await newStream();
  const seen: string[] = [];
  const take = (event: unknown): InvokeResult => {
    seen.push(...valuesOf(event));
    return OK;
  };
  await put(stream, ['a', 'b']);
  const first = start(stream, {}, take);
  await until(() => seen.length === 2);
  await first.stop();
  await put(stream, ['c']);
  const second = start(stream, {}, take);
  await until(() => seen.length >= 3);
  await second.stop();
  expect(seen).toEqual(['a', 'b', 'c']);
});

test('what a LATEST mapping missed while it was stopped arrives at the next start', async () => {
  const stream = await newStream();
  const seen: string[] = [];
  const take = (event: unknown): InvokeResult => {
    seen.push(...valuesOf(event));
    return OK;
  };
  const first = start(stream, { StartingPosition: 'LATEST' }, take);
  await first.stop();
  await put(stream, ['a']);
  const second = start(stream, { StartingPosition: 'LATEST' }, take);
  await until(() => seen.length >= 1);
  await second.stop();
  expect(seen).toEqual(['a']);
});

test('a bad record is told to the destination and the rest of the shard goes on', async () => {
  const stream = await newStream();
  const seen: string[] = [];
  const props = { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0 };
  await put(stream, ['a', 'bad', 'c']);
  const poller = start(stream, props, (event) => {
    if (valuesOf(event).includes('bad')) return FAILED;
    seen.push(...valuesOf(event));
    return OK;
  });
  await until(() => seen.includes('c'));
  await poller.stop();
  expect(seen).toEqual(['a', 'c']);
  expect(poller.discards.map((names) => names.length)).toEqual([1]);
});

test('a failing shard does not hold up the others', async () => {
  const stream = await newStream(2);
  const seen = new Set<string>();
  const poller = start(stream, {}, (event) => {
    if (valuesOf(event).includes('bad')) return FAILED;
    for (const value of valuesOf(event)) seen.add(value);
    return OK;
  });
  const hash = (n: bigint): string => n.toString();
  await set.clients.kinesis.send(
    new PutRecordsCommand({
      StreamName: stream,
      Records: [
        { PartitionKey: 'x', ExplicitHashKey: hash(0n), Data: Buffer.from('bad') },
        { PartitionKey: 'y', ExplicitHashKey: hash(2n ** 128n - 1n), Data: Buffer.from('good') },
      ],
    }),
  );
  await until(() => seen.has('good'));
  await poller.stop();
  expect([...seen]).toEqual(['good']);
});

test('a window collects records into one batch', async () => {
  const stream = await newStream();
  const batches: string[][] = [];
  const poller = start(stream, { MaximumBatchingWindowInSeconds: 1 }, (event) => {
    batches.push(valuesOf(event));
    return OK;
  });
  await put(stream, ['a', 'b', 'c', 'd']);
  await until(() => batches.flat().length >= 4);
  await poller.stop();
  expect(batches).toEqual([['a', 'b', 'c', 'd']]);
});

test('with a parallelization factor the records of one key stay in order', async () => {
  const stream = await newStream();
  const seen: string[] = [];
  const poller = start(stream, { ParallelizationFactor: 3, BatchSize: 1 }, (event) => {
    seen.push(...valuesOf(event));
    return OK;
  });
  const keys = ['k1', 'k2', 'k3', 'k4'];
  for (let n = 0; n < 5; n += 1) for (const key of keys) await put(stream, [`${key}:${n}`], key);
  await until(() => seen.length >= 20);
  await poller.stop();
  for (const key of keys) {
    const own = seen.filter((value) => value.startsWith(key));
    expect(own).toEqual([0, 1, 2, 3, 4].map((n) => `${key}:${n}`));
  }
});

test('records that the filter does not want are passed over', async () => {
  const stream = await newStream();
  const seen: string[] = [];
  const Pattern = JSON.stringify({ data: { kind: ['fill', { prefix: 'tr' }] } });
  const props = { FilterCriteria: { Filters: [{ Pattern }] } };
  const poller = start(stream, props, (event) => {
    seen.push(...valuesOf(event));
    return OK;
  });
  const values = ['fill', 'book', 'trade'].map((kind) => JSON.stringify({ kind }));
  await put(stream, values);
  await until(() => seen.length >= 2);
  await poller.stop();
  expect(seen).toEqual([values[0], values[2]]);
});

test('a source that is missing is reported once, and read when it comes', async () => {
  const reports: string[] = [];
  const seen: string[] = [];
  const name = `stream-${streams + 1}`;
  const poller = start(
    name,
    {},
    (event) => {
      seen.push(...valuesOf(event));
      return OK;
    },
    reports,
  );
  await until(() => reports.length > 0);
  await newStream();
  await put(name, ['late']);
  await until(() => seen.length >= 1);
  await poller.stop();
  expect(reports.filter((text) => text.includes('ResourceNotFoundException'))).toHaveLength(1);
});

describe('an event source mapping', () => {
  const stream = 'arn:aws:kinesis:us-east-1:000000000000:stream/s';

  test('a property that the local cloud cannot honour is refused by its name', () => {
    const read = () => mappingOf({ EventSourceArn: stream, TumblingWindowInSeconds: 5 });
    expect(read).toThrow(/TumblingWindowInSeconds/);
  });

  test('a filter operator that the local cloud cannot honour is refused by its name', () => {
    const Pattern = JSON.stringify({ data: { ip: [{ cidr: '10.0.0.0/24' }] } });
    const read = () =>
      mappingOf({ EventSourceArn: stream, FilterCriteria: { Filters: [{ Pattern }] } });
    expect(read).toThrow(/cidr/);
  });

  test('a source of another kind is refused by its ARN', () => {
    expect(() => mappingOf({ EventSourceArn: 'arn:aws:mq:us-east-1:0:broker:b' })).toThrow(/mq/);
  });
});
