/** What wakes somebody up. Every alarm names its runbook; all of them tell one topic. */
import { Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { createAlarms } from '../constructs/alarms.ts';
import { createDashboard } from '../constructs/dashboard.ts';
import type { Stage } from '../settings.ts';
import type { ApiStack } from './api.ts';
import type { ChainStack } from './chain.ts';
import type { DataStack } from './data.ts';
import type { FeedStack } from './feed.ts';
import type { JournalStack } from './journal.ts';
import type { MatcherStack } from './matcher.ts';
import type { MoneyStack } from './money.ts';
import type { OperationsStack } from './operations.ts';
import type { WorkersStack } from './workers.ts';

/** All that is watched. */
export type Watched = {
  stage: Stage;
  data: DataStack;
  journal: JournalStack;
  api: ApiStack;
  feed: FeedStack;
  matcher: MatcherStack;
  workers: WorkersStack;
  money: MoneyStack;
  operations: OperationsStack;
  chain: ChainStack;
};

export class WatchStack extends Stack {
  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id, { description: 'Crossbook: alarms and dashboard' });
    const topic = this.topic();
    const action = new SnsAction(topic);
    const alarms: Alarm[] = createAlarms(this, watched);
    for (const alarm of alarms) {
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    createDashboard(this, watched, alarms);
  }

  private topic(): Topic {
    const topic = new Topic(this, 'Alarms', { enforceSSL: true });
    // A topic with a policy of its own has no default policy, by which alarms could publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    const email: unknown = this.node.tryGetContext('alarmEmail');
    if (typeof email === 'string') topic.addSubscription(new EmailSubscription(email));
    return topic;
  }
}
