/** Ledger and history tables on DynamoDB's local twin, and clients that fail at a chosen call. */
import {
  type DynamoDBDocumentClient,
  ScanCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { type Item, putItems } from '#cloud/batch-items.ts';
import type { Write } from '#cloud/transaction.ts';
import { newTable } from '../twins/dynamo-twin.ts';

/** Every item, sorted by key. */
export async function allItems(client: DynamoDBDocumentClient, table: string): Promise<Item[]> {
  const items: Item[] = [];
  let after: Item | undefined;
  do {
    const answer = await client.send(
      new ScanCommand({
        TableName: table,
        ConsistentRead: true,
        ...(after ? { ExclusiveStartKey: after } : {}),
      }),
    );
    items.push(...(answer.Items ?? []));
    after = answer.LastEvaluatedKey;
  } while (after);
  const key = (item: Item) => `${item['pk']}|${item['sk']}`;
  return items.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A new table with the same items. */
export async function copyOf(client: DynamoDBDocumentClient, items: Item[]): Promise<string> {
  const table = await newTable();
  await putItems({ client, table }, items);
  return table;
}

type Hook = (call: number) => unknown;

/** The same client, but `before` runs in front of every call and `after` behind it, with the call's number from 1. */
export function watched(
  client: DynamoDBDocumentClient,
  { before, after }: { before?: Hook; after?: Hook },
): DynamoDBDocumentClient {
  let calls = 0;
  return new Proxy(client, {
    get(target, name) {
      if (name !== 'send') return Reflect.get(target, name);
      return async (command: never) => {
        calls += 1;
        const call = calls;
        await before?.(call);
        const answer = await target.send(command);
        await after?.(call);
        return answer;
      };
    },
  });
}

/** Dies at the k-th call: before it is sent, or after it has had its effect. */
export function killedAt(
  client: DynamoDBDocumentClient,
  call: number,
  moment: 'before' | 'after',
): DynamoDBDocumentClient {
  const die = (now: number) => {
    if (now >= call) throw new Error('killed');
  };
  return watched(client, moment === 'before' ? { before: die } : { after: die });
}

/** The same client, and every write that it sends in transactions, transaction by transaction. */
export function recorded(client: DynamoDBDocumentClient): {
  client: DynamoDBDocumentClient;
  transactions: Write[][];
} {
  const transactions: Write[][] = [];
  const recording = new Proxy(client, {
    get(target, name) {
      if (name !== 'send') return Reflect.get(target, name);
      return (command: unknown) => {
        if (command instanceof TransactWriteCommand)
          transactions.push([...(command.input.TransactItems ?? [])]);
        return target.send(command as never);
      };
    },
  });
  return { client: recording, transactions };
}
