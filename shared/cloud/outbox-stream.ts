/** The outbox's table stream as Lambda hands it to a function: new rows, in their order. */
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { assert } from '#domain/assertion.ts';
import type { OutboxRow } from '#wire/outbox.ts';
import { readRow } from './outbox-store.ts';

export type StreamedRow = { row: OutboxRow; sequenceNumber: string };

/** Reads an event; `forward` answers the sequence number of the first record that must come again. */
export function outboxStreamHandler(
  forward: (rows: readonly StreamedRow[]) => Promise<string | undefined>,
) {
  return async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const itemIdentifier = await forward(event.Records.map(rowOf));
    return { batchItemFailures: itemIdentifier === undefined ? [] : [{ itemIdentifier }] };
  };
}

function rowOf({ eventName, dynamodb }: DynamoDBStreamEvent['Records'][number]): StreamedRow {
  assert(eventName === 'INSERT', 'the event source lets through new rows only');
  const { NewImage: image = {}, SequenceNumber: sequenceNumber } = dynamodb ?? {};
  assert(sequenceNumber, 'a record without its number');
  const row = readRow({
    topic: image['topic']?.S,
    outboxId: image['outboxId']?.S,
    atMs: BigInt(image['atMs']?.N ?? -1),
    body: image['body']?.S,
  });
  return { row, sequenceNumber };
}
