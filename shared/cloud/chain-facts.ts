/**
 * Facts of the chain in the Chain table: appended by the indexer with its checkpoint and the bells for who works them off, read
 * by each consumer in order, by a cursor that it moves in its own transactions.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { type ChainFact, chainFact } from '#wire/chain-fact.ts';
import { chainKeys, padded } from '#wire/table-keys.ts';
import { storedNumber } from './stored-number.ts';
import { untilSettled, type Write } from './transaction.ts';

export type NumberedFact = { number: number; fact: ChainFact };

type Where = { client: DynamoDBDocumentClient; table: string };

/** An item holds 400 KB; what is packed grows at most by some bytes. */
const itemBytes = 300_000;

/** The items of facts that follow `afterFact`: as few as hold them. Numbers are the condition: what is there stays. */
export function factItems(
  table: string,
  chainId: number,
  { afterFact, facts }: { afterFact: number; facts: readonly ChainFact[] },
): Write[] {
  let toFact = afterFact;
  return packed(facts).map(({ count, body }) => {
    const fromFact = toFact + 1;
    toFact += count;
    return {
      Put: {
        TableName: table,
        Item: { ...chainKeys.facts(chainId, toFact), fromFact, toFact, facts: body },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    };
  });
}

type Packed = { count: number; body: Uint8Array };

/** By the size of their text, which packing only makes smaller. */
function packed(facts: readonly ChainFact[]): Packed[] {
  const all: Packed[] = [];
  let open: string[] = [];
  let size = 0;
  const close = () => {
    if (open.length === 0) return;
    const body = deflateRawSync(`[${open.join(',')}]`, { level: 3 });
    assert(body.length <= itemBytes, 'facts that no item holds');
    all.push({ count: open.length, body });
    [open, size] = [[], 0];
  };
  for (const fact of facts) {
    const text = JSON.stringify(fact);
    if (size + text.length > itemBytes) close();
    open.push(text);
    size += text.length;
  }
  close();
  return all;
}

export type FactReader = {
  /** How far this consumer has come; 0 before its first fact. */
  after(): Promise<number>;
  /** Facts after a number, in order and without a gap: those of one item. None where the indexer has no more. */
  read(afterFact: number): Promise<NumberedFact[]>;
  /** Moves the cursor, in the transaction that writes what the facts mean: refused where another has moved it meanwhile. */
  advance(fromFact: number, toFact: number): Write;
};

/** Each consumer has its own cursor, by its name. */
export function factReader({
  client,
  table,
  chainId,
  consumer,
}: Where & { chainId: number; consumer: string }): FactReader {
  return {
    async after() {
      const get = new GetCommand({
        TableName: table,
        Key: chainKeys.consumer(consumer),
        ConsistentRead: true,
      });
      const { Item: item } = await untilSettled(() => client.send(get));
      return storedNumber(item?.['toFact']);
    },
    async read(afterFact) {
      const query = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk > :after',
        ExpressionAttributeValues: {
          ':pk': chainKeys.allFacts(chainId),
          ':after': padded(afterFact),
        },
        ConsistentRead: true,
        Limit: 1,
      });
      const { Items: items = [] } = await untilSettled(() => client.send(query));
      const facts = items.flatMap(numberedFacts).filter(({ number }) => number > afterFact);
      assert((facts[0]?.number ?? afterFact + 1) === afterFact + 1, `no fact ${afterFact + 1}`);
      return facts;
    },
    advance(fromFact, toFact) {
      assert(toFact > fromFact, 'a cursor goes forward only');
      return {
        Update: {
          TableName: table,
          Key: chainKeys.consumer(consumer),
          UpdateExpression: 'SET toFact = :to',
          ConditionExpression: fromFact === 0 ? 'attribute_not_exists(toFact)' : 'toFact = :from',
          ExpressionAttributeValues: {
            ':to': toFact,
            ...(fromFact === 0 ? {} : { ':from': fromFact }),
          },
        },
      };
    },
  };
}

function numberedFacts(item: Record<string, unknown>): NumberedFact[] {
  const [fromFact, toFact] = [storedNumber(item['fromFact']), storedNumber(item['toFact'])];
  const { facts: body } = item;
  assert(body instanceof Uint8Array, 'an item of facts without a body');
  const facts = JSON.parse(inflateRawSync(body).toString('utf8')) as unknown[];
  assert(facts.length === toFact - fromFact + 1, `facts ${fromFact} to ${toFact} do not count up`);
  return facts.map((fact, at) => ({ number: fromFact + at, fact: chainFact.parse(fact) }));
}
