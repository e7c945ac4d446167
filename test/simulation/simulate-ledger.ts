/** One run of the ledger's simulation: money moves in every way through a seed's troubles, then everything is audited. */
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { readJournalRange } from '#cloud/journal-range.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { seeded } from '../cloud/clearing-journal.ts';
import { auditLedger } from './audit-ledger.ts';
import { ConsumerRun } from './consumer-run.ts';
import { LedgerClients } from './ledger-clients.ts';
import { LedgerRebuilding } from './ledger-rebuilding.ts';
import { LedgerReconciling } from './ledger-reconciling.ts';
import { LedgerTraders } from './ledger-traders.ts';
import { LedgerWatch } from './ledger-watch.ts';
import {
  assets,
  groups,
  house,
  LedgerWorld,
  subAccounts,
  tables,
  traders,
} from './ledger-world.ts';
import { MemoryBeside } from './memory-beside.ts';
import { OutboxRun } from './outbox-run.ts';
import type { LedgerFault } from './planted.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { TradingGroup } from './trading-group.ts';
import { withVirtualWaits } from './virtual-waits.ts';

export type LedgerRun = {
  seed: number;
  problems: string[];
  /** Of everything that happened: the same seed gives the same one. */
  hash: string;
  /** What the run contained, for whoever asks whether it attacks enough. */
  counts: {
    operations: number;
    grants: number;
    runs: number;
    halfPosted: number;
    trades: number;
    told: number;
  };
};

/** After so long reconciliation takes it that everything is there. */
const settledMs = 60_000;
const [fewestSteps, moreSteps] = [8, 18];

export async function simulateLedger(seed: number, planted?: LedgerFault): Promise<LedgerRun> {
  const random = seeded(seed);
  const world = new LedgerWorld(random, planted);
  return withVirtualWaits(world.time.timers, random, () => new Simulation(world, seed).run());
}

class Simulation {
  #world: LedgerWorld;
  #seed: number;
  #groups: TradingGroup[];
  #watch: LedgerWatch;
  #beside: MemoryBeside;
  #reconciling: LedgerReconciling;
  #rebuilding: LedgerRebuilding;
  #outbox: OutboxRun;
  #traders: LedgerTraders;
  #clients: LedgerClients;
  #consumers: ConsumerRun[];

