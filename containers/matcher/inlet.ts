/** The matcher's door: HTTP/1.1 inside the VPC, for functions and other matchers. It decides nothing. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { groupHeader } from '#cloud/matcher-client.ts';
import type { Refusal } from '#domain/refusal.ts';
import {
  type CommandRequest,
  commandsRequest,
  creditDemand,
  type RememberedOrder,
} from '#wire/matcher-api.ts';
import { parseTerms } from '#wire/terms.ts';
import { connections, depthLevels, requestBytes } from './bounds.ts';
import type { Leader } from './leader.ts';

export type InletOptions = {
  groupId: string;
  port: number;
  /** Undefined while this process does not lead, or no longer. */
  leader: () => Leader | undefined;
  /** Whether the process is to be left alone; asked by whoever would replace it. */
  isAlive: () => boolean;
  failed: (error: unknown) => void;
};

export type Inlet = { port: number; close(): void };

export type Reply = { status: number; body: unknown; retryAfterSeconds?: number };

/** How long an idle connection is kept: longer than clients keep theirs, so that none is closed under a request. */
const keepAliveMs = 75_000;

export async function openInlet(options: InletOptions): Promise<Inlet> {
  const server = createServer({ keepAliveTimeout: keepAliveMs }, (incoming, outgoing) => {
    answer(incoming, options).then(
      (reply) => send(outgoing, reply),
      (error) => {
        options.failed(error);
        send(outgoing, { status: 500, body: { code: 'internal_error' } });
      },
    );
  });
  server.maxConnections = connections;
  const port = await listen(server, options.port);
  return {
    port,
    close() {
      server.close();
      server.closeIdleConnections();
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

const unavailable = (code: 'busy' | 'not_leader'): Reply => ({
  status: 503,
  body: { code },
  retryAfterSeconds: 1,
});
const refuse = (status: number, code: Refusal, details?: unknown): Reply => ({
  status,
  body: { code, ...(details === undefined ? {} : { details }) },
});

async function answer(incoming: IncomingMessage, options: InletOptions): Promise<Reply> {
  const url = new URL(incoming.url ?? '/', 'http://matcher');
  if (url.pathname === '/alive')
    return options.isAlive() ? { status: 200, body: {} } : unavailable('not_leader');
  const body = incoming.method === 'POST' ? await readBody(incoming) : '';
  if (body === undefined) return refuse(413, 'body_too_large');
  const wanted = incoming.headers[groupHeader];
  if (wanted !== undefined && wanted !== options.groupId) return unavailable('not_leader');
  const leader = options.leader();
  if (!leader) return unavailable('not_leader');
  return route(`${incoming.method} ${url.pathname}`, { url, body, leader });
}

type Call = { url: URL; body: string; leader: Leader };

async function route(name: string, { url, body, leader }: Call): Promise<Reply> {
  switch (name) {
    case 'POST /commands':
      return commands(body, leader);
    case 'POST /credit/demand':
      return demand(body, leader);
    case 'GET /depth': {
      const levels = Number(url.searchParams.get('levels') ?? 50);
      if (!Number.isInteger(levels) || levels < 1 || levels > depthLevels)
        return refuse(400, 'invalid_request');
      const depth = await leader.depth(url.searchParams.get('market') ?? '', levels);
      return depth ? { status: 200, body: depth } : refuse(404, 'unknown_market');
    }
    case 'GET /health':
      return { status: 200, body: await leader.health() };
  }
  const digest = /^GET \/orders\/(0x[0-9a-f]{64})$/.exec(name)?.[1];
  if (digest) return { status: 200, body: await rememberedOrder(digest, leader) };
  const account = /^GET \/accounts\/(0x[0-9a-fA-F]{40})$/.exec(name)?.[1]?.toLowerCase();
  return account ? { status: 200, body: await leader.account(account) } : refuse(404, 'not_found');
}

async function rememberedOrder(digest: string, leader: Leader): Promise<RememberedOrder> {
  const order = await leader.order(digest);
  return order ? { order } : {};
}

async function commands(body: string, leader: Leader): Promise<Reply> {
  const parsed = parse(commandsRequest, body);
  if ('refusal' in parsed) return parsed.refusal;
  const requests = parsed.value.commands.map(normalized);
  if (!requests.every((each) => each !== undefined)) return refuse(400, 'invalid_request');
  const answered = leader.execute(requests);
  if (answered === 'busy' || answered === 'not_leader') return unavailable(answered);
  return { status: 200, body: { epoch: leader.epoch, results: await answered } };
}

async function demand(body: string, leader: Leader): Promise<Reply> {
  const parsed = parse(creditDemand, body);
  if ('refusal' in parsed) return parsed.refusal;
  const { account, asset } = parsed.value;
  return {
    status: 200,
    body: { returnedUnits: await leader.demand(account.toLowerCase(), asset) },
  };
}

const signature = /^0x[0-9a-f]{130}$/;
const address = /^0x[0-9a-f]{40}$/;

/** What a frame can hold: hex in lower case and of the right length. The sender has verified the rest. */
function normalized(request: CommandRequest): CommandRequest | undefined {
  if (request.type === 'place') {
    const lower = request.signature.toLowerCase();
    const isWhole = signature.test(lower) && parseTerms(request.order.terms) !== undefined;
    return isWhole ? { ...request, signature: lower } : undefined;
  }
  const account = request.account.toLowerCase();
  return address.test(account) ? { ...request, account } : undefined;
}

type Parsed<T> = { value: T } | { refusal: Reply };

function parse<T>(schema: z.ZodType<T>, body: string): Parsed<T> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { refusal: refuse(400, 'malformed_json') };
  }
  const parsed = schema.safeParse(json);
  return parsed.success
    ? { value: parsed.data }
    : { refusal: refuse(400, 'invalid_request', z.prettifyError(parsed.error)) };
}

/** The body as text; undefined where it is larger than may be. */
function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= requestBytes) chunks.push(chunk);
      else resolve(undefined);
    });
    incoming.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    incoming.on('error', reject);
  });
}

function send(outgoing: ServerResponse, { status, body, retryAfterSeconds }: Reply): void {
  const text = JSON.stringify(body);
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    // The rest of a body that was too large is not read.
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  outgoing.end(text);
}
