/** Hands fan-out requests to their Lambda function, asynchronously: whoever publishes does not wait for posts to clients. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { FanOutRequest } from '#wire/feed-message.ts';
import { limitedCalls } from './clients.ts';

export function fanOutInvoker(functionName: string): (request: FanOutRequest) => Promise<void> {
  const client = new LambdaClient({
    maxAttempts: 2,
    requestHandler: limitedCalls(3_000),
  });
  return async (request) => {
    await client.send(
      new InvokeCommand({
        FunctionName: functionName,
        InvocationType: 'Event',
        Payload: JSON.stringify(request),
      }),
    );
  };
}
