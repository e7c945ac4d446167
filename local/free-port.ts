/** Finds TCP ports of the loopback address. */
import { createServer } from 'node:net';

/** Ports that nobody listens on now. They are held together while they are chosen, so that all differ. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => hold(0)));
  const ports = held.map((server) => (server.address() as { port: number }).port);
  await Promise.all(held.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Whether a program could listen on the port now. */
export async function isFree(port: number): Promise<boolean> {
  try {
    const server = await hold(port);
    await new Promise((done) => server.close(done));
    return true;
  } catch {
    return false;
  }
}

function hold(port: number): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
