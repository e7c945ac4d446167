/**
 * Follows what the indexer says of the chain: keeps the logs of blocks that may be taken back, forgets them when they are, and hands
 * each to its work once its block is final. What is kept is written in one transaction with the cursor, or on condition that
 * the cursor stands where it stood: whoever is late changes nothing. Work on final logs may come again and must not mind.
 */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import type { ChainFact, ChainLog } from '#wire/chain-fact.ts';
import { chainKeys, type Key } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import type { NumberedFact } from './chain-facts.ts';
import { queryAll } from './query.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

/** A log, and where it stands in the chain. */
export type PlacedLog = ChainLog & { blockNumber: number; blockHash: string; blockAtMs: number };

export type FactSource = {
  /** Facts behind this one, in order, some at a time; none where there are no more. */
  after(fact: number): Promise<NumberedFact[]>;
};

export type FactWork = {
  /** What is kept beside logs that the chain shows at its head, at most `writesPerLog` for each. */
  seen?(logs: readonly PlacedLog[]): Promise<Write[]>;
  /** What is kept of logs that were taken back, as many at most. */
  gone?(logs: readonly PlacedLog[]): Promise<Write[]>;
  /** A log in a block that is final. */
  final?(log: PlacedLog): Promise<void>;
  /** Every fact as it is, before it counts as done. */
  fact?(fact: ChainFact): Promise<void>;
};

/** How far a consumer has come, and the chain as it knows it. */
export type FactCursor = {
  fact: number;
  headNumber: number;
  headAtMs: number;
  finalNumber: number;
  /** Of the newest block among the final ones that it knows the time of: none that is final is older than it seems. */
  finalAtMs: number;
};

export type FollowPorts = {
  client: DynamoDBDocumentClient;
  /** The Chain table. */
  table: string;
  consumer: string;
  facts: FactSource;
  work: readonly FactWork[];
};

/** Logs that are kept together: with their writes they fit into one transaction. */
const logsPerPart = 30;
const partsPerFact = 10_000;
const writesPerLog = 2;

/** Takes all facts that are there; the number of those taken. Stops, for whoever went ahead of it, when another did. */
export async function followFacts(
  ports: FollowPorts,
  mayGoOn: () => boolean = () => true,
): Promise<number> {
  let taken = 0;
  for (;;) {
    const cursor = await readFactCursor(ports);
    const facts = await ports.facts.after(cursor.fact);
    if (facts.length === 0) return taken;
    let at = cursor;
    for (const { number, fact } of facts) {
      assert(number === at.fact + 1, `fact ${number} comes behind ${at.fact}`);
      for (const { fact: look } of ports.work) await look?.(fact);
      const next = await takeFact(ports, at, fact);
      if (!next) break;
      at = next;
      taken += 1;
      if (!mayGoOn()) return taken;
    }
    if (at === cursor) return taken;
  }
}

export async function readFactCursor({
  client,
  table,
  consumer,
}: Pick<FollowPorts, 'client' | 'table' | 'consumer'>): Promise<FactCursor> {
  const get = new GetCommand({
    TableName: table,
    Key: chainKeys.consumer(consumer),
    ConsistentRead: true,
  });
  const { Item: item = {} } = await untilSettled(() => client.send(get));
  return {
    fact: storedNumber(item['fact']),
    headNumber: storedNumber(item['headNumber']),
    headAtMs: storedNumber(item['headAtMs']),
    finalNumber: storedNumber(item['finalNumber']),
    finalAtMs: storedNumber(item['finalAtMs']),
  };
}

/** Undefined where somebody else went on meanwhile. */
function takeFact(
  ports: FollowPorts,
  at: FactCursor,
  fact: ChainFact,
): Promise<FactCursor | undefined> {
  switch (fact.type) {
    case 'block':
      return keepBlock(ports, at, fact);
    case 'reorg':
      return takeBack(ports, at, fact.number);
    case 'finalize':
      return finish(ports, at, fact.number);
  }
}

type Fact<T> = Extract<ChainFact, { type: T }>;

