/** The command line as a process of its own, over the twins of Kinesis and S3, found by what a local cloud writes down. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { archiveJournal } from '#cloud/archive-journal.ts';
import { bucketOf, createArchiveStore } from '#cloud/archive-store.ts';
import { createJournalReader } from '#cloud/journal-reader.ts';
import { type BucketTwin, startBucket } from '../twins/bucket-twin.ts';
import { putAll, startKinesis } from '../twins/kinesis-twin.ts';
import { groupId, writtenJournal } from './archived-journal.ts';

const stream = 'journal-of-the-cli';
const command = fileURLToPath(new URL('../../ops/journal/main.ts', import.meta.url));

let bucket: BucketTwin;
let kinesis: { client: KinesisClient; stop(): Promise<void> };
let written: Awaited<ReturnType<typeof writtenJournal>>;
let stateFolder: string;

beforeAll(async () => {
  stateFolder = mkdtempSync(join(tmpdir(), 'crossbook-journal-'));
  [bucket, kinesis] = await Promise.all([startBucket('kept'), startKinesis(stream)]);
  written = await writtenJournal();
  const { client } = kinesis;
  const records = await putAll(client, stream, written.records);
  const archiving = {
    store: createArchiveStore(bucketOf(bucket)),
    follow: (_: string, after: string) => createJournalReader({ client, stream }).follow(after),
  };
  for (let at = 0; at < records.length / 2; at += 6)
    await archiveJournal(archiving, groupId, records.slice(at, at + 6));
  const cloud = {
    urls: {
      kinesis: process.env['AWS_ENDPOINT_URL_KINESIS'],
      s3: process.env['AWS_ENDPOINT_URL_S3'],
    },
    outputs: [
      { key: 'JournalStreams', value: JSON.stringify({ [groupId]: stream }) },
      { key: 'ArchiveBucket', value: bucket.bucket },
    ],
  };
  writeFileSync(join(stateFolder, 'cloud.json'), JSON.stringify(cloud));
});

afterAll(async () => {
  await Promise.all([bucket.stop(), kinesis.stop()]);
  rmSync(stateFolder, { recursive: true, force: true });
});

/** Words may name another state folder. */
const args = (words: string[]) => [command, '--state', stateFolder, ...words];
// The addresses come from what the cloud wrote down, not from the environment.
const { AWS_ENDPOINT_URL_KINESIS: _, AWS_ENDPOINT_URL_S3: __, ...environment } = process.env;

function run(...words: string[]): Promise<{ code: number; said: string; told: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args(words),
      { env: environment, maxBuffer: 1e8 },
      (_error, said, told) => resolve({ code: child.exitCode ?? -1, said, told }),
    );
  });
}

test('a journal is proved, replayed and printed through archive and stream', async () => {
  const lastFrame = written.frames.length;
  const proved = await run('verify', '--json');
  expect(proved).toMatchObject({ code: 0, told: '' });
  const proof = JSON.parse(proved.said);
  expect(proof).toMatchObject({ ok: true, group: groupId, to: lastFrame });
  expect(proof.archivedTo).toBeGreaterThan(3);
  expect(proof.archivedTo).toBeLessThan(lastFrame);

  const replayed = JSON.parse((await run('replay', '--json', '--group', groupId)).said);
  expect(replayed).toMatchObject({ ok: true, to: lastFrame, ...written.hashes });

  const dumped = await run('dump', '--json', '--from', '4', '--to', '6');
  const frames = dumped.said.trim().split('\n');
  expect(frames.map((line) => JSON.parse(line).frame)).toEqual([4, 5, 6]);
});

test('whoever reads only the first lines of a dump ends it', async () => {
  const child = spawn(process.execPath, args(['dump']), {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (data) => {
    told += data;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code, signal] = await once(child, 'close');
  expect({ code, signal, told }).toEqual({ code: 0, signal: null, told: '' });
});

test('a cloud that is not there, or does not run, is answered with one sentence', async () => {
  const absent = await run('verify', '--state', join(stateFolder, 'nowhere'));
  expect(absent.code).toBe(2);
  const file = join(stateFolder, 'cloud.json');
  const dead = { kinesis: 'http://127.0.0.1:1', s3: 'http://127.0.0.1:1' };
  const other = mkdtempSync(join(tmpdir(), 'crossbook-journal-'));
  const cloud = { ...JSON.parse(readFileSync(file, 'utf8')), urls: dead };
  writeFileSync(join(other, 'cloud.json'), JSON.stringify(cloud));
  const stopped = await run('verify', '--state', other);
  rmSync(other, { recursive: true });
  expect(stopped.code).toBe(1);
  expect(stopped.told).toContain('does the local cloud run?');
  expect(stopped.told.trim().split('\n')).toHaveLength(1);
});
