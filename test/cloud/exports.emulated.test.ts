/** Exports over the twins of DynamoDB, S3 and SQS' sender: what tables and buckets in memory only pretend. */
import { randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { putItems } from '#cloud/batch-items.ts';
import { partsClient } from '#cloud/clients.ts';
import { createExportFiles, partBytesAtLeast, UploadGone } from '#cloud/export-files.ts';
import { createExportStore } from '#cloud/export-store.ts';
import { createHistoryStore } from '#cloud/history-store.ts';
import { clearingEntry } from '#cloud/ledger-entry.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createObjectUrl } from '#cloud/presigned-url.ts';
import { createStatementStore } from '#cloud/statement-store.ts';
import { units } from '#domain/amount.ts';
import { type ExportPorts, runExport } from '../../functions/exports/run-export.ts';
import { demoDirectory } from '../functions/demo-catalog.ts';
import { type BucketTwin, startBucket } from '../twins/bucket-twin.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';

const owner = '0x00000000000000000000000000000000000000a1';
const startMs = Date.parse('2026-03-01T00:00:00.000Z');
let dynamo: DynamoTwin;
let s3: BucketTwin;
let parts: S3Client;
beforeAll(async () => {
  [dynamo, s3] = await Promise.all([startDynamo(), startBucket('exports')]);
  parts = partsClient();
});
afterAll(async () => {
  parts?.destroy();
  await dynamo?.stop();
  await s3?.stop();
});

let ports: ExportPorts;
let ledgerAt: { client: DynamoTwin['client']; table: string };
beforeEach(async () => {
  ledgerAt = { client: dynamo.client, table: await newTable() };
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  ports = {
    store: createExportStore(ledgerAt),
    files: createExportFiles({ client: parts, bucket: s3.bucket }),
    statements: createStatementStore(ledgerAt),
    history: createHistoryStore({ ...ledgerAt, clock }),
    markets: demoDirectory,
    clock,
    leftMs: () => 60_000,
    send: async () => undefined,
    newName: () => randomBytes(16).toString('hex'),
  };
});

/** Entries of runs, one a ms, with so many trades each. */
async function clear(runs: number, trades: number): Promise<void> {
  const lines = Array.from({ length: trades }, (_, at) => ({
    ...{ sequence: at + 1, marketId: 'ETH-USDC', units: -2_000_000n, feeUnits: 1_000n },
  }));
  const change = {
    ...{ account: owner, asset: 'USDC', lines, tradedUnits: -2_000_000n * BigInt(trades) },
    ...{ returnNumber: 0, returnedUnits: 0n, returnedClock: 0 },
  };
  const items = Array.from({ length: runs }, (_, at) =>
    clearingEntry(change, {
      ...{ groupId: 'majors', toFrame: at + 1, atMs: startMs + at, frozenAfterUnits: 0n },
    }),
  );
  for (let at = 0; at < items.length; at += 25) await putItems(ledgerAt, items.slice(at, at + 25));
}

async function exported(format: 'csv' | 'json', account = ports) {
  const name = { account: owner, exportId: randomBytes(4).toString('hex') };
  await ports.store.ask({
    ...{ ...name, kind: 'entries', format, from: startMs, to: startMs + 60_000, filters: {} },
    createdAtMs: Date.now(),
  });
  let outcome = await runExport(name, account);
  while (outcome.status === 'continued') outcome = await runExport(name, account);
  const job = await ports.store.find(owner, name.exportId);
  const urlOf = createObjectUrl({ client: s3.client, bucket: s3.bucket });
  const url = await urlOf(job?.objectKey ?? 'none', { nowMs: Date.now(), seconds: 60 });
  return { job, answer: await fetch(url) };
}

describe('an export', () => {
  test('is fetched by its URL, as it was written', async () => {
    await createLedgerStore(ledgerAt).deposit({
      ...{ operationId: 'd-1', account: owner, asset: 'USDC', units: units(5), atMs: startMs },
    });
    const { job, answer } = await exported('csv');
    expect(job).toMatchObject({ status: 'done', rows: 1 });
    expect(answer.headers.get('content-type')).toContain('text/csv');
    expect(answer.headers.get('content-disposition')).toContain('attachment');
    const text = await answer.text();
    expect(text).toMatch(/^time,time_ms,.*\r\n2026-03-01T00:00:00\.000Z,.*d-1,USDC,0\.000005,/);
    expect(text).toHaveLength(job?.bytes ?? 0);
  });

  test('of many MB is put together from parts, by several runs', async () => {
    await clear(260, 500);
    let pagesLeft = 3;
    const { job, answer } = await exported('json', {
      ...ports,
      leftMs: () => (pagesLeft-- % 4 === 0 ? 0 : 60_000),
    });
    expect(job?.status).toBe('done');
    expect(job?.bytes).toBeGreaterThan(partBytesAtLeast);
    const rows = (await answer.json()) as { businessId: string; trades: unknown[] }[];
    expect(rows.map(({ businessId }) => businessId)).toEqual(
      Array.from({ length: 260 }, (_, at) => `majors#${at + 1}`),
    );
    expect(rows.at(-1)?.trades).toHaveLength(500);
    const open = new ListMultipartUploadsCommand({ Bucket: s3.bucket });
    expect((await s3.client.send(open)).Uploads ?? []).toEqual([]);
  });

  test('whose upload is gone says so, and so does one that was completed', async () => {
    const about = { contentType: 'text/csv', fileName: 'x.csv' };
    const uploadId = await ports.files.begin('exports/x', about);
    const upload = { key: 'exports/x', uploadId };
    const etag = await ports.files.part(upload, 1, Buffer.from('text'));
    expect(await ports.files.size('exports/x')).toBeUndefined();
    await ports.files.complete(upload, [etag]);
    expect(await ports.files.size('exports/x')).toBe(4);
    await expect(ports.files.complete(upload, [etag])).rejects.toThrow(UploadGone);
    const other = await ports.files.begin('exports/y', about);
    const abort = { Bucket: s3.bucket, Key: 'exports/y', UploadId: other };
    await s3.client.send(new AbortMultipartUploadCommand(abort));
    const gone = ports.files.part({ key: 'exports/y', uploadId: other }, 1, Buffer.from('x'));
    await expect(gone).rejects.toThrow(UploadGone);
  });

  test('is taken by one of many workers', async () => {
    const wish = { account: owner, exportId: 'mine', kind: 'entries', format: 'csv' } as const;
    const range = { from: startMs, to: startMs + 1, filters: {}, createdAtMs: Date.now() };
    const asked = await Promise.all(
      Array.from({ length: 8 }, () => ports.store.ask({ ...wish, ...range })),
    );
    expect(asked.filter(({ status }) => status === 'created')).toHaveLength(1);
    const lease = { nowMs: Date.now(), leaseMs: 60_000 };
    const taken = await Promise.all(Array.from({ length: 8 }, () => ports.store.take(wish, lease)));
    expect(taken.filter(({ status }) => status === 'taken')).toHaveLength(1);
    expect(await ports.store.open({ account: owner, limit: 10 })).toHaveLength(1);
    expect(await ports.store.open({ account: '0x0', limit: 10 })).toEqual([]);
  });
});

test('pages of the stores: bounds, both ways round, and filters', async () => {
  await clear(30, 1);
  const at = async (page: object) =>
    (await ports.statements.entries(owner, { limit: 50, ...page })).entries.map(
      ({ atMs }) => atMs - startMs,
    );
  expect(await at({ fromMs: startMs + 3, toMs: startMs + 6 })).toEqual([5, 4, 3]);
  expect(await at({ fromMs: startMs + 3, toMs: startMs + 6, oldest: true })).toEqual([3, 4, 5]);
  expect(await at({ fromMs: startMs + 28 })).toEqual([29, 28]);
  expect(await at({ toMs: startMs + 2, oldest: true })).toEqual([0, 1]);
  expect(await at({ fromMs: startMs + 5, toMs: startMs + 5 })).toEqual([]);
  expect(await at({ business: 'deposit' })).toEqual([]);
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await ports.statements.entries(owner, {
      ...{ limit: 4, oldest: true, fromMs: startMs + 10, toMs: startMs + 21, marketId: 'ETH-USDC' },
      ...(cursor === undefined ? {} : { cursor }),
    });
    seen.push(...page.entries.map(({ atMs }) => atMs - startMs));
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(seen).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
});
