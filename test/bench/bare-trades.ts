/** The peer of clearing: each trade a transaction of its own, as soon as so many others are answered. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { sideBySide } from '#cloud/side-by-side.ts';
import { transact, type Write } from '#cloud/transaction.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { type BareTrade, groupId, moved } from './cleared-market.ts';

/** More in flight make it no faster. */
const atOnce = 16;

/** What an exchange writes that does not net: five balances, and the trade, so that it is posted once. No entries a balance. */
export async function postOneByOne(
  client: DynamoDBDocumentClient,
  table: string,
  trades: readonly BareTrade[],
): Promise<void> {
  await sideBySide(trades, atOnce, async (made) => {
    const balances = moved(made).map(({ account, asset, units }): Write => {
      const pays = units < 0n;
      return {
        Update: {
          TableName: table,
          Key: ledgerKeys.credit(account, asset, groupId),
          UpdateExpression: 'ADD frozen :units, version :one',
          ...(pays && { ConditionExpression: 'frozen >= :paid' }),
          ExpressionAttributeValues: {
            ':units': units,
            ':one': 1n,
            ...(pays && { ':paid': -units }),
          },
        },
      };
    });
    const Item = { pk: `TRADE#${randomUUID()}`, sk: 'TRADE', ...made };
    const once = 'attribute_not_exists(pk)';
    const outcome = await transact(client, [
      ...balances,
      { Put: { TableName: table, Item, ConditionExpression: once } },
    ]);
    assert.equal(outcome.status, 'written');
  });
}