  constructor(world: LedgerWorld, seed: number) {
    this.#world = world;
    this.#seed = seed;
    this.#groups = groups.map((groupId) => new TradingGroup(world, groupId));
    this.#watch = new LedgerWatch({
      groups: this.#groups,
      partition: (pk) => world.table.partition(tables.ledger, pk),
      bug: (what) => world.bug(what),
    });
    this.#beside = new MemoryBeside(this.#groups);
    this.#rebuilding = new LedgerRebuilding(world, this.#groups);
    this.#reconciling = new LedgerReconciling(world, this.#groups);
    this.#outbox = new OutboxRun(world, (process) => async ({ topic, body }) => {
      if (topic === 'reconcile') await this.#reconciling.run(process, body);
    });
    world.table.onWritten = (written) => {
      this.#beside.take(written);
      this.#watch.look(written);
      this.#outbox.written(written);
    };
    const storeOf = (process: SimulatedProcess) => this.#storeOf(world.client(process));
    this.#traders = new LedgerTraders(world, this.#groups, storeOf);
    this.#clients = new LedgerClients(world, {
      ...{ watch: this.#watch, storeOf },
      callBack: (account, asset) => this.#traders.callBack(account, asset),
    });
    this.#consumers = this.#groups.map((group) => this.#settlementOf(group));
  }

  async run(): Promise<LedgerRun> {
    const world = this.#world;
    const { random, time } = world;
    await this.#fund();
    const steps = fewestSteps + random(moreSteps);
    for (let step = 0; step < steps && world.bugs.length === 0; step += 1) {
      this.#trouble();
      if (random(30) === 0) this.#reconciling.step();
      if (random(60) === 0) this.#rebuilding.begin();
      for (let wishes = random(3); wishes > 0; wishes -= 1) this.#clients.act();
      for (let wishes = random(9); wishes > 0; wishes -= 1) this.#traders.act();
      await time.pass([0, 5, 40, 200, random(2_500)][random(5)] ?? 0);
    }
    await this.#calm();
    return this.#audit();
  }

  #storeOf(client: ReturnType<LedgerWorld['calmClient']>) {
    const listed = new Set(assets);
    return createLedgerStore({
      ...{ client, table: tables.ledger, outboxTable: tables.outbox },
      assets: async () => listed,
    });
  }

  async #fund(): Promise<void> {
    const store = this.#storeOf(this.#world.calmClient());
    const give = async (account: string, asset: string) => {
      const amount = units(asset === 'USDC' ? 40_000 : 4_000);
      const operationId = `first ${account} ${asset}`;
      await store.deposit({
        operationId,
        account,
        asset,
        units: amount,
        atMs: this.#world.nowMs(),
      });
    };
    for (const asset of assets) {
      for (const trader of traders) await give(trader, asset);
      // What the house insures with.
      const adjustmentId = `endowment of ${asset}`;
      const [account = ''] = subAccounts;
      await give(account, asset);
      const taken = { account, house, asset, units: units(-3_000), by: 'one', why: 'a test' };
      await store.proposeAdjustment({ adjustmentId, ...taken, atMs: this.#world.nowMs() });
      for (const by of ['two', 'three'])
        await store.approveAdjustment({ adjustmentId, by, atMs: this.#world.nowMs() });
    }
  }

  #settlementOf(group: TradingGroup): ConsumerRun {
    const world = this.#world;
    const itemsPerTransaction = world.random(3) ? 9 + world.random(9) : 100;
    const settle = (process: SimulatedProcess, records: readonly JournalRecord[]) => {
      const store = createClearingStore({
        ...{ client: world.client(process), table: tables.ledger, outboxTable: tables.outbox },
        itemsPerTransaction,
      });
      const readRange = (_: string, after: string, through: string) =>
        readJournalRange(group.stream.reader(process), after, through);
      return clearJournal({ store, readRange }, group.groupId, records);
    };
    const { time, random } = world;
    const seen = {
      ...{ time, random, stream: group.stream },
      process: (name: string) => world.process(name),
      bug: (what: string) => world.bug(what),
      note: (what: string) => world.note(what),
    };
    const skips = world.planted === 'reader-skips';
    return new ConsumerRun(seen, `settlement-${group.groupId}`, settle, { skips });
  }

  /** The weather changes, or the process that settles a group is cut off for a while. */
  #trouble(): void {
    const { random, weather, time } = this.#world;
    const what = random(12);
    if (what === 0) weather.faultsPerHundred = [0, 3, 10, 30][random(4)] ?? 0;
    if (what === 1) weather.deathsPerTenThousand = [0, 50, 200, 500][random(4)] ?? 0;
    if (what === 2) weather.latencyMs = [2, 5, 20, 300][random(4)] ?? 5;
    const process = this.#consumers[random(this.#consumers.length)]?.process;
    if (!process || what < 3 || what > 5) return;
    if (what === 3) process.kill();
    if (what === 4) {
      process.pause();
      time.timers.after(random(8_000), () => process.resume());
    }
    if (what === 5) {
      process.parted.add('table');
      time.timers.after(random(8_000), () => process.parted.delete('table'));
    }
  }

  /** The surroundings behave, nobody wants anything new, and everything that was under way comes to its end. */
  async #calm(): Promise<void> {
    const { time, weather } = this.#world;
    weather.faultsPerHundred = 0;
    weather.deathsPerTenThousand = 0;
    weather.latencyMs = 5;
    this.#clients.stop();
    // What was on its way arrives.
    await time.pass(5_000);
    for (let second = 0; second < 90 && !this.#clients.isIdle; second += 1) await time.pass(1_000);
    this.#traders.stop();
    await time.pass(200);
    for (let second = 0; second < 60 && !this.#isThrough(); second += 1) await time.pass(1_000);
    // What was lost on its way is sent again when it is so many minutes old.
    for (let minute = 0; minute < 70 && !this.#outbox.isDone; minute += 1) {
      this.#outbox.redrive();
      await time.pass(60_000);
    }
  }

  #isThrough(): boolean {
    return this.#traders.isThrough && this.#consumers.every(({ isThrough }) => isThrough);
  }

  /** Planted: nobody sees it when it is done. */
  #makeUnit(): void {
    const { table } = this.#world;
    table.onWritten = undefined;
    const key = ledgerKeys.balance(traders[0] ?? '', 'USDC');
    const balance = table.item(tables.ledger, key) ?? {};
    const more = (name: string) => ((balance[name] as bigint | undefined) ?? 0n) + 1n;
    const made = { available: more('available'), grantable: more('grantable') };
    table.put(tables.ledger, { ...balance, ...key, ...made });
  }

  async #audit(): Promise<LedgerRun> {
    const world = this.#world;
    if (world.planted === 'unit-made') this.#makeUnit();
    const problems = [...world.bugs];
    if (problems.length === 0) {
      if (!this.#clients.isIdle) problems.push('somebody was never answered');
      if (!this.#isThrough()) problems.push('not everything was cleared');
      const { table, time } = world;
      const store = this.#storeOf(world.calmClient());
      table.pageItems = Number.POSITIVE_INFINITY;
      problems.push(...(await time.until(this.#beside.audit(table, store))));
      await time.pass(settledMs);
      problems.push(...(await time.until(this.#reconciling.audit())));
      problems.push(...(await time.until(this.#rebuilding.audit())));
      problems.push(
        ...auditLedger({
          ...{ table: world.table, groups: this.#groups, told: this.#clients.told },
          outbox: this.#outbox,
        }),
      );
    }
    const trades = this.#groups.flatMap(({ frames }) =>
      frames.flatMap(({ outcomes }) =>
        outcomes.flatMap(({ events }) => events.filter(({ type }) => type === 'trade')),
      ),
    );
    const { operations, grants, runs, halfPosted } = this.#watch.counts;
    const counts = { operations, grants, runs, halfPosted, trades: trades.length };
    return {
      ...{ seed: this.#seed, problems, hash: world.hash() },
      counts: { ...counts, told: this.#clients.told.length },
    };
  }
}
