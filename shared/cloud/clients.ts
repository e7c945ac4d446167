/** The AWS SDK clients, configured once: endpoints come from AWS_ENDPOINT_URL_<SERVICE> where the local cloud sets them. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** A call that hangs is given up, or it would hold its caller for ever: the SDK by itself only warns. */
export function limitedCalls(requestMs: number): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: Math.min(2_000, requestMs),
    requestTimeout: requestMs,
    throwOnRequestTimeout: true,
    // An answer may also stop half-way.
    socketTimeout: requestMs,
  });
}

/** DynamoDB with numbers as bigint, so that no amount is ever rounded; `where` names another place than the environment does. */
export function documentClient(where: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    ...where,
    maxAttempts: 5,
    requestHandler: limitedCalls(5_000),
  });
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: {
      wrapNumbers: (text) => (/^-?\d+$/.test(text) ? BigInt(text) : Number(text)),
    },
  });
}

/** A put takes some ten ms; one that hangs is repeated with the same bytes, which harms nothing if both arrive. */
export const putMs = 2_000;

/**
 * Kinesis for the writer, who repeats puts himself: only he knows how long his lease lasts. Over HTTP/1.1, and his puts on a connection
 * of their own (put-record.ts): one is enough for one put in flight.
 */
export const kinesisClient = (): KinesisClient =>
  new KinesisClient({ maxAttempts: 1, requestHandler: limitedCalls(putMs) });

/** Kinesis for readers: one lost answer must not end a replay of an hour. */
export const kinesisReader = (where: KinesisClientConfig = {}): KinesisClient =>
  new KinesisClient({ ...where, maxAttempts: 6, requestHandler: limitedCalls(5_000) });

/** S3 for objects of some MB; a local twin at an IP address is spoken to by path. */
export function bucketClient(where: S3ClientConfig = {}): S3Client {
  return new S3Client({ ...where, maxAttempts: 6, requestHandler: limitedCalls(20_000) });
}

/** S3 for files in parts, whose checksums the caller sends. */
export const partsClient = (where: S3ClientConfig = {}): S3Client =>
  bucketClient({ ...where, requestChecksumCalculation: 'WHEN_REQUIRED' });

/** SQS for senders; whoever receives waits as long as he asks to. */
export function queueClient(where: SQSClientConfig = {}): SQSClient {
  return new SQSClient({ ...where, maxAttempts: 5, requestHandler: limitedCalls(5_000) });
}

/** KMS for signing: tens of ms a call, and its rate is shared by the whole account. */
export function keyClient(where: KMSClientConfig = {}): KMSClient {
  return new KMSClient({ ...where, maxAttempts: 5, requestHandler: limitedCalls(3_000) });
}
