/** Holds what a ledger's simulation left against what was told, against its entries, its engines and its journals. */
import type { Item } from '#cloud/batch-items.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import { ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import { auditTold } from './audit-told.ts';
import { auditVaultOrder } from './audit-vault-order.ts';
import { differs } from './difference.ts';
import type { Told } from './ledger-clients.ts';
import { unitsOf } from './ledger-watch.ts';
import { tables } from './ledger-world.ts';
import type { OutboxRun } from './outbox-run.ts';
import type { SimulatedTable } from './simulated-table.ts';
import type { TradingGroup } from './trading-group.ts';

export type LedgerEnd = {
  table: SimulatedTable;
  groups: readonly TradingGroup[];
  told: readonly Told[];
  outbox: OutboxRun;
};

export function auditLedger(end: LedgerEnd): string[] {
  const items = end.table.items(tables.ledger);
  return [
    ...auditSums(items),
    ...auditEntries(items),
    ...auditCredit(items, end.groups),
    ...auditWithdrawals(items),
    ...auditAdjustments(items),
    ...auditDirectory(items),
    ...auditOutbox(end),
    ...auditTold(items, end.told),
    ...auditVaultOrder(items, end.groups),
  ];
}

type Items = ReadonlyMap<string, Item>;

/** Everything whose partition begins so. */
export const itemsOf = (items: Items, prefix: string): Item[] =>
  [...items].flatMap(([key, item]) => (key.startsWith(prefix) ? [item] : []));

/** Every asset sums to zero, and nothing is left pending. */
function auditSums(items: Items): string[] {
  const sums = new Map<string, bigint>();
  for (const item of itemsOf(items, 'ACCOUNT#')) {
    const [kind, asset = ''] = String(item['sk']).split('#');
    if (kind !== 'BALANCE' && kind !== 'CREDIT') continue;
    const names = ['available', 'withdrawing', 'frozen', 'pendingUnits'];
    add(sums, asset, ...names.map((name) => unitsOf(item, name)));
  }
  const problems = [...sums].flatMap(([asset, sum]) =>
    sum === 0n ? [] : [`${sum} ${asset} were made`],
  );
  for (const item of itemsOf(items, 'PENDING#'))
    problems.push(`a grant is still pending: ${item['pk']} ${item['sk']}`);
  return problems;
}

/** What entries say in sum is what balances and credits say. */
function auditEntries(items: Items): string[] {
  const told = new Map<string, bigint>();
  for (const entry of itemsOf(items, 'ENTRIES#')) {
    const name = `${entry['account']} ${entry['asset']}`;
    const group = String(entry['businessId']).split('#')[0];
    add(told, `${name} available`, unitsOf(entry, 'availableUnits'));
    add(told, `${name} withdrawing`, unitsOf(entry, 'withdrawingUnits'));
    if (entry['business'] === 'clearing')
      add(told, `${name} frozen in ${group}`, unitsOf(entry, 'frozenUnits'));
  }
  const found = new Map<string, bigint>();
  for (const item of itemsOf(items, 'ACCOUNT#')) {
    const [kind, asset = '', group] = String(item['sk']).split('#');
    const name = `${String(item['pk']).slice('ACCOUNT#'.length)} ${asset}`;
    if (kind === 'BALANCE')
      for (const side of ['available', 'withdrawing'])
        add(found, `${name} ${side}`, unitsOf(item, side));
    if (kind === 'CREDIT') add(found, `${name} frozen in ${group}`, unitsOf(item, 'frozen'));
  }
  const difference = differs(nonzero(told), nonzero(found));
  return difference ? [`entries are not what balances say: ${difference}`] : [];
}

/** In the end, too, frozen is what the engines hold. */
function auditCredit(items: Items, groups: readonly TradingGroup[]): string[] {
  return groups.flatMap(({ groupId, engine }) => {
    const held = new Map<string, bigint>();
    for (const { account, asset, freeUnits, heldUnits } of engine.credits())
      add(held, `${account} ${asset}`, BigInt(freeUnits + heldUnits));
    const frozen = new Map<string, bigint>();
    for (const item of itemsOf(items, 'ACCOUNT#')) {
      const [kind, asset, of] = String(item['sk']).split('#');
      const account = String(item['pk']).slice('ACCOUNT#'.length);
      if (kind === 'CREDIT' && of === groupId && !isHouse(account))
        add(frozen, `${account} ${asset}`, unitsOf(item, 'frozen'));
    }
    const difference = differs(nonzero(held), nonzero(frozen));
    return difference ? [`frozen is not what the engine of ${groupId} holds: ${difference}`] : [];
  });
}

