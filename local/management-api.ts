/** The connection-management API of a WebSocket API: post to a client, look at it, close it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './http-front.ts';
import type { Connection } from './websocket-connection.ts';

type Reply = { status: number; errorType?: string; body?: object };

const GONE: Reply = { status: 410, errorType: 'GoneException', body: { message: 'Gone' } };

/** Answers `POST|GET|DELETE [/{stage}]/@connections/{id}`; anything else is forbidden, as at AWS. */
export function createManagementApi(options: {
  stage: string;
  messageBytes: number;
  find: (connectionId: string) => Connection | undefined;
}): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const reply = await decide(request);
    if (!request.complete) request.resume();
    response.writeHead(reply.status, {
      'content-type': 'application/json',
      ...(reply.errorType === undefined ? {} : { 'x-amzn-errortype': reply.errorType }),
    });
    response.end(reply.body === undefined ? '' : JSON.stringify(reply.body));
  };

  async function decide(request: IncomingMessage): Promise<Reply> {
    const connectionId = connectionIdOf(request.url ?? '/', options.stage);
    if (connectionId === undefined) {
      return { status: 403, errorType: 'ForbiddenException', body: { message: 'Forbidden' } };
    }
    const connection = options.find(connectionId);
    if (connection === undefined) return GONE;
    if (request.method === 'GET') return describe(connection);
    if (request.method === 'DELETE') {
      connection.close(1000, 'Connection Closed Normally');
      return { status: 204 };
    }
    if (request.method !== 'POST') {
      return { status: 405, body: { message: 'Method Not Allowed' } };
    }
    const body = await readBody(request, options.messageBytes);
    if (body === undefined) {
      const message = 'Message too long';
      return {
        status: 413,
        errorType: 'PayloadTooLargeException',
        body: { message, connectionId },
      };
    }
    return (await connection.send(body.toString())) ? { status: 200 } : GONE;
  }
}

function describe(connection: Connection): Reply {
  const { connectedAtMs, sourceIp, userAgent } = connection.facts;
  return {
    status: 200,
    body: {
      connectedAt: new Date(connectedAtMs).toISOString(),
      identity: { sourceIp, userAgent },
      lastActiveAt: new Date(connection.lastActiveAtMs()).toISOString(),
    },
  };
}

/** Clients send the id percent-encoded, after the stage or, with an endpoint from the environment, without it. */
function connectionIdOf(target: string, stage: string): string | undefined {
  const [path = ''] = target.split('?');
  const found = /^(?:\/([^/@]+))?\/@connections\/([^/]+)$/.exec(path);
  if (found?.[2] === undefined) return undefined;
  if (found[1] !== undefined && found[1] !== stage) return undefined;
  try {
    return decodeURIComponent(found[2]);
  } catch {
    return undefined;
  }
}
