/** An account's money in one asset as the ledger holds it at one moment, with how far each group's clearing had come. */
import { TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import type { GroupId } from '#domain/market.ts';
import { type Key, ledgerKeys } from '#wire/table-keys.ts';
import { type Item, keyText } from './batch-items.ts';
import { type MoneyName, moneyKeys, type Waiting } from './rebuilt-ledger.ts';
import type { Table } from './shadow-table.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { untilSettled } from './transaction.ts';
import { readWatermark } from './watermark-item.ts';

export type MoneyMoment = {
  name: MoneyName;
  /** Balance, credit and waiting grants that are there, by `keyText`. */
  items: Map<string, Item>;
  /** The frame through which each group's runs are posted; `half` where a run is that may have changed this money. */
  cleared: Map<GroupId, { frame: number; half: boolean }>;
};

export async function momentOf(
  { client, table }: Table,
  name: MoneyName,
  groups: readonly GroupId[],
): Promise<MoneyMoment> {
  const keys: Key[] = [...moneyKeys(name, groups), ...groups.map((id) => ledgerKeys.cursor(id))];
  const TransactItems = keys.map((Key) => ({ Get: { TableName: table, Key } }));
  const { Responses = [] } = await untilSettled(() =>
    client.send(new TransactGetCommand({ TransactItems })),
  );
  const found = new Map(
    Responses.flatMap(({ Item: item }): [string, Item][] =>
      item ? [[keyText(item as Key), item]] : [],
    ),
  );
  const cleared = new Map(
    groups.map((groupId) => {
      const cursor = found.get(keyText(ledgerKeys.cursor(groupId)));
      found.delete(keyText(ledgerKeys.cursor(groupId)));
      const run = cursor?.['run'] as Item | undefined;
      const half = run !== undefined && `${name.account}#${name.asset}` <= String(run['cursor']);
      return [groupId, { frame: readWatermark(cursor?.['watermark']).frame, half }];
    }),
  );
  return { name, items: found, cleared };
}

/**
 * The grant that no run took in yet. Three items tell of it, written together: where one says otherwise, the two that agree are right.
 */
export function waitingOf(
  { name, items }: Pick<MoneyMoment, 'name' | 'items'>,
  groupId: GroupId,
  clearedNumber: number,
): Waiting | undefined {
  const itemAt = (key: Key) => items.get(keyText(key)) ?? {};
  const { account, asset } = name;
  const row = itemAt(ledgerKeys.pendingGrant(groupId, account, asset));
  const credit = itemAt(ledgerKeys.credit(account, asset, groupId));
  const balance = itemAt(ledgerKeys.balance(account, asset));
  const grantNumber = clearedNumber + 1;
  const witnesses = [
    { number: row['grantNumber'], units: row['units'] },
    { number: credit['pendingNumber'], units: credit['pendingUnits'] },
    { number: balance[`grantNumber#${groupId}`], units: balance[`grantedUnits#${groupId}`] },
  ].filter(({ number }) => storedNumber(number) === grantNumber);
  if (witnesses.length < 2) return undefined;
  const said = witnesses.map(({ units }) => storedUnits(units));
  const agreed = said.find((units, at) => said.indexOf(units) !== at) ?? said[0] ?? 0n;
  return {
    grantNumber,
    units: agreed,
    clock: storedNumber(row['clock'] ?? credit['pendingClock']),
  };
}
