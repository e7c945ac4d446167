/** Kinesis with a proxy before it that throttles, delays, and loses answers of what it did, as a drill chooses. */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '../../local/child-process.ts';
import { freePorts } from '../../local/free-port.ts';
import { eventually } from '../system/waiting.ts';

export type Fault =
  /** Refused before anything was done. */
  | { type: 'throttled' }
  /** Done at once, answered late. */
  | { type: 'late'; ms: number }
  /** On its way for so long before it is done; never done where its sender is gone by then. */
  | { type: 'held'; ms: number }
  /** Done, and never answered: the client gives up. */
  | { type: 'silent' }
  /** Done, and the connection cut instead of an answer. */
  | { type: 'cut' }
  /** Done, and answered with a fault. */
  | { type: 'failed' };

/** What becomes of a call, by its operation such as `PutRecord`; undefined lets it through. */
export type Choose = (operation: string) => Fault | undefined;

export type FaultyKinesis = {
  url: string;
  /** From now on; undefined lets everything through. */
  choose(fault: Choose | undefined): void;
  /** Faults made so far, by operation and type. */
  counts(): Record<string, number>;
  pid: number;
  stop(): Promise<void>;
};

export async function startFaultyKinesis(folder: string): Promise<FaultyKinesis> {
  const [port = 0] = await freePorts(1);
  const behind = `http://127.0.0.1:${port}`;
  const emulator = await startEmulator(folder, port, behind);
  const agent = new Agent({ keepAlive: true });
  const counts: Record<string, number> = {};
  let choose: Choose | undefined;
  const server = createServer((incoming, answer) => {
    const operation = String(incoming.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const fault = choose?.(operation);
    if (fault) {
      const name = `${operation} ${fault.type}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    serve({ incoming, answer, fault, behind, agent }).catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    choose(fault) {
      choose = fault;
    },
    counts: () => ({ ...counts }),
    pid: emulator.pid,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
      await emulator.stop(0);
    },
  };
}

async function startEmulator(folder: string, port: number, url: string): Promise<Child> {
  const script = join(import.meta.dirname, '../../local/kinesis-emulator.ts');
  const child = await startChild({
    name: 'faulty-kinesis',
    command: process.execPath,
    args: [script, String(port), join(folder, 'data')],
    env: { PATH: process.env['PATH'] ?? '', AWS_REGION: 'us-east-1' },
    logFile: join(folder, 'kinesis.log'),
    runFolder: folder,
  });
  try {
    await eventually('Kinesis to answer', async () => Boolean(await fetch(url)));
  } catch (error) {
    await child.stop(0);
    throw error;
  }
  return child;
}

async function serve(call: {
  incoming: IncomingMessage;
  answer: ServerResponse;
  fault: Fault | undefined;
  behind: string;
  agent: Agent;
}): Promise<void> {
  const { incoming, answer, fault } = call;
  const body = await wholeOf(incoming);
  if (fault?.type === 'throttled') {
    refuse(answer, 400, 'ProvisionedThroughputExceededException');
    return;
  }
  if (fault?.type === 'held') {
    await sleep(fault.ms);
    if (incoming.socket.destroyed) return;
  }
  const done = await forward(call, body);
  if (fault?.type === 'silent') return;
  if (fault?.type === 'cut') answer.destroy();
  else if (fault?.type === 'failed') refuse(answer, 500, 'InternalFailure');
  else {
    if (fault?.type === 'late') await sleep(fault.ms);
    answer.writeHead(done.status, { ...done.headers, 'content-length': done.body.length });
    answer.end(done.body);
  }
}

function refuse(answer: ServerResponse, status: number, name: string): void {
  answer.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  answer.end(JSON.stringify({ __type: name, message: 'a drill does this' }));
}

type Done = { status: number; headers: IncomingMessage['headers']; body: Buffer };

function forward(
  { incoming, behind, agent }: { incoming: IncomingMessage; behind: string; agent: Agent },
  body: Buffer,
): Promise<Done> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = incoming;
    const { 'transfer-encoding': _, ...kept } = headers;
    const sent = request(new URL(url ?? '/', behind), {
      ...(method === undefined ? {} : { method }),
      headers: { ...kept, 'content-length': body.length },
      agent,
    });
    sent.once('error', reject);
    sent.once('response', (got) => {
      const { 'transfer-encoding': _, ...told } = got.headers;
      wholeOf(got).then((all) => {
        resolve({ status: got.statusCode ?? 502, headers: told, body: all });
      }, reject);
    });
    sent.end(body);
  });
}

async function wholeOf(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