async function keepBlock(
  ports: FollowPorts,
  at: FactCursor,
  block: Fact<'block'>,
): Promise<FactCursor | undefined> {
  const { table, consumer, work } = ports;
  // A block with very many logs is told in several facts: a part is named by its fact, too.
  const keyOf = (from: number) =>
    chainKeys.headBlock(consumer, block.number, (at.fact + 1) * partsPerFact + from);
  for (let from = 0; from < block.logs.length; from += logsPerPart) {
    const logs = block.logs.slice(from, from + logsPerPart);
    const placed = placedIn(block, logs);
    const kept = { ...keyOf(from), ...partOf(block, logs) };
    const writes: Write[] = [{ Put: { TableName: table, Item: kept } }];
    for (const { seen } of work) writes.push(...((await seen?.(placed)) ?? []));
    if (!(await together(ports, at, writes))) return undefined;
  }
  // A block without logs is kept too: it says when what is final was.
  if (block.logs.length === 0) {
    const kept = { ...keyOf(0), ...partOf(block, []) };
    if (!(await together(ports, at, [{ Put: { TableName: table, Item: kept } }]))) return undefined;
  }
  return advance(ports, at, { headNumber: block.number, headAtMs: block.atMs });
}

async function takeBack(
  ports: FollowPorts,
  at: FactCursor,
  ancestor: number,
): Promise<FactCursor | undefined> {
  for (const part of (await headParts(ports)).filter(({ number }) => number > ancestor)) {
    const writes: Write[] = [{ Delete: { TableName: ports.table, Key: part.key } }];
    for (const { gone } of ports.work) writes.push(...((await gone?.(part.logs)) ?? []));
    if (!(await together(ports, at, writes))) return undefined;
  }
  // Below what was final only after a deep one that most providers agree on: what was done stays done, and comes once more.
  const finalNumber = Math.min(at.finalNumber, ancestor);
  return advance(ports, at, { headNumber: Math.min(at.headNumber, ancestor), finalNumber });
}

async function finish(
  ports: FollowPorts,
  at: FactCursor,
  number: number,
): Promise<FactCursor | undefined> {
  let { finalAtMs } = at;
  for (const part of await headParts(ports)) {
    if (part.number > number) break;
    for (const log of part.logs) for (const { final } of ports.work) await final?.(log);
    const forget = { Delete: { TableName: ports.table, Key: part.key } };
    if (!(await together(ports, at, [forget]))) return undefined;
    finalAtMs = Math.max(finalAtMs, part.atMs);
  }
  const finalNumber = Math.max(at.finalNumber, number);
  return advance(ports, at, { finalNumber, finalAtMs });
}

type Part = { key: Key; number: number; atMs: number; logs: PlacedLog[] };

/** Every part that is not final yet: as many as there are blocks between the head and finality. */
async function headParts({ client, table, consumer }: FollowPorts): Promise<Part[]> {
  const items = await queryAll({ client, table }, chainKeys.headBlocks(consumer));
  return items.map((item) => {
    const block = {
      number: storedNumber(item['number']),
      hash: String(item['hash']),
      atMs: storedNumber(item['atMs']),
    };
    const logs = placedIn(block, JSON.parse(String(item['logs'])) as ChainLog[]);
    const key = { pk: String(item['pk']), sk: String(item['sk']) };
    return { key, number: block.number, atMs: block.atMs, logs };
  });
}

const partOf = ({ number, hash, atMs }: Fact<'block'>, logs: readonly ChainLog[]): Item => ({
  ...{ number, hash, atMs },
  logs: JSON.stringify(logs),
});

const placedIn = (
  { number, hash, atMs }: Pick<Fact<'block'>, 'number' | 'hash' | 'atMs'>,
  logs: readonly ChainLog[],
): PlacedLog[] =>
  logs.map((log) => ({ ...log, blockNumber: number, blockHash: hash, blockAtMs: atMs }));

/** Writes while the cursor stands where it was read. */
async function together(
  { client, table, consumer }: FollowPorts,
  at: FactCursor,
  writes: readonly Write[],
): Promise<boolean> {
  assert(writes.length <= 1 + logsPerPart * writesPerLog, 'more is written than a log may ask for');
  const Key = chainKeys.consumer(consumer);
  const here: Write = { ConditionCheck: { TableName: table, Key, ...standsAt(at) } };
  const { status } = await transact(client, [here, ...writes]);
  return status === 'written';
}

const standsAt = ({ fact }: FactCursor) => ({
  ConditionExpression: fact === 0 ? 'attribute_not_exists(pk)' : 'fact = :fact',
  ...(fact === 0 ? {} : { ExpressionAttributeValues: { ':fact': fact } }),
});

async function advance(
  { client, table, consumer }: FollowPorts,
  at: FactCursor,
  changes: Partial<FactCursor>,
): Promise<FactCursor | undefined> {
  const next: FactCursor = { ...at, ...changes, fact: at.fact + 1 };
  const { status } = await transact(client, [
    {
      Put: {
        TableName: table,
        Item: { ...chainKeys.consumer(consumer), ...next },
        ...standsAt(at),
      },
    },
  ]);
  return status === 'written' ? next : undefined;
}
