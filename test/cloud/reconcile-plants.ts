/** One-unit errors, one in each place where money is written down, and what reconciliation must say of them. */
import type { Item } from '#cloud/batch-items.ts';
import type { DifferenceKind } from '#domain/reconciliation.ts';
import { ledgerKeys, reconciliationKeys } from '#wire/table-keys.ts';
import { alice, bob, carol, dave } from './reconciled-world.ts';

export type Plant = {
  title: string;
  plant: (items: Item[]) => Item[];
  /** What is found, among what follows from it. */
  kind: DifferenceKind;
  account?: string;
  /** Found by the run's own reconciliation, and not by a pass. */
  ofRun?: true;
  /** In what an earlier day has summed up: found where every entry is read. */
  isOld?: true;
};

type Is = (item: Item) => boolean;
const at =
  ({ pk, sk }: { pk: string; sk: string }): Is =>
  (item) =>
    item['pk'] === pk && item['sk'] === sk;

const one = (items: Item[], is: Is, change: (item: Item) => Item | undefined): Item[] => {
  const found = items.findLast(is);
  if (!found) throw new Error('nothing to plant in');
  const changed = change(found);
  const others = items.filter((item) => item !== found);
  return changed ? [...others, changed] : others;
};
const plus = (name: string) => (item: Item) => ({
  ...item,
  [name]: ((item[name] as bigint | undefined) ?? 0n) + 1n,
});
const inItem =
  (is: Is, ...names: string[]) =>
  (items: Item[]) =>
    one(items, is, (item) => names.reduce<Item>((each, name) => plus(name)(each), item));
const without = (is: Is) => (items: Item[]) => one(items, is, () => undefined);
const again = (is: Is, change: (item: Item) => Item) => (items: Item[]) => {
  const found = items.findLast(is);
  if (!found) throw new Error('nothing to double');
  return [...items, change(found)];
};

const entryOf =
  (account: string, is: Is): Is =>
  (item) =>
    item['pk'] === ledgerKeys.entries(account) && is(item);
const ofRun: Is = (item) => String(item['businessId']).startsWith('majors#');
const ofKind =
  (kind: string): Is =>
  (item) =>
    item['business'] === kind;
const runItems: Is = (item) => item['pk'] === ledgerKeys.runs('majors');
const sumsOf =
  (account: string): Is =>
  (item) =>
    item['pk'] === reconciliationKeys.allSums(account);

const aliceEth = at(ledgerKeys.balance(alice, 'ETH'));
const aliceCredit = at(ledgerKeys.credit(alice, 'ETH', 'majors'));
const daveCredit = at(ledgerKeys.credit(dave, 'USDC', 'alts'));
const daveRow = at(ledgerKeys.pendingGrant('alts', dave, 'USDC'));
const later = (item: Item): Item => {
  const atMs = (item['atMs'] as bigint) + 1n;
  return {
    ...item,
    atMs,
    sk: `${atMs.toString().padStart(16, '0')}${String(item['sk']).slice(16)}`,
  };
};
const inSums = (name: string) => (items: Item[]) =>
  one(items, sumsOf(alice), (item) => {
    const book = item['book'] as { assets: Item[] };
    const assets = book.assets.map((each, nth) => (nth === 0 ? plus(name)(each) : each));
    return { ...item, book: { ...book, assets } };
  });

