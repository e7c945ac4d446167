/** Builds a function's events of a WebSocket API: CONNECT, MESSAGE and DISCONNECT. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { requestTime } from './http-event.ts';

/** What every event of one connection repeats. */
export type ConnectionFacts = {
  connectionId: string;
  connectedAtMs: number;
  apiId: string;
  stage: string;
  domainName: string;
  sourceIp: string;
  userAgent: string;
  stageVariables?: Record<string, string>;
};

type EventKind = {
  eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
  routeKey: string;
  requestId: string;
  now: Date;
};

/** The event of $connect carries the handshake's headers and query; no other event does. */
export function connectEvent(
  facts: ConnectionFacts,
  kind: EventKind,
  request: IncomingMessage,
): Record<string, unknown> {
  const multiValueHeaders = collectHeaders(request.rawHeaders, facts.sourceIp);
  const url = new URL(request.url ?? '/', 'http://local');
  const query = Object.fromEntries(
    [...url.searchParams.keys()].map((key) => [key, url.searchParams.getAll(key)]),
  );
  return {
    headers: lastOf(multiValueHeaders),
    multiValueHeaders,
    ...(url.searchParams.size === 0
      ? {}
      : { queryStringParameters: lastOf(query), multiValueQueryStringParameters: query }),
    ...baseEvent(facts, kind, {}),
  };
}

export function messageEvent(
  facts: ConnectionFacts,
  kind: EventKind,
  body: string,
): Record<string, unknown> {
  return { ...baseEvent(facts, kind, { messageId: randomUUID() }), body };
}

export function disconnectEvent(
  facts: ConnectionFacts,
  kind: EventKind,
  close: { code: number; reason: string },
): Record<string, unknown> {
  const headers = { Host: facts.domainName, 'X-Forwarded-For': facts.sourceIp };
  const details = { disconnectStatusCode: close.code, disconnectReason: close.reason };
  const multiValueHeaders = Object.fromEntries(
    Object.entries(headers).map(([key, value]) => [key, [value]]),
  );
  return { headers, multiValueHeaders, ...baseEvent(facts, kind, details) };
}

function baseEvent(facts: ConnectionFacts, kind: EventKind, details: object) {
  const { eventType, routeKey, requestId, now } = kind;
  return {
    requestContext: {
      routeKey,
      ...details,
      eventType,
      extendedRequestId: requestId,
      requestTime: requestTime(now),
      messageDirection: 'IN',
      stage: facts.stage,
      connectedAt: facts.connectedAtMs,
      requestTimeEpoch: now.getTime(),
      identity: { sourceIp: facts.sourceIp, userAgent: facts.userAgent },
      requestId,
      domainName: facts.domainName,
      connectionId: facts.connectionId,
      apiId: facts.apiId,
    },
    ...(facts.stageVariables === undefined ? {} : { stageVariables: facts.stageVariables }),
    isBase64Encoded: false,
  };
}

/** WebSocket APIs keep the client's spelling of header names. */
function collectHeaders(rawHeaders: string[], sourceIp: string): Record<string, string[]> {
  const collected: Record<string, string[]> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = String(rawHeaders[at]);
    const values = collected[name] ?? [];
    values.push(String(rawHeaders[at + 1]));
    collected[name] = values;
  }
  return { ...collected, 'X-Forwarded-For': [sourceIp], 'X-Forwarded-Proto': ['http'] };
}

function lastOf(multiple: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(multiple).map(([key, all]) => [key, all.at(-1) ?? '']));
}
