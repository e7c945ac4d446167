/** The ledger built anew as far as it has come: what is applied, and the shadow table that holds it. */
import type { PostedOperation } from '#domain/ledger-operation.ts';
import type { GroupId } from '#domain/market.ts';
import type { Watermark } from '#wire/accept-record.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { clearedRuns } from './cleared-run.ts';
import { completed, differencesOf, type ItemDifference } from './compare-items.ts';
import { readOperation } from './ledger-operations.ts';
import { RebuildWalk, type WalkPorts } from './rebuild-walk.ts';
import { type MoneyName, RebuiltLedger, type Waiting } from './rebuilt-ledger.ts';
import { demandName, RebuiltWithdrawals } from './rebuilt-withdrawals.ts';
import { type Table, TableWriter } from './shadow-table.ts';
import { readWatermark } from './watermark-item.ts';

export type RebuildPorts = Pick<WalkPorts, 'archive' | 'stream'> & {
  ledger: Table;
  shadow: Table;
  groups: readonly GroupId[];
  /** How far it is; called often. */
  progress(line: string): void;
  /** Asked between two steps; false ends it early, and the report says so. */
  goesOn(): boolean;
};

/** Somebody wants it to end. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

export type GroupProgress = { groupId: GroupId; frame: number; runs: number };

export class RebuildBuild {
  readonly ports: RebuildPorts;
  readonly rebuilt = new RebuiltLedger();
  readonly withdrawals = new RebuiltWithdrawals();
  readonly writer: TableWriter;
  readonly groups: Map<GroupId, GroupProgress & { walk: RebuildWalk; differs: ItemDifference[] }>;
  operations = 0;
  /** The time of the newest operation. */
  newestAtMs = 0;

  constructor(ports: RebuildPorts) {
    this.ports = ports;
    this.writer = new TableWriter(ports.shadow);
    const { archive, stream, ledger } = ports;
    const walkPorts: WalkPorts = {
      ...{ archive, stream },
      runs: (groupId, afterFrame) => clearedRuns(ledger, groupId, afterFrame),
      isThere: async (key) => (await getItems(ledger, [key])).size > 0,
    };
    this.groups = new Map(
      ports.groups.map((groupId) => {
        const walk = new RebuildWalk(groupId, walkPorts);
        return [groupId, { groupId, frame: 0, runs: 0, walk, differs: [] }];
      }),
    );
  }

  step(line: string): void {
    if (!this.ports.goesOn()) throw new Interrupted();
    this.ports.progress(line);
  }

  /** Applies operations that it has not seen, oldest first; answers how many there were. */
  async applyOperations(items: readonly Item[]): Promise<number> {
    const fresh = items
      .map(readOperation)
      .filter(({ operationId }) => !this.rebuilt.knows(operationId))
      .sort((one, other) => one.atMs - other.atMs);
    for (const posted of fresh) await this.#applyOperation(posted);
    return fresh.length;
  }

  async #applyOperation(posted: PostedOperation): Promise<void> {
    this.withdrawals.applyOperation(posted);
    this.operations += 1;
    this.newestAtMs = Math.max(this.newestAtMs, posted.atMs);
    await this.writer.put(this.rebuilt.applyOperation(posted));
    if (this.operations % 1_000 === 0) this.step(`${this.operations} operations`);
  }

  /** Goes on to where a group's clearing stands now; `before` hears of each run before it counts. */
  async catchUp(
    groupId: GroupId,
    before: (toFrame: number) => void = () => undefined,
  ): Promise<number> {
    const group = this.groups.get(groupId);
    if (!group) throw new Error(`no group ${groupId}`);
    const key = ledgerKeys.cursor(groupId);
    const live = (await getItems(this.ports.ledger, [key])).get(keyText(key));
    const to = readWatermark(live?.['watermark']);
    let runs = 0;
    for await (const { run, frames } of group.walk.advance(to)) {
      before(run.toFrame);
      const { items } = this.rebuilt.applyRun(run, frames);
      await this.writer.put(items);
      group.runs += 1;
      group.frame = run.toFrame;
      runs += 1;
      this.step(`${groupId}: ${group.runs} runs, to frame ${run.toFrame} of ${to.frame}`);
    }
    const rebuilt = cursorItem(groupId, group.walk.state);
    // Before the first record there is nothing to compare.
    group.differs = live || group.walk.state.frame > 0 ? differencesOf(live, rebuilt) : [];
    if (live) await this.writer.put([completed(rebuilt, live)]);
    return runs;
  }

  /** Balances, credit and waiting grants of whom anything has changed for, and every withdrawal. */
  async writeMoney(waiting: (name: MoneyName) => ReadonlyMap<GroupId, Waiting>): Promise<void> {
    const demanded = this.withdrawals.demandedUnits();
    for (const name of this.rebuilt.takeTouched()) {
      const demandedUnits = demanded.get(demandName(name)) ?? 0n;
      const at = { demandedUnits, waiting: waiting(name) };
      await this.writer.put(this.rebuilt.itemsOf(name, at));
    }
    await this.writer.put(this.withdrawals.items());
    await this.writer.flush();
  }
}

const cursorItem = (groupId: GroupId, watermark: Watermark): Item => ({
  ...ledgerKeys.cursor(groupId),
  watermark,
});
