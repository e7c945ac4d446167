/**
 * Looks at every write of the ledger at the moment when it is done, and says what may never be, not even for a moment: money
 * made or lost, entries that do not tell what moved, a pending grant that goes back, a run that ends without its rows.
 */
import type { Item } from '#cloud/batch-items.ts';
import { readWatermark } from '#cloud/watermark-item.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import { ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import { differs } from './difference.ts';
import { tables, traders } from './ledger-world.ts';
import type { Written } from './simulated-table.ts';
import type { TradingGroup } from './trading-group.ts';

/** What changed of one (account, asset). */
type Moved = { available: bigint; withdrawing: bigint; frozen: bigint };
const sides = ['available', 'withdrawing', 'frozen'] as const;

export type Ports = {
  groups: readonly TradingGroup[];
  /** A partition of the ledger's table, now. */
  partition: (pk: string) => ReadonlyMap<string, Item>;
  bug: (what: string) => void;
};

export class LedgerWatch {
  /** Runs that were cleared and operations that were posted. */
  readonly counts = { runs: 0, operations: 0, grants: 0, halfPosted: 0 };
  /** Outbox rows that were ever written. */
  readonly rows = new Map<string, Item>();
  #ports: Ports;
  #sums = new Map<string, bigint>();
  #openRuns = new Set<string>();
  /** By `pk|sk` of balances: how much could be taken at each time it changed. */
  #grantable = new Map<string, bigint[]>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** How often a balance changed so far: where to look from later. */
  changesOf(account: string, asset: string): number {
    return this.#grantable.get(`${account}#${asset}`)?.length ?? 0;
  }

  /** The least that could be taken from a balance since it had changed so often. */
  leastSince(account: string, asset: string, changes: number): bigint {
    const values = this.#grantable.get(`${account}#${asset}`) ?? [];
    let least = changes === 0 ? 0n : (values[changes - 1] ?? 0n);
    for (const each of values.slice(changes)) if (each < least) least = each;
    return least;
  }

  look(written: readonly Written[]): void {
    const ledger = written.filter(({ table }) => table === tables.ledger);
    for (const { table, key, before, after } of written)
      if (table === tables.outbox && after && !before) this.rows.set(`${key.pk}|${key.sk}`, after);
    if (ledger.length === 0) return;
    for (const each of ledger) this.#lookAtOne(each);
    this.#lookAtMoney(ledger);
    this.#lookAtRows(written);
    const cursor = ledger.find(({ key }) => key.sk === 'CURSOR');
    const granted = ledger.find(({ key }) => key.pk.startsWith('PENDING#'));
    if (granted && !granted.after && !cursor)
      this.#bug(`the pending grant ${nameOf(granted.key)} went, and no run was cleared`);
    if (granted?.after)
      for (const { key, after } of ledger)
        if (key.sk.startsWith('BALANCE#') && unitsOf(after, 'grantable') < 0n)
          this.#bug(`${nameOf(key)}: a grant took what a withdrawal demands`);
    if (cursor) this.#lookAtRun(cursor);
  }

