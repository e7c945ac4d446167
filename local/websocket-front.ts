/** Serves the template's WebSocket API and, on the same port, its connection-management API. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type ApiStage, stageOf } from './api-routes.ts';
import { closeServer, type Front, type FrontOptions, listen } from './front.ts';
import { createThrottle } from './http-throttle.ts';
import type { InvokeResult } from './lambda-host.ts';
import { createManagementApi } from './management-api.ts';
import {
  type Connection,
  openConnection,
  WEBSOCKET_LIMITS,
  type WebSocketLimits,
} from './websocket-connection.ts';
import {
  type ConnectionFacts,
  connectEvent,
  disconnectEvent,
  messageEvent,
} from './websocket-event.ts';
import { type WebSocketRoute, type WebSocketRoutes, webSocketRoutes } from './websocket-routes.ts';

/** What handling one client needs. */
type Service = {
  options: FrontOptions;
  routes: WebSocketRoutes;
  stage: ApiStage;
  limits: WebSocketLimits;
  mayPass: (routeKey: string, nowMs: number) => boolean;
  connections: Map<string, Connection>;
  /** The subprotocol that $connect agreed to, by handshake. */
  protocols: WeakMap<IncomingMessage, string>;
  /** Every upgraded socket, in or after its handshake: the server no longer counts them. */
  sockets: Set<Duplex>;
  isStopping: boolean;
};

/** Starts the front. Throws TemplateError for routes that cannot be served, before it listens. */
export async function startWebSocketFront(
  options: FrontOptions & { limits?: Partial<WebSocketLimits> },
): Promise<Front> {
  const { assembly, api, host, log } = options;
  const stage = stageOf(assembly, api);
  const service: Service = {
    options,
    stage,
    routes: webSocketRoutes(assembly, api),
    limits: { ...WEBSOCKET_LIMITS, ...options.limits },
    mayPass: createThrottle(stage.throttle),
    connections: new Map(),
    protocols: new WeakMap(),
    sockets: new Set(),
    isStopping: false,
  };
  const manage = createManagementApi({
    stage: stage.name,
    messageBytes: service.limits.messageBytes,
    find: (connectionId) => service.connections.get(connectionId),
  });
  const fail = (error: unknown): void =>
    log({ source: 'websocket-api', level: 'ERROR', text: String(error) });

  const server = createServer((request, response) => {
    manage(request, response).catch((error: unknown) => {
      fail(error);
      response.destroy();
    });
  });
  const acceptor = new WebSocketServer({
    noServer: true,
    maxPayload: service.limits.messageBytes,
    perMessageDeflate: false,
    handleProtocols: (_, request) => service.protocols.get(request) ?? false,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    service.sockets.add(socket);
    socket.on('close', () => service.sockets.delete(socket));
    connect(service, acceptor, { request, socket, head }).catch((error: unknown) => {
      fail(error);
      socket.destroy();
    });
  });

  const port = await listen(server, options.port, host);
  const stop = async (): Promise<void> => {
    service.isStopping = true;
    for (const socket of service.sockets) socket.destroy();
    acceptor.close();
    await closeServer(server);
  };
  return { url: `ws://${host}:${port}`, port, stop };
}

type Handshake = { request: IncomingMessage; socket: Duplex; head: Buffer };

/** Asks $connect, then completes the handshake or refuses it with the function's status. */
async function connect(
  service: Service,
  acceptor: WebSocketServer,
  handshake: Handshake,
): Promise<void> {
  const { request, socket, head } = handshake;
  const [path] = (request.url ?? '/').split('?');
  if (path !== '/' && path !== `/${service.stage.name}` && path !== `/${service.stage.name}/`) {
    return refuse(socket, 403);
  }
  if (request.method !== 'GET' || request.headers['sec-websocket-key'] === undefined) {
    return refuse(socket, 400);
  }
  const facts = factsOf(service, request);
  const route = service.routes.byKey('$connect');
  if (route !== undefined) {
    if (!service.mayPass('$connect', performance.now())) return refuse(socket, 429);
    if (route.needsAuthorization && request.headers.authorization === undefined) {
      return refuse(socket, 403);
    }
    const kind = kindOf('CONNECT', '$connect');
    const result = await invoke(service, route, connectEvent(facts, kind, request));
    const status = statusOf(result);
    if (status < 200 || status > 299) return refuse(socket, status);
    const protocol = protocolOf(result);
    if (protocol !== undefined) service.protocols.set(request, protocol);
  }
  if (socket.destroyed) {
    // The function believes in a connection that never came to be.
    return disconnect(service, facts, { code: 1006, reason: 'Connection closed abnormally' });
  }
  acceptor.handleUpgrade(request, socket, head, (accepted) => {
    const connection = openConnection({
      socket: accepted,
      stream: socket,
      facts,
      limits: service.limits,
      onText: (text) => {
        receive(service, connection, text).catch((error: unknown) => report(service, error));
      },
      onClose: (close) => {
        service.connections.delete(facts.connectionId);
        disconnect(service, facts, close).catch((error: unknown) => report(service, error));
      },
    });
    service.connections.set(facts.connectionId, connection);
  });
}

