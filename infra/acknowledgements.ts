/** Findings of cdk-nag that are meant to be: each for the named constructs only, each with its reason. */
import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

type Acknowledgement = {
  /** Matches the path of the construct, after the stack's `Crossbook-<stage>-`. */
  at: RegExp;
  /** `<stage>` stands for the stage's name, `<group>` for the pair group whose matcher it is. */
  rule: string;
  reason: string;
};

/** Objects of the archive's bucket below a prefix. */
function objectsOf(prefix: string): string {
  const arn =
    '{"Fn::GetStackOutput":{"StackName":"Crossbook-<stage>-Journal","Region":{"Ref":"AWS::Region"},"OutputName":"PublishOutputFnGetAttArchiveDA4CB258Arn2D71F484"}}';
  return `AwsSolutions-IAM5[Resource::${arn}/${prefix}*]`;
}

export const acknowledgements: readonly Acknowledgement[] = [
  {
    at: /^Api\/HttpApi\/(GET|POST|PUT|PATCH|DELETE)--v1--[^/]+$/,
    rule: 'AwsSolutions-APIG4',
    reason:
      'Market data is public, orders carry their own signature, and session tokens are verified by the functions: no authorizer to pay for or to disagree with.',
  },
  {
    at: /^Feed\/WebSocketApi\/[^/]+-Route$/,
    rule: 'AwsSolutions-APIG4',
    reason:
      'Public channels need no sign-in; a private one needs the token of an earlier message, which the feed function verifies.',
  },
  {
    at: /^Feed\/Live$/,
    rule: 'AwsSolutions-APIG1',
    reason:
      'Access logs of a WebSocket API need a role that is set for the whole account and region, which one app must not change; the feed function logs every route.',
  },
  {
    at: /^(Api\/(Orders|Withdrawals|Markets|Accounts)|Feed\/Feed|Chain\/Guard\/ChainGuard|Operations\/Operations)\/Role\/DefaultPolicy$/,
    rule: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'Lambda attaches a function to a VPC by EC2 actions that can name no resource (AWSLambdaVPCAccessExecutionRole has the same); a second policy denies them to the code itself.',
  },
  {
    at: /^Feed\/FanOut\/Role\/DefaultPolicy$/,
    rule: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<WebSocketApi34BCF99B>/live/*/@connections/*]',
    reason: 'Connections come and go: any connection of this API and stage, and no other.',
  },
  {
    at: /^(Matcher\/Matcher-[a-z0-9-]+|Bots\/Bots)\/Task\/ExecutionRole\/DefaultPolicy$/,
    rule: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'ecr:GetAuthorizationToken can name no resource; pulling is limited to one repository.',
  },
  {
    at: /^(Api\/SessionSecret|Bots\/BotSeed)$/,
    rule: 'AwsSolutions-SMG4',
    reason:
      'A new session secret signs every user out and a new bot seed leaves funds behind: an operator replaces them on purpose.',
  },
  {
    at: /^Data\/ChainNodes\/RpcUrls$/,
    rule: 'AwsSolutions-SMG4',
    reason: 'Its content is from node providers: an operator replaces it when they give new keys.',
  },
  {
    at: /^Journal\/Archive$/,
    rule: 'AwsSolutions-S1',
    reason:
      'Access logs would be a second bucket to keep; few roles may write, the chain proves every byte, and versions keep what was there before.',
  },
  {
    at: /^(Workers\/Archive\/Role\/DefaultPolicy|Money\/Reconciliation\/(Runs|Day)\/Role\/DefaultPolicy|Chain\/Settlement\/ChainSettlement\/Role\/DefaultPolicy|Operations\/OperatorPolicy)$/,
    rule: objectsOf('journal/'),
    reason:
      'Objects are named by the frames that they hold: any below journal/, and nothing else of the bucket.',
  },
  {
    at: /^Money\/LiabilityTrees$/,
    rule: 'AwsSolutions-S1',
    reason:
      'Access logs would be a second bucket to keep; one role writes, one reads, and every proof shows whether its bytes are what was published.',
  },
  {
    at: /^Money\/LiabilitySecret$/,
    rule: 'AwsSolutions-SMG4',
    reason:
      'The trees of all days were salted with it: after a rotation nobody could be given a proof of the days before.',
  },
  ...['trees', 'gathered'].map((kept) => ({
    at: /^Money\/Liabilities\/Role\/DefaultPolicy$/,
    rule: `AwsSolutions-IAM5[Resource::<LiabilityTreesCBE5A47D.Arn>/${kept}/*]`,
    reason: 'Objects are named by day and asset: any of them, and nothing else of the bucket.',
  })),
  {
    at: /^Api\/LiabilityProofs\/Role\/DefaultPolicy$/,
    rule: 'AwsSolutions-IAM5[Resource::{"Fn::GetStackOutput":{"StackName":"Crossbook-<stage>-Money","Region":{"Ref":"AWS::Region"},"OutputName":"PublishOutputFnGetAttLiabilityTreesCBE5A47DArnFBAEAE91"}}/trees/*]',
    reason: 'The trees of any day and asset, and not what they were gathered from.',
  },
  {
    at: /^Money\/StatementExports\/Files$/,
    rule: 'AwsSolutions-S1',
    reason:
      'Files of statements go after a week, under names that nobody guesses; a second bucket would only tell who fetched his own.',
  },
  {
    at: /^Money\/StatementExports\/Exports\/Role\/DefaultPolicy$/,
    rule: 'AwsSolutions-IAM5[Resource::<StatementExportsFiles4425B6FF.Arn>/exports/*]',
    reason:
      'Each export writes a file of a new name below exports/, and nothing else of the bucket.',
  },
  {
    at: /^Api\/Statements\/Role\/DefaultPolicy$/,
    rule: 'AwsSolutions-IAM5[Resource::{"Fn::GetStackOutput":{"StackName":"Crossbook-<stage>-Money","Region":{"Ref":"AWS::Region"},"OutputName":"PublishOutputFnGetAttStatementExportsFiles4425B6FFArn8F547E16"}}/exports/*]',
    reason: 'It signs URLs by which an owner fetches one file: any below exports/, to read only.',
  },
  {
    at: /^Money\/Reconciliation\/Day\/Role\/DefaultPolicy$/,
    rule: objectsOf('snapshots/'),
    reason: 'It compares the newest snapshot of every pair group with the ledger, to read only.',
  },
  ...['journal', 'snapshots'].map((kept) => ({
    at: /^Matcher\/Matcher-[a-z0-9-]+\/Task\/TaskRole\/DefaultPolicy$/,
    rule: objectsOf(`${kept}/<group>/`),
    reason:
      'A matcher reads what its own group archived, and keeps its own snapshots: objects are named by frames, any of the group and of no other.',
  })),
  {
    at: /^(Matcher|Bots)\/Cluster$/,
    rule: 'AwsSolutions-ECS4',
    reason:
      'Container Insights costs more than the tasks; CPU and the number of running tasks come free with the service.',
  },
  {
    at: /^(Matcher\/Matcher-[a-z0-9-]+|Bots\/Bots)\/Task$/,
    rule: 'AwsSolutions-ECS2',
    reason: 'The variables name tables, streams and markets; secrets are given as ECS secrets.',
  },
];

/** Lets synthesis fail on every finding of cdk-nag that is not acknowledged. */
export function checkWithNag(app: App, accepted = acknowledgements): void {
  for (const { construct, acknowledgement } of matches(app, accepted)) {
    const { rule, reason } = acknowledgement;
    const [, stage = ''] = /^Crossbook-([a-z]+)-/.exec(construct.node.path) ?? [];
    const [, group = ''] = /\/Matcher-([a-z0-9-]+)\//.exec(construct.node.path) ?? [];
    const id = rule.replace('<stage>', stage).replace('<group>', group);
    Validations.of(construct).acknowledge({ id, reason });
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

/** Each acknowledgement with each construct of the app that it speaks of. */
export function matches(app: App, accepted = acknowledgements) {
  return app.node.findAll().flatMap((construct) => {
    const path = construct.node.path.replace(/^Crossbook-[a-z]+-/, '');
    return accepted
      .filter(({ at }) => at.test(path))
      .map((acknowledgement) => ({ construct, acknowledgement }));
  });
}
