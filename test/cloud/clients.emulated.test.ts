import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { limitedCalls } from '#cloud/clients.ts';
import { hangs, matcherThat } from './loopback-matcher.ts';

test('a call that AWS never answers is given up', async () => {
  const silent = await matcherThat(hangs);
  const client = new LambdaClient({
    endpoint: `http://127.0.0.1:${silent.port}`,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    requestHandler: limitedCalls(50),
  });
  const call = client.send(new InvokeCommand({ FunctionName: 'fan-out', Payload: '{}' }));
  await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(silent.requests).toHaveLength(1);
  await silent.stop();
});
