/** Turns what a function returned into the HTTP answer its client gets (payload format 2.0). */
import type { InvokeResult } from './lambda-host.ts';

export type HttpAnswer = {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer | string;
};

type Structured = {
  statusCode: unknown;
  headers?: Record<string, unknown> | null;
  cookies?: string[];
  body?: unknown;
  isBase64Encoded?: boolean;
};

/** Headers that belong to the connection between gateway and function, not to the client's. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
]);

/** A refusal or failure of the gateway itself. */
export function gatewayAnswer(status: number, message: string): HttpAnswer {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify({ message }) };
}

export const INTERNAL_SERVER_ERROR = gatewayAnswer(500, 'Internal Server Error');
export const SERVICE_UNAVAILABLE = gatewayAnswer(503, 'Service Unavailable');
export const ENTITY_TOO_LARGE = gatewayAnswer(413, 'Request Entity Too Large');

/** The answer for any result of an invocation. */
export function httpAnswer(result: InvokeResult): HttpAnswer {
  if (result.ok) return answerOf(result.payload);
  if (result.error.errorType === 'RequestEntityTooLargeException') return ENTITY_TOO_LARGE;
  if (result.error.errorType === 'TooManyRequestsException') return SERVICE_UNAVAILABLE;
  return INTERNAL_SERVER_ERROR;
}

function answerOf(payload: unknown): HttpAnswer {
  if (!isStructured(payload)) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const { statusCode, cookies = [], body = '', isBase64Encoded } = payload;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return INTERNAL_SERVER_ERROR;
  if (body !== null && typeof body !== 'string') return INTERNAL_SERVER_ERROR;

  const headers: HttpAnswer['headers'] = { 'content-type': 'text/plain; charset=utf-8' };
  for (const [name, value] of Object.entries(payload.headers ?? {})) {
    const key = name.toLowerCase();
    if (!CONNECTION_HEADERS.has(key)) headers[key] = String(value);
  }
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  const text = body ?? '';
  return { status, headers, body: isBase64Encoded ? Buffer.from(text, 'base64') : text };
}

function isStructured(payload: unknown): payload is Structured {
  return typeof payload === 'object' && payload !== null && 'statusCode' in payload;
}
