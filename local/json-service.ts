/** Requests and answers of the AWS JSON protocols, as the control services speak them. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** One operation; throws ServiceError for what the caller did wrong. */
export type Operation = (input: Record<string, unknown>) => unknown;

/** Operations by the name that stands in `X-Amz-Target`. */
export type Operations = Readonly<Record<string, Operation>>;

/** An error of the service that the caller's SDK throws under this name. */
export class ServiceError extends Error {
  readonly statusCode: number;

  constructor(name: string, message: string, statusCode = 400) {
    super(message);
    this.name = name;
    this.statusCode = statusCode;
  }
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new ServiceError('RequestEntityTooLargeException', 'The request is too large.', 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function answerJson(
  response: ServerResponse,
  statusCode: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(statusCode, { 'content-type': 'application/x-amz-json-1.1', ...headers });
  response.end(text);
}

export function answerError(response: ServerResponse, error: Error): void {
  const isKnown = error instanceof ServiceError;
  const name = isKnown ? error.name : 'InternalFailure';
  const statusCode = isKnown ? error.statusCode : 500;
  const body = { __type: name, message: error.message, Message: error.message };
  answerJson(response, statusCode, body, { 'x-amzn-errortype': name });
}
