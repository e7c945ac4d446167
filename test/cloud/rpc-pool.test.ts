/** Promises of the pool over nodes that are well, and over nodes that fail. */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '#cloud/clock.ts';
import { RpcError } from '#cloud/rpc.ts';
import { RpcUnavailable } from '#cloud/rpc-outcome.ts';
import { createRpcPool, type RpcPool, type RpcPoolOptions } from '#cloud/rpc-pool.ts';
import { providersIn } from '#cloud/rpc-pool-of.ts';
import { hashOf, Refused, type RpcNode, startNode } from './rpc-node.ts';

const nodes: RpcNode[] = [];
const pools: RpcPool[] = [];

afterEach(async () => {
  for (const pool of pools.splice(0)) pool.close();
  await Promise.all(nodes.splice(0).map((node) => node.close()));
});

async function nodeOf(given: Partial<RpcNode> = {}): Promise<RpcNode> {
  const node = await startNode(given);
  nodes.push(node);
  return node;
}

async function three(given: Partial<RpcNode>[] = []): Promise<[RpcNode, RpcNode, RpcNode]> {
  return [await nodeOf(given[0]), await nodeOf(given[1]), await nodeOf(given[2])];
}

function poolOver(over: RpcNode[], options: Partial<RpcPoolOptions> = {}): RpcPool {
  const providers = over.map(({ url }, at) => ({ name: `node-${at}`, url }));
  const limits = { lightMs: 500, heavyMs: 1_000, ...options.limits };
  const random = () => 0.5;
  const pool = createRpcPool({ providers, clock: systemClock, random, ...options, limits });
  pools.push(pool);
  return pool;
}

/** A clock that moves when told. */
function handClock() {
  let atMs = 1_000;
  return {
    nowMs: () => atMs,
    monotonicMs: () => atMs,
    pass(ms: number) {
      atMs += ms;
    },
  };
}

const callsOf = (node: RpcNode, method: string) => node.calls.get(method) ?? 0;
const total = (all: RpcNode[], method: string) =>
  all.reduce((sum, node) => sum + callsOf(node, method), 0);
const statusOf = (pool: RpcPool, name: string) =>
  pool.state().find((each) => each.name === name)?.status;

describe('a pool of providers', () => {
  it.each([
    ['drops connections', { type: 'drop' }],
    ['hangs', { type: 'hang' }],
    ['answers with an error page', { type: 'text', text: '<html>502</html>' }],
    ['answers with another JSON', { type: 'text', text: '{"ok":true}' }],
    ['fails', { type: 'status', status: 502 }],
    ['forbids', { type: 'status', status: 403 }],
    ['limits', { type: 'status', status: 429, retryAfter: '0' }],
    ['is overloaded', { type: 'error', code: -32000, message: 'request timed out' }],
  ] as const)('answers although a provider %s', async (_, trouble) => {
    const all = await three();
    const pool = poolOver(all);
    await pool.request('eth_blockNumber', []);
    for (const ill of all) {
      ill.trouble = trouble;
      ill.troubled = ['eth_getBalance'];
      expect(await pool.request('eth_getBalance', [`0x${all.indexOf(ill)}`, 'latest'])).toBe(
        '0x64',
      );
      ill.trouble = { type: 'none' };
    }
  });

  it('says that nobody answered where all fail, and when to come again', async () => {
    const node = await nodeOf();
    const pool = poolOver([node]);
    await pool.request('eth_blockNumber', []);
    node.trouble = { type: 'status', status: 429, retryAfter: '60' };
    const asked = pool.request('eth_getBalance', ['0x1', 'latest']);
    await expect(asked).rejects.toThrow(RpcUnavailable);
    await expect(asked).rejects.toMatchObject({ retryAfterMs: 60_000 });
  });
});

