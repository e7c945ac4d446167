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
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Item } from '#cloud/batch-items.ts';
import type { Write } from '#cloud/transaction.ts';
import { assert } from '#domain/assertion.ts';
import { holds, type Names, updated } from './dynamo-expression.ts';

type Key = { pk: string; sk: string };

/** A write of one item: whether it may happen, and what the item then is (undefined: it is gone); or a look at it only. */
type Step = { table: string; key: Key; may: boolean; next: Item | undefined | 'as it is' };

/** What one call wrote, as a table's stream would tell it. */
export type Written = {
  table: string;
  key: Key;
  before: Item | undefined;
  after: Item | undefined;
};

type Conditional = {
  ConditionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
};

export class SimulatedTable {
  /** Planted: writes land whatever their conditions say. */
  ignoresConditions = false;
  /** Planted: what is put and so is not there. */
  loses: ((key: Key) => boolean) | undefined;
  /** A query or scan looks at so many items a call; then there is another page. */
  pageItems = Number.POSITIVE_INFINITY;
  /** Told of everything that one call wrote, at the moment when it is there. */
  onWritten: ((written: readonly Written[]) => void) | undefined;
  /** By table, then by partition key, then by sort key. */
  #tables = new Map<string, Map<string, Map<string, Item>>>();

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
    if (command instanceof ScanCommand) return this.#scan(command);
    if (command instanceof PutCommand) return this.#one({ Put: command.input } as Write);
    if (command instanceof DeleteCommand) return this.#one({ Delete: command.input } as Write);
    if (command instanceof UpdateCommand) return this.#one({ Update: command.input } as Write);
    if (command instanceof BatchWriteCommand) return this.#putAll(command);
    if (command instanceof TransactWriteCommand) return this.#transact(command);
    throw new Error(`the simulated table knows no ${(command as object).constructor.name}`);
  }

  item(table: string, { pk, sk }: Key): Item | undefined {
    return this.#tables.get(table)?.get(pk)?.get(sk);
  }

  /** Every item of a partition, by sort key. */
  partition(table: string, pk: string): ReadonlyMap<string, Item> {
    return this.#tables.get(table)?.get(pk) ?? new Map<string, Item>();
  }

  /** Every item of a table, by key. */
  items(table: string): Map<string, Item> {
    const items = new Map<string, Item>();
    for (const [pk, partition] of this.#tables.get(table) ?? [])
      for (const [sk, item] of partition) items.set(`${pk}|${sk}`, item);
    return items;
  }

  put(table: string, item: Item): void {
    const next = stored(item) as Item;
    this.#write([{ table, key: keyOf(next), may: true, next }]);
  }

  remove(table: string, key: Key): void {
    this.#write([{ table, key, may: true, next: undefined }]);
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
    const condition = input.KeyConditionExpression ?? '';
    const named = /^#?pk = (:\w+)/.exec(condition)?.[1] ?? '';
    const pk = String(input.ExpressionAttributeValues?.[named]);
    const partition = this.partition(input.TableName ?? '', pk);
    const at = namesOf(input);
    const keys = [...partition.keys()].sort();
    if (input.ScanIndexForward === false) keys.reverse();
    const items = keys.flatMap((sk): Item[] => listOf(partition.get(sk)));
    return this.#page(
      items.filter((item) => holds(condition, item, at)),
      input,
    );
  }

  #scan({ input }: ScanCommand) {
    const items = this.items(input.TableName ?? '');
    const keys = [...items.keys()].sort();
    return this.#page(
      keys.flatMap((key): Item[] => listOf(items.get(key))),
      input,
    );
  }

  /** The limit counts what is looked at, not what the filter lets through. */
  #page(
    items: readonly Item[],
    input: Conditional &
      Pick<QueryCommand['input'], 'ExclusiveStartKey' | 'Limit' | 'FilterExpression'>,
  ) {
    const { ExclusiveStartKey: start, FilterExpression: filter } = input;
    const isStart = ({ pk, sk }: Item) => pk === start?.['pk'] && sk === start?.['sk'];
    // A start that is gone meanwhile still has its place in the order.
    const from = start ? placeAfter(items, start, isStart) : 0;
    const seen = items.slice(from, from + Math.min(this.pageItems, input.Limit ?? this.pageItems));
    const last = seen.at(-1);
    const at = namesOf(input);
    const Items = filter === undefined ? seen : seen.filter((item) => holds(filter, item, at));
    const isWhole = !last || from + seen.length >= items.length;
    return { Items, Count: Items.length, ...(isWhole ? {} : { LastEvaluatedKey: keyOf(last) }) };
  }

  #putAll({ input }: BatchWriteCommand) {
    for (const [table, requests] of Object.entries(input.RequestItems ?? {}))
      for (const { PutRequest, DeleteRequest } of requests) {
        if (PutRequest?.Item) this.put(table, PutRequest.Item);
        else {
          assert(DeleteRequest?.Key, 'batches put and delete');
          this.remove(table, DeleteRequest.Key as Key);
        }
      }
    return {};
  }

  #one(write: Write) {
    const step = this.#step(write);
    if (!step.may)
      throw new ConditionalCheckFailedException({ message: 'the condition', $metadata: {} });
    this.#write([step]);
    return {};
  }

  #transact({ input }: TransactWriteCommand) {
    const steps = (input.TransactItems ?? []).map((write) => this.#step(write));
    if (steps.some(({ may }) => !may)) throw cancelled(steps.map(({ may }) => may));
    this.#write(steps);
    return {};
  }

  #step({ Put, Update, Delete, ConditionCheck }: Write): Step {
    if (ConditionCheck) {
      const { TableName: table = '', Key: key } = ConditionCheck as unknown as {
        TableName: string;
        Key: Key;
      };
      return { table, key, may: this.#may(table, key, ConditionCheck), next: 'as it is' };
    }
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

  #write(steps: readonly Step[]): void {
    const written = steps.flatMap(({ table, key, next }): Written[] => {
      if (next === 'as it is') return [];
      const partition = this.#partitionFor(table, key.pk);
      const before = partition.get(key.sk);
      const after = this.loses?.(key) ? before : next;
      if (after) partition.set(key.sk, after);
      else partition.delete(key.sk);
      return [{ table, key, before, after }];
    });
    this.onWritten?.(written);
  }

  #partitionFor(table: string, pk: string): Map<string, Item> {
    const partitions = this.#tables.get(table) ?? new Map<string, Map<string, Item>>();
    this.#tables.set(table, partitions);
    const partition = partitions.get(pk) ?? new Map<string, Item>();
    partitions.set(pk, partition);
    return partition;
  }
}

const listOf = (item: Item | undefined): Item[] => (item ? [item] : []);

/** The place behind an item, there or gone, in items that are in order either way. */
function placeAfter(items: readonly Item[], start: Item, isStart: (item: Item) => boolean): number {
  const found = items.findIndex(isStart);
  if (found >= 0) return found + 1;
  const text = ({ pk, sk }: Item) => `${pk}|${sk}`;
  const isDown = items.length > 1 && text(items[0] as Item) > text(items.at(-1) as Item);
  const place = items.findIndex((item) =>
    isDown ? text(item) < text(start) : text(item) > text(start),
  );
  return place < 0 ? items.length : place;
}

/** Too many requests, or others at the same items: nothing was done. A transaction says so in its own way. */
export function throttled(
  command: unknown,
  code: 'ThrottlingError' | 'TransactionConflict' = 'ThrottlingError',
): Error {
  if (command instanceof TransactWriteCommand || command instanceof TransactGetCommand)
    return new TransactionCanceledException({
      message: code,
      $metadata: {},
      CancellationReasons: [{ Code: code }],
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
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array || value instanceof Set) return value;
  const item: Item = {};
  for (const [name, each] of Object.entries(value))
    if (each !== undefined) item[name] = stored(each);
  return item;
}
