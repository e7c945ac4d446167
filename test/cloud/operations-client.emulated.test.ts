/** The invocation of operators' function, against a loopback server that answers as Lambda does. */
import { afterEach, expect, test } from 'vitest';
import { createOperationsClient, OperationsFailed } from '#cloud/operations-client.ts';
import {
  answers,
  type Behaviour,
  type Loopback,
  matcherThat,
  refusingPort,
} from './loopback-matcher.ts';

let server: Loopback | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function clientOf(...behaviours: Behaviour[]) {
  server = await matcherThat(...behaviours);
  const endpoint = `http://127.0.0.1:${server.port}`;
  return createOperationsClient({ functionName: 'crossbook-dev-operations', endpoint });
}

const shown = { status: 'markets', groups: ['majors'], markets: [] };
const show = { type: 'show_markets' } as const;
const failing = (type: string, status: number) =>
  answers(status, { Type: 'User', message: 'no' }, { 'x-amzn-errortype': type });

test('asks the function by its name and answers what it said', async () => {
  const client = await clientOf(answers(200, shown));
  expect(await client.invoke(show)).toEqual(shown);
  expect(server?.requests[0]).toMatchObject({
    url: '/2015-03-31/functions/crossbook-dev-operations/invocations',
    body: '{"type":"show_markets"}',
  });
});

test('a function that broke is a failure with what it left behind, and is not asked again', async () => {
  const broken = answers(200, { errorMessage: 'boom' }, { 'x-amz-function-error': 'Unhandled' });
  const client = await clientOf(broken);
  await expect(client.invoke(show)).rejects.toThrow(/failed \(its log has more\).*boom/);
  expect(server?.requests).toHaveLength(1);
});

test.each([
  ['ResourceNotFoundException', 404, 'is the stage deployed here?'],
  ['AccessDeniedException', 403, 'assume the role crossbook-dev-operator'],
])('%s is said in words that help', async (type, status, words) => {
  const client = await clientOf(failing(type, status));
  await expect(client.invoke(show)).rejects.toThrow(words);
  await expect(client.invoke(show)).rejects.toBeInstanceOf(OperationsFailed);
});

test('a local cloud that is not running is said so', async () => {
  const endpoint = `http://127.0.0.1:${await refusingPort()}`;
  const client = createOperationsClient({ functionName: 'any', endpoint });
  await expect(client.invoke(show)).rejects.toThrow('run npm start');
});