describe('a provider of a pool', () => {
  it('that asked for rest is not asked until the rest is over', async () => {
    const clock = handClock();
    const [limited, other] = await three();
    const pool = poolOver([limited, other], { clock });
    await pool.request('eth_blockNumber', []);
    limited.trouble = { type: 'status', status: 429, retryAfter: '60' };
    other.trouble = { type: 'drop' };
    await pool.request('eth_getBalance', ['0x1', 'latest']).catch(() => undefined);
    expect(statusOf(pool, 'node-0')).toBe('paused');
    limited.trouble = other.trouble = { type: 'none' };
    const before = limited.requests;
    for (let at = 2; at < 6; at += 1) await pool.request('eth_getBalance', [`0x${at}`, 'latest']);
    expect(limited.requests).toBe(before);
    clock.pass(61_000);
    expect(statusOf(pool, 'node-0')).toBe('healthy');
  });

  it('gets no more calls a second than its budget', async () => {
    const clock = handClock();
    const node = await nodeOf();
    const providers = [{ name: 'node', url: node.url, ratePerSecond: 5 }];
    const pool = poolOver([], { clock, providers });
    const asked = Array.from({ length: 40 }, (_, at) =>
      pool.request('eth_getLogs', [{ blockHash: hashOf(at) }]),
    );
    const outcomes = await Promise.allSettled(asked);
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
    // Its clock stands still: what is in the bucket goes, and what may wait up to two seconds for more.
    expect(done).toBeLessThanOrEqual(15);
    expect(callsOf(node, 'eth_getLogs')).toBe(done);
  });

  it('is left alone when it fails again and again, and used again when a probe answers', async () => {
    const clock = handClock();
    const [ill, well] = await three();
    const pool = poolOver([ill, well], { clock });
    await pool.request('eth_blockNumber', []);
    ill.trouble = { type: 'drop' };
    for (let at = 0; at < 40 && statusOf(pool, 'node-0') !== 'out'; at += 1) {
      await pool.request('eth_getBalance', [`0x${at}`, 'latest']);
      clock.pass(2_100);
      await well.asked('eth_blockNumber');
    }
    expect(statusOf(pool, 'node-0')).toBe('out');
    ill.trouble = { type: 'none' };
    clock.pass(120_000);
    await pool.request('eth_getBalance', ['0xff', 'latest']);
    await expect.poll(() => statusOf(pool, 'node-0')).not.toBe('out');
  });

  it('is never used where it is of another chain', async () => {
    const all = await three([{ chainId: 1 }]);
    const pool = poolOver(all, { chainId: 31_337n });
    for (let at = 0; at < 12; at += 1) await pool.request('eth_getBalance', [`0x${at}`, 'latest']);
    expect(callsOf(all[0], 'eth_getBalance')).toBe(0);
    expect(statusOf(pool, 'node-0')).toBe('out');
  });
});

describe('the calls of a pool', () => {
  it('are one where many want the same at the same time', async () => {
    const all = await three();
    const pool = poolOver(all);
    await pool.request('eth_blockNumber', []);
    const asked = Array.from({ length: 50 }, () =>
      pool.request('eth_getBalance', ['0x1', 'latest']),
    );
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['0x64']));
    expect(total(all, 'eth_getBalance')).toBeLessThan(4);
  });

  it('share a request where they are light and of one moment', async () => {
    const node = await nodeOf();
    const pool = poolOver([node], { limits: { headEveryMs: 600_000 } });
    await pool.request('eth_blockNumber', []);
    const before = node.requests;
    const asked = Array.from({ length: 30 }, (_, at) =>
      pool.request('eth_getBlockByNumber', [`0x${at.toString(16)}`, false]),
    );
    const blocks = (await Promise.all(asked)) as { hash: string }[];
    expect(blocks.map(({ hash }) => hash)).toEqual(blocks.map((__, at) => hashOf(at)));
    expect(node.requests - before).toBe(1);
  });

  it('go one by one where a provider takes none', async () => {
    const node = await nodeOf({ takesBatches: false });
    const pool = poolOver([node]);
    const asked = Array.from({ length: 5 }, (_, at) =>
      pool.request('eth_getBlockByNumber', [`0x${at}`, false]),
    );
    expect(await Promise.all(asked)).toHaveLength(5);
  });

  it('end when it is closed', async () => {
    const node = await nodeOf({ trouble: { type: 'hang' }, troubled: ['eth_getLogs'] });
    const pool = poolOver([node], { limits: { heavyMs: 600_000 } });
    const asked = pool.request('eth_getLogs', [{ blockHash: hashOf(1) }]);
    const refused = expect(asked).rejects.toThrow(RpcUnavailable);
    await node.asked('eth_getLogs');
    pool.close();
    await refused;
  });

  it('never say a URL, which may hold a key', async () => {
    const providers = [{ name: 'dark', url: 'http://127.0.0.1:9/v2/secret-key' }];
    const pool = poolOver([], { providers });
    const error = await pool.request('eth_blockNumber', []).catch((each: Error) => each);
    expect(String(error)).not.toContain('secret-key');
    expect(JSON.stringify(pool.state())).not.toContain('secret-key');
  });
});

