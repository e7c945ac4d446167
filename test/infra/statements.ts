/** What the roles and policies of a stage allow. */
import type { StageName } from '../../infra/settings.ts';
import { listAt, type Properties, resourcesOf } from './synthesized.ts';

type Allowed = { id: string; statement: Properties };

/** Every statement that allows something, with the policy or role it stands in. */
export function allowed(stage: StageName): Allowed[] {
  return resourcesOf(stage).flatMap(({ id, type, properties }) => {
    const documents =
      type === 'AWS::IAM::Policy' || type === 'AWS::IAM::ManagedPolicy'
        ? [properties['PolicyDocument']]
        : type === 'AWS::IAM::Role'
          ? listAt(properties, 'Policies').map((policy) => policy['PolicyDocument'])
          : [];
    return documents.flatMap((document) =>
      listAt(document as Properties, 'Statement')
        .filter((statement) => statement['Effect'] === 'Allow')
        .map((statement) => ({ id, statement })),
    );
  });
}
