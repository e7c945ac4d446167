/** Where a stage's queues of work and their outbox are, for whoever tends them from outside. */
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { outboxSweepFunctionName } from '#wire/operations.ts';
import { type WorkQueue, workQueues } from '#wire/queue-names.ts';
import { documentClient, limitedCalls, queueClient } from './clients.ts';
import { type DeadLetters, openDeadLetters } from './dead-letters.ts';
import { createOutboxStore, type OutboxStore } from './outbox-store.ts';
import { setting } from './settings.ts';

export type WorkPlaces = {
  stage: string;
  outboxTable: string;
  /** Of a local cloud; AWS by the machine's own settings where absent. */
  endpoints?: { sqs: string; dynamodb: string };
};

/** Nothing could be asked; the message is one sentence. */
export class WorkUnreachable extends Error {
  override name = 'WorkUnreachable';
}

/** Of a stage on AWS: the settings of the function that sweeps name the outbox. */
export async function workPlacesOf(stage: string): Promise<WorkPlaces> {
  const client = new LambdaClient({ requestHandler: limitedCalls(5_000) });
  const name = outboxSweepFunctionName(stage);
  try {
    const get = new GetFunctionConfigurationCommand({ FunctionName: name });
    const variables = (await client.send(get)).Environment?.Variables ?? {};
    return { stage, outboxTable: setting(variables, 'outboxTable') };
  } catch (error) {
    throw new WorkUnreachable(`${name} does not say where the outbox is: ${why(error)}`);
  } finally {
    client.destroy();
  }
}

const sentences: Record<string, string> = {
  ResourceNotFoundException: 'it is not in this account and region. Is the stage deployed here?',
  AccessDeniedException: "these credentials may not ask. Assume the stage's operator role.",
  CredentialsProviderError: 'there are no AWS credentials. Sign in, or set AWS_PROFILE.',
  ECONNREFUSED: 'the local cloud does not answer. Run npm start.',
};

function why(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  return sentences[name] ?? sentences[code ?? ''] ?? message;
}

/** The dead letters of each queue, and the outbox. */
export async function openWork({ stage, outboxTable, endpoints }: WorkPlaces): Promise<{
  queues: ReadonlyMap<WorkQueue, DeadLetters>;
  outbox: Pick<OutboxStore, 'failure' | 'overdue'>;
  close(): void;
}> {
  const at = (endpoint: string | undefined) =>
    endpoint === undefined
      ? {}
      : {
          endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        };
  const sqs = queueClient(at(endpoints?.sqs));
  const dynamodb = documentClient(at(endpoints?.dynamodb));
  const close = () => {
    sqs.destroy();
    dynamodb.destroy();
  };
  try {
    const queues = new Map<WorkQueue, DeadLetters>();
    for (const queue of workQueues) {
      const letters = await openDeadLetters(sqs, stage, queue);
      if (letters) queues.set(queue, letters);
    }
    return { queues, outbox: createOutboxStore({ client: dynamodb, table: outboxTable }), close };
  } catch (error) {
    close();
    throw new WorkUnreachable(`the queues of ${stage} cannot be asked: ${why(error)}`);
  }
}