  #lookAtOne({ key, before, after }: Written): void {
    const name = nameOf(key);
    const [kind = ''] = key.pk.split('#');
    if (['OPERATION', 'ENTRIES', 'RUNS'].includes(kind) && before)
      this.#bug(`${name} was written again`);
    if (kind === 'DIFFERENCES')
      this.#bug(
        `reconciliation finds: ${name} expected ${after?.['expected']}, found ${after?.['found']}`,
      );
    if (kind === 'OPERATION') this.counts.operations += 1;
    if (kind === 'PENDING' && after) this.counts.grants += 1;
    if (kind === 'WITHDRAWAL') {
      const step = `${before?.['status'] ?? 'none'} to ${after?.['status']}`;
      if (!withdrawalSteps.has(step)) this.#bug(`${name} went from ${step}`);
    }
    if (!key.sk.startsWith('BALANCE#') || !after) return;
    const account = key.pk.slice('ACCOUNT#'.length);
    const of = (attribute: string) => unitsOf(after, attribute);
    const grantable = of('grantable');
    const asset = key.sk.slice('BALANCE#'.length);
    const values = this.#grantable.get(`${account}#${asset}`) ?? [];
    values.push(grantable);
    this.#grantable.set(`${account}#${asset}`, values);
    if (grantable !== of('available') - of('demanded'))
      this.#bug(`${name}: grantable is not what is available and not demanded`);
    if (account !== vaultAccount && of('available') < 0n)
      this.#bug(`${name}: ${of('available')} available`);
    if (of('withdrawing') < 0n || of('demanded') < 0n)
      this.#bug(`${name}: ${of('withdrawing')} withdrawing, ${of('demanded')} demanded`);
    if (of('version') !== unitsOf(before, 'version') + 1n)
      this.#bug(`${name}: its version does not count this change`);
  }

  /** What balances and credits changed by is what entries say, and together it is nothing. */
  #lookAtMoney(ledger: readonly Written[]): void {
    const moved = new Map<string, Moved>();
    const told = new Map<string, Moved>();
    const after = new Map<string, Item>();
    for (const each of ledger) {
      const { key } = each;
      const [kind = '', asset = ''] = key.sk.split('#');
      const account = key.pk.slice('ACCOUNT#'.length);
      const name = `${account}#${asset}`;
      const change = (attribute: string) =>
        unitsOf(each.after, attribute) - unitsOf(each.before, attribute);
      if (kind === 'BALANCE') {
        add(moved, name, change('available'), change('withdrawing'), 0n);
        if (each.after) after.set(name, each.after);
      }
      // What waits as a grant still counts as available: the run that clears it tells of its move.
      if (kind === 'CREDIT') add(moved, name, change('pendingUnits'), 0n, change('frozen'));
      if (key.pk.startsWith('ENTRIES#') && each.after) {
        const of = (attribute: string) => unitsOf(each.after, attribute);
        const named = `${each.after['account']}#${each.after['asset']}`;
        add(told, named, of('availableUnits'), of('withdrawingUnits'), of('frozenUnits'));
      }
    }
    const difference = differs(nonzero(moved), nonzero(told));
    if (difference) this.#bug(`entries do not tell what moved (moved, told): ${difference}`);
    for (const { key, after: entry } of ledger)
      if (key.pk.startsWith('ENTRIES#') && entry) this.#lookAtAfters(entry, after);
    for (const [name, { available, withdrawing, frozen }] of moved) {
      const asset = name.slice(name.indexOf('#') + 1);
      const sum = (this.#sums.get(asset) ?? 0n) + available + withdrawing + frozen;
      this.#sums.set(asset, sum);
    }
    const cursor = ledger.find(({ key }) => key.sk === 'CURSOR');
    if (cursor) {
      const [, groupId = ''] = cursor.key.pk.split('#');
      if (cursor.after?.['run'] === undefined) this.#openRuns.delete(groupId);
      else this.#openRuns.add(groupId);
      if (cursor.after?.['run'] !== undefined) this.counts.halfPosted += 1;
    }
    if (this.#openRuns.size > 0) return;
    for (const [asset, sum] of this.#sums)
      if (sum !== 0n)
        this.#bug(`${sum} ${asset} were made by ${ledger.map(({ key }) => nameOf(key))}`);
  }

  /** A balance that an entry tells is the one that it left. */
  #lookAtAfters(entry: Item, after: ReadonlyMap<string, Item>): void {
    if (entry['business'] === 'clearing' || isHouse(String(entry['account']))) return;
    const name = `${entry['account']}#${entry['asset']}`;
    const balance = after.get(name);
    const told = {
      available: unitsOf(entry, 'availableAfterUnits'),
      withdrawing: unitsOf(entry, 'withdrawingAfterUnits'),
    };
    const found = {
      available: unitsOf(balance, 'available'),
      withdrawing: unitsOf(balance, 'withdrawing'),
    };
    const difference = differs(found, told);
    if (difference) this.#bug(`the entry of ${name} tells another balance: ${difference}`);
  }

  /** Who moves money for a user says so in the outbox, in the same moment. */
  #lookAtRows(written: readonly Written[]): void {
    const rows = written.flatMap(({ table, key, after }) =>
      table === tables.outbox && after ? [key.pk] : [],
    );
    for (const { table, key, after } of written) {
      if (table !== tables.ledger || !after) continue;
      if (key.pk.startsWith('OPERATION#') && !isHouses(after) && !rows.includes('OUTBOX#notify'))
        this.#bug(`${nameOf(key)} has no row in the outbox`);
      if (!key.pk.startsWith('RUNS#')) continue;
      this.counts.runs += 1;
      for (const row of ['OUTBOX#notify', 'OUTBOX#reconcile'])
        if (!rows.includes(row)) this.#bug(`${nameOf(key)} has no row ${row}`);
    }
  }

  /** After each cleared run: frozen = the engine's free + held at that watermark; pending rows = credit items. */
  #lookAtRun({ key, after }: Written): void {
    const [, groupId = ''] = key.pk.split('#');
    const group = this.#ports.groups.find((each) => each.groupId === groupId);
    if (!group || !after || after['run'] !== undefined) return;
    const { frame, lastSequence } = readWatermark(after['watermark']);
    const held = group.held.get(lastSequence);
    if (!held) {
      this.#bug(`settlement of ${groupId} stands at ${lastSequence}, where no frame ends`);
      return;
    }
    const frozen = new Map<string, bigint>();
    const pending = new Map<string, bigint>();
    for (const account of traders)
      for (const [sk, item] of this.#ports.partition(ledgerKeys.account(account))) {
        const [kind, asset, of] = sk.split('#');
        if (kind !== 'CREDIT' || of !== groupId) continue;
        frozen.set(`${account}#${asset}`, unitsOf(item, 'frozen'));
        pending.set(`${account}#${asset}`, unitsOf(item, 'pendingUnits'));
      }
    const rows = new Map<string, bigint>();
    for (const [sk, item] of this.#ports.partition(ledgerKeys.pendingGrant(groupId, '', '').pk))
      rows.set(sk, unitsOf(item, 'units'));
    const one = differs(positive(held), positive(frozen));
    if (one)
      this.#bug(`frozen is not what the engine of ${groupId} held at frame ${frame}: ${one}`);
    const other = differs(positive(rows), positive(pending));
    if (other) this.#bug(`pending rows of ${groupId} are not its credit items: ${other}`);
  }

  #bug(what: string): void {
    this.#ports.bug(what);
  }
}

