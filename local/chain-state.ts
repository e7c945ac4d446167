/** The local chain's state in a file: as anvil dumps it, replaced whole, and without its oldest blocks where it is read again. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Who is further behind than so many blocks when the chain starts again does not catch up. */
export const keptBlocks = 2_000;

/** What anvil answers to `anvil_dumpState`: hex of gzipped JSON. */
export function writeChainState(path: string, dumped: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.draft`;
  writeFileSync(draft, Buffer.from(String(dumped).slice(2), 'hex'), { mode: 0o600 });
  renameSync(draft, path);
}

type State = {
  blocks: { header: { number: string } }[];
  transactions: { block_number: number }[];
  best_block_number: number;
};

/** JSON that anvil loads; undefined where nothing was written yet. */
export function readChainState(path: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
  let state: State;
  try {
    state = JSON.parse(gunzipSync(bytes).toString()) as State;
  } catch {
    throw new Error(`${path} is damaged: begin anew with \`npm start -- --fresh\`.`);
  }
  const oldest = Number(state.best_block_number) - keptBlocks;
  const isKept = (number: number): boolean => number === 0 || number >= oldest;
  const blocks = state.blocks.filter(({ header }) => isKept(Number(header.number)));
  const transactions = state.transactions.filter(({ block_number }) => isKept(block_number));
  return JSON.stringify({ ...state, blocks, transactions });
}
