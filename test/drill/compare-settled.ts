/** Compares the ledger and the history with the journal: everything that was traded is settled, once, to the unit. */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { createHistoryStore } from '#cloud/history-store.ts';
import { groupCredit } from '#cloud/ledger-audit.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { readWatermark } from '#cloud/watermark-item.ts';
import type { Trade } from '#domain/event.ts';
import { historyKeys } from '#wire/table-keys.ts';
import type { Differences } from './compare.ts';
import { type Journal, type JournalStory, movesOf } from './journal-story.ts';

export type Books = { client: DynamoDBDocumentClient; ledger: string; history: string };

/** What accounts were given before the load: units by `account#asset`. */
export type Deposits = ReadonlyMap<string, bigint>;

/** How far settlement and history have come in a pair group's journal. */
export async function settledFrames(
  { client, ledger, history }: Books,
  groupId: string,
): Promise<{ ledger: number; history: number }> {
  const { watermark } = await createClearingStore({ client, table: ledger }).position(groupId);
  const get = new GetCommand({
    TableName: history,
    Key: historyKeys.watermark(groupId),
    ConsistentRead: true,
  });
  const { Item: item } = await client.send(get);
  return { ledger: watermark.frame, history: readWatermark(item?.['watermark']).frame };
}

export async function compareSettled(
  {
    books,
    journals,
    story,
    deposits,
  }: {
    books: Books;
    journals: readonly Journal[];
    story: JournalStory;
    deposits: Deposits;
  },
  to: Differences,
): Promise<void> {
  for (const { groupId, to: tip } of journals) {
    const at = await settledFrames(books, groupId);
    for (const [name, frame] of Object.entries(at))
      if (frame !== tip.frame)
        to.unsettled.push(`the ${name} stands at frame ${frame} of ${tip.frame} of ${groupId}`);
    await compareFrozen(books, groupId, story, to);
  }
  const accounts = [...new Set([...deposits.keys()].map((key) => key.split('#')[0] as string))];
  for (const account of accounts) {
    await compareAvailable(books, account, { story, deposits }, to);
    await compareEntries(books, account, story, to);
    await compareHistory(books, account, story, to);
  }
  const sums = await createLedgerStore({ client: books.client, table: books.ledger }).sums();
  for (const { asset, units } of sums)
    if (units !== 0n) to.unsettled.push(`${asset} sums to ${units} units over all accounts`);
}

/** What the ledger has frozen for a pair group is what the group's engine has: free and held. */
async function compareFrozen(
  { client, ledger }: Books,
  groupId: string,
  { frozen }: JournalStory,
  { unsettled }: Differences,
): Promise<void> {
  const credits = await groupCredit({ client, table: ledger }, groupId);
  const seen = new Set<string>();
  for (const { account, asset, frozenUnits, pendingUnits } of credits) {
    const key = `${account}#${asset}#${groupId}`;
    seen.add(key);
    const expected = frozen.get(key) ?? 0n;
    if (frozenUnits !== expected)
      unsettled.push(`${key} has ${frozenUnits} frozen; by the journal it is ${expected}`);
    if (pendingUnits !== 0n) unsettled.push(`${key} has a grant of ${pendingUnits} pending`);
  }
  for (const [key, units] of frozen)
    if (key.endsWith(`#${groupId}`) && units !== 0n && !seen.has(key))
      unsettled.push(`${key} has nothing frozen; by the journal it is ${units}`);
}

async function compareAvailable(
  { client, ledger }: Books,
  account: string,
  { story, deposits }: { story: JournalStory; deposits: Deposits },
  { unsettled }: Differences,
): Promise<void> {
  const balances = await createLedgerStore({ client, table: ledger }).balances(account);
  for (const { asset, available } of balances) {
    const key = `${account}#${asset}`;
    const expected = (deposits.get(key) ?? 0n) + (story.available.get(key) ?? 0n);
    if (available !== expected)
      unsettled.push(
        `${key} has ${available} available; by deposits and journal it is ${expected}`,
      );
  }
}

