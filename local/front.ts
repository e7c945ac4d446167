/** An API front: the local server that stands for one API of the template. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Assembly, Resource } from './assembly.ts';
import type { LambdaHost } from './lambda-host.ts';
import type { LogLine } from './log-files.ts';

export type FrontOptions = {
  assembly: Assembly;
  api: Resource;
  functionOf: (uriOrArn: string) => LambdaHost;
  /** 0 takes any free port. */
  port: number;
  host: string;
  log: (line: LogLine) => void;
};

export type Front = { url: string; port: number; stop: () => Promise<void> };

/** Starts listening and gives the port. A taken port is one sentence that says what to do. */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') return reject(error);
    const sentence = `Port ${port} is in use: stop the other program or choose another with --port.`;
    return reject(new Error(sentence));
  });
  server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  return promise;
}

/** Stops at once: open keep-alive connections are cut. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
