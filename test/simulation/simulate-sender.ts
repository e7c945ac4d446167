/** One run of the transaction sender's simulation: many processes send for one account through a seed's troubles, then the chain is audited. */
import { id as digestOf, hexlify, toUtf8Bytes, toUtf8String } from 'ethers';
import { createLocalSigner } from '#cloud/local-signer.ts';
import type { Rpc } from '#cloud/rpc.ts';
import { type DigestSigner, WouldRevert } from '#cloud/send-transaction.ts';
import { createTransactionSender } from '#cloud/transaction-sender.ts';
import type { SenderIncident } from '#cloud/transaction-sender-broadcast.ts';
import type { ChainTerms } from '#wire/chain-terms.ts';
import { chainKeys } from '#wire/table-keys.ts';
import { pause } from '../../containers/matcher/timers.ts';
import { seeded } from '../cloud/clearing-journal.ts';
import type { SenderFault } from './planted.ts';
import { SimulatedChain } from './simulated-chain.ts';
import { type SimulatedProcess, Unreachable } from './simulated-process.ts';
import { Surroundings } from './surroundings.ts';
import { withVirtualWaits } from './virtual-waits.ts';

export type SenderRun = {
  seed: number;
  problems: string[];
  hash: string;
  counts: {
    transactions: number;
    bumps: number;
    reorgs: number;
    deaths: number;
    foreign: number;
    refused: number;
  };
};

export type SenderLoad = { senders: number; each: number };

export const table = 'chain';
export const address = '0x1111111111111111111111111111111111111111';
const to = '0x2222222222222222222222222222222222222222';
const blockMs = 2_000;
/** So long the last ones may take in calm: a pass broadcasts sixteen, and a nonce that was taken is known when that is final. */
const calmBlocks = 40;

export const senderTerms: ChainTerms = {
  ...{ confirmations: 5, finalizedTag: false, fromBlock: 0, blockMs, exitDelaySeconds: 60 },
  ...{ maxFeePerGasWei: '2000000000000', maxPriorityFeePerGasWei: '50000000000' },
  ...{ stuckAfterSeconds: 12, batchGas: 15_000_000, batchAgeMs: 1_000 },
};

export function simulateSender(
  seed: number,
  planted?: SenderFault,
  load: SenderLoad = { senders: 4, each: 12 },
): Promise<SenderRun> {
  const random = seeded(seed);
  const world = new Surroundings(random);
  const run = () => new Simulation(world, seed, load, planted).run();
  return withVirtualWaits(world.time.timers, random, run);
}

class Simulation {
  #world: Surroundings;
  #seed: number;
  #load: SenderLoad;
  #chain: SimulatedChain;
  #signer: DigestSigner;
  #wanted: string[];
  #planted: SenderFault | undefined;
  #incidents: SenderIncident[] = [];
  #counts = { transactions: 0, bumps: 0, reorgs: 0, deaths: 0, foreign: 0, refused: 0 };
  #sending = 0;
  #live: SimulatedProcess[] = [];

  constructor(world: Surroundings, seed: number, load: SenderLoad, planted?: SenderFault) {
    this.#world = world;
    this.#seed = seed;
    this.#load = load;
    this.#planted = planted;
    this.#signer = plainSigner(createLocalSigner(digestOf(`key of seed ${seed}`)));
    this.#chain = new SimulatedChain(address);
    this.#chain.reverts = (data) => toUtf8String(data).includes('bad');
    this.#wanted = Array.from({ length: load.senders * load.each }, (_, at) => `transaction:${at}`);
    if (planted === 'unconditional') world.table.ignoresConditions = true;
  }