describe("a node's own word", () => {
  it('is not asked for elsewhere', async () => {
    const revert = () => {
      throw new Refused(3, 'execution reverted', '0x1234');
    };
    const all = await three(Array(3).fill({ answers: { eth_call: revert } }));
    const pool = poolOver(all);
    const asked = pool.request('eth_call', [{}, 'latest']);
    await expect(asked).rejects.toMatchObject({ name: 'RpcError', code: 3, data: '0x1234' });
    expect(total(all, 'eth_call')).toBe(1);
  });

  it.each(['query returned more than 10000 results', 'eth_getLogs block range is too wide'])(
    'that a range is too large reaches the caller: %s',
    async (message) => {
      const tooLarge = () => {
        throw new Refused(-32005, message);
      };
      const all = await three(Array(3).fill({ answers: { eth_getLogs: tooLarge } }));
      const asked = poolOver(all).request('eth_getLogs', [{ fromBlock: '0x1', toBlock: '0x2' }]);
      await expect(asked).rejects.toThrow(RpcError);
    },
  );

  it('that it does not have a block is no answer while another one has it', async () => {
    const unknown = () => {
      throw new Refused(-32000, 'unknown block');
    };
    const logs = [{ logIndex: '0x0' }];
    const all = await three([
      { answers: { eth_getLogs: unknown } },
      { answers: { eth_getLogs: unknown } },
      { answers: { eth_getLogs: () => logs } },
    ]);
    const pool = poolOver(all);
    expect(await pool.request('eth_getLogs', [{ blockHash: hashOf(7) }])).toEqual(logs);
  });

  it('that nobody has a block is the answer', async () => {
    const all = await three(Array(3).fill({ answers: { eth_getBlockByHash: () => null } }));
    const pool = poolOver(all);
    expect(await pool.request('eth_getBlockByHash', [hashOf(7, 'gone'), false])).toBeNull();
  });
});

describe('what the pool shows of the chain', () => {
  it('never goes back at the head while providers lag', async () => {
    const all = await three();
    const pool = poolOver(all, { limits: { headEveryMs: 0 } });
    let shown = 0;
    for (let step = 0; step < 40; step += 1) {
      for (const [at, node] of all.entries()) node.head = 100 + step - ((step + at) % 3);
      const block = (await pool.request('eth_getBlockByNumber', ['latest', false])) as {
        number: string;
      };
      expect(Number(block.number)).toBeGreaterThanOrEqual(shown);
      shown = Number(block.number);
      const balance = Number(await pool.request('eth_getBalance', [`0x${step}`, 'latest']));
      expect(balance).toBeGreaterThanOrEqual(shown);
    }
  });

  it('asks for a block only who has it', async () => {
    const all = await three([{ head: 50 }, { head: 50 }, { head: 100 }]);
    const pool = poolOver(all);
    await pool.request('eth_chainId', []);
    await pool.request('eth_getLogs', [{ fromBlock: '0x3c', toBlock: '0x46' }]);
    expect([callsOf(all[0], 'eth_getLogs'), callsOf(all[1], 'eth_getLogs')]).toEqual([0, 0]);
    expect(callsOf(all[2], 'eth_getLogs')).toBe(1);
  });

  it('has no answer about logs of a block that nobody has', async () => {
    const pool = poolOver(await three());
    const asked = pool.request('eth_getLogs', [{ fromBlock: '0x1', toBlock: '0xffff' }]);
    await expect(asked).rejects.toThrow(RpcUnavailable);
    expect(await pool.request('eth_getBlockByNumber', ['0xffff', false])).toBeNull();
  });

  it('does not believe one provider that is alone far ahead', async () => {
    const all = await three([{ head: 1_000_000 }]);
    const pool = poolOver(all, { limits: { headEveryMs: 0 } });
    for (let at = 0; at < 8; at += 1)
      expect(await pool.request('eth_blockNumber', [])).toBe('0x64');
  });

  it('believes a chain that has become shorter after a while', async () => {
    const clock = handClock();
    const node = await nodeOf();
    const pool = poolOver([node], { clock });
    expect(await pool.request('eth_blockNumber', [])).toBe('0x64');
    node.head = 95;
    await expect(pool.request('eth_blockNumber', [])).rejects.toThrow(RpcUnavailable);
    clock.pass(16_000);
    expect(await pool.request('eth_blockNumber', [])).toBe('0x5f');
  });

  it('follows a reorg of the same height', async () => {
    const all = await three();
    const pool = poolOver(all);
    await pool.request('eth_getBlockByNumber', ['latest', false]);
    for (const node of all) node.forkedAbove = 97;
    const block = await pool.request('eth_getBlockByNumber', ['latest', false]);
    expect(block).toMatchObject({ hash: hashOf(100, 'other'), parentHash: hashOf(99, 'other') });
  });
});

