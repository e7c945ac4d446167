/** The indexer over a simulated chain: whatever the chain does, the facts say what is on it. */
import { describe, expect, test } from 'vitest';
import type { Checkpoint, Pass } from '#cloud/chain-index.ts';
import { headOf } from '#cloud/chain-index.ts';
import { LogsIncomplete } from '#cloud/chain-index-logs.ts';
import { look, type PassPorts } from '#cloud/chain-index-pass.ts';
import { followChain } from '../../functions/indexer/follow-chain.ts';
import { MemoryIndex } from './memory-index.ts';
import { exchange, genesisMs, SimulatedChain, stranger, vault } from './simulated-chain.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 4);

/** The same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Terms = PassPorts['terms'];
const usual: Terms = { confirmations: 80, finalizedTag: false, fromBlock: 0 };

function portsOf(chain: SimulatedChain, terms: Partial<Terms> = {}, others = [chain]): PassPorts {
  return {
    rpc: chain,
    everyone: (method, params) =>
      Promise.all(others.map((each) => each.request(method, params).catch(() => undefined))),
    addresses: [vault, exchange],
    terms: { ...usual, ...terms },
    nowMs: () => genesisMs,
  };
}

/** Looks until nothing is new. */
async function catchUp(index: MemoryIndex, ports: PassPorts): Promise<string> {
  for (let looks = 0; looks < 1_000; looks += 1) {
    const looked = await look(await index.read(), ports);
    if (looked.type !== 'found') return looked.type;
    await index.append(looked.pass);
  }
  throw new Error('no end');
}

function mineSome(chain: SimulatedChain, count: number, random: (below: number) => number): void {
  for (let mined = 0; mined < count; mined += 1) {
    const kinds = [[], [], [stranger], [vault], [stranger, vault, exchange], [exchange, stranger]];
    chain.mine(kinds[random(kinds.length)] ?? []);
  }
}

test.each(Array.from({ length: runs }, (_, seed) => seed))(
  'facts fold to the canonical chain after random reorgs to depth 64 (seed %i)',
  async (seed) => {
    const random = randomOf(seed + 1);
    const chain = new SimulatedChain();
    const [index, ports] = [new MemoryIndex(), portsOf(chain)];
    let finalNumber = -1;
    for (let step = 0; step < 14; step += 1) {
      // What is final stays: a chain that became shorter is not cut as deep again.
      if (random(2) === 0) chain.cut(Math.min(random(65), chain.head - Math.max(0, finalNumber)));
      mineSome(chain, 1 + random(random(4) === 0 ? 300 : 70), random);
      chain.mostLogs = 3 + random(30);
      expect(await catchUp(index, ports)).toBe('still');
      const folded = index.folded();
      expect(folded.state()).toBe(chain.canonical(0, chain.head));
      expect(folded.head).toEqual({
        number: chain.head,
        hash: chain.block(chain.head).hash,
      });
      finalNumber = Math.max(finalNumber, chain.head - usual.confirmations);
      expect(folded.finalNumber).toBe(Math.max(-1, finalNumber));
    }
  },
);

