/**
 * DynamoDB in memory, as far as the stores use it: conditional writes, updates, transactions, batches and queries, each
 * at one moment. How calls get there, and whether their answers come back, is the calling process's affair.
 */
import {
  ConditionalCheckFailedException,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Item } from '#cloud/batch-items.ts';
import type { Write } from '#cloud/transaction.ts';
import { assert } from '#domain/assertion.ts';
import { holds, type Names, updated } from './dynamo-expression.ts';

type Key = { pk: string; sk: string };

/** A write of one item: whether it may happen, and what the item then is (undefined: it is gone). */
type Step = { table: string; key: Key; may: boolean; next: Item | undefined };

type Conditional = {
  ConditionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
};

export class SimulatedTable {
  /** Planted: writes land whatever their conditions say. */
  ignoresConditions = false;
  /** By table and partition key, then by sort key. */
  #partitions = new Map<string, Map<string, Item>>();

  /** What one command does, all at once. */
  run(command: unknown): unknown {
    if (command instanceof GetCommand) {
      const { TableName = '', Key } = command.input;
      const item = this.item(TableName, Key as Key);
      return item ? { Item: item } : {};
    }
    if (command instanceof BatchGetCommand) return this.#getAll(command);
    if (command instanceof TransactGetCommand) return this.#getTogether(command);
    if (command instanceof QueryCommand) return this.#query(command);
    if (command instanceof PutCommand) return this.#one({ Put: command.input } as Write);
    if (command instanceof UpdateCommand) return this.#one({ Update: command.input } as Write);
    if (command instanceof BatchWriteCommand) return this.#putAll(command);
    if (command instanceof TransactWriteCommand) return this.#transact(command);
    throw new Error(`the simulated table knows no ${(command as object).constructor.name}`);
  }

  item(table: string, { pk, sk }: Key): Item | undefined {
    return this.#partitions.get(`${table}|${pk}`)?.get(sk);
  }

  /** Every item of a table, by key. */
  items(table: string): Map<string, Item> {
    const items = new Map<string, Item>();
    for (const [name, partition] of this.#partitions)
      if (name.startsWith(`${table}|`))
        for (const [sk, item] of partition)
          items.set(`${name.slice(table.length + 1)}|${sk}`, item);
    return items;
  }

  put(table: string, item: Item): void {
    const next = stored(item) as Item;
    this.#write({ table, key: keyOf(next), may: true, next });
  }

  #getAll({ input }: BatchGetCommand) {
    const Responses: Record<string, Item[]> = {};
    for (const [table, { Keys }] of Object.entries(input.RequestItems ?? {}))
      Responses[table] = (Keys ?? []).flatMap((key): Item[] => {
        const item = this.item(table, key as Key);
        return item ? [item] : [];
      });
    return { Responses };
  }

  #getTogether({ input }: TransactGetCommand) {
    const Responses = (input.TransactItems ?? []).map(({ Get }) => {
      const item = this.item(Get?.TableName ?? '', Get?.Key as Key);
      return item ? { Item: item } : {};
    });
    return { Responses };
  }

  #query({ input }: QueryCommand) {
    assert(input.KeyConditionExpression === 'pk = :pk', 'only whole partitions are read');
    const pk = String(input.ExpressionAttributeValues?.[':pk']);
    const partition = this.#partitions.get(`${input.TableName}|${pk}`) ?? new Map<string, Item>();
    const keys = [...partition.keys()].sort();
    return { Items: keys.flatMap((sk) => partition.get(sk) ?? []) };
  }

  #putAll({ input }: BatchWriteCommand) {
    for (const [table, requests] of Object.entries(input.RequestItems ?? {}))
      for (const { PutRequest } of requests) {
        assert(PutRequest?.Item, 'batches only put');
        this.put(table, PutRequest.Item);
      }
    return {};
  }

  #one(write: Write) {
    const step = this.#step(write);
    if (!step.may)
      throw new ConditionalCheckFailedException({ message: 'the condition', $metadata: {} });
    this.#write(step);
    return {};
  }

  #transact({ input }: TransactWriteCommand) {
    const steps = (input.TransactItems ?? []).map((write) => this.#step(write));
    if (steps.some(({ may }) => !may)) throw cancelled(steps.map(({ may }) => may));
    for (const step of steps) this.#write(step);
    return {};
  }

  #step({ Put, Update, Delete }: Write): Step {
    if (Put?.Item) {
      const next = stored(Put.Item) as Item;
      const [table, key] = [Put.TableName ?? '', keyOf(next)];
      return { table, key, may: this.#may(table, key, Put), next };
    }
    const { TableName: table = '', Key: key } = (Update ?? Delete) as {
      TableName: string;
      Key: Key;
    };
    if (!Update) return { table, key, may: this.#may(table, key, Delete ?? {}), next: undefined };
    const before = this.item(table, key) ?? { ...key };
    const next = updated(Update.UpdateExpression ?? '', before, namesOf(Update));
    return { table, key, may: this.#may(table, key, Update), next };
  }

  #may(table: string, key: Key, write: Conditional): boolean {
    const condition = write.ConditionExpression;
    if (condition === undefined || this.ignoresConditions) return true;
    return holds(condition, this.item(table, key) ?? {}, namesOf(write));
  }

  #write({ table, key, next }: Step): void {
    const name = `${table}|${key.pk}`;
    const partition = this.#partitions.get(name) ?? new Map<string, Item>();
    this.#partitions.set(name, partition);
    if (next) partition.set(key.sk, next);
    else partition.delete(key.sk);
  }
}

/** Too many requests: nothing was done. A transaction says so in its own way. */
export function throttled(command: unknown): Error {
  if (command instanceof TransactWriteCommand)
    return new TransactionCanceledException({
      message: 'too many requests',
      $metadata: {},
      CancellationReasons: [{ Code: 'ThrottlingError' }],
    });
  return new ProvisionedThroughputExceededException({
    message: 'too many requests',
    $metadata: {},
  });
}

/** Whether the client gives it a token, so that its own repetition of it is taken once. */
export const isTokened = (command: unknown): boolean => command instanceof TransactWriteCommand;

function cancelled(may: readonly boolean[]): Error {
  const CancellationReasons = may.map((each) => ({
    Code: each ? 'None' : 'ConditionalCheckFailed',
  }));
  return new TransactionCanceledException({
    message: 'a condition',
    $metadata: {},
    CancellationReasons,
  });
}

const keyOf = (item: Item): Key => ({ pk: String(item['pk']), sk: String(item['sk']) });

function namesOf(write: Conditional): Names {
  return {
    names: write.ExpressionAttributeNames ?? {},
    values: stored(write.ExpressionAttributeValues ?? {}) as Item,
  };
}

/** As it comes back: whole numbers are bigint, what is undefined is not there. */
export function stored(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(stored);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const item: Item = {};
  for (const [name, each] of Object.entries(value))
    if (each !== undefined) item[name] = stored(each);
  return item;
}
