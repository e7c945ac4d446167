/** The matcher's door: HTTP/1.1 inside the VPC, for functions and other matchers. It decides nothing. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { groupHeader } from '#cloud/matcher-client.ts';
import { answerRequest, type Door, type Reply } from './answer-request.ts';
import { connections, requestBytes } from './bounds.ts';

export type InletOptions = Door & {
  port: number;
  failed: (error: unknown) => void;
};

export type Inlet = { port: number; close(): void };

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

async function answer(incoming: IncomingMessage, options: InletOptions): Promise<Reply> {
  const { method = '', url: path = '/' } = incoming;
  const body = method === 'POST' ? await readBody(incoming) : '';
  const header = incoming.headers[groupHeader];
  const wantedGroup = Array.isArray(header) ? header[0] : header;
  return answerRequest({ method, path, body, wantedGroup }, options);
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