describe('a look', () => {
  test('that changes under the eyes writes nothing that is of two chains', async () => {
    const random = randomOf(7);
    const chain = new SimulatedChain();
    mineSome(chain, 40, random);
    const index = new MemoryIndex();
    let calls = 0;
    const restless: PassPorts = {
      ...portsOf(chain),
      rpc: {
        request: async (method, params) => {
          calls += 1;
          if (calls % 29 === 0) {
            chain.cut(random(12));
            mineSome(chain, random(14), random);
          }
          return chain.request(method, params);
        },
      },
    };
    for (let looks = 0; looks < 200; looks += 1) {
      const looked = await look(index.checkpoint, restless).catch(() => undefined);
      if (looked?.type === 'found') await index.append(looked.pass);
    }
    expect(await catchUp(index, portsOf(chain))).toBe('still');
    expect(index.folded().state()).toBe(chain.canonical(0, chain.head));
    expect(index.facts.some(({ type }) => type === 'reorg')).toBe(true);
  });

  test('asks for no logs where the bloom says that none is ours', async () => {
    const chain = new SimulatedChain();
    for (let mined = 0; mined < 50; mined += 1) chain.mine([stranger]);
    await catchUp(new MemoryIndex(), portsOf(chain));
    expect(chain.asked['eth_getLogs'] ?? 0).toBeLessThan(3);
  });

  test('begins at the block of the deployment, and waits for it', async () => {
    const chain = new SimulatedChain();
    const [index, ports] = [new MemoryIndex(), portsOf(chain, { fromBlock: 5 })];
    chain.mine([vault]);
    expect(await catchUp(index, ports)).toBe('still');
    expect(index.facts).toEqual([]);
    for (let mined = 0; mined < 9; mined += 1) chain.mine([vault]);
    await catchUp(index, ports);
    expect(index.facts[0]).toMatchObject({ type: 'block', number: 5 });
  });

  test('holds a provider that is behind for no reorg', async () => {
    const chain = new SimulatedChain();
    mineSome(chain, 30, randomOf(3));
    const [index, behind] = [new MemoryIndex(), new SimulatedChain()];
    await catchUp(index, portsOf(chain));
    const known = index.facts.length;
    const late: PassPorts = {
      ...portsOf(chain),
      rpc: {
        request: (method, params) =>
          chain.request(method, params[0] === 'latest' ? ['0x9', false] : params),
      },
    };
    expect(await catchUp(index, late)).toBe('still');
    // A node that begins anew has another genesis; what is final here is not looked for there.
    expect(await catchUp(index, { ...portsOf(behind), rpc: behind })).not.toBe('moving');
    expect(index.facts.length).toBe(known);
  });
});

describe('logs', () => {
  const spoils: Record<string, SimulatedChain['spoil']> = {
    'all left out': () => [],
    'one left out': (logs) => logs.slice(1),
    'one of another block': (logs) =>
      logs.map((log, at) => (at === 0 ? { ...log, blockHash: `0x${'12'.repeat(32)}` } : log)),
    'one invented': (logs) => [
      ...logs,
      ...logs.slice(0, 1).map((log) => ({ ...log, topics: [`0x${'99'.repeat(32)}`] })),
    ],
  };
  test.each(Object.keys(spoils))(
    'that a provider spoils (%s) are had from another, or not at all',
    async (name) => {
      const [chain, honest] = [new SimulatedChain(), new SimulatedChain()];
      for (const each of [chain, honest])
        for (let n = 0; n < 20; n += 1) each.mine([vault, exchange]);
      expect(honest.block(20)).toEqual(chain.block(20));
      chain.spoil = spoils[name] ?? ((logs) => logs);
      await expect(look(undefined, portsOf(chain))).rejects.toThrow(LogsIncomplete);
      const index = new MemoryIndex();
      await catchUp(index, portsOf(chain, {}, [chain, honest]));
      expect(index.folded().state()).toBe(honest.canonical(0, 20));
    },
  );

  test('of a block that no answer holds whole are ours by a majority', async () => {
    const chain = new SimulatedChain();
    chain.mine([...Array.from({ length: 60 }, () => stranger), vault]);
    chain.mostLogs = 50;
    const dead = new SimulatedChain();
    dead.spoil = () => {
      throw new Error('dead');
    };
    const index = new MemoryIndex();
    await catchUp(index, portsOf(chain, {}, [chain, chain, dead]));
    expect(index.folded().state()).toBe(chain.canonical(0, 1));
    await expect(look(undefined, portsOf(chain, {}, [chain, dead]))).rejects.toThrow(
      LogsIncomplete,
    );
  });

  test('of one block that are many come in several facts', async () => {
    const chain = new SimulatedChain();
    chain.mine(Array.from({ length: 1_201 }, () => vault));
    const index = new MemoryIndex();
    await catchUp(index, portsOf(chain));
    expect(index.facts).toHaveLength(3);
    expect(index.folded().state()).toBe(chain.canonical(0, 1));
  });
});

