/** One run of the journal's simulation: a pair group lives through a seed's troubles, then everything is audited. */
import { archiveJournal } from '#cloud/archive-journal.ts';
import { createArchiveStore } from '#cloud/archive-store.ts';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { writeHistory } from '#cloud/history-writer.ts';
import { readJournalRange } from '#cloud/journal-range.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { readWatermark } from '#cloud/watermark-item.ts';
import { units } from '#domain/amount.ts';
import type { Watermark } from '#wire/accept-record.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { seeded } from '../cloud/clearing-journal.ts';
import { address } from '../engine/trading-floor.ts';
import { auditAnswers } from './audit-answers.ts';
import { auditReaders } from './audit-readers.ts';
import { ConsumerRun } from './consumer-run.ts';
import { differs } from './difference.ts';
import { MatcherRun } from './matcher-run.ts';
import { type Asked, type Replay, replayNaively } from './naive-replay.ts';
import type { PlantedFault } from './planted.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { funds, groupId, leaseMs, SimulatedWorld, tables, traders } from './simulated-world.ts';
import { type StoryName, stories } from './story.ts';
import { Traders } from './traders.ts';
import { withVirtualWaits } from './virtual-waits.ts';

export type SimulatedRun = {
  seed: number;
  problems: string[];
  /** Of everything that happened: the same seed gives the same one. */
  hash: string;
  /** What the run contained, for whoever asks whether it attacks enough. */
  counts: { records: number; commands: number; epochs: number; trades: number; left: number };
};

/** What the weather is drawn from. */
const faultsPerHundred = [0, 0, 3, 20];
const deathsPerTenThousand = [0, 0, 20, 100];
const latenciesMs = [2, 5, 5, 300];

export async function simulateJournal(
  seed: number,
  { story = 'long', planted }: { story?: StoryName; planted?: PlantedFault | undefined } = {},
): Promise<SimulatedRun> {
  const random = seeded(seed);
  const world = new SimulatedWorld(random, planted);
  const simulation = new Simulation(world, seed, story);
  return withVirtualWaits(world.time.timers, random, () => simulation.run());
}

class Simulation {
  #world: SimulatedWorld;
  #seed: number;
  #story: (typeof stories)[StoryName];
  #matchers: MatcherRun[] = [];
  #started = 0;
  #consumers: ConsumerRun[] = [];

  constructor(world: SimulatedWorld, seed: number, story: StoryName) {
    this.#world = world;
    this.#seed = seed;
    this.#story = stories[story];
  }

  async run(): Promise<SimulatedRun> {
    const world = this.#world;
    const { random, time } = world;
    await this.#fund();
    this.#startConsumers();
    const clients = new Traders(world, () => this.#matchers);
    this.#start();
    const { fewestSteps, moreSteps, beginsInTrouble, wishes, waitsMs } = this.#story;
    if (beginsInTrouble) this.#beginInTrouble();
    await time.pass(100);
    const steps = fewestSteps + random(moreSteps);
    for (let step = 0; step < steps && world.bugs.length === 0; step += 1) {
      this.#trouble();
      for (let left = random(wishes); left > 0; left -= 1) clients.act();
      await time.pass(waitsMs(random)[random(6)] ?? 0);
      if (random(8) === 0) this.#lookAtLedger();
      if (random(8) === 0) this.#matchers[random(this.#matchers.length)]?.tellState();
    }
    const last = await this.#calm();
    return this.#audit(last, await this.#archived());
  }

  async #fund(): Promise<void> {
    const world = this.#world;
    const ledger = createLedgerStore({ client: world.calmClient(), table: tables.ledger });
    for (const trader of traders)
      for (const [asset, amount] of Object.entries(funds))
        await ledger.deposit({
          operationId: `${trader} ${asset}`,
          ...{ account: address(trader), asset, units: units(amount), atMs: 0 },
        });
    for (const trader of traders)
      if (world.random(2))
        await ledger.setAccountSettings(address(trader), { creditPolicy: 'sticky' });
  }

