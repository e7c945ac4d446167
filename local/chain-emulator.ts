/** The Ethereum chain of a cloud whose functions want one: anvil, whose blocks and state we make and keep. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Assembly } from './assembly.ts';
import { startMining } from './chain-mining.ts';
import { type ChainCall, createChainCall } from './chain-node.ts';
import { keptBlocks, readChainState, writeChainState } from './chain-state.ts';
import { type Child, startChild } from './child-process.ts';

/** Functions and containers that have this variable want a chain, and get ours in its place. */
export const CHAIN_VARIABLE = 'ETHEREUM_RPC_URLS';
/** The variable that puts another node in the emulator's place. */
const REPLACEMENT = 'CROSSBOOK_LOCAL_CHAIN';
/** The variable that names another anvil program than the npm package's. */
const ANVIL = 'CROSSBOOK_LOCAL_ANVIL';

const CHAIN_ID = 31_337;
const READY_LIMIT_MS = 20_000;

export type Chain = {
  /** None where another node stands in its place. */
  children: Child[];
  /** Ends it; `graceMs` 0 kills it at once, with what was mined since the last save. */
  stop: (graceMs?: number) => Promise<void>;
};

export type ChainOptions = {
  stateFolder: string;
  port: number;
  environment: NodeJS.ProcessEnv;
  progress: (text: string) => void;
  report: (text: string) => void;
};

export const chainUrl = ({ port, environment }: Pick<ChainOptions, 'port' | 'environment'>) =>
  environment[REPLACEMENT] || `http://127.0.0.1:${port}`;

export function wantsChain(assembly: Assembly): boolean {
  const types = ['AWS::Lambda::Function', 'AWS::ECS::TaskDefinition'];
  return types.some((type) =>
    assembly.of(type).some(({ props }) => JSON.stringify(props).includes(`"${CHAIN_VARIABLE}"`)),
  );
}

/** Throws one clear sentence where it cannot be started. */
export async function startChain(options: ChainOptions): Promise<Chain> {
  const { environment, progress } = options;
  const call = createChainCall(chainUrl(options));
  if (environment[REPLACEMENT]) {
    if (await answers(call, () => false, 5_000)) return { children: [], stop: async () => {} };
    throw new Error(
      `${REPLACEMENT} names ${environment[REPLACEMENT]}, where no chain answers: start that node or unset the variable.`,
    );
  }
  const sinceMs = Date.now();
  const stateFile = join(options.stateFolder, 'data', 'chain.json.gz');
  const child = await startNode(options, stateFile);
  let gone = false;
  void child.exited.then(() => {
    gone = true;
  });
  if (!(await answers(call, () => gone, READY_LIMIT_MS))) {
    await child.stop(0);
    throw new Error(
      `The chain ${gone ? 'ended while it started' : 'does not answer'}: read ${child.logFile}, or run \`npm start -- --fresh\` if its stored state is damaged.`,
    );
  }
  const save = async (): Promise<void> => writeChainState(stateFile, await call('anvil_dumpState'));
  const mining = startMining({ call, save, report: options.report, isGone: () => gone });
  progress(`chain ${CHAIN_ID} answers after ${Date.now() - sinceMs} ms`);
  return {
    children: [child],
    stop: async (graceMs) => {
      await mining.stop({ andSave: graceMs !== 0 });
      // It has nothing left to do: its state is ours.
      await child.stop(0);
    },
  };
}

/** Blocks are made by us: anvil's own clock keeps some 200 KB of memory for each of them. */
async function startNode(options: ChainOptions, stateFile: string): Promise<Child> {
  const data = join(options.stateFolder, 'data');
  mkdirSync(data, { recursive: true });
  const state = readChainState(stateFile);
  const loaded = join(data, 'chain-loaded.json');
  if (state === undefined) rmSync(loaded, { force: true });
  else writeFileSync(loaded, state, { mode: 0o600 });
  const words = ['--silent', '--host', '127.0.0.1', '--port', String(options.port)];
  words.push('--chain-id', String(CHAIN_ID), '--no-mining');
  words.push('--prune-history', '128', '--transaction-block-keeper', String(keptBlocks));
  if (state !== undefined) words.push('--load-state', loaded);
  return startChild({
    name: 'emulator-chain',
    command: anvilPath(options.environment),
    args: words,
    // What it writes on its own goes into the state folder, too.
    env: { PATH: process.env['PATH'] ?? '', HOME: data },
    logFile: join(options.stateFolder, 'logs', 'emulator-chain.log'),
    runFolder: join(options.stateFolder, 'run'),
  });
}

async function answers(call: ChainCall, gaveUp: () => boolean, limitMs: number): Promise<boolean> {
  const untilMs = Date.now() + limitMs;
  while (Date.now() < untilMs && !gaveUp()) {
    try {
      await call('eth_chainId');
      return true;
    } catch {
      await sleep(25);
    }
  }
  return false;
}

/** The platform's program itself: its package's launcher would outlive a kill. */
function anvilPath(environment: NodeJS.ProcessEnv): string {
  const named = environment[ANVIL];
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`${ANVIL} names ${named}, which is not there: correct or unset it.`);
  }
  const system = process.platform === 'win32' ? 'win32' : process.platform;
  const machine = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/anvil-${system}-${machine}`;
  try {
    const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil';
    return createRequire(import.meta.url).resolve(`${name}/bin/${file}`);
  } catch {
    throw new Error(
      `The chain ${name} is not installed: run \`npm install --no-save ${name}\`, or set ${ANVIL} to the path of the program, or ${REPLACEMENT} to the URL of a node.`,
    );
  }
}
