/** One run of the chain's simulation: a seed's story on a real node, with reorgs and deaths at any call, then everything is audited. */

import { openExits } from '#cloud/exit-store.ts';
import { queryAll } from '#cloud/query.ts';
import { batchesBehind } from '#cloud/settlement-batches.ts';
import { openPayouts } from '#cloud/withdrawal-store.ts';
import { chainKeys, outboxKeys } from '#wire/table-keys.ts';
import { seeded } from '../cloud/clearing-journal.ts';
import { delaySeconds, marginSeconds } from '../contracts/chain-world.ts';
import { auditChain, auditDeposits } from './audit-chain.ts';
import { ChainExchange } from './chain-exchange.ts';
import type { ChainNode } from './chain-node.ts';
import { ChainUsers, type Work } from './chain-users.ts';
import { ChainSimulationWorld, confirmations, tables } from './chain-world.ts';
import type { ChainFault } from './planted.ts';
import { withVirtualWaits } from './virtual-waits.ts';

export type ChainRun = {
  seed: number;
  problems: string[];
  hash: string;
  counts: {
    deposits: number;
    orders: number;
    /** Of the orders, those that session keys signed and the door let in. */
    delegated: number;
    delegations: number;
    revocations: number;
    trades: number;
    batches: number;
    withdrawals: number;
    acts: number;
    /** Of operators to users; some more than insurance has. */
    gifts: number;
    frozenExits: number;
    freezes: number;
    reorgs: number;
    deaths: number;
    insured: number;
  };
};

const [fewestSteps, moreSteps] = [12, 14];
const calmRounds = 40;
/** Between two looks, where time passes quickly. */
const pauseSeconds = 540;

/** Any number of runs on one node, one after the other. */
export async function simulateChain(
  node: ChainNode,
  seed: number,
  planted?: ChainFault,
): Promise<ChainRun> {
  const random = seeded(seed);
  const { number: fromBlock, atMs: startMs } = await node.begin();
  const world = new ChainSimulationWorld({ node, fromBlock, startMs, random, planted });
  // What waits inside the cloud's code waits for a moment: nothing else happens meanwhile.
  const soon = { ...world.time.timers, after: (_: number, run: () => void) => instant(run) };
  const run = () => new Simulation(world, seed).run();
  return withVirtualWaits(soon, random, run);
}

function instant(run: () => void): () => void {
  const handle = setImmediate(run);
  return () => clearImmediate(handle);
}

class Simulation {
  #world: ChainSimulationWorld;
  #seed: number;
  #exchange: ChainExchange;
  #users: ChainUsers;
  /** How much everybody wants at once, at most. */
  #busy: number;
  /** How far settlement is behind: the more, the seldomer it runs. */
  #lag: number;
  #reorgs = 0;
  /** At which step settlement stops for so long that somebody freezes the vault; of most runs at none. */
  #freezesAt: number | undefined;
  #isFrozen = false;
  #batches = 0;

  constructor(world: ChainSimulationWorld, seed: number) {
    this.#world = world;
    this.#seed = seed;
    // Planted faults show where much is under way.
    this.#busy = world.planted ? 40 : ([8, 16, 40][world.random(3)] ?? 8);
    this.#lag = world.planted ? 20 : ([3, 6, 20][world.random(3)] ?? 3);
    this.#exchange = new ChainExchange(world);
    this.#users = new ChainUsers(world, this.#exchange);
  }

