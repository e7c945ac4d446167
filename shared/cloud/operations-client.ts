/** Invokes a function of operators, as the machine's AWS credentials allow, or on a local cloud. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { OperationsAnswer, OperationsEvent } from '#wire/operations.ts';
import type { Credentials } from './aws-signature.ts';
import { limitedCalls } from './clients.ts';
import { localClient } from './stage-reach.ts';

export type FunctionClient<E, A> = {
  /** Throws OperationsFailed with a sentence where the function could not be asked. */
  invoke(event: E): Promise<A>;
  /** The id of the access key that invokes: CloudTrail names it too. */
  accessKeyId(): Promise<string>;
  /** The keys that invoke, and where. */
  keys(): Promise<{ region: string; credentials: Credentials }>;
};
export type OperationsClient = FunctionClient<OperationsEvent, OperationsAnswer>;

/** The function was not reached, or it broke. What was ordered may have been taken. */
export class OperationsFailed extends Error {
  override name = 'OperationsFailed';
}

/** The function has 30 s. */
const replyMs = 35_000;

type FunctionPlace = {
  functionName: string;
  /** Of a local cloud; AWS by the machine's own settings where absent. */
  endpoint?: string;
};

export const createOperationsClient = (place: FunctionPlace): OperationsClient =>
  createFunctionClient(place);

export function createFunctionClient<E, A>(place: FunctionPlace): FunctionClient<E, A> {
  const { functionName, endpoint } = place;
  // Not repeated here: whoever repeats an order says so.
  const client = new LambdaClient({
    ...localClient(endpoint),
    maxAttempts: 1,
    requestHandler: limitedCalls(replyMs),
  });
  return {
    async invoke(event) {
      const payload = await send(client, functionName, event);
      return JSON.parse(payload) as A;
    },
    async accessKeyId() {
      try {
        return (await client.config.credentials()).accessKeyId;
      } catch (error) {
        throw failed(error, functionName);
      }
    },
    async keys() {
      try {
        const [region, credentials] = await Promise.all([
          client.config.region(),
          client.config.credentials(),
        ]);
        return { region, credentials };
      } catch (error) {
        throw failed(error, functionName);
      }
    },
  };
}

async function send(client: LambdaClient, name: string, event: unknown): Promise<string> {
  const invoke = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) });
  const answer = await client.send(invoke).catch((error: unknown) => {
    throw failed(error, name);
  });
  const payload = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (!answer.FunctionError) return payload;
  throw new OperationsFailed(`${name} failed (its log has more): ${payload.slice(0, 500)}`);
}

function failed(error: unknown, functionName: string): OperationsFailed {
  const { name, message } = error as Error;
  const why: Record<string, string> = {
    ResourceNotFoundException: `There is no function ${functionName} in this account and region: is the stage deployed here?`,
    AccessDeniedException: `These credentials may not invoke ${functionName}: ${rightsTo(functionName)}.`,
    CredentialsProviderError: 'There are no AWS credentials: sign in, or set AWS_PROFILE.',
    ECONNREFUSED: 'The local cloud does not answer: run npm start.',
  };
  const known = why[name] ?? why[String((error as { code?: unknown }).code)];
  if (known) return new OperationsFailed(known);
  if (/region is missing/i.test(message))
    return new OperationsFailed('Which region? Set AWS_REGION, or a profile that has one.');
  return new OperationsFailed(`${functionName} cannot be invoked: ${message}`);
}

/** Adjusters act as themselves, all other operators by the stage's role. */
const rightsTo = (functionName: string): string =>
  functionName.endsWith('-adjustments')
    ? `have the policy ${functionName.replace(/adjustments$/, 'adjuster')} attached to your own user`
    : `assume the role ${functionName.replace(/operations$/, 'operator')}`;
