/** Permissions as sentences: which actions on exactly which resource. CDK's grants give more than is used. */
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { historyKeys } from '#wire/table-keys.ts';

export type TableAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'BatchWriteItem'
  | 'ConditionCheckItem'
  | 'Scan';

/** A transaction needs the permission of each of its parts; `TransactWriteItems` is no action of its own. */
export function onTable(table: ITableV2, ...actions: TableAction[]): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
  });
}

/** Only items of these partitions. */
export function onPartitions(
  table: ITableV2,
  partitions: string[],
  ...actions: TableAction[]
): PolicyStatement {
  const statement = onTable(table, ...actions);
  statement.addCondition('ForAllValues:StringEquals', { 'dynamodb:LeadingKeys': partitions });
  return statement;
}

/** Only items of partitions that begin so. */
export function onPartitionsOf(
  table: ITableV2,
  prefix: string,
  ...actions: TableAction[]
): PolicyStatement {
  return onPatterns(table, [`${prefix}*`], ...actions);
}

/** Only items of partitions that are like one of these. */
export function onPatterns(
  table: ITableV2,
  patterns: readonly string[],
  ...actions: TableAction[]
): PolicyStatement {
  const statement = onTable(table, ...actions);
  statement.addCondition('ForAllValues:StringLike', { 'dynamodb:LeadingKeys': patterns });
  return statement;
}

/** The directory of markets, and nothing else of the history. */
export function readsMarkets(history: ITableV2): PolicyStatement {
  return onPartitions(history, [historyKeys.markets], 'Query');
}

/** What an event source mapping or a replay reads a stream with. */
export function readsStream(...streams: IStream[]): PolicyStatement {
  return new PolicyStatement({
    actions: [
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
    ],
    resources: streams.map((stream) => stream.streamArn),
  });
}

export function putsToStream(stream: IStream): PolicyStatement {
  return new PolicyStatement({ actions: ['kinesis:PutRecord'], resources: [stream.streamArn] });
}

/** Objects below a prefix; a listing is of that prefix only. */
export function onObjects(
  bucket: IBucket,
  prefix: string,
  ...actions: ('GetObject' | 'PutObject')[]
): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: actions.map((action) => `s3:${action}`),
      resources: [bucket.arnForObjects(`${prefix}*`)],
    }),
    new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': `${prefix}*` } },
    }),
  ];
}

/** What an event source mapping reads a table's stream with; the template knows the stream only once the table is there. */
export function readsTableStream(table: ITableV2): PolicyStatement {
  return new PolicyStatement({
    actions: [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
    resources: [streamArnOf(table)],
  });
}

export function streamArnOf(table: ITableV2): string {
  if (!table.tableStreamArn) throw new Error(`${table.node.path} has no stream`);
  return table.tableStreamArn;
}

export function sendsTo(...queues: IQueue[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['sqs:SendMessage'],
    resources: queues.map((queue) => queue.queueArn),
  });
}

/** What an event source mapping takes a queue's messages with. */
export function worksOff(queue: IQueue): PolicyStatement {
  return new PolicyStatement({
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resources: [queue.queueArn],
  });
}

/** What it takes to look at dead letters, and to put them back into the queue that they come from. */
export function tendsDeadLetters(
  work: readonly { queue: IQueue; deadLetters: IQueue }[],
): PolicyStatement[] {
  const [queues, dead] = [
    work.map(({ queue }) => queue.queueArn),
    work.map(({ deadLetters }) => deadLetters.queueArn),
  ];
  return [
    new PolicyStatement({
      actions: ['sqs:GetQueueUrl', 'sqs:SendMessage'],
      resources: queues,
    }),
    new PolicyStatement({
      actions: [
        'sqs:GetQueueUrl',
        'sqs:GetQueueAttributes',
        'sqs:ReceiveMessage',
        'sqs:ChangeMessageVisibility',
        'sqs:DeleteMessage',
      ],
      resources: dead,
    }),
  ];
}

/** One action on one resource. */
export function may(action: string, resourceArn: string): PolicyStatement {
  return new PolicyStatement({ actions: [action], resources: [resourceArn] });
}
