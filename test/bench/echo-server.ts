/** What any server on node:http costs at least: reads a body and answers it, in a process of its own. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent } from './forked.ts';

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const body = Buffer.concat(chunks);
    outgoing.writeHead(200, { 'content-length': body.length });
    outgoing.end(body);
  });
});

answerParent({
  async listen(): Promise<number> {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  },
  cpuMicros(): number {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
});