  async run(): Promise<SenderRun> {
    const { random, time, weather } = this.#world;
    weather.faultsPerHundred = random(3) * 4;
    weather.deathsPerTenThousand = random(3) * 15;
    const { senders, each } = this.#load;
    for (let at = 0; at < senders; at += 1)
      this.#startSender(at, this.#wanted.slice(at * each, (at + 1) * each));
    if (this.#planted !== 'no-sweep') for (let at = 0; at < 2; at += 1) this.#startSweep(at);
    for (let blocks = 0; this.#sending > 0 && blocks < 5_000; blocks += 1) await this.#block();
    for (let blocks = random(15); blocks > 0; blocks -= 1) await this.#block();
    weather.faultsPerHundred = 0;
    weather.deathsPerTenThousand = 0;
    for (const process of this.#live) process.resume();
    await this.#calm();
    await time.pass(1);
    return this.#audit();
  }

  /** One block's time, and perhaps one of the things that befall chains. */
  async #block(): Promise<void> {
    const { random, time } = this.#world;
    const chain = this.#chain;
    const befalls = random(16);
    if (befalls === 0) {
      this.#counts.reorgs += 1;
      const keptOfTen = random(11);
      chain.reorg(1 + random(senderTerms.confirmations), () => random(10) < keptOfTen);
    } else if (befalls === 1) chain.forgetPool();
    else if (befalls === 2) chain.baseFee = BigInt(1 + random(60)) * 1_000_000_000n;
    else if (befalls === 3) chain.leastTip = BigInt(random(3)) * 1_000_000_000n;
    else if (befalls === 4 && random(4) === 0) {
      this.#counts.foreign += 1;
      chain.mineForeign(1 + random(2));
    } else if (befalls === 5) this.#killOrPause();
    if (random(10) > 0) chain.mine(random(8) === 0 ? 0 : 200);
    this.#world.note(`block ${chain.height}`);
    await time.pass(blockMs);
  }

  #killOrPause(): void {
    const { random } = this.#world;
    const process = this.#live[random(this.#live.length)];
    if (random(2) === 0) process?.kill();
    else if (process) {
      process.pause();
      this.#world.time.timers.after(random(30_000), () => process.resume());
    }
  }

  /** Asks for each of its transactions until it is told that it is stored; who dies is followed by another one. */
  #startSender(at: number, ids: readonly string[]): void {
    this.#sending += 1;
    const left = [...ids];
    const work = async (process: SimulatedProcess) => {
      const sender = this.#senderOf(process);
      while (left[0] !== undefined) {
        const [id] = left;
        if (await this.#sent(sender, id)) left.shift();
        await pause(process.timers, this.#world.random(2) * this.#world.random(8_000));
      }
    };
    this.#keep(`sender ${at}`, work, () => {
      this.#sending -= 1;
    });
  }

