/**
 * What each asset's units are, written before a matcher hears of it. The ledger counts one asset's units in all pair groups,
 * the engine of a group knows its own assets only, and the directory follows the journals later, or much later.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Asset } from '#domain/asset.ts';
import { historyKeys } from '#wire/table-keys.ts';
import { untilSettled } from './transaction.ts';

export type AssetRegister = {
  /** Whether the asset has these terms from now on, as it may have had before; other terms than the first it never has. */
  claim(asset: Asset): Promise<boolean>;
};

/** `table` is the history table. */
export function createAssetRegister(where: {
  client: DynamoDBDocumentClient;
  table: string;
}): AssetRegister {
  return {
    async claim({ id, decimals, chainDecimals, chainAsset }) {
      const terms = JSON.stringify({ id, decimals, chainDecimals, chainAsset });
      const put = new PutCommand({
        TableName: where.table,
        Item: { ...historyKeys.asset(id), terms },
        ConditionExpression: 'attribute_not_exists(pk) OR #terms = :terms',
        ExpressionAttributeNames: { '#terms': 'terms' },
        ExpressionAttributeValues: { ':terms': terms },
      });
      try {
        await untilSettled(() => where.client.send(put));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
