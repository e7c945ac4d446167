/** Binds every server of this process to the loopback address: the emulators offer no such option and would face the network. */
import { Server } from 'node:net';

type Listen = (...args: unknown[]) => Server;

export function listenOnLoopbackOnly(): void {
  const listen = Server.prototype.listen as Listen;
  Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    const [first, ...rest] = args;
    const callback = rest.find((arg) => typeof arg === 'function') ?? undefined;
    if (typeof first === 'object' && first !== null) {
      return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
    }
    return listen.call(this, { port: Number(first), host: '127.0.0.1' }, callback);
  } as typeof Server.prototype.listen;
}
