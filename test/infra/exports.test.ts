/** What exports of statements may do, and how they are worked off. */
import { describe, expect, test } from 'vitest';
import { usualLimits } from '../../functions/exports/run-export.ts';
import { stageNames } from '../../infra/settings.ts';
import { allowed } from './statements.ts';
import { ofType } from './synthesized.ts';

const actionsOf = (statement: Record<string, unknown>) => [statement['Action']].flat().map(String);

describe.each(stageNames)('exports of stage %s', (stage) => {
  const roles = ['Api/StatementsRole', 'Money/StatementExportsRole'];
  const grants = () =>
    allowed(stage).filter(({ id }) => roles.some((role) => id.startsWith(`${role}Default`)));

  test('write nothing of the ledger but their own jobs', () => {
    const writes = grants().filter(({ statement }) =>
      actionsOf(statement).some((action) => /dynamodb:(Put|Update|Delete|BatchWrite)/.test(action)),
    );
    expect(writes.map(({ statement }) => statement['Condition'])).toEqual(
      roles.map(() => ({
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['EXPORTS#*'] },
      })),
    );
  });

  test('put files and read them back in one place; who shows them may only read', () => {
    const onBucket = grants().filter(({ statement }) =>
      actionsOf(statement).some((action) => action.startsWith('s3:')),
    );
    const said = onBucket.map(({ id, statement }) => ({
      role: id.split('Role')[0],
      actions: actionsOf(statement),
      place: JSON.stringify(statement['Resource']).includes('/exports/*'),
    }));
    expect(said).toEqual([
      {
        role: 'Money/StatementExports',
        actions: ['s3:GetObject', 's3:PutObject'],
        place: true,
      },
      // A listing, of that prefix only.
      { role: 'Money/StatementExports', actions: ['s3:ListBucket'], place: false },
      { role: 'Api/Statements', actions: ['s3:GetObject'], place: true },
    ]);
    const listing = onBucket[1]?.statement['Condition'];
    expect(listing).toEqual({ StringLike: { 's3:prefix': 'exports/*' } });
  });

  test('are worked off one message at a time, a few at once, and never longer than their lease', () => {
    const [mapping] = ofType(stage, 'AWS::Lambda::EventSourceMapping').filter(({ id }) =>
      id.includes('StatementExports'),
    );
    expect(mapping?.properties).toMatchObject({
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 5 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    const [lambda] = ofType(stage, 'AWS::Lambda::Function').filter(({ id }) =>
      id.startsWith('Money/StatementExports'),
    );
    expect(Number(lambda?.properties['Timeout']) * 1_000).toBeLessThan(usualLimits.leaseMs);
    expect(lambda?.properties['VpcConfig']).toBeUndefined();
  });
});
