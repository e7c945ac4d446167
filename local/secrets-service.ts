/** Secrets Manager: reading the template's secrets. */
import { type Operations, ServiceError } from './json-service.ts';
import type { Secret, Secrets } from './secrets.ts';

export function secretsOperations(secrets: Secrets): Operations {
  const find = (id: unknown): Secret => {
    const secret = secrets.find(String(id));
    if (secret !== undefined) return secret;
    throw new ServiceError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    );
  };
  const stages = ['AWSCURRENT'];
  return {
    'secretsmanager.GetSecretValue': ({ SecretId }) => {
      const { arn, name, value } = find(SecretId);
      return {
        ARN: arn,
        Name: name,
        SecretString: value,
        VersionId: versionOf(name),
        VersionStages: stages,
      };
    },
    'secretsmanager.DescribeSecret': ({ SecretId }) => {
      const { arn, name, description } = find(SecretId);
      const VersionIdsToStages = { [versionOf(name)]: stages };
      return { ARN: arn, Name: name, Description: description, VersionIdsToStages };
    },
  };
}

/** A secret has one version locally; SDKs expect an id of at least 32 characters. */
function versionOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(32, '0').slice(0, 32);
}
