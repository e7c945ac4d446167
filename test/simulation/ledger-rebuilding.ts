/** The ledger built anew from the simulation's journals and operations: in the end, and amid its troubles by a process that may die. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type RebuildPorts, type RebuildReport, rebuildLedger } from '#cloud/rebuild-ledger.ts';
import { asError } from '../../containers/matcher/doubt.ts';
import { groups, type LedgerWorld, tables } from './ledger-world.ts';
import { isExcused } from './matcher-run.ts';
import type { TradingGroup } from './trading-group.ts';

export class LedgerRebuilding {
  #world: LedgerWorld;
  #groups: readonly TradingGroup[];
  #isUnderWay = false;

  constructor(world: LedgerWorld, tradingGroups: readonly TradingGroup[]) {
    this.#world = world;
    this.#groups = tradingGroups;
  }

  /** While everything moves; one at a time, for there is one shadow table. */
  begin(): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    const process = this.#world.process('rebuild');
    rebuildLedger(this.#ports(this.#world.client(process))).then(
      (report) => {
        this.#isUnderWay = false;
        for (const problem of problemsOf(report)) this.#world.bug(`amid: ${problem}`);
      },
      (thrown: unknown) => {
        this.#isUnderWay = false;
        const error = asError(thrown);
        if (!isExcused(error)) this.#world.bug(`rebuild: ${error.stack}`);
      },
    );
  }

  async audit(): Promise<string[]> {
    const report = await rebuildLedger(this.#ports(this.#world.calmClient()));
    if (!report.ok && report.differences.length === 0)
      return [`the ledger could not be built anew: ${report.unsettled}`];
    return problemsOf(report);
  }

  #ports(client: DynamoDBDocumentClient): RebuildPorts {
    const groupOf = (groupId: string): TradingGroup =>
      this.#groups.find((each) => each.groupId === groupId) as TradingGroup;
    return {
      ledger: { client, table: tables.ledger },
      shadow: { client, table: tables.shadow },
      groups,
      // All of it is still in the stream, with what counts for nothing.
      archive: { objects: async function* () {} },
      stream: async function* (groupId, after) {
        const behind = groupOf(groupId).records.filter((each) => each.shardSequence > after);
        yield await Promise.resolve(behind);
      },
      progress: () => {},
      goesOn: () => true,
    };
  }
}

const problemsOf = ({ differences }: RebuildReport): string[] =>
  differences.map((each) => `built anew it differs: ${JSON.stringify(each)}`);
