/**
 * Builds the ledger anew in the shadow table, from the archived journal and the immutable operations, and compares it item by item
 * with the live one (PROTOCOL 4). What neither can tell of (settings, adjustments, claims, what reconciliation wrote) is
 * copied, so that the shadow is a whole ledger: an operator may put it in the other one's place.
 */
import type { GroupId } from '#domain/market.ts';
import type { Key } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { completed, differencesOf, type ItemDifference } from './compare-items.ts';
import {
  type GroupProgress,
  Interrupted,
  RebuildBuild,
  type RebuildPorts,
} from './rebuild-build.ts';
import { Suspects, settleSuspects } from './rebuild-rounds.ts';
import type { MoneyName, Waiting } from './rebuilt-ledger.ts';
import { demandName } from './rebuilt-withdrawals.ts';
import { emptyTable, scanned } from './shadow-table.ts';
import { storedNumber, storedUnits } from './stored-number.ts';

export type { RebuildPorts };

export type RebuildReport = {
  ok: boolean;
  /** False where it was ended early: then nothing is said of what it had not come to. */
  isWhole: boolean;
  groups: GroupProgress[];
  operations: number;
  /** Items of the live ledger that were compared, by kind; and those that were copied. */
  compared: Record<string, number>;
  copied: number;
  /** How often what looked otherwise was looked at again. */
  rounds: number;
  differences: ItemDifference[];
  /** Runs half posted all the time: settlement stands still, or never does. */
  unsettled: string[];
};

/** Kinds of items that are built anew; every other one is copied. */
const builtKinds = [
  ...['ACCOUNT', 'PENDING', 'ENTRIES', 'OPERATION', 'DIRECTORY', 'DEPOSITS'],
  ...['RUNS', 'CLEARING', 'WITHDRAWAL'],
];

const kindOf = (item: Item): string => String(item['pk']).split('#')[0] ?? '';
const isBuilt = (item: Item): boolean =>
  builtKinds.includes(kindOf(item)) && !(kindOf(item) === 'ACCOUNT' && item['sk'] === 'SETTINGS');

/** The shadow table is emptied first. Throws where journal or archive do not read. */
export async function rebuildLedger(ports: RebuildPorts): Promise<RebuildReport> {
  const build = new RebuildBuild(ports);
  const report: RebuildReport = {
    ...{ ok: false, isWhole: false, groups: [], operations: 0 },
    ...{ compared: {}, copied: 0, rounds: 0, differences: [], unsettled: [] },
  };
  try {
    build.step('empties the shadow table');
    await emptyTable(ports.shadow, ports.goesOn);
    await makeAnew(build, report);
    const suspects = await compareAll(build, report);
    Object.assign(report, await settleSuspects(build, suspects));
    report.isWhole = true;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
  report.operations = build.operations;
  report.groups = [...build.groups.values()].map(({ groupId, frame, runs }) => ({
    ...{ groupId, frame, runs },
  }));
  report.ok = report.isWhole && report.differences.length + report.unsettled.length === 0;
  return report;
}

/** One reading of the live ledger for what only it knows, then the journals. */
async function makeAnew(build: RebuildBuild, report: RebuildReport): Promise<void> {
  const { ledger, groups } = build.ports;
  const operations: Item[] = [];
  const waiting = new Map<string, Map<GroupId, Waiting>>();
  for await (const page of scanned(ledger)) {
    const copied = page.filter((item) => !isBuilt(item));
    report.copied += copied.length;
    await build.writer.put(copied);
    for (const item of page) {
      if (kindOf(item) === 'OPERATION') operations.push(item);
      if (kindOf(item) === 'WITHDRAWAL') build.withdrawals.see(item);
      if (kindOf(item) === 'PENDING') addWaiting(waiting, item);
    }
    build.step(`${operations.length} operations found`);
  }
  await build.applyOperations(operations);
  for (const groupId of groups) await build.catchUp(groupId);
  await build.writeMoney((name) => waiting.get(demandName(name)) ?? new Map());
}

function addWaiting(waiting: Map<string, Map<GroupId, Waiting>>, row: Item): void {
  const name: MoneyName = { account: String(row['account']), asset: String(row['asset']) };
  const known = waiting.get(demandName(name)) ?? new Map<GroupId, Waiting>();
  waiting.set(demandName(name), known);
  known.set(String(row['groupId']), {
    grantNumber: storedNumber(row['grantNumber']),
    units: storedUnits(row['units']),
    clock: storedNumber(row['clock']),
  });
}

/** Every item of either table beside the same one of the other. */
async function compareAll(build: RebuildBuild, report: RebuildReport): Promise<Suspects> {
  const { ledger, shadow } = build.ports;
  const suspects = new Suspects();
  let seen = 0;
  for await (const page of scanned(ledger)) {
    const items = page.filter(isBuilt);
    const rebuilt = await getItems(shadow, items.map(keyIn));
    const kept: Item[] = [];
    for (const live of items) {
      const anew = rebuilt.get(keyText(keyIn(live)));
      report.compared[kindOf(live)] = (report.compared[kindOf(live)] ?? 0) + 1;
      if (differencesOf(live, anew).length > 0) suspects.add(live);
      if (anew && !isSame(anew, live)) kept.push(completed(anew, live));
    }
    await build.writer.put(kept);
    seen += page.length;
    build.step(`${seen} items compared, ${suspects.size} to look at again`);
  }
  await build.writer.flush();
  for await (const page of scanned(shadow)) {
    const items = page.filter(isBuilt);
    const live = await getItems(ledger, items.map(keyIn));
    for (const anew of items) {
      const here = live.get(keyText(keyIn(anew)));
      if (!here && differencesOf(undefined, anew).length > 0) suspects.add(anew);
    }
    build.step(`${suspects.size} to look at again, looks for what is missing`);
  }
  return suspects;
}

const keyIn = (item: Item): Key => ({ pk: String(item['pk']), sk: String(item['sk']) });

/** Whether nothing is in the live one that cannot be built anew. */
const isSame = (anew: Item, live: Item): boolean => Object.keys(live).every((name) => name in anew);