  async run(): Promise<ChainRun> {
    const { random, workers, bugs } = this.#world;
    await this.#users.begin();
    for (let blocks = 0; blocks <= confirmations; blocks += 1) await this.#block();
    await this.#work(this.#exchange.works());
    const steps = fewestSteps + random(moreSteps);
    if (this.#world.planted === 'freeze-unheard' || random(6) === 0)
      this.#freezesAt = steps - 1 - random(8);
    for (let step = 0; step < steps && bugs.length === 0; step += 1) {
      workers.deathsPerThousand = [0, 4, 15][random(3)] ?? 0;
      if (step === this.#freezesAt) await this.#freeze();
      await this.#step();
    }
    workers.deathsPerThousand = 0;
    await this.#calm();
    return this.#end();
  }

  async #step(): Promise<void> {
    const { random } = this.#world;
    const works: Work[] = [];
    for (let acts = random(this.#busy); acts > 0; acts -= 1) {
      const work = await this.#users.act();
      if (work) works.push(work);
    }
    for (const work of this.#exchange.works())
      if (random(work.name === 'settlement' ? this.#lag : 3) < 2) works.push(work);
    // Two of a kind at once do no harm.
    const all = this.#exchange.works();
    const twice = all[random(all.length)];
    if (twice && random(3) === 0) works.push({ ...twice, name: `${twice.name} again` });
    await this.#work(works);
    if (random(9) === 0) await this.#reorg();
    if (random(15) === 0) await this.#world.node.forgetWaiting();
    if (random(12) === 0) await this.#longPause();
    if (random(3) === 0) await this.#users.endExits(3);
    if (this.#isFrozen && random(3) === 0) await this.#users.leaveFrozen();
    for (let blocks = random(3); blocks > 0; blocks -= 1) await this.#block();
  }

  async #work(works: readonly Work[]): Promise<void> {
    const { workers } = this.#world;
    await workers.run(works, (name, error) => {
      this.#world.bug(`${name}: ${(error as Error).stack}`);
    });
    // Frames close.
    await this.#world.time.pass(200 + this.#world.random(1_500));
    this.#world.note(`${workers.calls} calls, ${workers.deaths} deaths`);
  }

  async #block(): Promise<void> {
    const world = this.#world;
    await world.time.pass(1_000 + world.random(3_000));
    world.chainMs = Math.max(world.chainMs + 1_000, world.nowMs());
    await world.node.mine(world.chainMs);
  }

  /** Blocks go, with what was in them or without; other ones come. */
  async #reorg(): Promise<void> {
    const { node, random } = this.#world;
    this.#reorgs += 1;
    const keptOfTen = random(11);
    const count = await node.takeBack(1 + random(confirmations), () => random(10) < keptOfTen);
    for (let blocks = 0; blocks <= count; blocks += 1) await this.#block();
  }

  /** Longer than an exit's delay, in which the exchange goes on, settlement as seldom as ever. */
  async #longPause(): Promise<void> {
    const { random, time } = this.#world;
    for (let hours = 0; hours < 8; hours += 1) {
      await time.pass(pauseSeconds * 1_000);
      await this.#block();
      const works = this.#exchange.works();
      await this.#work(works.filter(({ name }) => name !== 'settlement' || random(this.#lag) < 2));
    }
  }

  /** Somebody's exit is overdue, for nothing settles: settlement is down for longer than delay and margin together. */
  async #freeze(): Promise<void> {
    const { node } = this.#world;
    const account = await this.#users.insist();
    await this.#block();
    const idle = () => this.#exchange.works().filter(({ name }) => name !== 'settlement');
    for (let past = 0; past <= delaySeconds + marginSeconds; past += pauseSeconds) {
      await this.#world.time.pass(pauseSeconds * 1_000);
      await this.#block();
      await this.#work(idle());
    }
    // One of them is overdue, unless a batch that was on its way has answered it.
    for (const act of await this.#world.acts())
      if (act.type === 'exit_requested') await node.ask(account, 'freeze', [act.exitId]);
    await this.#block();
    this.#isFrozen = await node.world.read<boolean>('isFrozen');
    this.#world.note(`frozen: ${this.#isFrozen}`);
  }

  /** Nothing goes wrong and nobody wants anything more: what is under way comes to its end. */
  async #calm(): Promise<void> {
    const { bugs } = this.#world;
    for (let round = 0; round < calmRounds && bugs.length === 0; round += 1) {
      if (round % 8 === 0) this.#users.stop();
      if (this.#isFrozen && round % 8 === 4) await this.#users.leaveFrozen();
      await this.#work(this.#exchange.works());
      // Deadlines of withdrawals that nothing covers pass, and the delays of exits.
      if (round > 5) await this.#world.time.pass(delaySeconds * 125);
      if (round > 5 && round % 4 === 0) await this.#users.endExits();
      await this.#block();
      // What left a frozen vault is booked when it is final.
      const isLate = this.#isFrozen ? round % 8 === 3 && round > 8 : round > 3;
      if (isLate && (await this.#isOver())) break;
    }
  }

  async #isOver(): Promise<boolean> {
    const { table } = this.#world;
    const client = this.#world.calmClient();
    const settling = table.partition(tables.outboxTable, outboxKeys.topic('settle')).size;
    const batches = await batchesBehind({ client, ...tables }, 0, 10_000);
    this.#batches = batches.length;
    const open = await openPayouts({ client, table: tables.chainTable });
    const isSettled = batches.every(
      ({ status, isTakenBack }) => status === 'settled' || isTakenBack,
    );
    const where = { client, table: tables.chainTable };
    const undone = await queryAll(where, chainKeys.insuredFills);
    const isFollowed = undone.every((item) => item['status'] !== 'open');
    const exits = await openExits({ client, table: tables.chainTable });
    const deposits = auditDeposits(this.#world);
    return isSettled && isFollowed && open.length + exits.length + settling + deposits.length === 0;
  }

  async #end(): Promise<ChainRun> {
    const world = this.#world;
    const problems = [...world.bugs];
    for (const what of this.#exchange.incidents) problems.push(`the sender: ${what}`);
    for (const what of this.#exchange.surprises)
      problems.push(`the vault paid what was not to be paid: ${JSON.stringify(what)}`);
    if (problems.length === 0) {
      const { rounds } = this.#exchange.guarding;
      const maxNotionalOf = (digest: string) => this.#users.keys.maxNotionalOf(digest);
      problems.push(
        ...(await auditChain(world, { rounds, maxNotionalOf, isFrozen: this.#isFrozen })),
      );
    }
    const trades = world.groups.flatMap(({ frames }) =>
      frames.flatMap(({ outcomes }) =>
        outcomes.flatMap(({ events }) => events.filter(({ type }) => type === 'trade')),
      ),
    );
    const { keys } = this.#users;
    const counts = {
      ...{ ...this.#users.counts, ...keys.counts },
      ...{ trades: trades.length, batches: this.#batches },
      ...{ freezes: Number(this.#isFrozen), reorgs: this.#reorgs, deaths: world.workers.deaths },
      insured: this.#exchange.told.length,
    };
    return { seed: this.#seed, problems, hash: world.hash(), counts };
  }
}