describe('finality', () => {
  it('is what most providers say', async () => {
    const all = await three([{ finalized: 92 }, { finalized: 90 }, { finalized: 99 }]);
    const pool = poolOver(all);
    const block = await pool.request('eth_getBlockByNumber', ['finalized', false]);
    expect(block).toMatchObject({ hash: expect.any(String) });
    expect([hashOf(90), hashOf(92)]).toContain((block as { hash: string }).hash);
  });

  it('is not moved by one that lies about its number or its hash', async () => {
    const all = await three([{ finalized: 100, forkedAbove: 80 }]);
    const pool = poolOver(all);
    expect(await pool.request('eth_getBlockByNumber', ['finalized', false])).toMatchObject({
      hash: hashOf(90),
    });
  });

  it('is not known where no block has a majority', async () => {
    const all = await three([{ forkedAbove: 80 }, {}, { trouble: { type: 'drop' } }]);
    const asked = poolOver(all).request('eth_getBlockByNumber', ['finalized', false]);
    await expect(asked).rejects.toThrow(RpcUnavailable);
  });

  it('never goes back', async () => {
    const all = await three();
    const pool = poolOver(all);
    await pool.request('eth_getBlockByNumber', ['finalized', false]);
    for (const node of all) node.finalized = 80;
    expect(await pool.request('eth_getBlockByNumber', ['finalized', false])).toMatchObject({
      number: '0x5a',
    });
  });

  it('does not wait for a provider that hangs', async () => {
    const all = await three([{ trouble: { type: 'hang' }, troubled: ['eth_getBlockByNumber'] }]);
    const pool = poolOver(all, { limits: { lightMs: 600_000 } });
    expect(await pool.request('eth_getBlockByNumber', ['finalized', false])).toMatchObject({
      hash: hashOf(90),
    });
  });

  it('bounds other reads by number', async () => {
    const seen: unknown[] = [];
    const answers = {
      eth_getLogs: (params: unknown[]) => {
        seen.push(params[0]);
        return [];
      },
    };
    const pool = poolOver([await nodeOf({ answers })]);
    await pool.request('eth_getLogs', [{ fromBlock: '0x1', toBlock: 'finalized' }]);
    expect(seen).toEqual([{ fromBlock: '0x1', toBlock: '0x5a' }]);
  });
});

describe('the word of most', () => {
  it('is what more than half of all providers answer', async () => {
    const pool = poolOver(await three([{ forkedAbove: 80 }]));
    expect(await pool.agree('eth_getBlockByNumber', ['0x5f', false])).toMatchObject({
      hash: hashOf(95),
    });
  });

  it('does not exist where they differ', async () => {
    const balance = (text: string) => ({ answers: { eth_getBalance: () => text } });
    const pool = poolOver(await three([balance('0x1'), balance('0x2'), balance('0x3')]));
    await expect(pool.agree('eth_getBalance', ['0x1', '0x5'])).rejects.toThrow(RpcUnavailable);
  });
});

describe('a signed transaction', () => {
  const raw = '0x02f86b';

  it('goes to every provider', async () => {
    const all = await three();
    const pool = poolOver(all);
    await pool.request('eth_sendRawTransaction', [raw]);
    await Promise.all(all.map((node) => node.asked('eth_sendRawTransaction')));
    await expect.poll(() => all.map((node) => node.pool.has(raw))).toEqual([true, true, true]);
  });

  it('is sent where one takes it or knows it already', async () => {
    const all = await three(Array.from({ length: 3 }, () => ({ pool: new Set([raw]) })));
    const pool = poolOver(all);
    const hash = await pool.request('eth_sendRawTransaction', [raw]);
    all[0].pool.clear();
    all[1].trouble = all[2].trouble = { type: 'drop' };
    expect(await pool.request('eth_sendRawTransaction', [raw])).toBe(hash);
  });

  it("that all refuse is refused with the node's own word", async () => {
    const refuse = () => {
      throw new Refused(-32000, 'nonce too low');
    };
    const answers = { eth_sendRawTransaction: refuse };
    const pool = poolOver(await three([{ answers }, { answers }, { trouble: { type: 'drop' } }]));
    await expect(pool.request('eth_sendRawTransaction', [raw])).rejects.toThrow('nonce too low');
  });
});

describe("a deployment's providers", () => {
  it('have names without keys, and a rate of their own where given', () => {
    const text = 'https://a.example/KEY#rate=25, https://a.example/OTHER ,http://b:8545/#name=own';
    expect(providersIn(text)).toEqual([
      { name: 'a.example', url: 'https://a.example/KEY', ratePerSecond: 25 },
      { name: 'a.example-2', url: 'https://a.example/OTHER' },
      { name: 'own', url: 'http://b:8545/' },
    ]);
  });
});
