/** S3's local twin as a process of its own, with one empty bucket. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { bucketClient } from '#cloud/clients.ts';
import { freePort } from './free-port.ts';

const command = fileURLToPath(new URL('../../local/queue-emulator.ts', import.meta.url));

export type BucketTwin = {
  client: S3Client;
  bucket: string;
  /** Ends it as a power cut would, and starts it again over what it kept. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
};

/** The twin; its address is in the environment, by number, so that buckets are spoken to by path. */
export async function startBucket(bucket = 'archive'): Promise<BucketTwin> {
  const folder = mkdtempSync(join(tmpdir(), 'crossbook-bucket-'));
  const port = await freePort();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  let running = run(port, folder);
  const client = bucketClient();
  const stop = async () => {
    client.destroy();
    await running.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(() => client.send(new CreateBucketCommand({ Bucket: bucket })));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    client,
    bucket,
    stop,
    async killAndRestart() {
      await running.kill();
      running = run(port, folder);
      await eventually(() => client.send(new HeadBucketCommand({ Bucket: bucket })));
    },
  };
}

function run(port: number, folder: string) {
  const child = spawn(process.execPath, [command, String(port), folder], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return {
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function eventually(call: () => Promise<unknown>): Promise<void> {
  for (let tried = 0; ; tried += 1) {
    try {
      await call();
      return;
    } catch (error) {
      if (tried === 20) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
