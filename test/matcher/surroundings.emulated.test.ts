import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { demandFrom } from '../../containers/matcher/demand-elsewhere.ts';
import { ownAddress } from '../../containers/matcher/own-address.ts';
import { VirtualTime } from './virtual-time.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A metadata endpoint that answers these paths. */
async function metadata(answers: Record<string, unknown>): Promise<string> {
  server = createServer((incoming, outgoing) => {
    outgoing.end(JSON.stringify(answers[incoming.url ?? ''] ?? {}));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v4/task`;
}

const networks = [{ NetworkMode: 'awsvpc', IPv4Addresses: ['10.0.3.7'] }];

test('the own address comes from the container, or else from the task', async () => {
  expect(await ownAddress(await metadata({ '/v4/task': { Networks: networks } }))).toBe('10.0.3.7');
  server?.close();
  const task = { Containers: [{ Name: 'matcher', Networks: networks }] };
  expect(await ownAddress(await metadata({ '/v4/task/task': task }))).toBe('10.0.3.7');
});

test('a task without an address does not start', async () => {
  await expect(ownAddress(await metadata({}))).rejects.toThrow('names no IPv4 address');
});

test('groups that fail or are slow give nothing, and nobody waits for them', async () => {
  const time = new VirtualTime();
  const demand = demandFrom(
    ['quick', 'failing', 'silent'],
    {
      async demandCredit(groupId) {
        if (groupId === 'failing') throw new Error('unavailable');
        if (groupId === 'silent') await new Promise(() => {});
        return { returnedUnits: 40 };
      },
    },
    time.timers,
  );
  expect(await time.until(demand('0xaa', 'USDC'))).toBe(40);
  expect(time.clock.monotonicMs()).toBeLessThanOrEqual(1_000);
});
