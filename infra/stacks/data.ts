/** The tables. All share one key schema; only the outbox has a stream, so that large transactions stay fast. */
import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { partitionKey, sortKey, ttlAttribute } from '#wire/table-keys.ts';
import { ChainNodes } from '../constructs/chain-nodes.ts';
import type { Stage } from '../settings.ts';

export class DataStack extends Stack {
  /** Balances, credit, entries, the clearing's cursor: the money. */
  readonly ledger: TableV2;
  /** What must happen after money moved: rows come with the money and go when it is done. */
  readonly outbox: TableV2;
  /** The ledger built anew from the journal, to be compared; empty until somebody does. */
  readonly ledgerShadow: TableV2;
  /** Trades, candles, fills, finished orders. */
  readonly history: TableV2;
  /** Who leads each pair group, and where. */
  readonly leases: TableV2;
  /** Connections and what they listen to. */
  readonly feed: TableV2;
  /** Sign-in nonces and the keys that verify session tokens. */
  readonly sessions: TableV2;
  /** What the chain said, and what is on its way to it. */
  readonly chain: TableV2;
  /** Where the chain's nodes are. */
  readonly nodes: ChainNodes;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id, { description: 'Crossbook: tables' });
    const table = (name: string, { streamed = false } = {}) =>
      new TableV2(this, name, {
        partitionKey: { name: partitionKey, type: AttributeType.STRING },
        sortKey: { name: sortKey, type: AttributeType.STRING },
        timeToLiveAttribute: ttlAttribute,
        billing: Billing.onDemand(),
        // A key in the account's KMS leaves an audit trail of its use; DynamoDB's own key costs nothing.
        encryption: stage.retainData
          ? TableEncryptionV2.awsManagedKey()
          : TableEncryptionV2.dynamoOwnedKey(),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: stage.retainData },
        ...(streamed && { dynamoStream: StreamViewType.NEW_IMAGE }),
        deletionProtection: stage.retainData,
        removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      });
    const ledgers = [table('Ledger'), table('LedgerShadow')] as const;
    [this.ledger, this.ledgerShadow] = stage.ledgersSwapped ? [ledgers[1], ledgers[0]] : ledgers;
    this.outbox = table('Outbox', { streamed: true });
    this.history = table('History');
    this.leases = table('Leases');
    this.feed = table('Feed');
    this.sessions = table('Sessions');
    this.chain = table('Chain');
    this.nodes = new ChainNodes(this, 'ChainNodes', stage);
    new CfnOutput(this, 'LedgerTable', { value: this.ledger.tableName });
    new CfnOutput(this, 'ChainTable', { value: this.chain.tableName });
    new CfnOutput(this, 'LedgerShadowTable', { value: this.ledgerShadow.tableName });
  }
}
