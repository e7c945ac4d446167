/** The chain: who reads it, who writes to it, and by which keys. Node providers are on the internet, so only the guard is in the VPC. */
import { CfnOutput, CustomResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { outboxKeys } from '#wire/table-keys.ts';
import type { Bundles } from '../constructs/bundles.ts';
import {
  chainParts,
  chainSettings,
  consumerParts,
  readsChain,
  writesChain,
} from '../constructs/chain-access.ts';
import { ChainGuard } from '../constructs/chain-guard.ts';
import type { ChainNodes } from '../constructs/chain-nodes.ts';
import { ChainSettlement } from '../constructs/chain-settlement.ts';
import { may, onPartitions, onTable, readsMarkets, worksOff } from '../constructs/permission.ts';
import { ServerFunction, type Settings } from '../constructs/server-function.ts';
import { runsEveryMinute, worksOffMessages } from '../constructs/trigger.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from './data.ts';
import type { JournalStack } from './journal.ts';
import { chainTryLastsSeconds, type MoneyStack, settleLastsSeconds } from './money.ts';
import type { NetworkStack } from './network.ts';

type ChainStackProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  journal: JournalStack;
  money: MoneyStack;
  network: NetworkStack;
};

export class ChainStack extends Stack {
  /** Sends batches and approves withdrawals. */
  readonly operatorKey: Key;
  /** Mints demo tokens. */
  readonly faucetKey: Key | undefined;
  /** chain → facts */
  readonly indexer: LambdaFunction;
  /** What was stored to be sent → chain */
  readonly sender: LambdaFunction;
  /** facts → ledger */
  readonly facts: LambdaFunction;
  /** Whose errors and throttles are watched. */
  readonly functions: readonly LambdaFunction[];
  /** Where nodes are found, and what it takes to read that. */
  private readonly reach: ChainNodes;

  constructor(scope: Construct, id: string, props: ChainStackProps) {
    super(scope, id, { description: 'Crossbook: the chain' });
    const { stage } = props;
    this.operatorKey = this.signingKey(stage, 'OperatorKey', 'Settles, and approves withdrawals');
    this.faucetKey = stage.faucet && this.signingKey(stage, 'FaucetKey', 'Mints demo tokens');
    this.reach = props.data.nodes;
    this.indexer = this.indexerFunction(props);
    this.sender = this.senderFunction(props);
    this.facts = this.factsFunction(props);
    this.functions = [
      ...[this.indexer, this.sender, this.facts],
      ...(stage.chain.settles ? [this.settlementFunction(props)] : []),
      this.guardFunction(props),
    ];
    if (stage.chain.genesis && this.faucetKey) this.genesis(props, this.faucetKey);
    this.outputs(stage);
  }

  /** What it takes to mint by the faucet's key. */
  mints({ stage, data }: Pick<ChainStackProps, 'stage' | 'data'>): {
    settings: Settings;
    allow: PolicyStatement[];
  } {
    const { faucetKey, reach } = this;
    if (!faucetKey) throw new Error(`${stage.name} has no faucet`);
    return {
      settings: {
        ...{ ...chainSettings(stage), ...reach.settings },
        chainTable: data.chain.tableName,
        faucetKey: faucetKey.keyId,
      },
      allow: [
        ...reach.allow,
        writesChain(data.chain, chainParts.sending),
        ...this.signsWith(faucetKey),
      ],
    };
  }

