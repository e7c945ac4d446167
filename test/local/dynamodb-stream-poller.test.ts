import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCheckpoints } from '../../local/checkpoints.ts';
import { startDynamodbStreamPoller } from '../../local/dynamodb-stream-poller.ts';
import type { InvokeResult } from '../../local/lambda-host.ts';
import { provisionTable } from '../../local/provision-table.ts';
import { createShardWatches } from '../../local/shard-watch.ts';
import { type EmulatorSet, startEmulatorSet, until } from './fixtures-b/emulator-set.ts';
import { mappingOf, resource } from './fixtures-b/resources.ts';

let set: EmulatorSet;

beforeAll(async () => {
  set = await startEmulatorSet();
});
afterAll(async () => {
  await set.stop();
});

type Change = { eventName: string; dynamodb: Record<string, unknown> };
const OK: InvokeResult = { ok: true, payload: null };

async function newTable(name: string): Promise<void> {
  await provisionTable(
    set.clients.dynamodb,
    resource('AWS::DynamoDB::GlobalTable', name, {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
}

async function put(TableName: string, pk: string, value: string): Promise<void> {
  const bytes = { B: Buffer.from(value) };
  const Item = { pk: { S: pk }, value: { S: value }, bytes };
  await set.clients.dynamodb.send(new PutItemCommand({ TableName, Item }));
}

function start(table: string, invoke: (changes: Change[]) => InvokeResult, props = {}) {
  const arn = `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/local`;
  return startDynamodbStreamPoller({
    dynamodb: set.clients.dynamodb,
    streams: set.clients.dynamodbStreams,
    region: 'us-east-1',
    mapping: mappingOf({ EventSourceArn: arn, ...props }),
    watchOf: createShardWatches()(''),
    checkpoints: openCheckpoints(`${set.stateFolder}/checkpoints`, table, Date.now()),
    invoke: async (event) => invoke((event as { Records: Change[] }).Records),
    sendDiscard: async () => undefined,
    report: () => undefined,
    nowMs: Date.now,
  });
}

test('every change of a table arrives in order with its old and new image', async () => {
  await newTable('orders');
  const seen: Change[] = [];
  const poller = start('orders', (changes) => {
    seen.push(...changes);
    return OK;
  });
  await put('orders', 'a', 'one');
  await put('orders', 'a', 'two');
  await until(() => seen.length >= 2);
  await poller.stop();
  expect(seen.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY']);
  expect(seen[1]?.dynamodb).toMatchObject({
    Keys: { pk: { S: 'a' } },
    OldImage: { value: { S: 'one' } },
    NewImage: { value: { S: 'two' }, bytes: { B: Buffer.from('two').toString('base64') } },
  });
});

test('a restart goes on after the last change that was done', async () => {
  await newTable('resumed');
  const seen: unknown[] = [];
  const take = (changes: Change[]): InvokeResult => {
    for (const { dynamodb } of changes) seen.push((dynamodb['Keys'] as { pk: { S: string } }).pk.S);
    return OK;
  };
  await put('resumed', 'a', '1');
  const first = start('resumed', take);
  await until(() => seen.length === 1);
  await first.stop();
  await put('resumed', 'b', '1');
  const second = start('resumed', take);
  await until(() => seen.length >= 2);
  await second.stop();
  expect(seen).toEqual(['a', 'b']);
});

test('a failed batch of changes comes again before any later change', async () => {
  await newTable('retried');
  const batches: number[] = [];
  await put('retried', 'a', '1');
  await put('retried', 'b', '1');
  const poller = start('retried', (changes) => {
    batches.push(changes.length);
    return batches.length > 1
      ? OK
      : {
          ok: false,
          error: { errorType: 'Error', errorMessage: 'no' },
          functionError: 'Unhandled',
        };
  });
  await until(() => batches.length >= 2);
  await poller.stop();
  expect(batches).toEqual([2, 2]);
});

test('changes that the filter does not want are passed over', async () => {
  await newTable('filtered');
  const seen: Change[] = [];
  const Pattern = JSON.stringify({ eventName: ['MODIFY'] });
  const poller = start(
    'filtered',
    (changes) => {
      seen.push(...changes);
      return OK;
    },
    { FilterCriteria: { Filters: [{ Pattern }] } },
  );
  await put('filtered', 'a', '1');
  await put('filtered', 'a', '2');
  await until(() => seen.length >= 1);
  await poller.stop();
  expect(seen.map(({ eventName }) => eventName)).toEqual(['MODIFY']);
});
