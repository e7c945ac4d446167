/** How whoever works from outside reaches a stage: what a function of it says of where things are, and clients of a local one. */
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { limitedCalls } from './clients.ts';

/** Nothing could be asked; the message is one sentence. */
export class StageUnreachable extends Error {
  override name = 'StageUnreachable';
}

/** The environment variables of a deployed function; `what` names what they are to tell, for the sentence where they do not. */
export async function variablesOf<T>(
  functionName: string,
  what: string,
  read: (variables: Record<string, string>) => T,
): Promise<T> {
  const client = new LambdaClient({ requestHandler: limitedCalls(5_000) });
  try {
    const get = new GetFunctionConfigurationCommand({ FunctionName: functionName });
    return read((await client.send(get)).Environment?.Variables ?? {});
  } catch (error) {
    throw new StageUnreachable(`${functionName} does not say where ${what}: ${why(error)}`);
  } finally {
    client.destroy();
  }
}

/** Settings of a client of a local cloud's service; of AWS, by the machine's own settings, where there is no endpoint. */
export const localClient = (endpoint: string | undefined) =>
  endpoint === undefined
    ? {}
    : {
        endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      };

const sentences: Record<string, string> = {
  ResourceNotFoundException: 'it is not in this account and region. Is the stage deployed here?',
  AccessDeniedException: "these credentials may not ask. Assume the stage's operator role.",
  CredentialsProviderError: 'there are no AWS credentials. Sign in, or set AWS_PROFILE.',
  ECONNREFUSED: 'the local cloud does not answer. Run npm start.',
};

/** What to do about a call that failed, where that is known. */
export function why(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  return sentences[name] ?? sentences[code ?? ''] ?? message;
}
