/**
 * Logs of our contracts, block by block, none left out: all logs of a block together make its header's bloom, so a provider
 * that leaves some out, or adds some, is caught. Only blocks whose bloom may hold one of ours are asked for.
 */
import * as z from 'zod';
import type { ChainLog } from '#wire/chain-fact.ts';
import type { IndexedBlock } from './chain-index.ts';
import { bloomFrom, bloomOf, mayContain, sameBloom } from './chain-index-bloom.ts';
import { type Header, quantity } from './chain-index-node.ts';
import { type Rpc, RpcError } from './rpc.ts';
import { sideBySide } from './side-by-side.ts';

export type LogPorts = {
  rpc: Rpc;
  /** What each configured provider answers; undefined where one does not. */
  everyone: (method: string, params: readonly unknown[]) => Promise<readonly unknown[]>;
  /** In lower case. */
  addresses: readonly string[];
};

/** Blocks whose logs are asked for at once, at most; a busy block has some hundred. */
const blocksPerRange = 32;
const rangesAtOnce = 4;
/** The same call may reach another provider. */
const triesAtOne = 2;
const tooMany = /more than|too many|too large|exceed|limit|size|range/i;

/** No provider had all logs of a block. */
export class LogsIncomplete extends Error {
  override name = 'LogsIncomplete';
}

const hex = z.string().regex(/^0x[0-9a-f]+$/);
const nodeLog = z.object({
  address: z.string().transform((text) => text.toLowerCase()),
  topics: z.array(z.string()),
  data: z.string(),
  blockHash: z.string(),
  transactionHash: z.string(),
  logIndex: hex.transform(Number),
});
type NodeLog = z.infer<typeof nodeLog>;
const nodeLogs = z.array(nodeLog);

/** Of the first of these consecutive blocks, as many as have so many logs of ours together; of all of them where those are fewer. */
export async function readLogs(
  headers: readonly Header[],
  ports: LogPorts,
  enough: number,
): Promise<IndexedBlock[]> {
  const blocks: IndexedBlock[] = [];
  let sum = 0;
  for (let at = 0; at < headers.length && sum < enough; at += blocksPerRange) {
    const chunk = headers.slice(at, at + blocksPerRange);
    const found = await logsOfChunk(chunk, ports);
    for (const { logsBloom: _, ...block } of chunk) {
      if (sum >= enough) break;
      const logs = found.get(block.hash) ?? [];
      sum += logs.length;
      blocks.push({ ...block, logs });
    }
  }
  return blocks;
}

async function logsOfChunk(
  headers: readonly Header[],
  ports: LogPorts,
): Promise<ReadonlyMap<string, ChainLog[]>> {
  const runs = runsOf(headers.filter(mayHoldOurs(ports)));
  const found = await sideBySide(runs, rangesAtOnce, (run) => logsOfRun(run, ports));
  const ours = (logs: readonly NodeLog[]): ChainLog[] =>
    logs
      .filter(({ address }) => ports.addresses.includes(address))
      .sort((one, other) => one.logIndex - other.logIndex)
      .map(({ blockHash: _, ...log }) => log);
  return new Map(found.flat().map(([hash, logs]) => [hash, ours(logs)]));
}

const mayHoldOurs = ({ addresses }: LogPorts) => {
  return ({ logsBloom }: Header): boolean => {
    const bloom = bloomFrom(logsBloom);
    return addresses.some((address) => mayContain(bloom, address));
  };
};

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

type LogsByBlock = [hash: string, logs: NodeLog[]][];

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
    return [header.hash, isWhole(own, header) ? own : await logsOfBlock(header, ports)];
  });
}

/** By hash, so that they are of this very block; whole, or from another provider. */
async function logsOfBlock(header: Header, ports: LogPorts): Promise<NodeLog[]> {
  const params = [{ blockHash: header.hash }];
  try {
    for (let tried = 0; tried < triesAtOne; tried += 1) {
      const logs = nodeLogs.parse(await ports.rpc.request('eth_getLogs', params));
      if (isWhole(logs, header)) return logs;
    }
  } catch (error) {
    if (error instanceof RpcError && tooMany.test(error.message)) return agreedLogs(header, ports);
    throw error;
  }
  for (const answer of await ports.everyone('eth_getLogs', params)) {
    const parsed = nodeLogs.safeParse(answer);
    if (parsed.success && isWhole(parsed.data, header)) return parsed.data;
  }
  throw new LogsIncomplete(`no provider has all logs of block ${header.number} (${header.hash})`);
}

const isWhole = (logs: readonly NodeLog[], { hash, logsBloom }: Header): boolean =>
  logs.every(({ blockHash }) => blockHash === hash) &&
  sameBloom(bloomOf(logs), bloomFrom(logsBloom));

/** More logs than any answer holds, as a spammer may have made: ours alone, as most providers tell them. */
async function agreedLogs(header: Header, ports: LogPorts): Promise<NodeLog[]> {
  const params = [{ blockHash: header.hash, address: ports.addresses }];
  const answers = await ports.everyone('eth_getLogs', params);
  const heard = new Map<string, { logs: NodeLog[]; voices: number }>();
  for (const answer of answers) {
    const { success, data: logs } = nodeLogs.safeParse(answer);
    if (!success || !logs.every(({ blockHash }) => blockHash === header.hash)) continue;
    const text = JSON.stringify(logs);
    const voices = (heard.get(text)?.voices ?? 0) + 1;
    if (voices * 2 > answers.length) return logs;
    heard.set(text, { logs, voices });
  }
  throw new LogsIncomplete(
    `providers do not agree on the logs of block ${header.number} (${header.hash})`,
  );
}
