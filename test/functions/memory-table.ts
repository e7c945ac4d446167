/** The stores' DynamoDB client over a table in memory. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { SimulatedTable } from '../simulation/simulated-table.ts';

export type MemoryTable = { client: DynamoDBDocumentClient; table: string; items: SimulatedTable };

export function memoryTable(table = 'ledger', items = new SimulatedTable()): MemoryTable {
  const send = async (command: unknown) => {
    // Whoever waits for it does so across a turn, as with a network.
    await Promise.resolve();
    return items.run(command);
  };
  return { client: { send } as unknown as DynamoDBDocumentClient, table, items };
}