export const plants: readonly Plant[] = [
  {
    ...{ title: 'available of a balance', kind: 'balance_available', account: alice },
    plant: inItem(aliceEth, 'available', 'grantable'),
  },
  {
    ...{ title: 'grantable of a balance', kind: 'balance_grantable', account: alice },
    plant: inItem(aliceEth, 'grantable'),
  },
  {
    ...{ title: 'withdrawing of a balance', kind: 'balance_withdrawing', account: bob },
    plant: inItem(at(ledgerKeys.balance(bob, 'ETH')), 'withdrawing'),
  },
  {
    ...{ title: 'demanded of a balance', kind: 'balance_demanded', account: carol },
    plant: (items) =>
      one(items, at(ledgerKeys.balance(carol, 'ETH')), (item) => ({
        ...plus('demanded')(item),
        grantable: (item['grantable'] as bigint) - 1n,
      })),
  },
  {
    ...{ title: 'a balance without any entry', kind: 'balance_available', account: carol },
    plant: (items) => [
      ...items,
      { ...ledgerKeys.balance(carol, 'BTC'), available: 1n, grantable: 1n },
    ],
  },
  {
    ...{ title: 'a balance below zero', kind: 'balance_negative', account: carol },
    plant: (items) => [
      ...items,
      { ...ledgerKeys.balance(carol, 'BTC'), available: -1n, grantable: -1n },
    ],
  },
  {
    ...{ title: "the vault's line", kind: 'balance_available', account: 'house:vault' },
    plant: inItem(at(ledgerKeys.balance('house:vault', 'ETH')), 'available', 'grantable'),
  },
  {
    ...{ title: 'frozen of a credit', kind: 'credit_frozen', account: alice },
    plant: inItem(aliceCredit, 'frozen'),
  },
  {
    ...{ title: "frozen of the house's fees", kind: 'credit_frozen', account: 'house:fees' },
    plant: inItem(at(ledgerKeys.credit('house:fees', 'USDC', 'majors')), 'frozen'),
  },
  {
    ...{ title: 'pending of a credit', kind: 'pending_row', account: dave },
    plant: inItem(daveCredit, 'pendingUnits'),
  },
  {
    ...{ title: "the number of a credit's newest grant", kind: 'credit_pending', account: alice },
    plant: inItem(aliceCredit, 'grantNumber'),
  },
  {
    ...{ title: 'the row of a pending grant', kind: 'pending_row', account: dave },
    plant: inItem(daveRow, 'units'),
  },
  {
    ...{ title: 'a missing row of a pending grant', kind: 'pending_row', account: dave },
    plant: without(daveRow),
  },
  {
    ...{ title: 'a row of a grant that is not pending', kind: 'pending_row', account: alice },
    plant: again(daveRow, (item) => ({
      ...item,
      ...ledgerKeys.pendingGrant('majors', alice, 'ETH'),
      ...{ account: alice, asset: 'ETH', groupId: 'majors' },
    })),
  },
  ...['grantNumber', 'grantedUnits', 'returnNumber', 'returnedUnits'].map(
    (name): Plant => ({
      ...{ title: `the counter ${name} of a balance`, kind: 'lent_counter', account: alice },
      plant: inItem(aliceEth, `${name}#majors`),
    }),
  ),
  ...['availableUnits', 'withdrawingUnits'].map(
    (name): Plant => ({
      ...{ title: `${name} of an operation's entry`, kind: 'operation', account: alice },
      plant: inItem(entryOf(alice, ofKind('transfer')), name),
    }),
  ),
  ...['availableUnits', 'frozenUnits', 'grantedUnits', 'returnedUnits'].map(
    (name): Plant => ({
      ...{ title: `${name} of a run's entry`, kind: 'entry_units', account: alice },
      plant: inItem(
        entryOf(alice, (item) => ofRun(item) && item[name] !== undefined),
        name,
      ),
    }),
  ),
  {
    ...{ title: "what a run's entry says is frozen after it", kind: 'entry_after', account: alice },
    plant: inItem(entryOf(alice, ofRun), 'frozenAfterUnits'),
  },
  {
    ...{
      title: 'what an operation says is available after it',
      kind: 'entry_after',
      account: alice,
    },
    plant: inItem(entryOf(alice, ofKind('transfer')), 'availableAfterUnits'),
  },
  {
    ...{
      title: 'what an operation says is withdrawing after it',
      kind: 'entry_after',
      account: bob,
    },
    plant: inItem(entryOf(bob, ofKind('withdraw_hold')), 'withdrawingAfterUnits'),
  },
  {
    ...{
      title: "a missing entry of a run, by the account's sums",
      kind: 'credit_frozen',
      account: alice,
    },
    plant: without(entryOf(alice, ofRun)),
  },
  {
    ...{ title: 'a missing entry of an operation', kind: 'balance_available', account: alice },
    plant: without(entryOf(alice, ofKind('transfer'))),
  },
  {
    ...{ title: 'a doubled entry of a run', kind: 'entry_extra', account: alice },
    plant: again(entryOf(alice, ofRun), later),
  },
  {
    ...{ title: 'a doubled entry of an operation', kind: 'balance_available', account: alice },
    plant: again(entryOf(alice, ofKind('transfer')), later),
  },
  {
    ...{ title: 'the units of an operation', kind: 'operation', account: alice },
    plant: inItem((item) => item['pk'] === 'OPERATION#transfer-1', 'units'),
  },
  {
    ...{ title: 'the time of an operation', kind: 'operation', account: alice },
    plant: inItem((item) => item['pk'] === 'OPERATION#transfer-1', 'atMs'),
  },
  {
    ...{ title: 'a missing operation', kind: 'operation', account: alice },
    plant: without((item) => item['pk'] === 'OPERATION#transfer-1'),
  },
  {
    ...{ title: 'the units of a withdrawal that is held', kind: 'withdrawal', account: bob },
    plant: inItem((item) => item['status'] === 'held' && item['account'] === bob, 'units'),
  },
  {
    ...{
      title: 'the units of a withdrawal that is demanded',
      kind: 'balance_demanded',
      account: carol,
    },
    plant: inItem((item) => item['status'] === 'demanded', 'units'),
  },
  {
    ...{ title: 'available in the sums of a day', kind: 'sums', account: alice },
    plant: inSums('available'),
  },
  {
    ...{ title: 'withdrawing in the sums of a day', kind: 'sums', account: alice },
    plant: inSums('withdrawing'),
  },
  {
    ...{ title: 'an entry that is summed up already', kind: 'sums', account: alice, isOld: true },
    plant: (items) =>
      one([...items].reverse(), entryOf(alice, ofKind('deposit')), plus('availableUnits')),
  },
  {
    ...{ title: 'an account that the directory lacks', kind: 'assets_do_not_cancel' },
    plant: without((item) => item['sk'] === dave && String(item['pk']).startsWith('DIRECTORY#')),
  },
  {
    ...{ title: 'the number of changes of a run, by the entries of all', kind: 'run_entries' },
    plant: inItem(runItems, 'changes'),
  },
  {
    ...{ title: 'a run that begins before the last one ends', kind: 'run_order' },
    plant: (items) => one(items, runItems, (item) => ({ ...item, fromFrame: 1n })),
  },
  ...['changes', 'trades', 'clock', 'fromFrame', 'atMs'].map(
    (name): Plant => ({
      ...{ title: `${name} of a run`, kind: 'run_item', ofRun: true },
      plant: inItem(runItems, name),
    }),
  ),
  {
    ...{ title: 'a missing run', kind: 'run_item', ofRun: true },
    plant: without(runItems),
  },
  {
    ...{ title: 'a missing entry of a run', kind: 'entry_missing', account: alice, ofRun: true },
    plant: without(entryOf(alice, ofRun)),
  },
  {
    ...{ title: 'a doubled entry of a run', kind: 'entry_extra', account: alice, ofRun: true },
    plant: again(entryOf(alice, ofRun), (item) => ({
      ...item,
      sk: `${item['sk']}X`,
      asset: 'BTC',
    })),
  },
  ...['availableUnits', 'frozenUnits', 'returnedUnits'].map(
    (name): Plant => ({
      ...{
        title: `${name} of an entry of a run`,
        kind: 'entry_units',
        account: alice,
        ofRun: true,
      },
      plant: inItem(entryOf(alice, ofRun), name),
    }),
  ),
  {
    ...{
      title: 'frozen after an entry of a run',
      kind: 'entry_after',
      account: alice,
      ofRun: true,
    },
    plant: inItem(entryOf(alice, ofRun), 'frozenAfterUnits'),
  },
];
