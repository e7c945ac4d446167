/** One HTTP server for the services that need no emulator: Secrets Manager, SSM, KMS, Lambda, CloudWatch metrics, task metadata. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listen } from './front.ts';
import {
  answerError,
  answerJson,
  type Operations,
  readBody,
  ServiceError,
} from './json-service.ts';
import type { LambdaService } from './lambda-service.ts';
import { taskMetadata } from './task-metadata.ts';

export type ControlServices = { url: string; stop: () => Promise<void> };

export type ControlServicesOptions = {
  port: number;
  region: string;
  operations: Operations;
  lambda: LambdaService;
};

export async function startControlServices(
  options: ControlServicesOptions,
): Promise<ControlServices> {
  const server = createServer((request, response) => {
    handle(request, response, options).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else answerError(response, error);
    });
  });
  const port = await listen(server, options.port, '127.0.0.1');
  return { url: `http://127.0.0.1:${port}`, stop: () => closeServer(server) };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ControlServicesOptions,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] as string;
  if (await options.lambda.handle(request, response, path)) return;

  if (request.method === 'GET') {
    const metadata = taskMetadata(path, options.region);
    if (metadata === undefined) throw unknownRequest(`GET ${path}`);
    answerJson(response, 200, metadata, { 'content-type': 'application/json' });
    return;
  }
  const body = await readBody(request);
  const target = request.headers['x-amz-target'];
  if (typeof target !== 'string') {
    if (isMetricData(path, body)) return acceptMetricData(request, response);
    throw unknownRequest(`${request.method} ${path}`);
  }
  const operation = options.operations[target];
  if (operation === undefined) throw unknownRequest(target);
  const input = JSON.parse(body.toString() || '{}') as Record<string, unknown>;
  const output = await operation(input);
  const type = String(request.headers['content-type'] ?? 'application/x-amz-json-1.1');
  answerJson(response, 200, output, { 'content-type': type });
}

function unknownRequest(what: string): ServiceError {
  return new ServiceError(
    'UnknownOperationException',
    `The local cloud does not serve ${what}: teach it to local/control-services.ts.`,
  );
}

/** PutMetricData in both of its protocols: by path (CBOR) or by form field (Query). */
function isMetricData(path: string, body: Buffer): boolean {
  return path.endsWith('/operation/PutMetricData') || body.includes('Action=PutMetricData');
}

/** Metrics are accepted and dropped: nothing local watches them. */
function acceptMetricData(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') {
    const emptyMap = Buffer.from([0xa0]);
    response.writeHead(200, {
      'content-type': 'application/cbor',
      'smithy-protocol': 'rpc-v2-cbor',
    });
    response.end(emptyMap);
    return;
  }
  const text =
    '<PutMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></PutMetricDataResponse>';
  response.writeHead(200, { 'content-type': 'text/xml' }).end(text);
}
