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
const IDLE_TICKS = 10;
/** A save comes so soon after a block with transactions: before anybody takes it for final. */
const SAVE_AFTER_TICKS = 2;
const IDLE_SAVE_TICKS = 60;

export function startMining(options: MiningOptions): Mining {
  const { call, save, report, isGone, tickMs = TICK_MS } = options;
  const stopping = new AbortController();
  /** Blocks since the last one with transactions, ticks since the last block, ticks since the last save. */
  let [emptyBlocks, idleTicks, unsavedTicks] = [0, 0, 0];
  let [isUnsaved, isSaving, isTold] = [true, false, false];

  async function tick(): Promise<void> {
    const isPending = await hasPending(call);
    if (isPending) {
      [emptyBlocks, isUnsaved] = [0, true];
      unsavedTicks = Math.max(unsavedTicks, IDLE_SAVE_TICKS - SAVE_AFTER_TICKS);
    }
    idleTicks += 1;
    if (isPending || emptyBlocks < BLOCKS_AFTER || idleTicks >= IDLE_TICKS) {
      await call('evm_mine');
      [idleTicks, isUnsaved] = [0, true];
      if (!isPending) emptyBlocks += 1;
    }
    unsavedTicks += 1;
    if (isUnsaved && unsavedTicks >= IDLE_SAVE_TICKS) void saveAlone();
  }

  /** Beside the clock, which must go on. */
  async function saveAlone(): Promise<void> {
    if (isSaving) return;
    isSaving = true;
    [isUnsaved, unsavedTicks] = [false, 0];
    try {
      await save();
    } catch (error) {
      isUnsaved = true;
      complain(error);
    } finally {
      isSaving = false;
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
      if (!isGone() && isUnsaved) await save().catch(complain);
    },
  };
}

async function hasPending(call: ChainCall): Promise<boolean> {
  const { pending } = (await call('txpool_status')) as { pending: string };
  return BigInt(pending) > 0n;
}
