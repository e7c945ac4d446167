/** Takes a withdrawal in: once, within what its account may withdraw in a day, and with the address that it names. */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { chainKeys } from '#wire/table-keys.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled } from './transaction.ts';
import { type Payout, payoutWrites } from './withdrawal-store.ts';

/** Of the Chain table. */
type Where = { client: DynamoDBDocumentClient; table: string };

/** A day's sums are kept some days longer than they count. */
const keptMs = 3 * 86_400_000;

/** When an account first named a recipient; undefined where it never did. */
export async function firstNamedAtMs(
  { client, table }: Where,
  { account, recipient }: Pick<Payout, 'account' | 'recipient'>,
): Promise<number | undefined> {
  const Key = chainKeys.recipient(account, recipient);
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return item && storedNumber(item['firstAtMs']);
}

/** False where the day's limit says no, or it was taken in before. */
export async function takeIn(
  { client, table }: Where,
  payout: Payout,
  perDayUnits: bigint | undefined,
): Promise<boolean> {
  const { account, recipient, asset, units, requestedAtMs } = payout;
  const room = perDayUnits === undefined ? undefined : perDayUnits - units;
  if (room !== undefined && room < 0n) return false;
  const day = new Date(requestedAtMs).toISOString().slice(0, 10);
  const { status } = await transact(client, [
    ...payoutWrites(table, payout),
    {
      Update: {
        TableName: table,
        Key: chainKeys.recipient(account, recipient),
        UpdateExpression: 'SET firstAtMs = if_not_exists(firstAtMs, :now)',
        ExpressionAttributeValues: { ':now': requestedAtMs },
      },
    },
    {
      Update: {
        TableName: table,
        Key: chainKeys.withdrawnOn(account, day),
        UpdateExpression: 'SET expiresAt = :end ADD #asset :units',
        ...(room === undefined
          ? {}
          : { ConditionExpression: 'attribute_not_exists(#asset) OR #asset <= :room' }),
        ExpressionAttributeNames: { '#asset': `units#${asset}` },
        ExpressionAttributeValues: {
          ':units': units,
          ':end': Math.floor((Date.parse(day) + keptMs) / 1_000),
          ...(room === undefined ? {} : { ':room': room }),
        },
      },
    },
  ]);
  return status === 'written';
}
