/** What follows from moved money: the outbox's queues and who works them off. */
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { CfnEventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { liabilitiesFunctionName, outboxSweepFunctionName } from '#wire/operations.ts';
import type { OutboxTopic } from '#wire/outbox.ts';
import { deadLetterQueueName, isOrdered, queueName, type WorkQueue } from '#wire/queue-names.ts';
import {
  feedKeys,
  ledgerKeys,
  liabilityKeys,
  outboxKeys,
  reconciliationKeys,
} from '#wire/table-keys.ts';
import type { Bundles } from '../constructs/bundles.ts';
import { readsVault, vaultSettings } from '../constructs/chain-access.ts';
import {
  may,
  onPartitions,
  onPartitionsOf,
  onTable,
  readsMarkets,
  readsTableStream,
  sendsTo,
  streamArnOf,
  worksOff,
} from '../constructs/permission.ts';
import { Reconciliation } from '../constructs/reconciliation.ts';
import { ServerFunction } from '../constructs/server-function.ts';
import { exportRunSeconds, StatementExports } from '../constructs/statement-exports.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from './data.ts';
import type { FeedStack } from './feed.ts';
import type { JournalStack } from './journal.ts';

type MoneyStackProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  journal: JournalStack;
  feed: FeedStack;
};

/** What working a topic's rows off takes: reading, noting a failure, deleting. */
const worksOffRows = ['GetItem', 'UpdateItem', 'DeleteItem'] as const;

/** The directory of accounts: its partitions are numbered. */
const directoryPrefix = ledgerKeys.directoryShard(0).replace(/\d+$/, '');

/** A queue, and where messages of it go that were tried too often. */
export type Work = { queue: Queue; deadLetters: Queue };

/** How often a message is tried before somebody must look: each try waits until the one before has timed out. */
const triesAtMost = 5;
/** How long one try may take, where nothing else is said. */
const tryLastsSeconds = 30;
/** A try that speaks to the chain, or to a matcher of each pair group. */
export const chainTryLastsSeconds = 60;
/** Planning, predicting and sending a batch. */
export const settleLastsSeconds = 120;

export class MoneyStack extends Stack {
  /** The outbox's queues, by topic. */
  readonly topics: Readonly<Record<OutboxTopic, Work>>;
  /** Every queue with dead letters, for the watch and for operators. */
  readonly work: readonly Work[];
  /** outbox → queues */
  readonly outbox: LambdaFunction;
  /** What is late in the outbox → queues */
  readonly outboxSweep: LambdaFunction;
  /** Where files of statements are asked for, and who writes them where. */
  readonly exportQueue: Queue;
  readonly statementExports: StatementExports;
  /** `trees/<day>/…`: what was owed at the end of each day, for ever. `gathered/…`: what they are made of, for a month. */
  readonly liabilities: Bucket;
  /** Of the salts of their leaves. */
  readonly liabilitySecret: Secret;
  /** Who proves what users are owed. */
  readonly proving: LambdaFunction;
  /** Who compares the ledger with the journal, the engines and the vault. */
  readonly reconciliation: Reconciliation;
  /** Whose errors and throttles are watched. */
  readonly functions: readonly LambdaFunction[];