/** Every trade of the account has one line in the entries of each of its two assets, with what it moved. */
async function compareEntries(
  { client, ledger }: Books,
  account: string,
  { trades }: JournalStory,
  { unsettled, doubled }: Differences,
): Promise<void> {
  const store = createLedgerStore({ client, table: ledger });
  const lines = new Map<string, bigint[]>();
  for await (const entry of everyPage(async (page) => {
    const { entries, cursor } = await store.entries(account, page);
    return { items: entries, ...(cursor === undefined ? {} : { cursor }) };
  })) {
    const groupId = entry.businessId.split('#')[0];
    for (const { sequence, units, feeUnits } of entry.trades) {
      const key = `${groupId}-${sequence} ${entry.asset}`;
      lines.set(key, [...(lines.get(key) ?? []), units - feeUnits]);
    }
  }
  for (const [trade, told] of trades)
    for (const move of movesOf(told)) {
      if (move.account !== account) continue;
      const [units, ...more] = lines.get(`${trade} ${move.asset}`) ?? [];
      const name = `trade ${trade} of ${account} in ${move.asset}`;
      if (units === undefined) unsettled.push(`${name} has no entry`);
      else if (units !== move.units)
        unsettled.push(`${name} has an entry of ${units}; by the journal it is ${move.units}`);
      if (more.length > 0) doubled.push(`${name} has ${more.length + 1} entries`);
      lines.delete(`${trade} ${move.asset}`);
    }
  for (const key of lines.keys()) doubled.push(`an entry of ${account} is of no trade: ${key}`);
}

/** Every fill and every ended order of the account is in the history, once. */
async function compareHistory(
  { client, history }: Books,
  account: string,
  { trades, orders }: JournalStory,
  { unsettled, doubled }: Differences,
): Promise<void> {
  const store = createHistoryStore({ client, table: history });
  const fills: string[] = [];
  for await (const fill of everyPage(async (page) => {
    const { fills: items, cursor } = await store.fills(account, page);
    return { items, ...(cursor === undefined ? {} : { cursor }) };
  }))
    fills.push(`${fill.marketId} ${fill.sequence} ${fill.role}`);
  const expected = [...trades.values()].flatMap((trade) => rolesOf(trade, account));
  compareLists(`fill of ${account}`, { shown: fills, expected }, { unsettled, doubled });

  const done: string[] = [];
  for await (const order of everyPage(async (page) => {
    const { orders: items, cursor } = await store.doneOrders(account, page);
    return { items, ...(cursor === undefined ? {} : { cursor }) };
  }))
    done.push(`${order.digest} ${order.status} ${order.filledLots}`);
  const ended = [...orders.values()].flatMap(({ placed, done: end, filledLots }) =>
    end && placed.account === account ? [`${end.digest} ${end.reason} ${filledLots}`] : [],
  );
  compareLists(`order of ${account}`, { shown: done, expected: ended }, { unsettled, doubled });
}

const rolesOf = (trade: Trade, account: string): string[] => [
  ...(trade.makerAccount === account ? [`${trade.marketId} ${trade.sequence} maker`] : []),
  ...(trade.takerAccount === account ? [`${trade.marketId} ${trade.sequence} taker`] : []),
];

function compareLists(
  name: string,
  { shown, expected }: { shown: string[]; expected: string[] },
  { unsettled, doubled }: Pick<Differences, 'unsettled' | 'doubled'>,
): void {
  const known = new Set(shown);
  for (const each of expected)
    if (!known.has(each)) unsettled.push(`${name} is not in the history: ${each}`);
  const wanted = new Set(expected);
  for (const each of known)
    if (!wanted.has(each)) doubled.push(`${name} is in the history only: ${each}`);
  if (known.size < shown.length)
    doubled.push(`${name}: ${shown.length - known.size} are in the history twice`);
}

type Page<T> = { items: T[]; cursor?: string };

async function* everyPage<T>(
  ask: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await ask({ limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
