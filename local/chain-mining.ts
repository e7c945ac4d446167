/**
 * The local chain's clock: a block a second while something happens on it, one now and then while nothing does, and its state
 * in a file soon after each block that has transactions. A chain that nobody uses costs next to nothing that way.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChainCall } from './chain-node.ts';

export type MiningOptions = {
  call: ChainCall;
  /** Writes the whole state down. */
  save: () => Promise<void>;
  report: (text: string) => void;
  isGone: () => boolean;
  tickMs?: number;
};

export type Mining = { stop: (how: { andSave: boolean }) => Promise<void> };

const TICK_MS = 1_000;
/** Empty blocks that follow one with transactions, so that whoever counts confirmations has them. */
const BLOCKS_AFTER = 8;
/** Ticks from one block of an idle chain to the next: whoever watches sees that it lives. */
const IDLE_TICKS = 20;
/** A block with transactions is saved before so many follow it: whoever counts three confirmations takes it for final. */
const BLOCKS_UNSAVED = 2;
const IDLE_SAVE_TICKS = 60;

export function startMining(options: MiningOptions): Mining {
  const { call, save, report, isGone, tickMs = TICK_MS } = options;
  const stopping = new AbortController();
  /** Blocks since the last one with transactions, ticks since the last block, ticks since the last save. */
  let [emptyBlocks, idleTicks, unsavedTicks] = [0, 0, 0];
  let [isUnsaved, isTold] = [true, false];
  /** How many blocks were made, and which of those with transactions are in no file yet, oldest first. */
  let made = 0;
  let unsavedBlocks: number[] = [];
  let saving: Promise<void> | undefined;

  async function tick(): Promise<void> {
    idleTicks += 1;
    if (emptyBlocks < BLOCKS_AFTER || idleTicks >= IDLE_TICKS || (await hasPending(call))) {
      await saveInTime();
      await call('evm_mine');
      made += 1;
      [idleTicks, isUnsaved] = [0, true];
      // What was pending before says nothing: a transaction may have come in between.
      const isEmpty = await isLastEmpty(call);
      if (!isEmpty) unsavedBlocks.push(made);
      emptyBlocks = isEmpty ? emptyBlocks + 1 : 0;
    }
    unsavedTicks += 1;
    if (unsavedBlocks.length > 0 || (isUnsaved && unsavedTicks >= IDLE_SAVE_TICKS)) {
      saving ??= saveAlone();
    }
  }

  /** The clock waits for a save rather than let a block be taken for final that a kill would undo. */
  async function saveInTime(): Promise<void> {
    const isLate = () => made - (unsavedBlocks[0] ?? made) >= BLOCKS_UNSAVED;
    // The one under way may have begun before the block was there.
    if (isLate()) await saving;
    if (isLate()) {
      saving = saveAlone();
      await saving;
    }
    if (isLate()) throw new Error('its state cannot be written down');
  }

  /** Beside the clock, which goes on meanwhile. */
  async function saveAlone(): Promise<void> {
    const through = made;
    [isUnsaved, unsavedTicks] = [false, 0];
    try {
      await save();
      unsavedBlocks = unsavedBlocks.filter((block) => block > through);
    } catch (error) {
      isUnsaved = true;
      complain(error);
    } finally {
      saving = undefined;
    }
  }

  function complain(error: unknown): void {
    // That it is gone is told by whoever watches the process.
    if (isGone() || stopping.signal.aborted || isTold) return;
    isTold = true;
    report(`the chain does not go on: ${(error as Error).message}`);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const sinceMs = performance.now();
      await tick().then(() => {
        isTold = false;
      }, complain);
      const waitMs = Math.max(0, tickMs - (performance.now() - sinceMs));
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    async stop({ andSave }) {
      stopping.abort();
      if (!andSave) return;
      await running;
      await saving;
      if (!isGone() && isUnsaved) await save().catch(complain);
    },
  };
}

async function hasPending(call: ChainCall): Promise<boolean> {
  const { pending } = (await call('txpool_status')) as { pending: string };
  return BigInt(pending) > 0n;
}

async function isLastEmpty(call: ChainCall): Promise<boolean> {
  const block = (await call('eth_getBlockByNumber', 'latest', false)) as {
    transactions: unknown[];
  };
  return block.transactions.length === 0;
}
