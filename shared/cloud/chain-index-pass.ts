/** One look at the chain: what is new there since a checkpoint. Decides nothing that is not of one chain; whoever is told `moving` looks again. */
import type { ChainTerms } from '#wire/chain-terms.ts';
import {
  advance,
  type BlockId,
  blockAt,
  type Checkpoint,
  claimsOf,
  type Found,
  finalIn,
  floorOf,
  headOf,
  type Pass,
  rememberedBlocks,
  resumeDeep,
  stopDeep,
} from './chain-index.ts';
import { agreeOn } from './chain-index-agreement.ts';
import { type KnownLogs, type LogPorts, LogsIncomplete, readLogs } from './chain-index-logs.ts';
import { agreedHeader } from './chain-index-majority.ts';
import { type Header, readChained, readHeader } from './chain-index-node.ts';

export type PassPorts = LogPorts & {
  terms: Pick<ChainTerms, 'confirmations' | 'finalizedTag' | 'fromBlock'>;
  nowMs: () => number;
};

export type Looked =
  | { type: 'found'; pass: Pass; headNumber: number }
  /** Nothing is new. */
  | { type: 'still' }
  /** The chain changed while it was looked at, or its provider is behind itself. */
  | { type: 'moving' }
  /** Stopped, until most providers have a block from before and one from after. */
  | { type: 'deep' };

/** Headers that a pass reads at most: what comes after is the next one's. */
export const blocksPerPass = 128;
/** A pass ends after the block with which it has so many logs of ours: one transaction holds them. */
export const logsPerPass = 5_000;

export async function look(before: Checkpoint | undefined, ports: PassPorts): Promise<Looked> {
  if (before?.deepSinceMs !== undefined) return lookAgain(before, ports);
  const head = await readHeader(ports.rpc, 'latest');
  if (!head || head.number < ports.terms.fromBlock) return { type: 'still' };
  if (!before) return follow(undefined, { head, ports });

  const tip = headOf(before);
  if (head.number <= tip.number) {
    const same = blockAt(before, head.number)?.hash === head.hash;
    // A provider that is behind tells nothing new, not even what is final.
    if (same)
      return head.number === tip.number ? follow(before, { head, ports }) : { type: 'still' };
    return rollBack(before, { head, ports });
  }
  const next = await readHeader(ports.rpc, tip.number + 1);
  if (!next) return { type: 'moving' };
  if (next.parentHash === tip.hash) return follow(before, { head, ports });
  return rollBack(before, { head, ports });
}

type Seen = { head: Header; ports: PassPorts };
/** From where on blocks are read, and what is known of them already. */
type From = { ancestor?: BlockId | undefined; known?: KnownLogs };

/** Blocks on top of the newest that is known, or of the ancestor that is left of it. */
async function follow(
  before: Checkpoint | undefined,
  { head, ports }: Seen,
  { ancestor, known = new Map() }: From = {},
): Promise<Looked> {
  const { confirmations } = ports.terms;
  const parent = ancestor ?? (before && headOf(before));
  const first = parent ? parent.number + 1 : ports.terms.fromBlock;
  const last = Math.min(head.number, first + blocksPerPass - 1, furthest(before, ports));
  const headers = await readChained(ports.rpc, first, last);
  if (!headers) return { type: 'moving' };
  if (headers[0] && parent && headers[0].parentHash !== parent.hash) return { type: 'moving' };
  if (last === head.number && (headers.at(-1) ?? parent)?.hash !== head.hash)
    return { type: 'moving' };
  const blocks = await logsOf(headers, known, ports);
  const finalNumber = await finalNumberOf(before, { head, ports }, blocks);
  if (finalNumber === undefined) return { type: 'moving' };

  const found = { ancestor, blocks, finalNumber };
  const agreement = await agreementOn(before, found, ports);
  if (agreement?.type === 'forked') return { type: 'moving' };
  if (agreement?.type === 'refuted') {
    const logs = new Map([...known, ...agreement.logs]);
    return tellAnew(before, { head, ports }, { found, first: agreement.first.number, logs });
  }
  const agreed = { ...found, finalNumber: agreement?.finalNumber ?? finalNumber };
  const pass = advance(before, agreed, confirmations);
  return pass ? { type: 'found', pass, headNumber: head.number } : { type: 'still' };
}

const nothingMore = { type: 'agreed', finalNumber: -1 } as const;

/** Undefined where nothing more would be final. */
async function agreementOn(before: Checkpoint | undefined, found: Found, ports: PassPorts) {
  const claims = claimsOf(before, found);
  const ask = (finalNumber: number) => {
    const final = finalIn(before, { ...found, finalNumber });
    return final && agreeOn(final, claims, ports);
  };
  const first = await ask(found.finalNumber);
  if (first?.type !== 'unreached') return first;
  const second = await ask(first.reached - ports.terms.confirmations);
  return second && second.type !== 'unreached' ? second : nothingMore;
}

