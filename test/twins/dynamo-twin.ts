/** DynamoDB's local twin as a process of its own, with empty tables on demand. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '#cloud/clients.ts';
import { freePort } from './free-port.ts';

export type DynamoTwin = {
  client: DynamoDBDocumentClient;
  table: string;
  url: string;
  stop(): Promise<void>;
};

const platform = `${process.platform}-${process.arch}`;
const binary = fileURLToPath(
  new URL(`../../node_modules/@dynoxide/${platform}/dynoxide`, import.meta.url),
);

/** In memory, unless its tables are to be as dear as on a disk. */
export async function startDynamo(
  table = 'crossbook',
  { onDisk = false } = {},
): Promise<DynamoTwin> {
  const folder = mkdtempSync(join(tmpdir(), 'crossbook-dynamo-'));
  const port = await freePort();
  const place = onDisk ? ['--db-path', join(folder, 'db')] : [];
  const args = ['serve', '--port', String(port), ...place];
  const child = spawn(binary, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  const admin = new DynamoDBClient({});
  await listens(admin);
  await createTable(admin, table);
  admin.destroy();
  return {
    client: documentClient(),
    table,
    url,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let tables = 0;

/** A new empty table, with a stream of new items where it is asked for; the twin's address is in the environment. */
export async function newTable({ streamed = false } = {}): Promise<string> {
  tables += 1;
  const name = `table-${process.pid}-${tables}`;
  const client = new DynamoDBClient({});
  await createTable(client, name, streamed);
  client.destroy();
  return name;
}

async function listens(client: DynamoDBClient): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

async function createTable(client: DynamoDBClient, table: string, streamed = false): Promise<void> {
  const keys = [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ] as const;
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map(({ AttributeName }) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [...keys],
      ...(streamed && {
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
      }),
    }),
  );
}
