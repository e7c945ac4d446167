/** Who answers for the vault in a deployment: the contract where it has a chain, the ledger where not. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { groupsOf } from '#wire/catalog.ts';
import { settingNames } from '#wire/setting-names.ts';
import { systemClock as clock } from './clock.ts';
import { createMarketDirectory } from './market-directory.ts';
import { rpcPoolOf } from './rpc-pool-of.ts';
import { catalogOf, type Environment, setting } from './settings.ts';
import { compareWithVault } from './vault-account.ts';
import { chainVault } from './vault-chain.ts';
import { createVaultReads } from './vault-reads.ts';
import { ledgerVault, type Vault } from './vault-units.ts';

export async function vaultOf(
  environment: Environment,
  client: DynamoDBDocumentClient,
): Promise<Vault> {
  const table = environment[settingNames.chainTable];
  if (!table) return ledgerVault({ client, table: setting(environment, 'ledgerTable') });
  const rpc = await rpcPoolOf(environment, { clock, random: Math.random });
  const groups = groupsOf(catalogOf(environment));
  const historyTable = { client, table: setting(environment, 'historyTable') };
  const { assets } = createMarketDirectory({
    ...historyTable,
    ...{ catalog: catalogOf(environment), clock },
  });
  const vault = setting(environment, 'verifyingContract').toLowerCase();
  const common = {
    ...{ client, assets, reads: createVaultReads({ rpc, vault }) },
    pause: (ms: number) => pause(ms),
  };
  const tables = { chainTable: table, ledgerTable: setting(environment, 'ledgerTable') };
  return {
    ...chainVault({ ...common, table }),
    accountOf: (owner) => compareWithVault({ ...common, ...tables, groups }, owner),
  };
}
