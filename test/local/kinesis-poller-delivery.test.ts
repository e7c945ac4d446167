import { expect, test } from 'vitest';
import type { InvokeResult } from '../../local/lambda-host.ts';
import {
  type Delivery,
  type DeliverySettings,
  type Discard,
  deliver,
  MAX_BATCH_BYTES,
  type StreamRecord,
} from '../../local/stream-delivery.ts';

const DEFAULTS: DeliverySettings = {
  batchSize: 100,
  maxRetries: -1,
  maxAgeMs: -1,
  isBisected: false,
  isPartial: false,
};
const OK: InvokeResult = { ok: true, payload: null };
const FAILED: InvokeResult = {
  ok: false,
  error: { errorType: 'Error', errorMessage: 'no' },
  functionError: 'Unhandled',
};

const partial = (...ids: string[]): InvokeResult => ({
  ok: true,
  payload: { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) },
});

function records(names: string, sizeBytes = 1): StreamRecord[] {
  return [...names].map((sequenceNumber, index) => ({
    sequenceNumber,
    partitionKey: 'k',
    arrivedAtMs: index,
    sizeBytes,
    event: sequenceNumber,
  }));
}

/** Delivers records named by single letters to `answer`, and tells what happened. */
async function run(
  names: string,
  settings: Partial<DeliverySettings>,
  answer: (batch: string, call: number) => InvokeResult,
  more: { nowMs?: number; sizeBytes?: number; stopAfter?: number } = {},
) {
  const calls: string[] = [];
  const checkpoints: string[] = [];
  const discards: (Omit<Discard, 'records' | 'result'> & { names: string })[] = [];
  const stopping = new AbortController();
  const delivery: Delivery = {
    settings: { ...DEFAULTS, ...settings },
    invoke: async (batch) => {
      const text = batch.map((record) => record.sequenceNumber).join('');
      calls.push(text);
      if (calls.length === more.stopAfter) stopping.abort();
      return answer(text, calls.length);
    },
    done: (last) => checkpoints.push(last.sequenceNumber),
    discard: async ({ records: given, reason, invokeCount }) => {
      const text = given.map((record) => record.sequenceNumber).join('');
      discards.push({ names: text, reason, invokeCount });
    },
    pause: async () => undefined,
    nowMs: () => more.nowMs ?? 0,
    signal: stopping.signal,
  };
  const isFinished = await deliver(records(names, more.sizeBytes), delivery);
  return { calls, checkpoints, discards, isFinished };
}

test('a successful batch is delivered once and checkpointed at its end', async () => {
  const result = await run('abc', {}, () => OK);
  expect(result).toEqual({ calls: ['abc'], checkpoints: ['c'], discards: [], isFinished: true });
});

test('a batch never holds more records than the mapping allows', async () => {
  const { calls } = await run('abcde', { batchSize: 2 }, () => OK);
  expect(calls).toEqual(['ab', 'cd', 'e']);
});

test('a batch never outgrows what an event can hold', async () => {
  const sizeBytes = Math.floor(MAX_BATCH_BYTES / 2);
  const { calls } = await run('abc', {}, () => OK, { sizeBytes });
  expect(calls).toEqual(['a', 'b', 'c']);
});

test('a failed batch comes again, in order and before any later record', async () => {
  const { calls } = await run('abcd', { batchSize: 2 }, (_, call) => (call < 3 ? FAILED : OK));
  expect(calls).toEqual(['ab', 'ab', 'ab', 'cd']);
});

test('a batch is given up after its retries, told of, and the shard goes on', async () => {
  const { calls, checkpoints, discards } = await run(
    'abcd',
    { batchSize: 2, maxRetries: 2 },
    (batch) => (batch === 'ab' ? FAILED : OK),
  );
  expect(calls).toEqual(['ab', 'ab', 'ab', 'cd']);
  expect(discards).toEqual([{ names: 'ab', reason: 'RetryAttemptsExhausted', invokeCount: 3 }]);
  expect(checkpoints).toEqual(['b', 'd']);
});

test('bisection isolates the bad record without using up retries', async () => {
  const { calls, discards, checkpoints } = await run(
    'abcd',
    { isBisected: true, maxRetries: 0 },
    (batch) => (batch.includes('c') ? FAILED : OK),
  );
  expect(calls).toEqual(['abcd', 'ab', 'cd', 'c', 'd']);
  expect(discards.map(({ names }) => names)).toEqual(['c']);
  expect(checkpoints).toEqual(['b', 'c', 'd']);
});

test('a partial answer keeps what came before the first failure and repeats the rest', async () => {
  const { calls, checkpoints } = await run('abcd', { isPartial: true }, (_, call) =>
    call === 1 ? partial('d', 'c') : OK,
  );
  expect(calls).toEqual(['abcd', 'cd']);
  expect(checkpoints).toEqual(['b', 'd']);
});

test('without ReportBatchItemFailures an answer that names failures is a success', async () => {
  const { calls } = await run('ab', {}, () => partial('a'));
  expect(calls).toEqual(['ab']);
});

test.each([
  ['an unknown id', partial('z')],
  ['an empty id', partial('')],
  ['no list', { ok: true, payload: { batchItemFailures: 'a' } } as const],
  ['text', { ok: true, payload: 'oops' } as const],
])('a partial answer with %s fails the whole batch', async (_, answer) => {
  const { calls } = await run('ab', { isPartial: true }, (_batch, call) =>
    call === 1 ? answer : OK,
  );
  expect(calls).toEqual(['ab', 'ab']);
});

test('records past their age are given up before the function sees them', async () => {
  const { calls, discards } = await run('abcd', { maxAgeMs: 10 }, () => OK, { nowMs: 12 });
  expect(discards).toEqual([{ names: 'ab', reason: 'RecordAgeExceeded', invokeCount: 0 }]);
  expect(calls).toEqual(['cd']);
});

test('a stop in the middle of a failure checkpoints nothing that was not done', async () => {
  const { checkpoints, isFinished } = await run('ab', {}, () => FAILED, { stopAfter: 2 });
  expect(checkpoints).toEqual([]);
  expect(isFinished).toBe(false);
});
