/**
 * Logs of our contracts, block by block, none left out: all logs of a block together make its header's bloom, so a provider
 * that leaves some out, or adds some, is caught. Only blocks whose bloom may hold one of ours are asked for.
 */
import type { ChainLog } from '#wire/chain-fact.ts';
import type { IndexedBlock } from './chain-index.ts';
import { bloomFrom, bloomOf, mayContain, sameBloom } from './chain-index-bloom.ts';
import { agreedLogs, type MajorityPorts } from './chain-index-majority.ts';
import { type Header, type NodeLog, nodeLogs, ours, quantity } from './chain-index-node.ts';
import { type Rpc, RpcError } from './rpc.ts';
import { sideBySide } from './side-by-side.ts';

export type LogPorts = MajorityPorts & { rpc: Rpc };

/** Blocks whose logs are asked for at once, at most; a busy block has some hundred. */
const blocksPerRange = 32;
const rangesAtOnce = 4;
/** The same call may reach another provider. */
const triesAtOne = 2;
const tooMany = /more than|too many|too large|exceed|limit|size|range/i;

/** No provider had all logs of a block. */
export class LogsIncomplete extends Error {
  override name = 'LogsIncomplete';
  readonly number: number;

  constructor(problem: string, { number, hash }: Pick<Header, 'number' | 'hash'>) {
    super(`${problem} block ${number} (${hash})`);
    this.number = number;
  }
}

/** By hash, of blocks of which most providers told other logs than one did. */
export type KnownLogs = ReadonlyMap<string, ChainLog[]>;

/** Of the first of these consecutive blocks, as many as have so many logs of ours together; of all of them where those are fewer. */
export async function readLogs(
  headers: readonly Header[],
  ports: LogPorts,
  { enough, known }: { enough: number; known: KnownLogs },
): Promise<IndexedBlock[]> {
  const blocks: IndexedBlock[] = [];
  let sum = 0;
  for (let at = 0; at < headers.length && sum < enough; at += blocksPerRange) {
    const chunk = headers.slice(at, at + blocksPerRange);
    const asked = chunk.filter((header) => !known.has(header.hash) && mayHoldOurs(header, ports));
    const found = await logsOf(asked, ports);
    for (const header of chunk) {
      if (sum >= enough) break;
      const { logsBloom: _, isProven, ...block } = header;
      const logs = known.get(block.hash) ?? found.get(block.hash) ?? [];
      sum += logs.length;
      // A bloom that is the chain's own, and says that none is ours, is all there is to know.
      const isClaimed = !isProven || known.has(block.hash) || found.has(block.hash);
      blocks.push({ ...block, logs, isClaimed });
    }
  }
  return blocks;
}

async function logsOf(headers: readonly Header[], ports: LogPorts): Promise<KnownLogs> {
  const found = await sideBySide(runsOf(headers), rangesAtOnce, (run) => logsOfRun(run, ports));
  return new Map(found.flat());
}

function mayHoldOurs({ logsBloom }: Header, { addresses }: LogPorts): boolean {
  const bloom = bloomFrom(logsBloom);
  return addresses.some((address) => mayContain(bloom, address));
}

function runsOf(headers: readonly Header[]): Header[][] {
  const runs: Header[][] = [];
  for (const header of headers) {
    const open = runs.at(-1);
    const follows = open?.at(-1)?.number === header.number - 1;
    if (open && follows) open.push(header);
    else runs.push([header]);
  }
  return runs;
}

/** Ours alone. */
type LogsByBlock = [hash: string, logs: ChainLog[]][];

/** One call for all blocks of a run; halves where that is too much for the node, whatever it calls that. */
async function logsOfRun(run: readonly Header[], ports: LogPorts): Promise<LogsByBlock> {
  const [first, last] = [run[0], run.at(-1)];
  if (!first || !last) return [];
  if (run.length === 1) return [[first.hash, await logsOfBlock(first, ports)]];
  const range = { fromBlock: quantity(first.number), toBlock: quantity(last.number) };
  let logs: NodeLog[];
  try {
    logs = nodeLogs.parse(await ports.rpc.request('eth_getLogs', [range]));
  } catch {
    const middle = run.length >> 1;
    const lower = await logsOfRun(run.slice(0, middle), ports);
    return [...lower, ...(await logsOfRun(run.slice(middle), ports))];
  }
  const byBlock = Map.groupBy(logs, ({ blockHash }) => blockHash);
  return sideBySide(run, rangesAtOnce, async (header): Promise<LogsByBlock[number]> => {
    const own = byBlock.get(header.hash) ?? [];
    const logs = isWhole(own, header)
      ? ours(own, ports.addresses)
      : await logsOfBlock(header, ports);
    return [header.hash, logs];
  });
}

/** By hash, so that they are of this very block; whole, or from another provider. */
async function logsOfBlock(header: Header, ports: LogPorts): Promise<ChainLog[]> {
  const params = [{ blockHash: header.hash }];
  try {
    for (let tried = 0; tried < triesAtOne; tried += 1) {
      const logs = nodeLogs.parse(await ports.rpc.request('eth_getLogs', params));
      if (isWhole(logs, header)) return ours(logs, ports.addresses);
    }
  } catch (error) {
    if (error instanceof RpcError && tooMany.test(error.message))
      return oursByMajority(header, ports);
    throw error;
  }
  for (const answer of await ports.everyone('eth_getLogs', params)) {
    const parsed = nodeLogs.safeParse(answer);
    if (parsed.success && isWhole(parsed.data, header)) return ours(parsed.data, ports.addresses);
  }
  throw new LogsIncomplete('no provider has all logs of', header);
}

const isWhole = (logs: readonly NodeLog[], { hash, logsBloom }: Header): boolean =>
  logs.every(({ blockHash }) => blockHash === hash) &&
  sameBloom(bloomOf(logs), bloomFrom(logsBloom));

/** More logs than any answer holds, as a spammer may have made: ours alone, as most providers tell them. */
async function oursByMajority(header: Header, ports: LogPorts): Promise<ChainLog[]> {
  const logs = await agreedLogs(header, ports);
  if (logs) return logs;
  throw new LogsIncomplete('providers do not agree on the logs of', header);
}