/** Each step once, never both ends; demands and what is set aside are those of the withdrawals that wait. */
function auditWithdrawals(items: Items): string[] {
  const problems: string[] = [];
  const expected = new Map<string, bigint>();
  const left = new Map<string, bigint>();
  for (const item of itemsOf(items, 'WITHDRAWAL#')) {
    const id = String(item['withdrawalId']);
    const has = (step: string) => items.has(`OPERATION#${id}:${step}|OPERATION`);
    const steps = ['hold', 'finish', 'return'].filter(has).join(' ');
    const status = String(item['status']);
    const right: Record<string, string[]> = {
      demanded: [''],
      held: ['hold'],
      finished: ['hold finish'],
      returned: ['', 'hold return'],
    };
    if (!right[status]?.includes(steps))
      problems.push(`withdrawal ${id} is ${status}, and its operations are: ${steps}`);
    const name = `${item['account']} ${item['asset']}`;
    const wanted = unitsOf(item, 'units');
    if (status === 'demanded') add(expected, `${name} demanded`, wanted);
    if (status === 'held') add(expected, `${name} withdrawing`, wanted);
    if (status === 'finished') add(left, String(item['asset']), wanted);
  }
  const found = new Map<string, bigint>();
  const vault = new Map<string, bigint>();
  for (const item of itemsOf(items, 'ACCOUNT#')) {
    const [kind, asset = ''] = String(item['sk']).split('#');
    if (kind !== 'BALANCE') continue;
    const account = String(item['pk']).slice('ACCOUNT#'.length);
    if (account === vaultAccount) add(vault, asset, -unitsOf(item, 'available'));
    for (const side of ['demanded', 'withdrawing'])
      add(found, `${account} ${asset} ${side}`, unitsOf(item, side));
  }
  const difference = differs(nonzero(expected), nonzero(found));
  if (difference) problems.push(`balances and withdrawals are apart: ${difference}`);
  const came = new Map<string, bigint>();
  for (const item of itemsOf(items, 'OPERATION#'))
    if (item['kind'] === 'deposit') add(came, String(item['asset']), unitsOf(item, 'units'));
  for (const [asset, units] of left) add(came, asset, -units);
  const inVault = differs(nonzero(came), nonzero(vault));
  if (inVault) problems.push(`the vault is not what came and has not left: ${inVault}`);
  return problems;
}

/** Posted by two who did not propose it, or not at all. */
function auditAdjustments(items: Items): string[] {
  return itemsOf(items, 'ADJUSTMENT#').flatMap((item) => {
    const id = String(item['adjustmentId']);
    const isPosted = items.has(`OPERATION#${id}|OPERATION`);
    const words = (item['approvals'] as { by: string }[]).map(({ by }) => by);
    const others = new Set(words.filter((by) => by !== item['by']));
    const mayBePosted = others.size >= 2 && others.size === words.length;
    if (isPosted !== (item['status'] === 'posted'))
      return [`adjustment ${id} is ${item['status']}, and its operation ${isPosted}`];
    return isPosted && !mayBePosted
      ? [`adjustment ${id} was posted with the words of ${words}`]
      : [];
  });
}

/** Whoever goes over all accounts finds each. */
function auditDirectory(items: Items): string[] {
  const accounts = new Set(
    itemsOf(items, 'OPERATION#').flatMap((item) =>
      ['account', 'from', 'to'].flatMap((name) => (item[name] ? [String(item[name])] : [])),
    ),
  );
  return [...accounts].flatMap((account) => {
    const { pk, sk } = ledgerKeys.directory(account);
    return isHouse(account) || items.has(`${pk}|${sk}`) ? [] : [`${account} is in no directory`];
  });
}

/** Everything that had to happen happened, once at least, and nothing waits. */
function auditOutbox({ table, outbox }: LedgerEnd): string[] {
  const left = [...table.items(tables.outbox).keys()].map((key) => `still in the outbox: ${key}`);
  const never = outbox.rows
    .filter(({ topic, outboxId }) => !outbox.done.has(`${topic} ${outboxId}`))
    .map(({ outboxId }) => `nobody did ${outboxId}`);
  return [...left, ...never];
}

export function add(sums: Map<string, bigint>, name: string, ...units: bigint[]): void {
  for (const each of units) sums.set(name, (sums.get(name) ?? 0n) + each);
}

export const nonzero = (units: ReadonlyMap<string, bigint>): Record<string, bigint> =>
  Object.fromEntries([...units].filter(([, each]) => each !== 0n));
