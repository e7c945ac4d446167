/** What a function needs to know of the chain, and what of the Chain table is whose. */
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { chainKeys } from '#wire/table-keys.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from '../stacks/data.ts';
import { onPatterns, readsMarkets } from './permission.ts';
import type { Settings } from './server-function.ts';

/** Which chain it is, where our contracts are there, and how finality and fees are treated. */
export const chainSettings = ({ chain }: Stage): Settings => ({
  chainId: String(chain.chainId),
  verifyingContract: chain.verifyingContract,
  exchangeContract: chain.exchangeContract,
  chainTerms: JSON.stringify(chain.terms),
});

/** What makes clearing and adjustments tell settlement, and fills show how far they are. */
export const settlingSettings = ({ chain }: Stage): Settings =>
  chain.settles ? { exchangeContract: chain.exchangeContract } : {};

const any = (prefix: string): string => `${prefix}*`;

/** Partitions of the Chain table by what they are about. */
export const chainParts = {
  index: [any('INDEXER#')],
  facts: [any(chainKeys.allFacts(0).replace(/0$/, ''))],
  deposits: [
    any('DEPOSIT#'),
    any(chainKeys.depositsOf('')),
    any(chainKeys.dust('', '').pk),
    'DUST',
  ],
  withdrawals: [
    any(chainKeys.withdrawal('').pk),
    chainKeys.openWithdrawals,
    any(chainKeys.recipient('', '').pk),
    any(chainKeys.withdrawnOn('', '').pk),
  ],
  accounts: [
    any(chainKeys.account('').pk),
    any(chainKeys.exit('').pk),
    chainKeys.openExits,
    any(chainKeys.cancelledOrder('', '').pk),
    any(chainKeys.delegation('').pk),
    any(chainKeys.delegationsOf('')),
  ],
  settlement: [
    chainKeys.plan.pk,
    chainKeys.batches,
    any(chainKeys.batchesOf('')),
    any('BATCHCONTENT#'),
    any(chainKeys.signedOrder('').pk),
    any(chainKeys.houseTransfer('').pk),
    chainKeys.insuredFills,
  ],
  guard: [chainKeys.guardTasks],
  sending: [
    any(chainKeys.nonces('').pk),
    any(chainKeys.transaction('').pk),
    any(chainKeys.transactionsOf('')),
  ],
} as const;

/** How far a consumer of the facts has come, and what it keeps until that is final. */
export const consumerParts = (consumer: string): string[] => [
  chainKeys.consumer(consumer).pk,
  chainKeys.headBlocks(consumer),
];

/** What it takes to ask the contract what it holds, and to say what that should be. */
export const vaultSettings = (stage: Stage, { chain, history, nodes }: DataStack): Settings => ({
  ...{ ...chainSettings(stage), ...nodes.settings },
  catalog: JSON.stringify(stage.catalog),
  chainTable: chain.tableName,
  historyTable: history.tableName,
});

export const readsVault = ({ chain, history, nodes }: DataStack): PolicyStatement[] => [
  ...nodes.allow,
  readsChain(chain, consumerParts('chain-facts'), chainParts.deposits, chainParts.settlement),
  readsMarkets(history),
];

export const readsChain = (table: ITableV2, ...parts: (readonly string[])[]): PolicyStatement =>
  onPatterns(table, parts.flat(), 'GetItem', 'BatchGetItem', 'Query');

export const writesChain = (table: ITableV2, ...parts: (readonly string[])[]): PolicyStatement =>
  onPatterns(
    table,
    parts.flat(),
    ...(['GetItem', 'BatchGetItem', 'Query', 'ConditionCheckItem'] as const),
    ...(['PutItem', 'UpdateItem', 'DeleteItem'] as const),
  );