  #startConsumers(): void {
    const world = this.#world;
    const settle = (process: SimulatedProcess, records: readonly JournalRecord[]) => {
      const store = createClearingStore({ client: world.client(process), table: tables.ledger });
      const readRange = (_: string, after: string, through: string) =>
        readJournalRange(world.stream.reader(process), after, through);
      return clearJournal({ store, readRange }, groupId, records);
    };
    const skips = world.planted === 'reader-skips';
    const settlement = new ConsumerRun(world, 'settlement', settle, { skips });
    const history = new ConsumerRun(world, 'market-history', (process, records) => {
      const where = { client: world.client(process), table: tables.history };
      return writeHistory(where, groupId, records);
    });
    const archive = new ConsumerRun(world, 'archive', (process, records) => {
      const store = createArchiveStore(world.bucket.reachedBy(process));
      const { follow } = world.stream.reader(process);
      const archiving = { store, follow: (_: string, after: string) => follow(after) };
      return archiveJournal(archiving, groupId, records);
    });
    this.#consumers.push(settlement, history, archive);
  }

  #start(): MatcherRun {
    this.#started += 1;
    const matcher = new MatcherRun(this.#world, this.#started);
    this.#matchers.push(matcher);
    return matcher;
  }

  /** What long stories come to by and by. */
  #beginInTrouble(): void {
    const { random } = this.#world;
    if (random(2)) this.#start();
    // Not yet how slow calls are: where they are slowest nobody leads before such a story ends.
    this.#changeFaults();
    this.#changeDeaths();
  }

  /** Something may happen to one of the processes; never are there no matchers. */
  #trouble(): void {
    const { random } = this.#world;
    this.#matchers = this.#matchers.filter(({ process }) => process.state !== 'dead');
    const matcher = this.#matchers[random(this.#matchers.length + 1)];
    const process = random(5) ? matcher?.process : this.#consumers[random(3)]?.process;
    const what = random(this.#story.troubleIn);
    if (what === 0) process?.kill();
    if (what === 1)
      this.#forAWhile(
        process,
        (each) => each.pause(),
        (each) => each.resume(),
      );
    if (what === 2 || what === 3) {
      const place = (['stream', 'table', 'bucket'] as const)[random(3)] ?? 'stream';
      this.#forAWhile(
        process,
        (each) => each.parted.add(place),
        (each) => each.parted.delete(place),
      );
    }
    if (what === 4 && matcher?.leader) void matcher.handOver();
    if (what === 5) this.#changeFaults();
    if (what === 6) this.#changeDeaths();
    if (what === 7) this.#changeLatency();
    const running = this.#matchers.filter((each) => each.process.state === 'runs');
    if (running.length === 0 || (what === 8 && this.#matchers.length < 3)) this.#start();
  }

  #changeFaults(): void {
    const { random, weather } = this.#world;
    weather.faultsPerHundred = faultsPerHundred[random(4)] ?? 0;
  }

  #changeDeaths(): void {
    const { random, weather } = this.#world;
    weather.deathsPerTenThousand = deathsPerTenThousand[random(4)] ?? 0;
  }

  #changeLatency(): void {
    const { random, weather } = this.#world;
    weather.latencyMs = latenciesMs[random(4)] ?? 5;
  }

  #forAWhile(
    process: SimulatedProcess | undefined,
    begin: (process: SimulatedProcess) => void,
    end: (process: SimulatedProcess) => void,
  ): void {
    if (!process) return;
    begin(process);
    this.#world.time.timers.after(this.#world.random(8_000), () => end(process));
  }

  /** What is frozen where settlement stands, unless it is amid a run. */
  #lookAtLedger(): void {
    const { table, seen } = this.#world;
    const cursor = table.item(tables.ledger, ledgerKeys.cursor(groupId));
    if (!cursor || cursor['run'] !== undefined) return;
    const frozen = new Map<string, bigint>();
    for (const trader of traders)
      for (const asset of Object.keys(funds)) {
        const credit = table.item(
          tables.ledger,
          ledgerKeys.credit(address(trader), asset, groupId),
        );
        frozen.set(`${address(trader)}#${asset}`, (credit?.['frozen'] as bigint) ?? 0n);
      }
    seen.push({ watermark: readWatermark(cursor['watermark']), frozen });
  }

  /** All matchers end, the surroundings behave, everything that was under way arrives, and one more leads. */
  async #calm(): Promise<MatcherRun> {
    const { time, weather } = this.#world;
    const world = this.#world;
    weather.faultsPerHundred = 0;
    weather.deathsPerTenThousand = 0;
    weather.latencyMs = 5;
    const isKilled = world.random(2) === 0;
    if (isKilled) for (const { process } of this.#matchers) process.kill();
    await time.pass(5_000);
    for (const { process } of this.#matchers) process.kill();
    const last = this.#start();
    await time.pass(2 * leaseMs);
    // Grants that somebody left pending are cleared, and what exact accounts no longer use comes back.
    await time.pass(6_500);
    await time.until(last.leader?.drain() ?? Promise.resolve());
    last.process.kill();
    for (let second = 0; second < 60 && !this.#isThrough(); second += 1) await time.pass(1_000);
    return last;
  }

  #isThrough(): boolean {
    return this.#consumers.every(({ isThrough }) => isThrough);
  }

  /** Where the archive ends. */
  #archived(): Promise<Watermark> {
    const world = this.#world;
    const archive = createArchiveStore(world.bucket.reachedBy(world.process('auditor')));
    return world.time.until(archive.end(groupId));
  }

  #audit(last: MatcherRun, archived: Watermark): SimulatedRun {
    const world = this.#world;
    const replay = replayNaively(world.stream.records, askedOf(world));
    const problems = [...world.bugs, ...replay.problems];
    if (problems.length === 0) problems.push(...auditAnswers(world, replay));
    if (problems.length === 0) {
      if (!this.#isThrough()) problems.push('consumers did not get through');
      problems.push(...auditLast(last, replay), ...auditReaders(world, replay, archived));
    }
    const { frames, done, end } = replay;
    const trades = done.flatMap(({ events }) => events.filter(({ type }) => type === 'trade'));
    return {
      ...{ seed: this.#seed, problems, hash: world.hash() },
      counts: {
        records: world.stream.records.length,
        commands: frames.reduce((sum, { outcomes }) => sum + outcomes.length, 0),
        epochs: end.epoch,
        trades: trades.length,
        left: world.left.length,
      },
    };
  }
}

/** Where a state's hash was told, and where accounts or the ledger were looked at. */
function askedOf({ left, seen }: SimulatedWorld): Asked {
  const hashes = left.flatMap((each) => (each.type === 'state' ? [each.sequence] : []));
  const views = left.flatMap((each) => (each.type === 'account' ? [each.view.sequence] : []));
  const looks = seen.map(({ watermark }) => watermark.lastSequence);
  return { hashesAt: new Set(hashes), creditsAt: new Set([...views, ...looks]) };
}

/** The last leader's engine is the naive one's. */
function auditLast({ leader }: MatcherRun, { engine }: Replay): string[] {
  if (!leader) return ['nobody leads in the end'];
  const { engine: last } = leader;
  try {
    last.validate();
    engine.validate();
  } catch (error) {
    return [`an engine is not sound: ${error}`];
  }
  const hashes = ({ stateHash, eventHash }: { stateHash: string; eventHash: string }) => ({
    stateHash,
    eventHash,
  });
  const difference = differs(
    hashes({ stateHash: last.stateHash(), eventHash: last.eventHash() }),
    hashes({ stateHash: engine.stateHash(), eventHash: engine.eventHash() }),
  );
  return difference ? [`the last leader's engine differs from the naive one: ${difference}`] : [];
}