/** One message: choose the route, run its function, send what a two-way route returns. */
async function receive(service: Service, connection: Connection, text: string): Promise<void> {
  const { facts } = connection;
  const route = service.routes.ofMessage(text);
  const kind = kindOf('MESSAGE', route?.routeKey ?? '$default');
  const complain = async (message: string): Promise<void> => {
    const { connectionId } = facts;
    await connection.send(JSON.stringify({ message, connectionId, requestId: kind.requestId }));
  };
  if (route === undefined) return complain('Forbidden');
  if (!service.mayPass(route.routeKey, performance.now())) return complain('Too Many Requests');

  const result = await invoke(service, route, messageEvent(facts, kind, text));
  if (result === 'timeout') return complain('Endpoint request timed out');
  if (!result.ok) return complain('Internal server error');
  const body = bodyOf(result.payload);
  if (route.isTwoWay && body !== undefined) await connection.send(body);
}

async function disconnect(
  service: Service,
  facts: ConnectionFacts,
  close: { code: number; reason: string },
): Promise<void> {
  const route = service.routes.byKey('$disconnect');
  if (route === undefined || service.isStopping) return;
  const kind = kindOf('DISCONNECT', '$disconnect');
  await invoke(service, route, disconnectEvent(facts, kind, close));
}

async function invoke(
  service: Service,
  route: WebSocketRoute,
  event: unknown,
): Promise<InvokeResult | 'timeout'> {
  const host = service.options.functionOf(route.functionUri);
  const { promise, resolve } = Promise.withResolvers<'timeout'>();
  const timer = setTimeout(() => resolve('timeout'), route.timeoutMs);
  const result = await Promise.race([host.invoke(event), promise]);
  clearTimeout(timer);
  return result;
}

function factsOf(service: Service, request: IncomingMessage): ConnectionFacts {
  const { stage, options } = service;
  return {
    // The shape of AWS's ids, whose last character must be percent-encoded in a path.
    connectionId: `${randomBytes(11).toString('base64url')}=`,
    connectedAtMs: Date.now(),
    apiId: options.api.name,
    stage: stage.name,
    domainName: request.headers.host ?? options.host,
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
    userAgent: request.headers['user-agent'] ?? '',
    ...(stage.variables === undefined ? {} : { stageVariables: stage.variables }),
  };
}

function kindOf<T extends string>(eventType: T, routeKey: string) {
  return { eventType, routeKey, requestId: randomUUID(), now: new Date() };
}

/** The handshake's status: what the function answered, or 500 where it answered nothing usable. */
function statusOf(result: InvokeResult | 'timeout'): number {
  if (result === 'timeout') return 504;
  if (!result.ok) return 500;
  const { statusCode } = (result.payload ?? {}) as { statusCode?: unknown };
  const status = Number(statusCode);
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : 500;
}

/** A subprotocol is agreed only when $connect returns it. */
function protocolOf(result: InvokeResult | 'timeout'): string | undefined {
  if (result === 'timeout' || !result.ok) return undefined;
  const { headers } = (result.payload ?? {}) as { headers?: Record<string, string> };
  const found = Object.entries(headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'sec-websocket-protocol',
  );
  return found === undefined ? undefined : String(found[1]).replace(/[^\w.-]/g, '');
}

function bodyOf(payload: unknown): string | undefined {
  const { body } = (payload ?? {}) as { body?: unknown };
  if (body === undefined || body === null || body === '') return undefined;
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function refuse(socket: Duplex, status: number): void {
  const body = JSON.stringify({ message: STATUS_CODES[status] ?? 'Refused' });
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function report(service: Service, error: unknown): void {
  service.options.log({ source: 'websocket-api', level: 'ERROR', text: String(error) });
}
