/** Reconciliation in the ledger's simulation: run by run as the outbox asks for it, and passes over everything, in any weather. */
import { createJournalFrames, FramesMissing } from '#cloud/journal-frames.ts';
import { type Reconciling, reconcileStep } from '#cloud/reconcile-pass.ts';
import { reconcileRun } from '#cloud/reconcile-run.ts';
import { createReconciliationStore, presentPass } from '#cloud/reconciliation-store.ts';
import { ledgerVault } from '#cloud/vault-units.ts';
import type { Reconciliation } from '#domain/reconciliation.ts';
import type { OutboxBody } from '#wire/outbox.ts';
import { asError } from '../../containers/matcher/doubt.ts';
import { pause } from '../../containers/matcher/timers.ts';
import { groups, type LedgerWorld, tables } from './ledger-world.ts';
import { isExcused } from './matcher-run.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { TradingGroup } from './trading-group.ts';

/** Writers of operations retry for some seconds. */
const settleMs = 30_000;

export class LedgerReconciling {
  #world: LedgerWorld;
  #groups: readonly TradingGroup[];
  #frames: Reconciling['frames'];
  #calls = 0;

  constructor(world: LedgerWorld, tradingGroups: readonly TradingGroup[]) {
    this.#world = world;
    this.#groups = tradingGroups;
    // Nothing is in the stream that is not archived at once.
    this.#frames = createJournalFrames({ archive: this.#archive(), readRange: async () => [] });
  }

  /** One run, as soon as it is cleared. */
  async run(process: SimulatedProcess, body: OutboxBody): Promise<void> {
    if (body.type !== 'run') return;
    const { groupId, toFrame } = body;
    const found = await reconcileRun(this.#ports(this.#world.client(process)), groupId, toFrame);
    for (const each of found) this.#world.bug(`of a run: ${JSON.stringify(each)}`);
  }

  /** A step of a pass, by a process that may die. */
  step(): void {
    this.#calls += 1;
    const process = this.#world.process(`reconcile-${this.#calls}`);
    const ports = this.#ports(this.#world.client(process));
    const budgetMs = 500 + this.#world.random(8_000);
    reconcileStep(ports, { name: presentPass, budgetMs, anew: true }).catch((thrown: unknown) => {
      const error = asError(thrown);
      const isRival = error.message.startsWith('somebody else goes on');
      if (isExcused(error) || isRival || error instanceof FramesMissing) return;
      this.#world.bug(`${process.name}: ${error.stack}`);
    });
  }

  /** In the end, of everything: nothing may be found, now or before. */
  async audit(): Promise<string[]> {
    const ports = this.#ports(this.#world.calmClient());
    // A pass that somebody left half done is done first; what was written after it began is the next one's.
    let pass: Reconciliation | undefined;
    for (let passes = 0; passes < 2; passes += 1)
      for (let steps = 0; steps < 5; steps += 1) {
        pass = await reconcileStep(ports, { name: presentPass, budgetMs: 1e9, anew: steps === 0 });
        if (pass.place.phase === 'finished') break;
      }
    if (pass?.place.phase !== 'finished')
      return [`reconciliation does not get through: ${JSON.stringify(pass?.place)}`];
    const problems = (await ports.store.open()).map(
      (each) => `reconciliation finds: ${JSON.stringify(each)}`,
    );
    if (pass.unsettled.accounts > 0) problems.push('reconciliation could not settle an account');
    for (const { asset, sum } of pass.totals)
      if (sum !== 0n) problems.push(`reconciliation: ${sum} ${asset} were made`);
    return problems;
  }

  #archive(): Reconciling['archive'] {
    const groupOf = (groupId: string): TradingGroup =>
      this.#groups.find((each) => each.groupId === groupId) as TradingGroup;
    return {
      read: async function* (groupId: string, after: { frame: number }) {
        const behind = groupOf(groupId).accepted.filter(({ to }) => to.frame > after.frame);
        yield await Promise.resolve(behind.map(({ record }) => record));
      },
      end: async (groupId) => groupOf(groupId).tip,
    };
  }

  #ports(client: Reconciling['client']): Reconciling {
    const { time } = this.#world;
    const table = tables.ledger;
    const archive = this.#archive();
    return {
      ...{ client, table, groups, archive },
      // Engines are looked at with every run that is cleared; here the journal says what they must hold.
      snapshots: { manifests: async function* () {}, part: async () => new Uint8Array() },
      frames: this.#frames,
      vault: ledgerVault({ client, table }),
      store: createReconciliationStore({ client, table }),
      nowMs: () => this.#world.nowMs(),
      pause: (ms) => pause(time.timers, ms),
      settleMs,
    };
  }
}