  async #sent(sender: ReturnType<Simulation['senderOf']>, id: string): Promise<boolean> {
    const isBad = this.#world.random(20) === 0;
    try {
      if (isBad)
        await sender.send({ id: `bad:${id}`, to, data: hexlify(toUtf8Bytes(`bad:${id}`)) });
      await sender.send({ id, to, data: hexlify(toUtf8Bytes(id)) });
      return true;
    } catch (error) {
      if (error instanceof WouldRevert) this.#counts.refused += 1;
      else if (!(error instanceof Unreachable || isThrottled(error)))
        this.#world.bug(`${id}: ${(error as Error).stack}`);
      return false;
    }
  }

  #startSweep(at: number): void {
    const work = async (process: SimulatedProcess) => {
      const sender = this.#senderOf(process);
      for (;;) {
        await pause(process.timers, 500 + this.#world.random(1_500));
        await sender.advance().catch((error: unknown) => {
          if (error instanceof Unreachable || isThrottled(error)) return;
          this.#world.bug(`sweep: ${(error as Error).stack}`);
        });
      }
    };
    this.#keep(`sweep ${at}`, work, () => undefined);
  }

  /** Runs it in a process, and in another one where that is dead. */
  #keep(name: string, work: (process: SimulatedProcess) => Promise<void>, done: () => void): void {
    const process = this.#world.process(name);
    this.#live.push(process);
    let isDone = false;
    void work(process).then(() => {
      isDone = true;
      done();
    });
    const watch = () => {
      if (isDone) return;
      if (process.state !== 'dead') {
        this.#world.time.timers.after(1_000, watch);
        return;
      }
      this.#counts.deaths += 1;
      this.#live.splice(this.#live.indexOf(process), 1);
      this.#keep(name, work, done);
    };
    watch();
  }

  #senderOf(process: SimulatedProcess) {
    return this.senderOf(
      this.#world.client(process),
      {
        request: (method, params) => {
          // What is sent while nobody answers may arrive late, and twice.
          const run = () => this.#answer(method, params);
          return process.call({ to: 'node', run, throttled: () => new Error('429') });
        },
      },
      process.clock,
    );
  }

  #answer(method: string, params: readonly unknown[]): unknown {
    const isReceipt = method === 'eth_getTransactionReceipt';
    // The block is there; what is said to be in it is not.
    if (isReceipt && this.#planted === 'node-lies' && this.#world.random(5) === 0)
      return this.#chain.anyReceipt(String(params[0]));
    return this.#chain.request(method, params);
  }

  senderOf(client: ReturnType<Surroundings['client']>, rpc: Rpc, clock = this.#world.time.clock) {
    return createTransactionSender({
      ...{ client, table, rpc, signer: this.#signer, chainId: 1, terms: senderTerms, clock },
      report: (incident, { id, nonce }) => {
        this.#incidents.push(incident);
        this.#world.note(`${incident} ${id} ${nonce}`);
      },
    });
  }

  /** Blocks without trouble, until everything is final. */
  async #calm(): Promise<void> {
    const chain = this.#chain;
    chain.baseFee = 1_000_000_000n;
    chain.leastTip = 1n;
    const sender = this.senderOf(this.#world.calmClient(), {
      request: async (method, params) => chain.request(method, params),
    });
    const { unmined } = await this.#world.time.until(sender.state());
    for (let blocks = calmBlocks + unmined / 8; blocks > 0; blocks -= 1) {
      chain.mine();
      if (this.#planted !== 'no-sweep') await this.#world.time.until(sender.advance());
      await this.#world.time.pass(blockMs);
    }
  }

  #audit(): SenderRun {
    const { bugs } = this.#world;
    const chain = this.#chain;
    const problems = [...bugs];
    const mined = chain.mined();
    const nonces = mined.map(({ nonce }) => nonce);
    if (nonces.some((nonce, at) => nonce !== at)) problems.push(`nonces with a gap: ${nonces}`);
    const ours = mined.filter(({ data }) => data !== 'foreign');
    const times = new Map<string, number>();
    for (const { data } of ours) {
      const id = toUtf8String(data);
      times.set(id, (times.get(id) ?? 0) + 1);
    }
    for (const id of this.#wanted) {
      const count = times.get(id) ?? 0;
      if (count !== 1) problems.push(`${id} was mined ${count} times`);
      times.delete(id);
    }
    for (const id of times.keys()) problems.push(`${id} was mined, and should not have been`);
    const placeOf = ({ data, block }: (typeof ours)[number]) => `${toUtf8String(data)} in ${block}`;
    problems.push(...this.#stored(new Map(ours.map((each) => [each.hash, placeOf(each)]))));
    if (this.#counts.foreign === 0 && this.#incidents.includes('nonce_taken'))
      problems.push('a nonce was said to be taken, and nobody else sent anything');
    this.#counts.transactions = this.#wanted.length;
    return { seed: this.#seed, problems, hash: this.#world.hash(), counts: this.#counts };
  }

  /** What the table says of each transaction is what the chain says. */
  #stored(mined: ReadonlyMap<string, string>): string[] {
    const problems: string[] = [];
    const partition = chainKeys.transactionsOf(address);
    for (const row of this.#world.table.partition(table, partition).values()) {
      const hashes = row['hashes'] as string[];
      this.#counts.bumps += hashes.length - 1;
      if (row['status'] === 'taken') continue;
      if (row['status'] !== 'confirmed') {
        problems.push(`${row['id']} at ${row['nonce']} is ${row['status']} in the end`);
        continue;
      }
      const { hash, blockNumber } = row['mined'] as { hash: string; blockNumber: bigint };
      const said = `${row['id']} in ${blockNumber}`;
      if (mined.get(hash) !== said) problems.push(`${hash} is said to be ${said}`);
    }
    return problems;
  }
}

const isThrottled = (error: unknown): boolean =>
  error instanceof Error &&
  (error.message === '429' || /too many requests|ThrottlingError/.test(error.message));

/** The simulated chain takes every signature for this address: recovering it would cost more than all the rest. */
const plainSigner = (signer: DigestSigner): DigestSigner => ({
  ...signer,
  address: async () => address,
});