  constructor(scope: Construct, id: string, props: MoneyStackProps) {
    super(scope, id, { description: 'Crossbook: what follows from moved money' });
    const { stage } = props;
    const isLocal = stage.name === 'local';
    this.topics = {
      notify: this.workQueue(stage, 'notify'),
      // By then the archive has the run's frames: nobody reads the stream's shard for them, which its consumers share. Locally
      // nothing else waits as long.
      reconcile: this.workQueue(stage, 'reconcile', tryLastsSeconds, isLocal ? 0 : 20),
      settle: this.workQueue(stage, 'settle', settleLastsSeconds),
      facts: this.workQueue(stage, 'facts', chainTryLastsSeconds),
      guard: this.workQueue(stage, 'guard', chainTryLastsSeconds),
    };
    const { reconcile } = this.topics;
    const exportsWork = this.workQueue(stage, 'exports', exportRunSeconds);
    this.work = [...Object.values(this.topics), exportsWork];
    this.exportQueue = exportsWork.queue;
    const { ledger, history } = props.data;
    this.statementExports = new StatementExports(this, 'StatementExports', {
      ...{ stage, bundles: props.bundles, ledger, history, queue: this.exportQueue },
    });
    new CfnOutput(this, 'OutboxTable', { value: props.data.outbox.tableName });
    this.outbox = this.outboxFunction(props);
    this.outboxSweep = this.sweepFunction(props);
    this.liabilities = this.liabilityBucket(stage);
    this.liabilitySecret = new Secret(this, 'LiabilitySecret', {
      description: 'The salts of the leaves of liabilities',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.proving = this.liabilitiesFunction(props);
    const { journal } = props;
    this.reconciliation = new Reconciliation(this, 'Reconciliation', {
      ...{ stage, bundles: props.bundles, data: props.data },
      ...{ archive: journal.archive, streams: [...journal.streams.values()] },
      streamNames: journal.namesOf(this),
      queue: reconcile.queue,
    });
    this.functions = [
      this.reconciliation.runs,
      this.reconciliation.day,
      this.outbox,
      this.outboxSweep,
      this.notifyFunction(props),
      this.proving,
      this.statementExports.lambda,
    ];
  }

  private outboxFunction({ stage, bundles, data }: MoneyStackProps): LambdaFunction {
    const { lambda } = new ServerFunction(this, 'Outbox', {
      name: 'outbox',
      description: 'Takes what follows from moved money to the queues of who does it',
      stage,
      bundles,
      settings: this.topicSettings(),
      allow: [readsTableStream(data.outbox), sendsTo(...this.topicQueues())],
      timeoutSeconds: 30,
    });
    new CfnEventSourceMapping(this, 'OutboxRows', {
      functionName: lambda.functionName,
      eventSourceArn: streamArnOf(data.outbox),
      // What is done is deleted, and that is no news.
      filterCriteria: { filters: [{ pattern: JSON.stringify({ eventName: ['INSERT'] }) }] },
      startingPosition: 'TRIM_HORIZON',
      batchSize: 100,
      functionResponseTypes: ['ReportBatchItemFailures'],
      maximumRetryAttempts: -1,
      maximumRecordAgeInSeconds: -1,
      bisectBatchOnFunctionError: false,
      parallelizationFactor: 1,
    });
    return lambda;
  }

  private sweepFunction({ stage, bundles, data }: MoneyStackProps): LambdaFunction {
    const { lambda } = new ServerFunction(this, 'OutboxSweep', {
      name: 'outbox-sweep',
      // Fixed, so that `npm run ops` finds the outbox by the stage alone.
      functionName: outboxSweepFunctionName(stage.name),
      description: 'Sends again what is late in the outbox',
      stage,
      bundles,
      settings: { ...this.topicSettings(), outboxTable: data.outbox.tableName },
      allow: [onTable(data.outbox, 'Query'), sendsTo(...this.topicQueues())],
      timeoutSeconds: 50,
    });
    this.schedule('OutboxSweepEveryMinute', lambda, Schedule.rate(Duration.minutes(1)));
    return lambda;
  }

  private notifyFunction({ stage, bundles, data, feed }: MoneyStackProps): LambdaFunction {
    const { notify } = this.topics;
    const { lambda } = new ServerFunction(this, 'Notify', {
      name: 'notify',
      description: 'Tells users on their private feed what was booked',
      stage,
      bundles,
      settings: {
        catalog: JSON.stringify(stage.catalog),
        outboxTable: data.outbox.tableName,
        ledgerTable: data.ledger.tableName,
        historyTable: data.history.tableName,
        feedTable: data.feed.tableName,
        fanOutFunction: feed.fanOut.functionName,
      },
      allow: [
        onPartitions(data.outbox, [outboxKeys.topic('notify')], ...worksOffRows),
        onPartitionsOf(data.ledger, ledgerKeys.entries(''), 'Query'),
        onPartitions(data.feed, [feedKeys.interest('accounts', '', 0).pk], 'Query'),
        readsMarkets(data.history),
        may('lambda:InvokeFunction', feed.fanOut.functionArn),
        worksOff(notify.queue),
      ],
      timeoutSeconds: tryLastsSeconds,
    });
    this.consume('NotifyMessages', lambda, notify);
    return lambda;
  }

  /** Publishes what users were owed at the end of each day, after its reconciliation. */
  private liabilitiesFunction({ stage, bundles, data }: MoneyStackProps): LambdaFunction {
    const { lambda } = new ServerFunction(this, 'Liabilities', {
      name: 'liabilities',
      // Fixed, so that an operator invokes it by the stage alone.
      functionName: liabilitiesFunctionName(stage.name),
      description: 'Proves what users are owed, day by day',
      stage,
      bundles,
      settings: {
        catalog: JSON.stringify(stage.catalog),
        ledgerTable: data.ledger.tableName,
        historyTable: data.history.tableName,
        ...(stage.chain.settles && vaultSettings(stage, data)),
        liabilityBucket: this.liabilities.bucketName,
        liabilitySecret: this.liabilitySecret.secretArn,
      },
      allow: [
        onPartitionsOf(data.ledger, directoryPrefix, 'Query'),
        onPartitionsOf(data.ledger, reconciliationKeys.allSums(''), 'Query'),
        onPartitions(data.ledger, [reconciliationKeys.days], 'GetItem'),
        onPartitions(data.ledger, [liabilityKeys.days], 'GetItem', 'Query', 'PutItem'),
        ...(stage.chain.settles ? readsVault(data) : [readsMarkets(data.history)]),
        may('secretsmanager:GetSecretValue', this.liabilitySecret.secretArn),
        may('s3:PutObject', this.liabilities.arnForObjects('trees/*')),
        may('s3:PutObject', this.liabilities.arnForObjects('gathered/*')),
        may('s3:GetObject', this.liabilities.arnForObjects('gathered/*')),
      ],
      // One vCPU: a million accounts are hashed in half a minute, in 320 MiB.
      memoryMiB: 1_769,
      timeoutSeconds: 900,
    });
    this.schedule('LiabilitiesOfEachDay', lambda, Schedule.rate(Duration.minutes(15)));
    return lambda;
  }

  private liabilityBucket(stage: Stage): Bucket {
    const bucket = new Bucket(this, 'LiabilityTrees', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // An object is only ever written again with the same bytes; other bytes would not replace what was there.
      versioned: stage.retainData,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    bucket.addLifecycleRule({
      id: 'gathered',
      prefix: 'gathered/',
      expiration: Duration.days(30),
      ...(stage.retainData && { noncurrentVersionExpiration: Duration.days(30) }),
    });
    return bucket;
  }

  private topicSettings() {
    const urlOf = ({ queue }: Work) => queue.queueUrl;
    const { notify, reconcile, settle, facts, guard } = this.topics;
    return {
      notifyQueue: urlOf(notify),
      reconcileQueue: urlOf(reconcile),
      settleQueue: urlOf(settle),
      factsQueue: urlOf(facts),
      guardQueue: urlOf(guard),
    };
  }

  private topicQueues(): Queue[] {
    return Object.values(this.topics).map(({ queue }) => queue);
  }

  private schedule(id: string, lambda: LambdaFunction, schedule: Schedule): void {
    new Rule(this, id, { schedule, targets: [new LambdaTarget(lambda)] });
  }

  /** Lets a function work a queue off; only what it names as failed comes again. It needs the permission `worksOff`. */
  private consume(id: string, lambda: LambdaFunction, { queue }: Work, batchSize = 10): void {
    new CfnEventSourceMapping(this, id, {
      functionName: lambda.functionName,
      eventSourceArn: queue.queueArn,
      batchSize,
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
  }

  /** A queue of work with its dead letters; messages are hidden for six times the longest try, as Lambda advises. */
  private workQueue(
    stage: Stage,
    name: WorkQueue,
    trySeconds = tryLastsSeconds,
    delaySeconds = 0,
  ): Work {
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    const common = {
      ...(isOrdered(name) && { fifo: true }),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    };
    const deadLetters = new Queue(this, `${title}DeadLetters`, {
      ...common,
      queueName: deadLetterQueueName(stage.name, name),
      retentionPeriod: Duration.days(14),
    });
    const queue = new Queue(this, `${title}Queue`, {
      ...common,
      queueName: queueName(stage.name, name),
      visibilityTimeout: Duration.seconds(6 * trySeconds),
      retentionPeriod: Duration.days(4),
      ...(delaySeconds > 0 && { deliveryDelay: Duration.seconds(delaySeconds) }),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: triesAtMost },
    });
    return { queue, deadLetters };
  }
}
