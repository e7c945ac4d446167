/** An exchange for a benchmark: synthesized once, booted in a folder of its own, ended with nothing left. */
import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { synthesize } from '../../local/synthesize.ts';
import { endProcessesOf, processesOf } from '../left-behind.ts';
import { ledgerSums } from '../system/audit.ts';
import { type Exchange, startExchange } from '../system/local-exchange.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'crossbook-bench-'));
let assembly: Promise<string> | undefined;
let states = 0;

process.on('exit', () => {
  endProcessesOf(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

/** The assembly of the local stage; the first call synthesizes it. */
export function assemblyUnderTest(): Promise<string> {
  const stateFolder = join(folder, 'synthesis');
  assembly ??= synthesize({ root, stage: 'local', stateFolder, progress: () => {} });
  return assembly;
}

export const newState = (): string => join(folder, `state-${++states}`);

export async function bootUnderTest(flags: string[], stateFolder = newState()): Promise<Exchange> {
  const given = ['--port', '0', ...flags];
  return startExchange({ stateFolder, assembly: await assemblyUnderTest(), flags: given });
}

/** Every asset sums to zero over all accounts, or the figures are worth nothing. */
export async function checkSums(exchange: Exchange): Promise<void> {
  for (const [asset, sum] of Object.entries(await ledgerSums(exchange)))
    assert.equal(sum, '0', `${asset} sums to ${sum} over all accounts`);
}

/** Ends it as Ctrl-C does; answers how long that took. */
export async function endUnderTest(exchange: Exchange): Promise<number> {
  const { ms, code } = await exchange.stop();
  assert.equal(code, 0, `the exchange ended with ${code}: ${exchange.printed()}`);
  assert.deepEqual(processesOf(folder), [], 'the stop left processes behind');
  return ms;
}
