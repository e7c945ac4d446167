/** A node in a process of its own that serves canned blocks over HTTP: each an answer that was written before anybody asked. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bloomHex, bloomOf } from '#cloud/chain-index-bloom.ts';
import { answerParent } from './forked.ts';

type Canned = { header: string; logs: string; hash: string };
type Call = { id: number; method: string; params: unknown[] };

const blocks: Canned[] = [];
const byHash = new Map<string, Canned>();
const hashOf = (text: string): string => `0x${createHash('sha256').update(text).digest('hex')}`;
const hex = (number: number): string => `0x${number.toString(16)}`;

/** Deposits, as the vault's event has them: of 5,000 accounts and ten assets. */
function can({ count, logsPerBlock, address }: CannedChain): void {
  for (let number = 0; number < count; number += 1) {
    const [hash, parentHash] = [hashOf(`block ${number}`), hashOf(`block ${number - 1}`)];
    const logs = Array.from({ length: logsPerBlock }, (_, at) => ({
      address,
      topics: [
        hashOf('Deposited'),
        hashOf(`account ${(number * 31 + at * 7) % 5_000}`),
        hashOf(`asset ${at % 10}`),
      ],
      data: `${hashOf(`amount ${number} ${at}`)}${hashOf('payer').slice(2)}`,
      ...{ blockHash: hash, blockNumber: hex(number), logIndex: hex(at), removed: false },
      transactionHash: hashOf(`transaction ${number} ${at}`),
      transactionIndex: hex(at),
    }));
    const logsBloom = bloomHex(bloomOf(logs));
    const block = { number: hex(number), hash, parentHash, logsBloom };
    const more = { timestamp: hex(1_700_000_000 + number), transactions: [], uncles: [] };
    const canned = {
      ...{ hash, header: JSON.stringify({ ...block, ...more }) },
      logs: JSON.stringify(logs).slice(1, -1),
    };
    blocks.push(canned);
    byHash.set(hash, canned);
  }
}

function answer({ id, method, params }: Call): string {
  const result = resultOf(method, params);
  return result === undefined
    ? `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"no method ${method}"}}`
    : `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
}

function resultOf(method: string, [first]: unknown[]): string | undefined {
  switch (method) {
    case 'eth_chainId':
      return '"0x7a69"';
    case 'eth_blockNumber':
      return JSON.stringify(hex(blocks.length - 1));
    case 'eth_getBlockByNumber':
      return (first === 'latest' ? blocks.at(-1) : blocks[Number(first)])?.header ?? 'null';
    case 'eth_getLogs': {
      const { blockHash, fromBlock, toBlock } = first as Record<string, string>;
      const found = blockHash
        ? [byHash.get(blockHash)]
        : blocks.slice(Number(fromBlock), Number(toBlock) + 1);
      return `[${found.flatMap((block) => (block?.logs ? [block.logs] : [])).join(',')}]`;
    }
  }
}

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const asked = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Call | Call[];
    const body = Array.isArray(asked) ? `[${asked.map(answer).join(',')}]` : answer(asked);
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.end(body);
  });
});

export type CannedChain = { count: number; logsPerBlock: number; address: string };

answerParent({
  async listen(chain: CannedChain): Promise<string> {
    can(chain);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
});
