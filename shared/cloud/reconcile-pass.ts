/**
 * Reconciles everything, of a day that has ended or of the present: every run's place, every account, and the whole. A pass is kept
 * in the ledger's table and goes on where the last invocation stopped; one works on it at a time, by a lease on its item.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { GroupId } from '#domain/market.ts';
import type {
  Difference,
  GroupTotals,
  KeptDifference,
  Reconciliation,
} from '#domain/reconciliation.ts';
import { directoryShards, houseAccounts } from '#wire/table-keys.ts';
import { endOfDay } from './account-sums.ts';
import type { ArchiveReader } from './archive-store.ts';
import { clearedThrough, newestRun } from './engine-credits.ts';
import { FramesMissing, type JournalFrames } from './journal-frames.ts';
import { nextAccounts, reconcilePage } from './reconcile-accounts.ts';
import { reconcileEnd } from './reconcile-end.ts';
import { reconcileRun } from './reconcile-run.ts';
import { pendingRowDifferences, runOrder } from './reconcile-runs.ts';
import {
  type HeldPass,
  isFinished,
  presentPass,
  type ReconciliationStore,
} from './reconciliation-store.ts';
import type { SnapshotReader } from './snapshot-store.ts';
import type { Vault } from './vault-units.ts';

export type Reconciling = {
  client: DynamoDBDocumentClient;
  table: string;
  groups: readonly GroupId[];
  archive: Pick<ArchiveReader, 'read' | 'end'>;
  snapshots: SnapshotReader;
  frames: JournalFrames;
  /** The time of the stream's first frame behind a position; undefined where it has none. Without it the archive alone tells. */
  nextFrameMs?(groupId: GroupId, afterShardSequence: string): Promise<number | undefined>;
  vault: Vault;
  store: ReconciliationStore;
  nowMs(): number;
  pause(ms: number): Promise<void>;
  /** How long after an operation's time its entry may still come: its writer has retried until then, or has given up. */
  settleMs: number;
};

/** A step that takes longer than its budget still holds the pass; one that died lets it go after this. */
const graceMs = 60_000;

export type StepRequest = {
  name: string;
  budgetMs: number;
  /** Begins again where a pass of the present is finished … */
  anew?: boolean;
  /** … with every entry there is. */
  isWhole?: boolean;
};

/** Goes on with a pass until it is finished or the budget is used up. `anew` begins one of the present again. */
export async function reconcileStep(
  ports: Reconciling,
  { name, budgetMs, anew, isWhole }: StepRequest,
): Promise<Reconciliation> {
  const { store, nowMs } = ports;
  const deadlineMs = nowMs() + budgetMs;
  const found = await store.read(name);
  const isAnew = found !== undefined && anew === true && isFinished(found.pass);
  if (found && !isAnew && (isFinished(found.pass) || found.heldUntilMs > nowMs()))
    return found.pass;
  const begun: Reconciliation =
    found && !isAnew
      ? found.pass
      : {
          ...newPass(name, nowMs()),
          ...(isWhole ? { isWhole: true as const } : {}),
        };
  const claimed = await store.write(begun, found, deadlineMs + graceMs);
  if (!claimed) return (await store.read(name))?.pass ?? begun;
  return new Step(ports, claimed, deadlineMs).work();
}

const newPass = (name: string, startedAtMs: number): Reconciliation => ({
  name,
  startMs: 0,
  endMs: name === presentPass ? 0 : endOfDay(name),
  startedAtMs,
  place: { phase: 'waiting', why: 'it has just begun' },
  groups: [],
  ...{ accounts: 0, entries: 0, runEntries: 0, differences: 0 },
  totals: [],
  unsettled: { accounts: 0, some: [] },
});

/** One invocation's work on a pass that it holds. */
class Step {
  readonly #ports: Reconciling;
  readonly #deadlineMs: number;
  #held: HeldPass;
  #pass: Reconciliation;

  constructor(ports: Reconciling, held: HeldPass, deadlineMs: number) {
    this.#ports = ports;
    this.#held = held;
    this.#pass = held.pass;
    this.#deadlineMs = deadlineMs;
  }

  async work(): Promise<Reconciliation> {
    const settledMs = await settledThrough(this.#ports);
    if (this.#pass.place.phase === 'waiting' && !(await this.#begin(settledMs))) {
      await this.#save('let go');
      return this.#pass;
    }
    while (this.#pass.place.phase === 'runs' && this.#isInTime()) await this.#runs();
    if (this.#pass.place.phase === 'accounts' && this.#isInTime()) await this.#accounts(settledMs);
    await this.#save('let go');
    return this.#pass;
  }

  /** Whether everything of the period is there. */
  async #begin(settledMs: number): Promise<boolean> {
    const pass = this.#pass;
    const newest = await this.#ports.store.newestDay();
    // A day that comes after the newest finished one begins where that ended; an earlier one begins with the first entry.
    const isNext = pass.name === presentPass || (newest?.name ?? '') < pass.name;
    const before = isNext ? newest : undefined;
    pass.startMs = before?.endMs ?? 0;
    if (pass.name === presentPass) pass.endMs = Math.max(settledMs, pass.startMs);
    else if (settledMs < pass.endMs) {
      const why = `entries of before ${new Date(settledMs).toISOString()} are all there, later ones may come`;
      pass.place = { phase: 'waiting', why };
      return false;
    }
    await this.#lookAgain();
    pass.groups = this.#ports.groups.map((groupId): GroupTotals => {
      const known = before?.groups.find((each) => each.groupId === groupId);
      return { groupId, runs: 0, trades: 0, changes: 0, toFrame: known?.toFrame ?? 0 };
    });
    const [first] = pass.groups;
    pass.place = first
      ? { phase: 'runs', groupId: first.groupId }
      : { phase: 'accounts', shard: 0, after: '' };
    return true;
  }

