/** The outbox of the real template on the local cloud: stream, filter, FIFO queues and schedule are what the template says. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { documentClient } from '#cloud/clients.ts';
import { createOutboxStore, outboxWrite } from '#cloud/outbox-store.ts';
import { transact } from '#cloud/transaction.ts';
import { outboxSweepFunctionName } from '#wire/operations.ts';
import type { OutboxRow } from '#wire/outbox.ts';
import { bootCloud, type Cloud } from '../../local/cloud.ts';
import { operationRow } from '../functions/outbox-world.ts';
import { eventually } from './waiting.ts';

/** Only what the outbox needs: no container runs. */
async function boot(assemblyFolder: string): Promise<Cloud> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'crossbook-outbox-'));
  const quiet = { progress: () => undefined, report: () => undefined };
  const without = ['matcher', 'bots'];
  const cloud = await bootCloud({ assemblyFolder, stateFolder, ports: 'free', without, ...quiet });
  onTestFinished(async () => {
    await cloud.kill9();
    rmSync(stateFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  return cloud;
}

function outboxOf(cloud: Cloud) {
  const client = documentClient({
    endpoint: cloud.urls.dynamodb,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  onTestFinished(() => client.destroy());
  const table = cloud.assembly
    .of('AWS::DynamoDB::GlobalTable')
    .find(({ id }) => id.startsWith('Outbox'))?.name as string;
  const store = createOutboxStore({ client, table });
  return {
    write: (...rows: OutboxRow[]) =>
      transact(
        client,
        rows.map((row) => outboxWrite(table, row)),
      ),
    left: async () => (await store.overdue('notify', Number.MAX_SAFE_INTEGER, 1_000)).length,
  };
}

/** The same template, but nothing reads the stream of the outbox. */
function withoutStream(assembly: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'crossbook-assembly-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(assembly, folder, { recursive: true });
  const name = readdirSync(folder).find((each) => /-Money\.template\.json$/.test(each)) ?? '';
  const template = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  template.Resources.OutboxRows.Properties.Enabled = false;
  writeFileSync(join(folder, name), JSON.stringify(template));
  return folder;
}

const rows = (atMs: number) =>
  Array.from({ length: 25 }, (_, n) =>
    operationRow(`deposit-${n}`, { atMs, accounts: [`0x${n % 5}`] }),
  );

test('rows go from table to stream to queue to function and are gone', async () => {
  const outbox = outboxOf(await boot(inject('assembly')));
  await outbox.write(...rows(Date.now()));
  await eventually('every row to be done', async () => (await outbox.left()) === 0, 30_000);
});

test('with its stream dead, the outbox is worked off by the sweep', async () => {
  const cloud = await boot(withoutStream(inject('assembly')));
  const outbox = outboxOf(cloud);
  await outbox.write(...rows(Date.now() - 61_000));
  expect(await outbox.left()).toBe(25);
  const sweep = cloud.assembly
    .of('AWS::Events::Rule')
    .find(({ props }) => JSON.stringify(props).includes(outboxSweepFunctionName('local')));
  await cloud.scheduler.trigger(sweep?.name ?? 'none');
  await eventually('every row to be done', async () => (await outbox.left()) === 0, 30_000);
});
