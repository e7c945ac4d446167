/** The AWS SDK clients, configured once: endpoints come from AWS_ENDPOINT_URL_<SERVICE> where the local cloud sets them. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** DynamoDB with numbers as bigint, so that no amount is ever rounded. */
export function documentClient(): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    maxAttempts: 5,
    // A call without a limit that hangs would hold its caller for ever.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
    }),
  });
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: {
      wrapNumbers: (text) => (/^-?\d+$/.test(text) ? BigInt(text) : Number(text)),
    },
  });
}

/** Kinesis over HTTP/1.1: one connection is enough for one put in flight, and the local twin speaks nothing newer. */
export function kinesisClient(): KinesisClient {
  return new KinesisClient({
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ requestTimeout: 5_000, throwOnRequestTimeout: true }),
  });
}
