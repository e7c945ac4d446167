/** A load generator as a process of its own: sends signed orders over kept connections, as fast as they are answered or at a pace. */
import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { readOrderAnswers } from '#wire/order-answers.ts';
import { encodeOrderRequest } from '#wire/order-request.ts';
import { Fifo } from '../../containers/matcher/fifo.ts';
import { answerParent } from './forked.ts';
import { benchedOrder } from './matcher-orders.ts';

export type LoadPlan = {
  port: number;
  connections: number;
  requests: number;
  ordersPerRequest: number;
  /** Absent: the next one goes when one was answered. */
  requestsPerSec?: number;
  /** Whether answers are the matcher's: then each order must have been accepted. */
  checked: boolean;
};

/** Epoch ms with fractions, by request. */
export type LoadRun = { sentMs: Float64Array; ackedMs: Float64Array };

const nowMs = () => performance.timeOrigin + performance.now();
/** Just below what a matcher queues before it answers `busy`. */
const ordersAtOnce = 4_000;

type Line = { socket: Socket; request: number; text: string };

answerParent({ run });

async function run(plan: LoadPlan): Promise<LoadRun> {
  const lines = await Promise.all(
    Array.from({ length: Math.min(plan.connections, plan.requests) }, () => open(plan.port)),
  );
  const bodies = Array.from({ length: plan.requests }, (_, at) => request(plan, at));
  const { answers, ...ran } = await send(plan, lines, bodies);
  for (const { socket } of lines) socket.destroy();
  if (plan.checked) check(answers, plan);
  return ran;
}

/** Without Nagle's delay; an HTTP client would cost more than the server that is measured. */
function open(port: number): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1');
    socket.once('error', reject);
    socket.once('connect', () => resolve({ socket, request: -1, text: '' }));
  });
}

function request({ ordersPerRequest }: LoadPlan, at: number): Buffer {
  const atMs = Date.now();
  const orders = Array.from({ length: ordersPerRequest }, (_, index) =>
    benchedOrder(at * ordersPerRequest + index, randomBytes(105), atMs),
  );
  const body = encodeOrderRequest(orders);
  const head = `POST /orders HTTP/1.1\r\nhost: matcher\r\ncontent-type: application/octet-stream\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** Once nothing is measured any more: each order must have been accepted. */
function check(answers: readonly string[], { ordersPerRequest }: LoadPlan): void {
  const asked = Array.from({ length: ordersPerRequest }, () =>
    benchedOrder(0, randomBytes(105), 0),
  );
  for (const answer of answers)
    for (const result of readOrderAnswers(Buffer.from(answer, 'latin1'), asked).results)
      assert.equal(result.status, 'accepted', JSON.stringify(result));
}

function send(
  plan: LoadPlan,
  lines: Line[],
  bodies: Buffer[],
): Promise<LoadRun & { answers: string[] }> {
  const answers: string[] = [];
  const sentMs = new Float64Array(bodies.length);
  const ackedMs = new Float64Array(bodies.length);
  const idle = new Fifo<Line>();
  for (const line of lines) idle.push(line);
  const { requestsPerSec } = plan;
  const atOnce = Math.floor(ordersAtOnce / plan.ordersPerRequest);
  const beganMs = nowMs();
  let next = 0;
  let answered = 0;
  return new Promise((resolve, reject) => {
    const pump = () => {
      const due = requestsPerSec
        ? Math.min(bodies.length, ((nowMs() - beganMs) * requestsPerSec) / 1_000)
        : bodies.length;
      while (next < due) {
        const line = next - answered < atOnce ? idle.take() : undefined;
        if (!line) break;
        line.request = next++;
        sentMs[line.request] = nowMs();
        line.socket.write(bodies[line.request] as Buffer);
      }
      if (requestsPerSec && next < bodies.length) setTimeout(pump, 1);
    };
    const take = (line: Line, text: string) => {
      line.text += text;
      const body = wholeBody(line.text);
      if (body === undefined) return;
      ackedMs[line.request] = nowMs();
      answered += 1;
      if (plan.checked) answers.push(body);
      line.text = '';
      idle.push(line);
      if (answered === bodies.length) resolve({ sentMs, ackedMs, answers });
      else if (!requestsPerSec) pump();
    };
    for (const line of lines) {
      line.socket.on('data', (text) => {
        try {
          take(line, text.toString());
        } catch (error) {
          reject(error);
        }
      });
      line.socket.on('close', () => reject(new Error('a connection was closed')));
    }
    pump();
  });
}

/** The body, once all of it is there. */
function wholeBody(text: string): string | undefined {
  const at = text.indexOf('\r\n\r\n');
  if (at < 0) return undefined;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
  assert.ok(text.startsWith('HTTP/1.1 200 ') && length >= 0, `not an answer: ${text}`);
  return text.length >= at + 4 + length ? text.slice(at + 4) : undefined;
}