  /** Never rotated: its address is in the contracts. */
  private signingKey(stage: Stage, id: string, description: string): Key {
    return new Key(this, id, {
      description: `Crossbook ${stage.name}: ${description.toLowerCase()}`,
      keySpec: KeySpec.ECC_SECG_P256K1,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  private indexerFunction({ stage, bundles, data }: ChainStackProps): LambdaFunction {
    const { lambda } = new ServerFunction(this, 'Indexer', {
      name: 'indexer',
      description: 'Follows the chain and writes down what it says',
      ...{ stage, bundles },
      settings: {
        ...{ ...chainSettings(stage), ...this.reach.settings },
        chainTable: data.chain.tableName,
        outboxTable: data.outbox.tableName,
      },
      allow: [
        ...this.reach.allow,
        writesChain(data.chain, chainParts.index, chainParts.facts),
        onPartitions(
          data.outbox,
          [outboxKeys.topic('facts'), outboxKeys.topic('guard')],
          'PutItem',
        ),
      ],
      timeoutSeconds: stage.chain.followSeconds,
      memoryMiB: 256,
    });
    runsEveryMinute(this, 'IndexerEveryMinute', lambda);
    return lambda;
  }

  private senderFunction({ stage, bundles, data }: ChainStackProps): LambdaFunction {
    const { lambda } = new ServerFunction(this, 'Sender', {
      name: 'sender',
      description: 'Takes care that what was signed is mined and confirmed',
      ...{ stage, bundles },
      settings: {
        ...{ ...chainSettings(stage), ...this.reach.settings },
        chainTable: data.chain.tableName,
        operatorKey: this.operatorKey.keyId,
        ...(this.faucetKey && { faucetKey: this.faucetKey.keyId }),
      },
      allow: [
        ...this.reach.allow,
        writesChain(data.chain, chainParts.sending),
        ...this.signsWith(this.operatorKey),
        ...(this.faucetKey ? this.signsWith(this.faucetKey) : []),
      ],
      timeoutSeconds: stage.chain.followSeconds,
      memoryMiB: 256,
    });
    runsEveryMinute(this, 'SenderEveryMinute', lambda);
    return lambda;
  }

  private factsFunction({ stage, bundles, data, money }: ChainStackProps): LambdaFunction {
    const { queue } = money.topics.facts;
    const consumer = 'chain-facts';
    const { deposits, withdrawals, accounts, settlement, sending } = chainParts;
    const { lambda } = new ServerFunction(this, 'Facts', {
      name: consumer,
      description: 'Credits deposits, confirms withdrawals and batches, as the chain says',
      ...{ stage, bundles },
      settings: {
        ...{ ...chainSettings(stage), ...this.reach.settings },
        catalog: JSON.stringify(stage.catalog),
        chainTable: data.chain.tableName,
        ledgerTable: data.ledger.tableName,
        outboxTable: data.outbox.tableName,
        historyTable: data.history.tableName,
        operatorKey: this.operatorKey.keyId,
        withdrawalTerms: JSON.stringify(stage.chain.withdrawals),
      },
      allow: [
        ...this.reach.allow,
        readsChain(data.chain, chainParts.facts),
        writesChain(data.chain, consumerParts(consumer), deposits, withdrawals),
        writesChain(data.chain, accounts, settlement, sending),
        onTable(data.ledger, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'),
        onTable(data.outbox, 'PutItem'),
        onPartitions(
          data.outbox,
          [outboxKeys.topic('facts')],
          ...(['GetItem', 'UpdateItem', 'DeleteItem'] as const),
        ),
        // What is cleared and in no batch yet: a withdrawal is paid behind it.
        onPartitions(data.outbox, [outboxKeys.topic('settle')], 'Query'),
        readsMarkets(data.history),
        ...this.signsWith(this.operatorKey),
        worksOff(queue),
      ],
      timeoutSeconds: chainTryLastsSeconds,
    });
    worksOffMessages(this, 'FactsMessages', { lambda, queue });
    return lambda;
  }

  private settlementFunction({ stage, bundles, data, journal, money }: ChainStackProps) {
    const { operatorKey, reach } = this;
    const { queue } = money.topics.settle;
    return new ChainSettlement(this, 'Settlement', {
      ...{ stage, bundles, data, journal, queue, operatorKey, reach },
      timeoutSeconds: settleLastsSeconds,
    }).lambda;
  }

  private guardFunction({ stage, bundles, data, network, money }: ChainStackProps) {
    return new ChainGuard(this, 'Guard', {
      ...{ stage, bundles, data, network, queue: money.topics.guard.queue },
      timeoutSeconds: chainTryLastsSeconds,
    }).lambda;
  }

  /** Contracts and test tokens, made where the settings say they are: a local cloud's chain begins with nothing. */
  private genesis({ stage, bundles }: ChainStackProps, faucetKey: Key): void {
    const { feeAccount, insuranceAccount } = stage.chain;
    const { lambda } = new ServerFunction(this, 'Genesis', {
      name: 'genesis',
      description: 'Makes contracts and test tokens on a new chain',
      ...{ stage, bundles },
      settings: {
        ...{ ...chainSettings(stage), ...this.reach.settings },
        catalog: JSON.stringify(stage.catalog),
        operatorKey: this.operatorKey.keyId,
        faucetKey: faucetKey.keyId,
      },
      allow: [this.operatorKey, faucetKey].map(({ keyArn }) => may('kms:GetPublicKey', keyArn)),
      timeoutSeconds: 90,
    });
    new CustomResource(this, 'Contracts', {
      serviceToken: lambda.functionArn,
      properties: { feeAccount, insuranceAccount },
    });
  }

  private signsWith({ keyArn }: Key): PolicyStatement[] {
    return [may('kms:Sign', keyArn), may('kms:GetPublicKey', keyArn)];
  }

  private outputs({ chain, catalog, faucet }: Stage): void {
    if (!faucet) return;
    const tokens = catalog.assets.map(({ id, chainAsset }) => `${id} ${chainAsset}`);
    for (const [name, description, value] of [
      ['ChainId', 'Chain id', String(chain.chainId)],
      ['Vault', 'Vault', chain.verifyingContract],
      ['Exchange', 'Exchange contract', chain.exchangeContract],
      ['Tokens', 'Tokens', tokens.join('  ')],
    ] as const)
      new CfnOutput(this, name, { description, value });
  }
}
