/** DynamoDB transactions: conflicts and throttling are retried here with jitter and never shown; failed conditions are an answer. */
import { setTimeout as pause } from 'node:timers/promises';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';

export type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** The service's limit on one transaction: 100 items, 4 MB. */
export const transactionItemLimit = 100;

/**
 * 12 tries with waits drawn between half and all of 25, 50, 100 … 1,000 ms: about 5 s before the fault is shown. The first is as long
 * as a large transaction takes: shorter ones met the same rival again, twice in the mean.
 */
const tries = 12;
const firstWaitMs = 25;
const longestWaitMs = 1_000;

const passing = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
]);
const passingErrors = new Set([
  'TransactionInProgressException',
  'TransactionConflictException',
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
]);

export type TransactionOutcome =
  | { status: 'written' }
  /** Nothing was written; `failed` are the positions of the writes whose condition did not hold. */
  | { status: 'refused'; failed: number[] };

/** Writes all or nothing. A lost answer may be reported as refused: whoever is refused reads again before deciding. */
export async function transact(
  client: DynamoDBDocumentClient,
  writes: readonly Write[],
): Promise<TransactionOutcome> {
  assert(writes.length > 0 && writes.length <= transactionItemLimit, 'a transaction of 1 to 100');
  return untilSettled(async () => {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: [...writes] }));
      return { status: 'written' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const codes = (error.CancellationReasons ?? []).map((reason) => reason.Code ?? 'None');
      const failed = codes.flatMap((code, at) => (code === 'ConditionalCheckFailed' ? [at] : []));
      if (failed.length === 0) throw error;
      return { status: 'refused', failed };
    }
  });
}

/** Repeats a call that failed only because others wrote at the same time or too fast. */
export async function untilSettled<T>(call: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await call();
    } catch (error) {
      if (tried === tries || !passes(error)) throw error;
    }
    await backOff(tried);
  }
}

/** Waits a random time that grows with the number of tries, so that rivals do not meet again. */
export async function backOff(tried: number): Promise<void> {
  await pause((0.5 + Math.random() / 2) * Math.min(longestWaitMs, firstWaitMs * 2 ** (tried - 1)));
}

function passes(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    const codes = (error.CancellationReasons ?? []).map((reason) => reason.Code ?? 'None');
    return (
      codes.some((code) => code !== 'None') &&
      codes.every((code) => code === 'None' || passing.has(code))
    );
  }
  return error instanceof Error && passingErrors.has(error.name);
}