  /** Runs in which something was wrong: is it still there? */
  async #lookAgain(): Promise<void> {
    const { store, nowMs } = this.#ports;
    const open = (await store.open()).filter(isOfRun);
    const runs = new Map(open.map((each) => [`${each.groupId}#${frameOf(each)}`, each]));
    for (const each of runs.values()) {
      const again = await reconcileRun(this.#ports, each.groupId ?? '', frameOf(each)).catch(
        (error: unknown) => {
          // Nobody knows: what was wrong with it still is.
          if (error instanceof FramesMissing) return open.filter(isOfSame(each));
          throw error;
        },
      );
      await this.#keep(again);
    }
    const still = await store.open();
    const gone = still.filter(
      (each) => isOfRun(each) && each.lastSeenAtMs < this.#pass.startedAtMs,
    );
    await store.gone(gone, nowMs());
  }

  /** One group's runs of the period, and its rows of pending grants. */
  async #runs(): Promise<void> {
    const pass = this.#pass;
    const { groupId } = pass.place as { groupId: GroupId };
    const at = pass.groups.findIndex((each) => each.groupId === groupId);
    const totals = pass.groups[at] as GroupTotals;
    const { differences, isThrough } = await runOrder(this.#ports, totals, pass.endMs, () =>
      this.#isInTime(),
    );
    if (isThrough) differences.push(...(await pendingRowDifferences(this.#ports, groupId)));
    await this.#keep(differences);
    const next = pass.groups[at + 1];
    if (isThrough)
      pass.place = next
        ? { phase: 'runs', groupId: next.groupId }
        : { phase: 'accounts', shard: 0, after: '' };
    await this.#save();
  }

  async #accounts(settledMs: number): Promise<void> {
    const pass = this.#pass;
    const pages = await nextAccounts(this.#ports, pass, settledMs);
    while (pass.place.phase === 'accounts' && this.#isInTime()) {
      const { shard, after } = pass.place;
      if (shard > directoryShards) {
        await this.#keep(await reconcileEnd(this.#ports, pass));
        await this.#end();
        return;
      }
      const page =
        shard === directoryShards
          ? { accounts: [...houseAccounts], isLast: true }
          : await pages.page(shard, after);
      await this.#keep(await reconcilePage(this.#ports, pass, page.accounts, pages.looking));
      pass.place = page.isLast
        ? { phase: 'accounts', shard: shard + 1, after: '' }
        : { phase: 'accounts', shard, after: page.accounts.at(-1) ?? after };
      await this.#save();
    }
  }

  /** What was there before and was not found again is gone, but for what this pass did not look at. */
  async #end(): Promise<void> {
    const { store, nowMs } = this.#ports;
    const pass = this.#pass;
    const { accounts, some } = pass.unsettled;
    const isGone = (each: KeptDifference) =>
      !isOfRun(each) &&
      (each.isOld !== true || pass.isWhole === true) &&
      each.lastSeenAtMs < pass.startedAtMs &&
      (accounts === 0 || (accounts === some.length && !some.includes(each.account ?? '')));
    await store.gone((await store.open()).filter(isGone), nowMs());
    pass.finishedAtMs = nowMs();
    pass.place = { phase: 'finished' };
  }

  async #keep(differences: readonly Difference[]): Promise<void> {
    this.#pass.differences += differences.length;
    await this.#ports.store.keep(differences, this.#ports.nowMs());
  }

  async #save(how?: 'let go'): Promise<void> {
    const heldUntilMs = how === 'let go' ? 0 : this.#held.heldUntilMs;
    const written = await this.#ports.store.write(this.#pass, this.#held, heldUntilMs);
    if (!written)
      throw new Error(`somebody else goes on with the reconciliation ${this.#pass.name}`);
    this.#held = written;
  }

  #isInTime(): boolean {
    return this.#ports.nowMs() < this.#deadlineMs;
  }
}

const runName = /^run to frame (\d+)/;
const isOfRun = ({ what, groupId }: Difference): boolean =>
  groupId !== undefined && runName.test(what);
const isOfSame = (one: Difference) => (other: Difference) =>
  one.groupId === other.groupId && frameOf(one) === frameOf(other);
const frameOf = ({ what }: Difference): number => Number(runName.exec(what)?.[1] ?? 0);

/**
 * The time before which every entry is there. Operations are as old as their writers retry; a group's next run is no older than its
 * last one, unless everything that is archived is cleared: then what comes is younger than the archive is behind.
 */
export async function settledThrough(ports: Reconciling): Promise<number> {
  let settledMs = ports.nowMs() - ports.settleMs;
  for (const groupId of ports.groups) {
    const cleared = await clearedThrough(ports, groupId);
    const nextMs = await ports.nextFrameMs?.(groupId, cleared.shardSequence);
    if (nextMs !== undefined) {
      settledMs = Math.min(settledMs, nextMs);
      continue;
    }
    const end = await ports.archive.end(groupId);
    if (end.frame <= cleared.frame) continue;
    const newest = await newestRun(ports, groupId, cleared.frame);
    settledMs = Math.min(settledMs, newest?.atMs ?? 0);
  }
  return settledMs;
}
