/** Lambda's Invoke operation. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AsyncInvocations } from './async-invocation.ts';
import { type Functions, functionNameOf } from './functions.ts';
import { answerJson, readBody, ServiceError } from './json-service.ts';

const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?$/;
/** An asynchronous event may hold 1 MB (Lambda quotas). */
const MAX_ASYNC_BYTES = 1024 * 1024;

export type LambdaService = {
  /** Answers when the path is an invocation; false leaves the request to others. */
  handle: (request: IncomingMessage, response: ServerResponse, path: string) => Promise<boolean>;
};

export function createLambdaService(options: {
  functions: Functions;
  invocations: AsyncInvocations;
}): LambdaService {
  return {
    handle: async (request, response, path) => {
      const found = INVOKE_PATH.exec(path);
      if (found === null || request.method !== 'POST') return false;
      const id = decodeURIComponent(found[1] as string);
      const host = options.functions.byName(functionNameOf(id));
      if (host === undefined) {
        throw new ServiceError('ResourceNotFoundException', `Function not found: ${id}`, 404);
      }
      const body = await readBody(request);
      const event = parseEvent(body);
      const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
      if (type === 'DryRun') {
        response.writeHead(204).end();
      } else if (type === 'Event') {
        if (body.length > MAX_ASYNC_BYTES) {
          const text = `${body.length} byte payload is too large for the Event invocation type`;
          throw new ServiceError('RequestTooLargeException', text, 413);
        }
        options.invocations.submit(host, event);
        answerJson(response, 202, undefined);
      } else {
        const result = await host.invoke(event);
        const headers = { 'x-amz-executed-version': '$LATEST' };
        if (result.ok) answerJson(response, 200, result.payload ?? null, headers);
        else {
          const failed = { ...headers, 'x-amz-function-error': result.functionError };
          answerJson(response, 200, result.error, failed);
        }
      }
      return true;
    },
  };
}

function parseEvent(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new ServiceError(
      'InvalidRequestContentException',
      'Could not parse request body into json.',
    );
  }
}
