/** The matcher as a process of its own, on the local twins of DynamoDB and Kinesis. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { base, plainMarket, quote } from '../engine/trading-floor.ts';
import { startBucket } from '../twins/bucket-twin.ts';
import { newTable } from '../twins/dynamo-twin.ts';

const main = fileURLToPath(new URL('../../containers/matcher/main.ts', import.meta.url));

export type MatcherProcess = {
  pid: number;
  /** What it logged so far. */
  log: () => string;
  exited: Promise<{ code: number | null; signal: string | null }>;
  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
};

export async function processWorld(stream: string) {
  const table = await newTable();
  const twin = await startBucket();
  const children = new Set<ChildProcess>();
  const environment = {
    ...process.env,
    CROSSBOOK_CATALOG: JSON.stringify({ assets: [base, quote], markets: [plainMarket] }),
    CROSSBOOK_PAIR_GROUP: plainMarket.groupId,
    CROSSBOOK_LEASE_MS: '1000',
    CROSSBOOK_LEDGER_TABLE: table,
    CROSSBOOK_LEASE_TABLE: table,
    CROSSBOOK_FEED_TABLE: table,
    CROSSBOOK_JOURNAL_STREAMS: JSON.stringify({ [plainMarket.groupId]: stream }),
    CROSSBOOK_FAN_OUT_FUNCTION: 'fan-out',
    CROSSBOOK_ARCHIVE_BUCKET: twin.bucket,
    // Nothing listens there: without subscribers nothing is sent.
    AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:9',
    PORT: '0',
  };
  return {
    table,
    groupId: plainMarket.groupId,
    start(changes: Record<string, string> = {}): MatcherProcess {
      const child = spawn(process.execPath, [main], {
        env: { ...environment, ...changes },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.add(child);
      let text = '';
      const keep = (chunk: Buffer) => {
        text += chunk.toString();
      };
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      return {
        pid: child.pid ?? 0,
        log: () => text,
        exited: new Promise((resolve) =>
          child.on('close', (code, signal) => resolve({ code, signal })),
        ),
        kill: (signal) => void child.kill(signal),
      };
    },
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      await twin.stop();
    },
  };
}

/** Tries again until it works; the last failure is shown. */
export async function eventually<T>(wanted: () => Promise<T>): Promise<T> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await wanted();
    } catch (error) {
      if (tried === 300) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
