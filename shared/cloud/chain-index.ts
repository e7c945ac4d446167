/**
 * What the indexer knows of a chain, and how that changes: pure. The newest blocks are remembered by hash, so that a reorg is
 * rolled back to the block that both chains have; each pass says what changed as facts with consecutive numbers.
 */
import { createHash } from 'node:crypto';
import { assert } from '#domain/assertion.ts';
import type { ChainFact, ChainLog } from '#wire/chain-fact.ts';

export type BlockId = { number: number; hash: string };
export type IndexedBlock = BlockId & {
  parentHash: string;
  atMs: number;
  logs: ChainLog[];
  /** That these are our logs in it is one provider's word. */
  isClaimed: boolean;
};
/** What one provider says of our logs in a block, to be compared before that block is final. */
export type Claim = BlockId & { digest: string };

export type Checkpoint = {
  /** Counts what was written: two indexers at once meet here. */
  pass: number;
  /** The newest fact's number. */
  toFact: number;
  /** Consecutive, newest last, never empty. */
  blocks: BlockId[];
  /** Of blocks that are not final, oldest first. */
  claims: Claim[];
  /** The newest block's own time. */
  headAtMs: number;
  /** The first block that was ever indexed. */
  origin: BlockId;
  finalized: BlockId | undefined;
  /** Since when a reorg is deeper than what is remembered or final: nothing is told until providers agree. */
  deepSinceMs: number | undefined;
};

/** What one pass found, to be written at once. */
export type Pass = { before: Checkpoint | undefined; after: Checkpoint; facts: ChainFact[] };

export type Found = {
  /** The newest block of ours that is still there, where it is not the newest of all. */
  ancestor?: BlockId | undefined;
  /** What follows on it, or on the newest of ours; oldest first. */
  blocks: readonly IndexedBlock[];
  /** What is final by now, at most. */
  finalNumber: number;
};

/** A reorg of 128 blocks is rolled back at least, whatever is final; hashes take 32 bytes each. */
export const rememberedBlocks = (confirmations: number): number => 256 + confirmations;

/** A fact is one item's at most: a block with more logs comes in several facts. */
export const logsPerFact = 500;

export const headOf = ({ blocks }: Checkpoint): BlockId => {
  const head = blocks.at(-1);
  assert(head, 'a checkpoint of no block');
  return head;
};

/** Half of a SHA-256 is enough to tell two answers apart. */
export function claimOf({ number, hash, logs }: BlockId & { logs: readonly ChainLog[] }): Claim {
  const told = logs.map(({ address, topics, data, transactionHash, logIndex }) => [
    ...[address, topics, data, transactionHash, logIndex],
  ]);
  const digest = createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 32);
  return { number, hash, digest };
}

export function blockAt({ blocks }: Checkpoint, number: number): BlockId | undefined {
  const first = blocks[0]?.number ?? 0;
  return blocks[number - first];
}

/** Below this block nothing is looked for: a reorg that takes it back is deep. */
export const floorOf = ({ blocks, finalized }: Checkpoint): number =>
  Math.max(blocks[0]?.number ?? 0, finalized?.number ?? 0);

/** What is claimed of blocks that are there and not final, and of those that were found. */
export const claimsOf = (before: Checkpoint | undefined, { ancestor, blocks }: Found): Claim[] => [
  ...(before?.claims ?? []).filter(({ number }) => number <= (ancestor?.number ?? number)),
  ...blocks.filter(({ isClaimed }) => isClaimed).map(claimOf),
];

/** The newest block that becomes final by this; undefined where nothing more does. */
export function finalIn(before: Checkpoint | undefined, found: Found): BlockId | undefined {
  const { ancestor, blocks, finalNumber } = found;
  return finalOf(before, [...keptBlocks(before, ancestor), ...blocks], finalNumber);
}

