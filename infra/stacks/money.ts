/** What follows from moved money: the outbox's queues and who works them off. */
import { Duration, Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type OutboxTopic, outboxTopics } from '#wire/outbox.ts';
import { deadLetterQueueName, isOrdered, queueName, type WorkQueue } from '#wire/queue-names.ts';
import type { Bundles } from '../constructs/bundles.ts';
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

/** A queue, and where its messages go that were tried too often. */
export type Work = { queue: Queue; deadLetters: Queue };

/** How often a message is tried before somebody must look: each try waits until the one before has timed out. */
const triesAtMost = 5;

export class MoneyStack extends Stack {
  /** The outbox's queues, by topic. */
  readonly topics: ReadonlyMap<OutboxTopic, Work>;
  /** Whose errors and throttles are watched. */
  readonly functions: LambdaFunction[] = [];

  constructor(scope: Construct, id: string, props: MoneyStackProps) {
    super(scope, id, { description: 'Crossbook: what follows from moved money' });
    this.topics = new Map(outboxTopics.map((topic) => [topic, this.workQueue(props, topic)]));
  }

  /** A queue of work with its dead letters; messages are hidden for six times the longest try, as Lambda advises. */
  private workQueue({ stage }: MoneyStackProps, name: WorkQueue, trySeconds = 30): Work {
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
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: triesAtMost },
    });
    return { queue, deadLetters };
  }
}
