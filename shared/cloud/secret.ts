/** Reads a secret; only functions outside the VPC can, because nothing in it reaches Secrets Manager. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { limitedCalls } from './clients.ts';

export async function readSecret(arn: string): Promise<string> {
  const client = new SecretsManagerClient({ requestHandler: limitedCalls(3_000) });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
  if (!SecretString) throw new Error(`the secret ${arn} holds no text`);
  return SecretString;
}
