/**
 * Looks again at what was otherwise, while the ledger moves: money as it is at one moment, once the journal has been read
 * to that moment; whatever never changes, once everything before it is applied. Bounded: what differs in the last round differs.
 */
import { withdrawalOperation, withdrawalSteps } from '#domain/ledger-operation.ts';
import type { GroupId } from '#domain/market.ts';
import { type Key, ledgerKeys, padded } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { differencesOf, type ItemDifference } from './compare-items.ts';
import { type MoneyMoment, momentOf, waitingOf } from './money-moment.ts';
import { queryPage } from './query.ts';
import type { RebuildBuild } from './rebuild-build.ts';
import type { CreditState, MoneyName, Waiting } from './rebuilt-ledger.ts';
import { moneyOf } from './rebuilt-ledger.ts';
import { demandName } from './rebuilt-withdrawals.ts';
import { sideBySide } from './side-by-side.ts';

/** What looked otherwise: money by account and asset, everything else by key. */
export class Suspects {
  readonly money = new Map<string, MoneyName>();
  readonly keys = new Map<string, Key>();

  add(item: Item): void {
    const name = moneyOf(item);
    if (name) this.money.set(demandName(name), name);
    else this.keys.set(keyText(item as Key), { pk: String(item['pk']), sk: String(item['sk']) });
  }

  get size(): number {
    return this.money.size + this.keys.size;
  }
}

export type Settled = {
  rounds: number;
  differences: ItemDifference[];
  /** Half posted runs, which nobody can compare before they are whole. */
  unsettled: string[];
};

const rounds = 6;
const momentsAtOnce = 4;
/** An operation booked since may bear a time so much earlier: clocks differ. */
const clockSkewMs = 600_000;

export async function settleSuspects(build: RebuildBuild, suspects: Suspects): Promise<Settled> {
  let settled: Settled = { rounds: 0, differences: [], unsettled: [] };
  for (let round = 1; round <= rounds; round += 1) {
    build.step(`looks again at ${suspects.size} items, round ${round}`);
    const moved = await lookAgain(build, suspects);
    const isSame = JSON.stringify(moved.differences) === JSON.stringify(settled.differences);
    settled = { rounds: round, differences: moved.differences, unsettled: moved.unsettled };
    const isThrough = settled.differences.length === 0 && settled.unsettled.length === 0;
    if (isThrough || (round > 1 && isSame && !moved.isMoving)) return settled;
  }
  return settled;
}

async function lookAgain(build: RebuildBuild, suspects: Suspects) {
  const { ledger, groups } = build.ports;
  const names = [...suspects.money.values()];
  const moments = await sideBySide(names, momentsAtOnce, (name) => momentOf(ledger, name, groups));
  const operations = await findOperations(build, suspects);
  const credits = new Map(moments.map((each) => [each, new Map<GroupId, CreditState>()]));
  let runs = 0;
  for (const groupId of groups) runs += await readTo(build, groupId, credits);

  const demanded = build.withdrawals.demandedUnits();
  const differences: ItemDifference[] = [];
  const unsettled: string[] = [];
  for (const moment of moments) {
    const name = demandName(moment.name);
    if ([...moment.cleared.values()].some(({ half }) => half)) {
      unsettled.push(name);
      continue;
    }
    const credit = credits.get(moment) ?? new Map();
    const found = compareMoment(build, moment, credit, demanded.get(name) ?? 0n);
    if (found.length === 0) suspects.money.delete(name);
    else differences.push(...found);
  }
  await build.writeMoney((name) => waitingIn(build, moments, name));
  differences.push(...(await compareKeys(build, suspects, unsettled)));
  for (const { differs } of build.groups.values()) differences.push(...differs);
  return { differences, unsettled, isMoving: runs + operations > 0 };
}

/** Reads a group's journal on, and keeps of each moment what the group's runs had done by then. */
async function readTo(
  build: RebuildBuild,
  groupId: GroupId,
  credits: ReadonlyMap<MoneyMoment, Map<GroupId, CreditState>>,
): Promise<number> {
  const frameOf = (moment: MoneyMoment) => moment.cleared.get(groupId)?.frame ?? 0;
  const waiting = [...credits.keys()].sort((one, other) => frameOf(one) - frameOf(other));
  const keep = (beforeFrame: number) => {
    for (;;) {
      const [next] = waiting;
      if (!next || frameOf(next) >= beforeFrame) return;
      waiting.shift();
      credits.get(next)?.set(groupId, build.rebuilt.creditOf(next.name, groupId));
    }
  };
  const runs = await build.catchUp(groupId, keep);
  keep(Number.POSITIVE_INFINITY);
  return runs;
}

