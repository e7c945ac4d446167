/** A chain of one's own: anvil on a free loopback port, from its genesis unless a state file says otherwise. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { freePort } from './free-port.ts';

export type AnvilOptions = {
  /** Seconds between blocks; a block for each transaction where absent. */
  blockTime?: number;
  /** No block but by `evm_mine`. */
  noMining?: boolean;
  chainId?: number;
  /** Kept in this file, and continued from it. */
  stateFile?: string;
  /** Of the genesis block, in seconds. */
  timestamp?: number | undefined;
  /** On this port instead of a free one: a chain that comes back. */
  port?: number;
  /** What else the command takes. */
  args?: readonly string[];
};

/** The platform's binary itself: the package's launcher would outlive a kill. */
const binary = createRequire(import.meta.url).resolve(
  `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}/bin/anvil`,
);

/** Answers once the chain does. `stop` is a kill: without a state file nothing is left. */
export async function startAnvil(options: AnvilOptions = {}) {
  const port = options.port ?? (await freePort());
  const args = ['--silent', '--host', '127.0.0.1', '--port', String(port)];
  args.push('--chain-id', String(options.chainId ?? 31337));
  if (options.blockTime) args.push('--block-time', String(options.blockTime));
  if (options.noMining) args.push('--no-mining');
  if (options.stateFile) args.push('--state', options.stateFile, '--state-interval', '1');
  if (options.timestamp !== undefined) args.push('--timestamp', String(options.timestamp));
  const child = spawn(binary, [...args, ...(options.args ?? [])], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
  try {
    await answered(url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, port, pid: child.pid, stop };
}

async function answered(url: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
  const headers = { 'content-type': 'application/json' };
  for (let tried = 0; ; tried += 1) {
    try {
      await fetch(url, { method: 'POST', headers, body });
      return;
    } catch (error) {
      if (tried === 400) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
