/** What the template promises of the outbox, its queues and their dead letters, for every stage. */
import { describe, expect, test } from 'vitest';
import { deadLetterQueueName, queueName, workQueues } from '#wire/queue-names.ts';
import { stageNames } from '../../infra/settings.ts';
import { allowed } from './statements.ts';
import { ofType, type Properties, type Resource } from './synthesized.ts';

const everyStage = describe.each(stageNames);

everyStage('queues of stage %s', (stage) => {
  const queues = () => ofType(stage, 'AWS::SQS::Queue');
  const named = (name: string) =>
    queues().find(({ properties }) => properties['QueueName'] === name);
  const existing = () => workQueues.filter((queue) => named(queueName(stage, queue)));

  test('a message that was tried five times goes to dead letters, which are kept for two weeks', () => {
    expect(existing()).toEqual(expect.arrayContaining(['notify', 'reconcile']));
    expect(queues()).toHaveLength(2 * existing().length);
    for (const name of existing()) {
      const queue = named(queueName(stage, name));
      const dead = named(deadLetterQueueName(stage, name));
      expect(queue?.properties['RedrivePolicy']).toEqual({
        deadLetterTargetArn: { 'Fn::GetAtt': [dead?.id.split('/')[1], 'Arn'] },
        maxReceiveCount: 5,
      });
      expect(dead?.properties['MessageRetentionPeriod']).toBe(14 * 86_400);
      expect(dead?.properties['FifoQueue']).toBe(queue?.properties['FifoQueue']);
    }
  });

  test('messages of the outbox stay in order', () => {
    for (const name of ['notify', 'reconcile'] as const)
      expect(named(queueName(stage, name))?.properties['FifoQueue']).toBe(true);
  });

  test('a message that is being tried is not tried by another one meanwhile', () => {
    for (const { properties } of mappingsOf(stage, 'Queue')) {
      const queue = resourceAt(queues(), properties['EventSourceArn']);
      const lambda = resourceAt(ofType(stage, 'AWS::Lambda::Function'), properties['FunctionName']);
      const hidden = Number(queue.properties['VisibilityTimeout']);
      expect(hidden).toBeGreaterThanOrEqual(6 * Number(lambda.properties['Timeout']));
    }
  });

  test('one message that cannot be worked off does not bring back the others of its batch', () => {
    expect(mappingsOf(stage, 'Queue').length).toBeGreaterThan(0);
    for (const { properties } of mappingsOf(stage, 'Queue'))
      expect(properties['FunctionResponseTypes']).toEqual(['ReportBatchItemFailures']);
  });

  test('dead letters are taken out by operators only, and messages sent by the outbox, its sweep and operators', () => {
    const who = (action: string, queue: RegExp) =>
      allowed(stage)
        .filter(
          ({ statement }) =>
            [statement['Action']].flat().includes(action) &&
            queue.test(JSON.stringify(statement['Resource'])),
        )
        .map(({ id }) => id.replace(/(RoleDefaultPolicy|Policy)[0-9A-F]{8}$/, ''))
        .sort();
    expect(who('sqs:ReceiveMessage', /DeadLetters/)).toEqual(['Operations/Operator']);
    expect(who('sqs:DeleteMessage', /DeadLetters/)).toEqual(['Operations/Operator']);
    for (const queue of [/NotifyQueue/, /ReconcileQueue/])
      expect(who('sqs:SendMessage', queue)).toEqual([
        'Money/Outbox',
        'Money/OutboxSweep',
        'Operations/Operator',
      ]);
  });

  test('are reached over TLS only, and encrypted', () => {
    const policies = JSON.stringify(ofType(stage, 'AWS::SQS::QueuePolicy'));
    for (const { id, properties } of queues()) {
      expect(properties['SqsManagedSseEnabled']).toBe(true);
      expect(policies).toContain(`"${id.split('/')[1]}"`);
    }
  });
});

everyStage('the outbox of stage %s', (stage) => {
  test('is the only table with a stream, so that transactions on the others stay fast', () => {
    const streamed = ofType(stage, 'AWS::DynamoDB::GlobalTable').filter(
      ({ properties }) => properties['StreamSpecification'],
    );
    expect(streamed.map(({ id }) => id)).toEqual(['Data/Outbox27BBF20A']);
    expect(streamed[0]?.properties['StreamSpecification']).toEqual({ StreamViewType: 'NEW_IMAGE' });
  });

  test('tells of new rows only, in their order, and is never skipped', () => {
    const [mapping, ...others] = mappingsOf(stage, 'Outbox27BBF20A');
    expect(others).toEqual([]);
    expect(mapping?.properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      ParallelizationFactor: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
    });
  });

  test('is swept every minute', () => {
    const rules = ofType(stage, 'AWS::Events::Rule').filter(({ properties }) =>
      JSON.stringify(properties['Targets']).includes('OutboxSweep'),
    );
    expect(rules.map(({ properties }) => properties['ScheduleExpression'])).toEqual([
      'rate(1 minute)',
    ]);
  });

  test('whoever notifies reads entries only, and touches no row but its own', () => {
    const statements = allowed(stage).filter(({ id }) => id.startsWith('Money/NotifyRole'));
    const on = (table: string) =>
      statements
        .filter(({ statement }) => JSON.stringify(statement['Resource']).includes(table))
        .map(({ statement }) => statement);
    expect(on('AttLedger')).toMatchObject([
      {
        Action: 'dynamodb:Query',
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ENTRIES#*'] } },
      },
    ]);
    expect(on('AttOutbox')).toMatchObject([
      {
        Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
        Condition: {
          'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['OUTBOX#notify'] },
        },
      },
    ]);
  });
});

const mappingsOf = (stage: (typeof stageNames)[number], source: string): Resource[] =>
  ofType(stage, 'AWS::Lambda::EventSourceMapping').filter(({ properties }) =>
    JSON.stringify(properties['EventSourceArn']).includes(source),
  );

/** The resource that a Ref or a GetAtt names. */
function resourceAt(resources: Resource[], reference: unknown): Resource {
  const { Ref, 'Fn::GetAtt': at, 'Fn::GetStackOutput': other } = reference as Properties;
  // Of another stack: its output's name has the resource's, with what is asked of it behind.
  const [, far] =
    /FnGetAtt(.+?)Arn[0-9A-F]{8}$/.exec(String((other as Properties)?.['OutputName'])) ?? [];
  const id = String(Ref ?? (at as string[] | undefined)?.[0] ?? far);
  const found = resources.find((each) => each.id.split('/')[1] === id);
  if (!found) throw new Error(`nothing is called ${id}`);
  return found;
}
