/**
 * The service's rule that the local twin lacks: a write to an item that another transaction is writing is cancelled as
 * a conflict. Counts what is sent and what must be sent again.
 */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Write } from '#cloud/transaction.ts';

export type Traffic = {
  transactions: number;
  /** Cancelled because another one was under way on an item of theirs. */
  conflicts: number;
  /** Refused because something read before had changed. */
  races: number;
};

export class ConflictMeter {
  readonly traffic: Traffic = { transactions: 0, conflicts: 0, races: 0 };
  readonly #underWay = new Set<string>();

  /** A client whose transactions meet those of every other client of this meter. */
  around(client: DynamoDBDocumentClient): DynamoDBDocumentClient {
    return new Proxy(client, {
      get: (target, name) => {
        if (name !== 'send') return Reflect.get(target, name);
        return (command: unknown) =>
          command instanceof TransactWriteCommand
            ? this.#send(target, command)
            : target.send(command as never);
      },
    });
  }

  async #send(client: DynamoDBDocumentClient, command: TransactWriteCommand): Promise<unknown> {
    const keys = (command.input.TransactItems ?? []).map(keyOf);
    this.traffic.transactions += 1;
    if (keys.some((key) => this.#underWay.has(key))) {
      this.traffic.conflicts += 1;
      throw new TransactionCanceledException({
        message: 'a conflict',
        $metadata: {},
        CancellationReasons: keys.map((key) => ({
          Code: this.#underWay.has(key) ? 'TransactionConflict' : 'None',
        })),
      });
    }
    for (const key of keys) this.#underWay.add(key);
    try {
      return await client.send(command);
    } catch (error) {
      if (error instanceof TransactionCanceledException) this.traffic.races += 1;
      throw error;
    } finally {
      for (const key of keys) this.#underWay.delete(key);
    }
  }
}

function keyOf(write: Write): string {
  const { TableName } = write.Put ?? write.Update ?? write.Delete ?? {};
  const key = write.Put?.Item ?? write.Update?.Key ?? write.Delete?.Key ?? {};
  return `${TableName}|${key['pk']}|${key['sk']}`;
}
