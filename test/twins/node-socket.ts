/** One Ethereum node of this machine, asked through its socket: many times as fast as over HTTP, for who asks it millions of things. */
import { connect } from 'node:net';
import { type Rpc, RpcError } from '#cloud/rpc.ts';

type Answer = {
  id: number;
  result?: unknown;
  error?: { code: number; message: string; data?: string };
};
type Asked = { resolve: (result: unknown) => void; reject: (error: Error) => void };

/** Answers once the node listens there. A line is an answer; they may come in another order than they were asked for. */
export async function nodeSocket(path: string): Promise<Rpc & { close: () => void }> {
  const socket = await connected(path);
  const asked = new Map<number, Asked>();
  let last = 0;
  let partial = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) {
      const { id, result, error } = JSON.parse(line) as Answer;
      const ask = asked.get(id);
      asked.delete(id);
      if (error) ask?.reject(new RpcError(error.code, error.message, error.data));
      else ask?.resolve(result);
    }
  });
  socket.on('close', () => {
    for (const { reject } of asked.values()) reject(new Error('the node closed its socket'));
    asked.clear();
  });
  // What breaks it closes it.
  socket.on('error', () => undefined);
  return {
    request: (method, params) =>
      new Promise((resolve, reject) => {
        last += 1;
        asked.set(last, { resolve, reject });
        socket.write(JSON.stringify({ jsonrpc: '2.0', id: last, method, params }));
      }),
    close: () => socket.destroy(),
  };
}

async function connected(path: string) {
  for (let tried = 0; ; tried += 1) {
    const socket = connect(path);
    const error = await new Promise<Error | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('error', resolve);
    });
    if (!error) return socket;
    if (tried === 400) throw error;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