function compareMoment(
  { rebuilt, ports }: RebuildBuild,
  moment: MoneyMoment,
  credit: ReadonlyMap<GroupId, CreditState>,
  demandedUnits: bigint,
): ItemDifference[] {
  const { name, items } = moment;
  const waiting = new Map<GroupId, Waiting>();
  for (const groupId of ports.groups) {
    const grant = waitingOf(moment, groupId, credit.get(groupId)?.grantNumber ?? 0);
    if (grant) waiting.set(groupId, grant);
  }
  const wanted = new Map(
    rebuilt
      .itemsOf(name, { demandedUnits, waiting, credit })
      .map((item) => [keyText(item as unknown as Key), item]),
  );
  const keys = [...new Set([...items.keys(), ...wanted.keys()])].sort();
  return keys.flatMap((key) => differencesOf(items.get(key), wanted.get(key)));
}

/** Grants that wait, as the newest moment of an account's money has them; from their rows where there is none. */
function waitingIn(
  build: RebuildBuild,
  moments: readonly MoneyMoment[],
  name: MoneyName,
): ReadonlyMap<GroupId, Waiting> {
  const waiting = new Map<GroupId, Waiting>();
  const moment = moments.find((each) => demandName(each.name) === demandName(name));
  for (const groupId of moment ? build.ports.groups : []) {
    const { grantNumber } = build.rebuilt.creditOf(name, groupId);
    const grant = moment && waitingOf(moment, groupId, grantNumber);
    if (grant) waiting.set(groupId, grant);
  }
  return waiting;
}

async function compareKeys(
  { ports: { ledger, shadow }, groups }: RebuildBuild,
  suspects: Suspects,
  unsettled: string[],
): Promise<ItemDifference[]> {
  const keys = [...suspects.keys.values()];
  const [live, rebuilt] = [await getItems(ledger, keys), await getItems(shadow, keys)];
  const differences: ItemDifference[] = [];
  for (const key of keys) {
    const text = keyText(key);
    const [here, anew] = [live.get(text), rebuilt.get(text)];
    // A cursor was compared where the journal was read to it.
    const found =
      key.pk.startsWith('CLEARING#') || !(here || anew) ? [] : differencesOf(here, anew);
    const [groupId = '', frame] = String(here?.['businessId']).split('#');
    const group = groups.get(groupId);
    if (found.length === 0) suspects.keys.delete(text);
    else if (!anew && group && Number(frame) > group.walk.state.frame) unsettled.push(text);
    else differences.push(...found);
  }
  return differences;
}

/** Operations booked since, of whoever looks otherwise; and their withdrawals as they are now. */
async function findOperations(build: RebuildBuild, suspects: Suspects): Promise<number> {
  const { ledger } = build.ports;
  const accounts = new Set([...suspects.money.values()].map(({ account }) => account));
  const wanted: Key[] = [];
  const withdrawals: Key[] = [];
  for (const { pk, sk } of suspects.keys.values()) {
    if (pk.startsWith('ENTRIES#')) accounts.add(pk.slice('ENTRIES#'.length));
    if (pk.startsWith('OPERATION#')) wanted.push({ pk, sk });
    if (pk.startsWith('WITHDRAWAL#')) withdrawals.push({ pk, sk });
  }
  const after = padded(Math.max(0, build.newestAtMs - clockSkewMs));
  for (const account of accounts) {
    for await (const entry of itemsAfter(build, ledgerKeys.entries(account), after)) {
      const operationId = String(entry['businessId']);
      if (entry['business'] !== 'clearing' && !build.rebuilt.knows(operationId))
        wanted.push(ledgerKeys.operation(operationId));
    }
    for await (const row of itemsAfter(build, ledgerKeys.withdrawalsOf(account), after))
      withdrawals.push(ledgerKeys.withdrawal(String(row['withdrawalId'])));
  }
  // The step that one of them took since may be all that looks otherwise.
  for (const { pk } of withdrawals)
    for (const step of withdrawalSteps) {
      const operationId = withdrawalOperation(pk.slice('WITHDRAWAL#'.length), step);
      if (!build.rebuilt.knows(operationId)) wanted.push(ledgerKeys.operation(operationId));
    }
  const unique = new Map([...wanted, ...withdrawals].map((key) => [keyText(key), key]));
  const found = await getItems(ledger, [...unique.values()]);
  const operations: Item[] = [];
  for (const item of found.values()) {
    if (String(item['pk']).startsWith('OPERATION#')) operations.push(item);
    else build.withdrawals.see(item);
  }
  return build.applyOperations(operations);
}

async function* itemsAfter(
  { ports: { ledger } }: RebuildBuild,
  pk: string,
  from: string,
): AsyncGenerator<Item> {
  let after: string | undefined = from;
  while (after !== undefined) {
    const page: { items: Item[]; cursor?: string } = await queryPage(ledger, pk, {
      ...{ limit: 500, oldest: true, after },
    });
    yield* page.items;
    after = page.cursor;
  }
}
