/** Calls an HTTP function as API Gateway does (payload format 2.0), and reads its answer. */
import { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { HttpLambda } from '#cloud/http-edge.ts';

/** Says nothing, so that expected failures do not fill the test's output. */
export const silentLogger = new Logger({ logLevel: 'SILENT' });

export type Call = {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it stands. */
  text?: string;
  base64?: boolean;
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
};

export async function call(handler: HttpLambda, routeKey: string, request: Call = {}) {
  const [method = '', rawPath = ''] = routeKey.split(' ');
  const body = request.text ?? (request.body === undefined ? undefined : json(request.body));
  const event = {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: '',
    headers: request.headers ?? {},
    isBase64Encoded: request.base64 ?? false,
    requestContext: { requestId: 'request-1', http: { method, path: rawPath } },
    ...(request.path ? { pathParameters: request.path } : {}),
    ...(request.query ? { queryStringParameters: request.query } : {}),
    ...(body === undefined ? {} : { body }),
  } as APIGatewayProxyEventV2;
  const context = { functionName: 'test', awsRequestId: 'invocation-1' } as Context;
  const { statusCode, headers, body: answer = '' } = await handler(event, context);
  return { status: statusCode, headers: headers ?? {}, body: JSON.parse(answer) };
}

const json = (body: unknown) =>
  JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