describe('finality', () => {
  test('is so many blocks deep, or what the chain itself says', async () => {
    const chain = new SimulatedChain();
    mineSome(chain, 30, randomOf(1));
    const byDepth = new MemoryIndex();
    await catchUp(byDepth, portsOf(chain, { confirmations: 12 }));
    expect(byDepth.folded().finalNumber).toBe(18);
    chain.finalized = 25;
    const byTag = new MemoryIndex();
    const ports = portsOf(chain, { confirmations: 12, finalizedTag: true });
    await catchUp(byTag, ports);
    expect(byTag.folded().finalNumber).toBe(25);
    chain.finalized = 27;
    await catchUp(byTag, ports);
    expect(byTag.folded().finalNumber).toBe(27);
    chain.finalized = 3;
    await catchUp(byTag, ports);
    expect(byTag.folded().finalNumber).toBe(27);
  });
});

describe('a reorg of what is final', () => {
  async function afterDeepReorg(depth: number) {
    const random = randomOf(depth);
    const chain = new SimulatedChain();
    mineSome(chain, 500, random);
    const [index, terms] = [new MemoryIndex(), { confirmations: 3 }];
    await catchUp(index, portsOf(chain, terms));
    const final = index.checkpoint?.finalized;
    chain.cut(depth);
    mineSome(chain, depth + 20, random);
    return { chain, index, terms, final, told: index.facts.length };
  }

  test('stops everything until a majority agrees on a block before and one after', async () => {
    const { chain, index, terms, told } = await afterDeepReorg(10);
    const gone = new SimulatedChain();
    expect(await catchUp(index, portsOf(chain, terms, [chain, gone, gone]))).toBe('deep');
    expect(await catchUp(index, portsOf(chain, terms, [chain, gone]))).toBe('deep');
    expect(index.facts.length).toBe(told);
    expect(index.checkpoint?.deepSinceMs).toBe(genesisMs);
    expect(await catchUp(index, portsOf(chain, terms, [chain, chain, gone]))).toBe('still');
    expect(index.facts[told]).toMatchObject({ type: 'reorg', number: 490 });
    expect(index.checkpoint?.finalized?.number).toBe(chain.head - 3);
  });

  test('is told from its common ancestor on, by whatever is remembered', async () => {
    for (const depth of [4, 64, 200, 258, 300]) {
      const { chain, index, terms } = await afterDeepReorg(depth);
      expect(await catchUp(index, portsOf(chain, terms))).toBe('still');
      const reorg = index.facts.findLast(({ type }) => type === 'reorg');
      // Deeper than what is remembered, only the first block of all is known to be there.
      expect(reorg?.number).toBe(depth < 259 ? 500 - depth : 0);
    }
  });

  test('that another look finds undone goes on where it was', async () => {
    const { chain, index, terms, told } = await afterDeepReorg(30);
    const before = index.checkpoint;
    const gone = new SimulatedChain();
    await catchUp(index, portsOf(chain, terms, [chain, gone, gone]));
    const old = new SimulatedChain();
    mineSome(old, 500, randomOf(30));
    expect(old.block(500).hash).toBe(before && headOf(before).hash);
    mineSome(old, 10, randomOf(9));
    expect(await catchUp(index, portsOf(old, terms))).toBe('still');
    expect(index.facts[told]).toMatchObject({ type: 'reorg', number: 500 });
    expect(headOf(index.checkpoint as Checkpoint).number).toBe(510);
  });

  test('of a chain that has nothing of ours is never followed', async () => {
    const { index, terms } = await afterDeepReorg(0);
    const other = new SimulatedChain();
    for (let mined = 0; mined < 600; mined += 1) other.mine([vault, vault]);
    const told = index.facts.length;
    const alien: PassPorts = { ...portsOf(other, terms), rpc: alienated(other) };
    const ports = {
      ...alien,
      everyone: async (m: string, p: readonly unknown[]) => [await alien.rpc.request(m, p)],
    };
    expect(await catchUp(index, ports)).toBe('deep');
    expect(await catchUp(index, ports)).toBe('deep');
    expect(index.facts.length).toBe(told);
  });
});

