/** Follows the chain for as long as a run lasts: looks, writes what is new, looks again at once while there is more, else waits a little. */
import { type Checkpoint, headOf, type Pass } from '#cloud/chain-index.ts';
import type { Looked } from '#cloud/chain-index-pass.ts';
import type { ChainIndexStore } from '#cloud/chain-index-store.ts';
import type { Clock } from '#cloud/clock.ts';
import { joined, mayWait } from './quiet-pass.ts';

export type FollowPorts = {
  store: ChainIndexStore;
  look: (before: Checkpoint | undefined) => Promise<Looked>;
  clock: Clock;
  pause: (ms: number) => Promise<void>;
  report: (problem: string, error?: Error) => void;
};

export type Followed = {
  passes: number;
  /** How old the newest block is that was indexed; undefined before the first. */
  ageMs: number | undefined;
  headNumber: number | undefined;
  isDeep: boolean;
};

export type Pace = {
  lastsMs: number;
  pollMs: number;
  /** So much of a chain that concerns nobody is told at once: each telling costs writes, and wakes whoever follows. */
  quietMs: number;
};

/** A chain that moves is looked at again at once, but not for ever. */
const movesInARow = 3;

/** Ends at the first moment after `lastsMs` at which nothing is half done; throws where its last look failed. */
export async function followChain(
  ports: FollowPorts,
  { lastsMs, pollMs, quietMs }: Pace,
): Promise<Followed> {
  const { store, clock, pause, report } = ports;
  const endMs = clock.monotonicMs() + lastsMs;
  let checkpoint = await store.read();
  let passes = 0;
  let moves = 0;
  let waiting: Pass | undefined;
  let fault: Error | undefined;
  for (;;) {
    let isMore = false;
    try {
      fault = undefined;
      const looked = await ports.look(waiting?.after ?? checkpoint);
      moves = looked.type === 'moving' ? moves + 1 : 0;
      isMore = moves > 0 && moves <= movesInARow;
      if (looked.type === 'found') {
        const pass = waiting ? joined(waiting, looked.pass) : looked.pass;
        waiting = mayWait(pass, quietMs) ? pass : undefined;
        if (!waiting) {
          const written = await store.append(pass, clock.nowMs());
          // Whoever is refused may have written it himself: only the stored checkpoint says.
          checkpoint = written ? pass.after : await store.read();
          passes += 1;
        }
        const known = waiting?.after ?? checkpoint;
        isMore = known === undefined || headOf(known).number < looked.headNumber;
      }
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error));
      report('the chain could not be followed', fault);
    }
    const leftMs = endMs - clock.monotonicMs();
    if (leftMs <= 0) break;
    if (!isMore) await pause(Math.min(pollMs, leftMs));
  }
  if (fault) throw fault;
  const known = waiting?.after ?? checkpoint;
  return {
    passes,
    ageMs: known && Math.max(0, clock.nowMs() - known.headAtMs),
    headNumber: known && headOf(known).number,
    isDeep: known?.deepSinceMs !== undefined,
  };
}
