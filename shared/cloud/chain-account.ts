/** What the chain says of an account, as the guard writes it and the door reads it: forward only, no reorg takes it back. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Address, Digest } from '#domain/order.ts';
import { chainKeys } from '#wire/table-keys.ts';
import { storedUnits } from './stored-number.ts';
import { untilSettled } from './transaction.ts';

export type ChainAccount = {
  /** Orders and delegations of lower epochs count no more; 0 where it was never raised. */
  epoch: bigint;
  /** Whether any order was cancelled on the chain: most accounts' orders need no look at which. */
  hasCancelled: boolean;
  /** Whether it ever asked the vault for an exit: of most accounts nobody need look for open ones. */
  hasExited: boolean;
};

/** Of the Chain table. */
type Where = { client: DynamoDBDocumentClient; table: string };

export async function readChainAccount(
  { client, table }: Where,
  account: Address,
): Promise<ChainAccount> {
  const Key = chainKeys.account(account);
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return {
    epoch: storedUnits(item?.['epoch']),
    hasCancelled: item?.['hasCancelled'] === true,
    hasExited: item?.['hasExited'] === true,
  };
}

export async function raiseEpoch(
  { client, table }: Where,
  account: Address,
  epoch: bigint,
): Promise<void> {
  const update = new UpdateCommand({
    TableName: table,
    Key: chainKeys.account(account),
    UpdateExpression: 'SET epoch = :epoch',
    ConditionExpression: 'attribute_not_exists(epoch) OR epoch < :epoch',
    ExpressionAttributeValues: { ':epoch': epoch },
  });
  try {
    await untilSettled(() => client.send(update));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** The order itself first: whoever sees the mark finds it. */
export async function noteCancelled(where: Where, account: Address, digest: Digest): Promise<void> {
  const { client, table } = where;
  const order = chainKeys.cancelledOrder(account, digest);
  await untilSettled(() => client.send(new PutCommand({ TableName: table, Item: order })));
  await mark(where, account, 'hasCancelled');
}

/** Before the exit itself is there: whoever sees the exit sees the mark. */
export const noteExited = (where: Where, account: Address): Promise<void> =>
  mark(where, account, 'hasExited');

async function mark(
  { client, table }: Where,
  account: Address,
  name: 'hasCancelled' | 'hasExited',
): Promise<void> {
  const update = new UpdateCommand({
    TableName: table,
    Key: chainKeys.account(account),
    UpdateExpression: `SET ${name} = :true`,
    ExpressionAttributeValues: { ':true': true },
  });
  await untilSettled(() => client.send(update));
}

/** Whether its owner cancelled an order on the chain, however long ago: signed for later, it could come at any time. */
export async function isCancelled(
  { client, table }: Where,
  account: Address,
  digest: Digest,
): Promise<boolean> {
  const Key = chainKeys.cancelledOrder(account, digest);
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  return (await untilSettled(() => client.send(get))).Item !== undefined;
}