/** The same chain under other hashes from its first block on. */
function alienated(chain: SimulatedChain) {
  const turned = (hash: string) => `0x${[...hash.slice(2)].reverse().join('')}`;
  return {
    async request(method: string, params: readonly unknown[]) {
      const answer = await chain.request(method, params);
      if (method !== 'eth_getBlockByNumber' || answer === null) return answer;
      const block = answer as { hash: string; parentHash: string };
      return { ...block, hash: turned(block.hash), parentHash: turned(block.parentHash) };
    },
  };
}

/** Dies at its n-th call, before or after the call does anything. */
function mortal(chain: SimulatedChain, index: MemoryIndex, death: number, after: boolean) {
  let calls = 0;
  const life = async <T>(call: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (calls > death || (calls === death && !after)) throw new Error('killed');
    const answer = await call();
    if (calls === death) throw new Error('killed');
    return answer;
  };
  const ports = portsOf(chain, { confirmations: 5 });
  const rpc = {
    request: (method: string, params: readonly unknown[]) =>
      life(() => chain.request(method, params)),
  };
  const store = {
    read: () => life(() => index.read()),
    append: (pass: Pass) => life(() => index.append(pass)),
  };
  return {
    store,
    look: (before: Checkpoint | undefined) => look(before, { ...ports, rpc }),
    calls: () => calls,
  };
}
function clockOf() {
  let nowMs = genesisMs;
  return {
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    pause: async (ms: number) => {
      nowMs += ms;
    },
  };
}
const once = { lastsMs: 300, pollMs: 100, quietMs: 0 };

describe('an indexer', () => {
  test.each([false, true])(
    'that dies at any call, after it: %s, leaves nothing half done',
    async (after) => {
      for (let death = 1, lived = false; !lived; death += 1) {
        const random = randomOf(5);
        const chain = new SimulatedChain();
        const index = new MemoryIndex();
        mineSome(chain, 12, random);
        await catchUp(index, portsOf(chain, { confirmations: 5 }));
        chain.cut(3);
        mineSome(chain, 20, random);
        const first = mortal(chain, index, death, after);
        await followChain({ ...first, ...clockOf(), report: () => {} }, once).catch(() => {});
        lived = first.calls() < death;
        expect(await catchUp(index, portsOf(chain, { confirmations: 5 }))).toBe('still');
        expect(index.folded().state()).toBe(chain.canonical(0, chain.head));
        expect(index.folded().finalNumber).toBe(chain.head - 5);
      }
    },
  );

  test('beside another does no harm, and both see the same', async () => {
    const random = randomOf(11);
    const chain = new SimulatedChain();
    const index = new MemoryIndex();
    const ports = portsOf(chain, { confirmations: 70 });
    for (let round = 0; round < 8; round += 1) {
      chain.cut(random(60));
      mineSome(chain, 61 + random(100), random);
      const run = () =>
        followChain(
          { store: index, look: (before) => look(before, ports), ...clockOf(), report: () => {} },
          once,
        );
      const [one, other] = await Promise.all([run(), run()]);
      expect(one.headNumber).toBe(chain.head);
      expect(other.headNumber).toBe(chain.head);
      expect(index.folded().state()).toBe(chain.canonical(0, chain.head));
    }
  });

  test('that cannot look at all says so', async () => {
    const problems: string[] = [];
    const chain = new SimulatedChain();
    const broken = {
      store: new MemoryIndex(),
      look: () => Promise.reject(new Error('no provider')),
      ...clockOf(),
      report: (problem: string) => problems.push(problem),
    };
    await expect(followChain(broken, once)).rejects.toThrow('no provider');
    expect(problems.length).toBeGreaterThan(1);
    expect(chain.head).toBe(0);
  });
});