/** What is not final may have to be taken back, so that no more is read than is remembered. */
const furthest = (before: Checkpoint | undefined, { terms }: PassPorts): number =>
  (before ? (before.finalized ?? before.origin).number : terms.fromBlock) +
  rememberedBlocks(terms.confirmations) -
  1;

/** Where no provider has all logs of a block, its header may be what is wrong: most providers say who told another one. */
async function logsOf(headers: readonly Header[], known: KnownLogs, ports: PassPorts) {
  try {
    return await readLogs(headers, ports, { enough: logsPerPass, known });
  } catch (error) {
    if (error instanceof LogsIncomplete) await agreedHeader(error.number, ports);
    throw error;
  }
}

/** Blocks with logs that were made up are taken back like those of another branch, and come again with the logs that most providers tell. */
function tellAnew(
  before: Checkpoint | undefined,
  seen: Seen,
  { found, first, logs }: { found: Found; first: number; logs: KnownLogs },
): Promise<Looked> | Looked {
  const tip = found.ancestor ?? (before && headOf(before));
  if (!before || !tip || first > tip.number)
    return follow(before, seen, { ancestor: found.ancestor, known: logs });
  const ancestor = blockAt(before, first - 1);
  // Nothing is below the first block of all, which made the contracts and is final long since.
  return ancestor ? follow(before, seen, { ancestor, known: logs }) : { type: 'moving' };
}

/** Undefined where what most providers call final is of another chain than this. */
async function finalNumberOf(
  before: Checkpoint | undefined,
  { head, ports }: Seen,
  blocks: readonly BlockId[],
): Promise<number | undefined> {
  const byDepth = head.number - ports.terms.confirmations;
  if (!ports.terms.finalizedTag) return byDepth;
  // Where providers do not agree on it, it is not told.
  const told = await readHeader(ports.rpc, 'finalized').catch(() => undefined);
  if (!told) return byDepth;
  const ours =
    blocks.find(({ number }) => number === told.number) ?? (before && blockAt(before, told.number));
  if (ours && ours.hash !== told.hash) return undefined;
  return Math.max(byDepth, told.number);
}

/** Looks for the newest block that both chains have, further back each time. */
async function rollBack(before: Checkpoint, { head, ports }: Seen): Promise<Looked> {
  const floor = floorOf(before);
  let last = Math.min(head.number, headOf(before).number);
  // Nodes that begin anew are there: should they be right, their chain grows past the floor, and is compared.
  if (last < floor) return { type: 'still' };
  for (let span = 16; ; span *= 2) {
    const first = Math.max(floor, last - span + 1);
    const headers = await readChained(ports.rpc, first, last);
    if (!headers) return { type: 'moving' };
    const common = headers.findLast(({ number, hash }) => blockAt(before, number)?.hash === hash);
    if (common) {
      const { number, hash } = common;
      return follow(before, { head, ports }, { ancestor: { number, hash } });
    }
    if (first === floor) return stopped(before, ports);
    last = first - 1;
  }
}

const stopped = (before: Checkpoint, ports: PassPorts): Looked => ({
  type: 'found',
  pass: stopDeep(before, ports.nowMs()),
  headNumber: headOf(before).number,
});

/**
 * After a deep reorg: goes on only where most providers have the same block of ours from before it, and the same block of
 * the chain that is now, deep enough to be final, after it.
 */
async function lookAgain(before: Checkpoint, ports: PassPorts): Promise<Looked> {
  const head = await readHeader(ports.rpc, 'latest');
  if (!head) return { type: 'deep' };
  const after = await agreedHeader(head.number - ports.terms.confirmations, ports);
  if (!after) return { type: 'deep' };
  const ancestor = await agreedAncestor(before, ports);
  if (!ancestor || ancestor.number >= after.number) return { type: 'deep' };
  const seen = await readHeader(ports.rpc, after.number);
  if (seen?.hash !== after.hash) return { type: 'deep' };
  return { type: 'found', pass: resumeDeep(before, ancestor), headNumber: head.number };
}

/** By halves: what most providers have of ours, they have from its beginning on. */
async function agreedAncestor(before: Checkpoint, ports: PassPorts): Promise<BlockId | undefined> {
  const isAgreed = async ({ number, hash }: BlockId) =>
    (await agreedHeader(number, ports))?.hash === hash;
  const { blocks, origin } = before;
  const [oldest] = blocks;
  if (!oldest || !(await isAgreed(oldest))) return (await isAgreed(origin)) ? origin : undefined;
  let [good, bad] = [0, blocks.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const block = blocks[middle];
    if (block && (await isAgreed(block))) good = middle;
    else bad = middle;
  }
  return blocks[good];
}
