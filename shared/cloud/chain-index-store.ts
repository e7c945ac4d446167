/** The indexer's checkpoint in the Chain table, and the one transaction that appends what a pass found. */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { type OutboxBody, type OutboxTopic, outboxIdOf } from '#wire/outbox.ts';
import { chainKeys } from '#wire/table-keys.ts';
import { factItems } from './chain-facts.ts';
import { type BlockId, type Checkpoint, type Claim, headOf, type Pass } from './chain-index.ts';
import { outboxWrite } from './outbox-store.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

export type ChainIndexStore = {
  read(): Promise<Checkpoint | undefined>;
  /** False where another indexer was first, or where this very pass is written already: read again. */
  append(pass: Pass, atMs: number): Promise<boolean>;
};

export function createChainIndexStore(where: {
  client: DynamoDBDocumentClient;
  chainTable: string;
  outboxTable: string;
  chainId: number;
}): ChainIndexStore {
  const { client, chainTable, outboxTable, chainId } = where;
  return {
    async read() {
      const get = new GetCommand({
        TableName: chainTable,
        Key: chainKeys.checkpoint(chainId),
        ConsistentRead: true,
      });
      const { Item: item } = await untilSettled(() => client.send(get));
      return item && checkpointOf(item);
    },
    async append({ before, after, facts }, atMs) {
      const body: OutboxBody = { type: 'facts', chainId, toFact: after.toFact, atMs, accounts: [] };
      const bell = (topic: OutboxTopic) =>
        outboxWrite(outboxTable, { topic, outboxId: outboxIdOf(body), atMs, body });
      const afterFact = before?.toFact ?? 0;
      assert(after.toFact === afterFact + facts.length, 'facts are counted one by one');
      const writes = [
        checkpointWrite(chainTable, chainId, { before, after }),
        ...factItems(chainTable, chainId, { afterFact, facts }),
        ...(facts.length > 0 ? [bell('facts'), bell('guard')] : []),
      ];
      return (await transact(client, writes)).status === 'written';
    },
  };
}

function checkpointWrite(table: string, chainId: number, { before, after }: Omit<Pass, 'facts'>) {
  const { finalized, deepSinceMs, origin } = after;
  const head = headOf(after);
  const write: Write = {
    Put: {
      TableName: table,
      Item: {
        ...chainKeys.checkpoint(chainId),
        pass: after.pass,
        toFact: after.toFact,
        headNumber: head.number,
        headHash: head.hash,
        headAtMs: after.headAtMs,
        hashes: packedHashes(after.blocks),
        claims: after.claims.map(({ number, digest }) => ({ number, digest })),
        origin,
        status: deepSinceMs === undefined ? 'following' : 'deep_reorg',
        ...(finalized ? { finalized } : {}),
        ...(deepSinceMs === undefined ? {} : { deepSinceMs }),
      },
      ...(before
        ? {
            ConditionExpression: 'pass = :pass',
            ExpressionAttributeValues: { ':pass': before.pass },
          }
        : { ConditionExpression: 'attribute_not_exists(pk)' }),
    },
  };
  return write;
}

const hashBytes = 32;

/** Blocks are consecutive: the head's number says all others. */
const packedHashes = (blocks: readonly BlockId[]): Uint8Array =>
  Buffer.from(blocks.map(({ hash }) => hash.slice(2)).join(''), 'hex');

function checkpointOf(item: Record<string, unknown>): Checkpoint {
  const { hashes, origin, finalized, deepSinceMs, headHash } = item;
  assert(hashes instanceof Uint8Array && hashes.length > 0, 'a checkpoint without hashes');
  const bytes = Buffer.from(hashes);
  const count = bytes.length / hashBytes;
  const first = storedNumber(item['headNumber']) - count + 1;
  const blocks = Array.from({ length: count }, (_, at) => {
    const hash = bytes.subarray(at * hashBytes, (at + 1) * hashBytes);
    return { number: first + at, hash: `0x${hash.toString('hex')}` };
  });
  assert(blocks.at(-1)?.hash === headHash, 'the newest hash is not the newest block');
  return {
    pass: storedNumber(item['pass']),
    toFact: storedNumber(item['toFact']),
    blocks,
    claims: claimsIn(item['claims'], blocks),
    headAtMs: storedNumber(item['headAtMs']),
    origin: blockIdOf(origin),
    finalized: finalized === undefined ? undefined : blockIdOf(finalized),
    deepSinceMs: deepSinceMs === undefined ? undefined : storedNumber(deepSinceMs),
  };
}

/** None in a checkpoint of before there were any. */
function claimsIn(stored: unknown, blocks: readonly BlockId[]): Claim[] {
  const first = blocks[0]?.number ?? 0;
  return ((stored ?? []) as { number: unknown; digest: string }[]).map(({ number, digest }) => {
    const block = blocks[storedNumber(number) - first];
    assert(block, 'a claim about a block that is forgotten');
    return { ...block, digest };
  });
}

function blockIdOf(stored: unknown): BlockId {
  assert(typeof stored === 'object' && stored !== null, 'a block without a name');
  const { number, hash } = stored as { number?: unknown; hash?: unknown };
  assert(typeof hash === 'string', 'a block without a hash');
  return { number: storedNumber(number), hash };
}