/** What becomes of a withdrawal, a step at a time and never back. */
const withdrawalSteps = new Set([
  'none to demanded',
  'none to held',
  'demanded to held',
  'demanded to returned',
  'held to finished',
  'held to returned',
]);

const nameOf = ({ pk, sk }: { pk: string; sk: string }): string => `${pk} ${sk}`;

const isHouses = (operation: Item): boolean =>
  ['account', 'from', 'to'].every(
    (name) => operation[name] === undefined || isHouse(String(operation[name])),
  );

export const unitsOf = (item: Item | undefined, name: string): bigint =>
  (item?.[name] as bigint | undefined) ?? 0n;

function add(
  map: Map<string, Moved>,
  name: string,
  available: bigint,
  withdrawing: bigint,
  frozen: bigint,
): void {
  const sum = map.get(name) ?? { available: 0n, withdrawing: 0n, frozen: 0n };
  map.set(name, {
    available: sum.available + available,
    withdrawing: sum.withdrawing + withdrawing,
    frozen: sum.frozen + frozen,
  });
}

const nonzero = (moved: ReadonlyMap<string, Moved>): Record<string, Moved> =>
  Object.fromEntries([...moved].filter(([, each]) => sides.some((side) => each[side] !== 0n)));

const positive = (units: ReadonlyMap<string, bigint>): Record<string, bigint> =>
  Object.fromEntries([...units].filter(([, each]) => each !== 0n));
