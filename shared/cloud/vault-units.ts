/**
 * What the vault holds of an asset. Where a stage has no chain, the house's vault account answers for it, whose balance is what all other
 * accounts together are owed, with a minus; elsewhere the contract does (`vault-chain.ts`).
 */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { AssetId } from '#domain/asset.ts';
import { ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import { storedUnits } from './stored-number.ts';
import { untilSettled } from './transaction.ts';
import type { AccountComparison } from './vault-account.ts';

export type Vault = {
  /** Who answers: shown beside every figure that is compared with it. */
  source: 'ledger' | 'chain';
  vaultUnits(asset: AssetId): Promise<bigint>;
  /** What else is wrong with what it holds. */
  problems?(asset: AssetId): Promise<{ what: string; expected: string; found: string }[]>;
  /** An owner's money in both books. */
  accountOf?(owner: string): Promise<AccountComparison[]>;
  /** How often, and how long apart, a difference must be seen: the chain and the ledger do not move in one moment. */
  looks?: number;
  pauseMs?: number;
};

export function ledgerVault(where: { client: DynamoDBDocumentClient; table: string }): Vault {
  const { client, table } = where;
  return {
    source: 'ledger',
    async vaultUnits(asset) {
      const Key = ledgerKeys.balance(vaultAccount, asset);
      const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
      const { Item: item } = await untilSettled(() => client.send(get));
      return -storedUnits(item?.['available']);
    },
  };
}
