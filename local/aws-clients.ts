/** The AWS clients that the local cloud itself uses, pointed at the emulators. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { EmulatorUrls } from './emulators.ts';

export type AwsClients = {
  dynamodb: DynamoDBClient;
  dynamodbStreams: DynamoDBStreamsClient;
  kinesis: KinesisClient;
  sqs: SQSClient;
  s3: S3Client;
  destroy: () => void;
};

export function createAwsClients(urls: EmulatorUrls, region: string): AwsClients {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const signer = createUnverifiedSigner(region);
  const at = (endpoint: string) => ({ region, credentials, endpoint, signer });
  const dynamodb = new DynamoDBClient(at(urls.dynamodb));
  const dynamodbStreams = new DynamoDBStreamsClient(at(urls.dynamodb));
  // kinesalite speaks HTTP/1.1 only; the client's own choice is HTTP/2.
  const kinesis = new KinesisClient({ ...at(urls.kinesis), requestHandler: new NodeHttpHandler() });
  // Each queue's long poll holds a connection; the default of 50 sockets would starve the fifty-first.
  const sqs = new SQSClient({
    ...at(urls.sqs),
    requestHandler: new NodeHttpHandler({ httpAgent: { maxSockets: 500, keepAlive: true } }),
  });
  // Virtual-host style would need a wildcard name for the loopback address.
  const s3 = new S3Client({ ...at(urls.s3), forcePathStyle: true });
  const clients = [dynamodb, dynamodbStreams, kinesis, sqs, s3];
  return {
    dynamodb,
    dynamodbStreams,
    kinesis,
    sqs,
    s3,
    destroy: () => {
      for (const client of clients) client.destroy();
    },
  };
}

/** Emulators want a signature to be there and never verify it; computing one was half the cost of an idle poll. */
function createUnverifiedSigner(region: string) {
  return {
    sign: async <T extends { headers: Record<string, string> }>(request: T): Promise<T> => {
      const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
      const scope = `${date.slice(0, 8)}/${region}/local/aws4_request`;
      request.headers['x-amz-date'] = date;
      request.headers['authorization'] =
        `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;
      return request;
    },
  };
}
