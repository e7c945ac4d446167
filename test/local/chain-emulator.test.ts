/** The local chain: what was mined is there again after a stop, and after a kill -9 but for its last moments. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Chain, chainUrl, startChain } from '../../local/chain-emulator.ts';
import { startMining } from '../../local/chain-mining.ts';
import { createChainCall } from '../../local/chain-node.ts';
import { writeChainState } from '../../local/chain-state.ts';
import { freePorts } from '../../local/free-port.ts';
import { commandLineOf } from '../../local/pid-file.ts';
import { newStateFolder, until } from './fixtures-b/emulator-set.ts';

const [rich, other] = [
  '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  `0x${'5'.repeat(40)}`,
] as const;

async function boot(stateFolder: string, environment: NodeJS.ProcessEnv = {}) {
  const [port] = (await freePorts(1)) as [number];
  const reports: string[] = [];
  const chain: Chain = await startChain({
    ...{ stateFolder, port, environment },
    progress: () => undefined,
    report: (text) => reports.push(text),
  });
  onTestFinished(() => chain.stop(0));
  return { chain, port, reports, call: createChainCall(chainUrl({ port, environment })) };
}

/** Sends one wei and waits until a block has it; answers that block's number. */
async function pay(call: ReturnType<typeof createChainCall>): Promise<number> {
  const hash = await call('eth_sendTransaction', { from: rich, to: other, value: '0x1' });
  let block: string | undefined;
  await until(async () => {
    const receipt = (await call('eth_getTransactionReceipt', hash)) as {
      blockNumber: string;
    } | null;
    block = receipt?.blockNumber;
    return block !== undefined;
  });
  return Number(block);
}

test('a stopped chain goes on where it was, and leaves no process', async () => {
  const stateFolder = newStateFolder();
  const first = await boot(stateFolder);
  const paidIn = await pay(first.call);
  const { hash } = (await first.call(
    'eth_getBlockByNumber',
    `0x${paidIn.toString(16)}`,
    false,
  )) as {
    hash: string;
  };
  const [pid] = first.chain.children.map((child) => child.pid);
  await first.chain.stop();
  expect(commandLineOf(pid as number)).toBeUndefined();

  const second = await boot(stateFolder);
  expect(await second.call('eth_getBalance', other, 'latest')).toBe('0x1');
  const same = await second.call('eth_getBlockByNumber', `0x${paidIn.toString(16)}`, false);
  expect(same).toMatchObject({ hash });
  expect(await pay(second.call)).toBeGreaterThan(paidIn);
  expect(second.reports).toEqual([]);
});

test('a block that three others follow outlives a kill -9', async () => {
  const stateFolder = newStateFolder();
  const first = await boot(stateFolder);
  const paidIn = await pay(first.call);
  await until(async () => Number(await first.call('eth_blockNumber')) >= paidIn + 3);
  await first.chain.stop(0);
  const second = await boot(stateFolder);
  expect(await second.call('eth_getBalance', other, 'latest')).toBe('0x1');
});

test('an idle chain makes a block now and then, a busy one each time', async () => {
  const made: string[] = [];
  let pending = 0;
  const call = async (method: string) => {
    if (method === 'txpool_status') return { pending: `0x${pending}` };
    if (method === 'eth_getBlockByNumber')
      return { transactions: Array.from({ length: pending }, () => '0x') };
    made.push(method);
    return null;
  };
  let saves = 0;
  const save = async () => {
    saves += 1;
  };
  const told = { report: () => undefined, isGone: () => false, tickMs: 0 };
  const mining = startMining({ call, save, ...told });
  await until(() => made.length >= 12);
  // Eight that may confirm something, and then one of ten moments.
  expect(saves).toBeLessThan(made.length);
  pending = 1;
  const before = made.length;
  await until(() => made.length > before + 20);
  await mining.stop({ andSave: true });
  expect(saves).toBeGreaterThan(2);
});

test('another node can stand in its place', async () => {
  const { port } = await boot(newStateFolder());
  const environment = { CROSSBOOK_LOCAL_CHAIN: `http://127.0.0.1:${port}` };
  const second = await boot(newStateFolder(), environment);
  expect(second.chain.children).toEqual([]);
  expect(await second.call('eth_chainId')).toBe('0x7a69');
});

test('a damaged state is told with what to do about it', async () => {
  const stateFolder = newStateFolder();
  const file = join(stateFolder, 'data', 'chain.json.gz');
  writeChainState(file, '0x00');
  writeFileSync(file, 'half');
  await expect(boot(stateFolder)).rejects.toThrow(/damaged.*--fresh/);
});
