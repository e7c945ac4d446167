import { expect, test } from 'vitest';
import { parseSchedule } from '../../local/schedule-expression.ts';
import { startScheduler } from '../../local/scheduler.ts';
import { until } from './fixtures-b/emulator-set.ts';
import { assemblyOf, resource } from './fixtures-b/resources.ts';

const at = (text: string): number => Date.parse(text);
const nextOf = (expression: string, after: string, since = '2026-01-01T00:00:00Z') => {
  const ms = parseSchedule(expression)(at(after), at(since));
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

test.each([
  ['rate(1 minute)', '2026-01-01T00:00:30Z', '2026-01-01T00:01:00.000Z'],
  ['rate(2 hours)', '2026-01-01T02:00:00Z', '2026-01-01T04:00:00.000Z'],
  ['at(2026-03-01T12:00:00)', '2026-01-01T00:00:00Z', '2026-03-01T12:00:00.000Z'],
  ['cron(0 12 * * ? *)', '2026-01-01T12:00:00Z', '2026-01-02T12:00:00.000Z'],
  ['cron(0/15 * * * ? *)', '2026-01-01T00:16:00Z', '2026-01-01T00:30:00.000Z'],
  ['cron(5,10 3 1 JAN,JUN ? *)', '2026-01-02T00:00:00Z', '2026-06-01T03:05:00.000Z'],
  ['cron(0 9 ? * MON-FRI *)', '2026-11-20T10:00:00Z', '2026-11-23T09:00:00.000Z'],
  ['cron(0 0 ? * 1 *)', '2026-11-20T00:00:00Z', '2026-11-22T00:00:00.000Z'],
])('%s after %s runs at %s', (expression, after, expected) => {
  expect(nextOf(expression, after)).toBe(expected);
});

test('a moment that has passed never comes again', () => {
  expect(nextOf('at(2026-01-01T00:00:00)', '2026-01-01T00:00:00Z')).toBeUndefined();
  expect(nextOf('cron(0 0 1 1 ? 2020)', '2026-01-01T00:00:00Z')).toBeUndefined();
});

test.each(['every minute', 'cron(0 12 * *)', 'cron(0 12 L * ? *)', 'cron(99 * * * ? *)'])(
  'the expression %s is refused',
  (expression) => {
    expect(() => parseSchedule(expression)).toThrow();
  },
);

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:sweep';

function start(resources: Parameters<typeof assemblyOf>[0]) {
  const submitted: unknown[] = [];
  const host = { name: 'sweep' };
  const scheduler = startScheduler({
    assembly: assemblyOf(resources),
    functions: { byArn: () => host } as never,
    invocations: {
      submit: (_host: unknown, event: unknown) => submitted.push(event),
      stop: async () => undefined,
    } as never,
    sqs: undefined as never,
    sqsUrl: '',
    report: () => undefined,
    nowMs: Date.now,
  });
  return { scheduler, submitted };
}

test('a rule gives its function the input that the template states, or a scheduled event', async () => {
  const ScheduleExpression = 'rate(1 day)';
  const Targets = [{ Arn: FUNCTION_ARN, Input: '{"a":1}' }, { Arn: FUNCTION_ARN }];
  const rule = resource('AWS::Events::Rule', 'daily', { ScheduleExpression, Targets });
  const { scheduler, submitted } = start([rule]);
  await scheduler.trigger('daily');
  scheduler.stop();
  expect(submitted).toEqual([
    { a: 1 },
    expect.objectContaining({ source: 'aws.events', 'detail-type': 'Scheduled Event' }),
  ]);
});

test('a disabled rule never runs', async () => {
  const props = { ScheduleExpression: 'rate(1 day)', State: 'DISABLED', Targets: [] };
  const { scheduler } = start([resource('AWS::Events::Rule', 'off', props)]);
  await expect(scheduler.trigger('off')).rejects.toThrow(/off/);
  scheduler.stop();
});

test('a rule with an event pattern is refused by its logical id', () => {
  const rule = resource('AWS::Events::Rule', 'listener', { EventPattern: {} });
  expect(() => start([rule])).toThrow(/Stack Stack, listener/);
});

test('a schedule in another time zone is refused instead of running at the wrong hour', () => {
  const props = {
    ScheduleExpression: 'rate(1 day)',
    ScheduleExpressionTimezone: 'Europe/Berlin',
    Target: { Arn: FUNCTION_ARN },
  };
  const schedule = resource('AWS::Scheduler::Schedule', 'berlin', props);
  expect(() => start([schedule])).toThrow(/Europe\/Berlin/);
});

test('whoever looks each minute looks soon after a start, too', async () => {
  const Targets = [{ Arn: FUNCTION_ARN, Input: '{"soon":true}' }];
  const rules = ['rate(1 minute)', 'rate(5 minutes)'].map((expression, at) =>
    resource('AWS::Events::Rule', `rule-${at}`, { ScheduleExpression: expression, Targets }),
  );
  const { scheduler, submitted } = start(rules);
  await until(() => submitted.length > 0);
  scheduler.stop();
  expect(submitted).toEqual([{ soon: true }]);
});