/** Undefined where nothing changed. */
export function advance(
  before: Checkpoint | undefined,
  found: Found,
  confirmations: number,
): Pass | undefined {
  const { ancestor } = found;
  const kept = keptBlocks(before, ancestor);
  assertChained(kept.at(-1), found.blocks);
  const blocks = [...kept, ...found.blocks.map(({ number, hash }) => ({ number, hash }))];
  const origin = before?.origin ?? blocks[0];
  if (!origin) return undefined;

  const final = finalOf(before, blocks, found.finalNumber);
  const facts: ChainFact[] = [
    ...(ancestor ? [{ type: 'reorg' as const, ...ancestor }] : []),
    ...blockFacts(found.blocks),
    ...(final ? [{ type: 'finalize' as const, ...final }] : []),
  ];
  if (facts.length === 0) return undefined;
  const finalized = final ?? before?.finalized;
  const after: Checkpoint = {
    pass: (before?.pass ?? 0) + 1,
    toFact: (before?.toFact ?? 0) + facts.length,
    blocks: blocks.slice(-rememberedBlocks(confirmations)),
    claims: claimsOf(before, found).filter(({ number }) => number > (finalized?.number ?? -1)),
    headAtMs: found.blocks.at(-1)?.atMs ?? before?.headAtMs ?? 0,
    origin,
    finalized,
    deepSinceMs: undefined,
  };
  return { before, after, facts };
}

/** A reorg took back what is final, or more than is remembered. */
export function stopDeep(before: Checkpoint, nowMs: number): Pass {
  assert(before.deepSinceMs === undefined, 'a stopped index stops again');
  return { before, after: { ...before, pass: before.pass + 1, deepSinceMs: nowMs }, facts: [] };
}

/** Goes on from a block of ours that most providers still have; what was final above it is not any more. */
export function resumeDeep(before: Checkpoint, ancestor: BlockId): Pass {
  assert(before.deepSinceMs !== undefined, 'only what was stopped is resumed');
  const kept = before.blocks.filter(({ number }) => number <= ancestor.number);
  assert(
    kept.at(-1)?.hash === ancestor.hash || before.origin.hash === ancestor.hash,
    'an ancestor that was never indexed',
  );
  const { finalized } = before;
  const after: Checkpoint = {
    ...before,
    pass: before.pass + 1,
    toFact: before.toFact + 1,
    blocks: kept.length > 0 ? kept : [ancestor],
    claims: before.claims.filter(({ number }) => number <= ancestor.number),
    finalized: finalized && finalized.number > ancestor.number ? ancestor : finalized,
    deepSinceMs: undefined,
  };
  return { before, after, facts: [{ type: 'reorg', ...ancestor }] };
}

function keptBlocks(before: Checkpoint | undefined, ancestor: BlockId | undefined): BlockId[] {
  if (!before) return [];
  assert(before.deepSinceMs === undefined, 'a stopped index goes on');
  if (!ancestor) return before.blocks;
  assert(blockAt(before, ancestor.number)?.hash === ancestor.hash, 'an ancestor of another chain');
  assert(ancestor.number >= (before.finalized?.number ?? 0), 'a final block was taken back');
  return before.blocks.filter(({ number }) => number <= ancestor.number);
}

function assertChained(parent: BlockId | undefined, blocks: readonly IndexedBlock[]): void {
  let last = parent;
  for (const { number, hash, parentHash } of blocks) {
    const follows = !last || (number === last.number + 1 && parentHash === last.hash);
    assert(follows, `block ${number} does not follow`);
    last = { number, hash };
  }
}

/** Only ever forward; undefined where nothing more is final. */
function finalOf(
  before: Checkpoint | undefined,
  blocks: readonly BlockId[],
  finalNumber: number,
): BlockId | undefined {
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (!first || !last) return undefined;
  const final = blocks[Math.min(finalNumber, last.number) - first.number];
  return final && final.number > (before?.finalized?.number ?? -1) ? final : undefined;
}

/** Blocks without logs of ours are left out, except the newest: it says how far the chain is. */
function blockFacts(blocks: readonly IndexedBlock[]): ChainFact[] {
  return blocks.flatMap(({ logs, isClaimed: _, ...block }, at): ChainFact[] => {
    if (logs.length === 0 && at < blocks.length - 1) return [];
    const facts: ChainFact[] = [];
    for (let from = 0; from === 0 || from < logs.length; from += logsPerFact)
      facts.push({ type: 'block', ...block, logs: logs.slice(from, from + logsPerFact) });
    return facts;
  });
}
