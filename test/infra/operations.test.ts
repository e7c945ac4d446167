/** Who may operate markets and move money by hand, and what the functions that only need to know them may read. */
import { describe, expect, test } from 'vitest';
import { type StageName, stageNames } from '../../infra/settings.ts';
import { allowed } from './statements.ts';
import { listAt, ofType } from './synthesized.ts';

/** Operators' function writes the register of assets, and nothing else there. */
const isRegister = (statement: object): boolean =>
  JSON.stringify(statement).includes('"dynamodb:LeadingKeys":["ASSETS"]');

/** A function by its fixed name: whether something names it, who may invoke it, and what leads to it from outside. */
function reachOf(stage: StageName, name: string) {
  const found = ofType(stage, 'AWS::Lambda::Function').filter(
    ({ properties }) => properties['FunctionName'] === `crossbook-${stage}-${name}`,
  );
  const id = found[0]?.id.split('/')[1] ?? 'none';
  const isNamedIn = (of: unknown) => JSON.stringify(of).includes(`"${id}"`);
  const invokers = allowed(stage).filter(
    ({ statement }) =>
      JSON.stringify(statement['Action']).includes('lambda:InvokeFunction') && isNamedIn(statement),
  );
  const doors = [
    ...ofType(stage, 'AWS::Lambda::Permission'),
    ...ofType(stage, 'AWS::ApiGatewayV2::Integration'),
  ];
  // Doors there are: none of them leads here.
  expect(doors.length).toBeGreaterThan(5);
  return {
    found,
    invokers: invokers.map((each) => each.id.replace(/[0-9A-F]{8}$/, '')),
    doors: doors.filter(({ properties }) => isNamedIn(properties)),
  };
}

describe.each(stageNames)('stage %s', (stage) => {
  test('markets are operated by one role, through a function that no route leads to', () => {
    const { found, invokers, doors } = reachOf(stage, 'operations');
    expect(found).toHaveLength(1);
    expect(invokers).toEqual(['Operations/OperatorPolicy']);
    expect(doors).toEqual([]);
    const [role] = ofType(stage, 'AWS::IAM::Role').filter(
      ({ properties }) => properties['RoleName'] === `crossbook-${stage}-operator`,
    );
    expect(listAt(role?.properties ?? {}, 'ManagedPolicyArns')).toHaveLength(1);
    expect(JSON.stringify(role?.properties['AssumeRolePolicyDocument'])).toContain(':root');
  });

  test('money is moved by hand through a function that no route leads to, by a policy that no shared role has', () => {
    const { found, invokers, doors } = reachOf(stage, 'adjustments');
    expect(found).toHaveLength(1);
    expect(invokers).toEqual(['Operations/AdjusterPolicy']);
    expect(doors).toEqual([]);
    const [policy] = ofType(stage, 'AWS::IAM::ManagedPolicy').filter(
      ({ properties }) => properties['ManagedPolicyName'] === `crossbook-${stage}-adjuster`,
    );
    expect(listAt(policy?.properties ?? {}, 'Roles')).toEqual([]);
  });

  test('who moves money by hand deletes nothing, and searches proposals and open withdrawals only', () => {
    const own = allowed(stage).filter(({ id }) => id.startsWith('Operations/AdjustmentsRole'));
    const actions = own.flatMap(({ statement }) => [statement['Action']].flat());
    expect(actions).not.toContain('dynamodb:DeleteItem');
    expect(actions).not.toContain('dynamodb:Scan');
    const queries = own.filter(({ statement }) => statement['Action'] === 'dynamodb:Query');
    const keys = queries.map(({ statement }) => JSON.stringify(statement['Condition']));
    expect(keys.filter((each) => /"(ADJUSTMENTS|MARKETS|WITHDRAWALS)"/.test(each))).toHaveLength(3);
    expect(queries).toHaveLength(3);
  });

  test("only operators' function registers assets", () => {
    const writers = allowed(stage).filter(({ statement }) => isRegister(statement));
    expect(writers.map(({ id }) => id.split('Role')[0])).toEqual(['Operations/Operations']);
    expect(writers[0]?.statement).toMatchObject({ Action: 'dynamodb:PutItem' });
  });

  test('of the history, doors read markets only', () => {
    for (const role of ['Api/Orders', 'Api/Faucet', 'Feed/Feed', 'Operations/Operations']) {
      const reads = allowed(stage).filter(
        ({ id, statement }) =>
          id.startsWith(`${role}Role`) &&
          JSON.stringify(statement['Resource']).includes('History') &&
          !isRegister(statement),
      );
      if (role === 'Api/Faucet' && stage === 'prod') expect(reads).toEqual([]);
      else
        expect(reads.map(({ statement }) => statement)).toMatchObject([
          {
            Action: 'dynamodb:Query',
            Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['MARKETS'] } },
          },
        ]);
    }
  });
});
