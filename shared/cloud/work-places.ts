/** Where a stage's queues of work and their outbox are, for whoever tends them from outside. */
import { outboxSweepFunctionName } from '#wire/operations.ts';
import { type WorkQueue, workQueues } from '#wire/queue-names.ts';
import { documentClient, queueClient } from './clients.ts';
import { type DeadLetters, openDeadLetters } from './dead-letters.ts';
import { createOutboxStore, type OutboxStore } from './outbox-store.ts';
import { setting } from './settings.ts';
import { localClient, StageUnreachable, variablesOf, why } from './stage-reach.ts';

export type WorkPlaces = {
  stage: string;
  outboxTable: string;
  /** Of a local cloud; AWS by the machine's own settings where absent. */
  endpoints?: { sqs: string; dynamodb: string };
};

/** Of a stage on AWS: the settings of the function that sweeps name the outbox. */
export const workPlacesOf = (stage: string): Promise<WorkPlaces> =>
  variablesOf(outboxSweepFunctionName(stage), 'the outbox is', (variables) => ({
    stage,
    outboxTable: setting(variables, 'outboxTable'),
  }));

/** The dead letters of each queue, and the outbox. */
export async function openWork({ stage, outboxTable, endpoints }: WorkPlaces): Promise<{
  queues: ReadonlyMap<WorkQueue, DeadLetters>;
  outbox: Pick<OutboxStore, 'failure' | 'overdue'>;
  close(): void;
}> {
  const sqs = queueClient(localClient(endpoints?.sqs));
  const dynamodb = documentClient(localClient(endpoints?.dynamodb));
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
    throw new StageUnreachable(`the queues of ${stage} cannot be asked: ${why(error)}`);
  }
}
