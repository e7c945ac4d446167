/** One round of the guard: new facts, what matchers are to be told of them, exits that are under way, and the chain's head. */
import { advanceExit, type ExitPorts } from '#cloud/exit-steps.ts';
import { openExits } from '#cloud/exit-store.ts';
import { type FactSource, followFacts, readFactCursor } from '#cloud/follow-facts.ts';
import { type GuardFactPorts, guardFacts, isVaultFrozen } from '#cloud/guard-facts.ts';
import { type TellPorts, workTasks } from '#cloud/guard-tasks.ts';
import type { MatcherClient } from '#cloud/matcher-client.ts';

export const consumer = 'guard';

export type GuardPorts = GuardFactPorts &
  ExitPorts & {
    matchers: TellPorts['matchers'] & Pick<MatcherClient, 'tellHead'>;
    groups: TellPorts['groups'];
    facts: FactSource;
    failed: (what: string, error: unknown) => void;
  };

export type Guarded = {
  facts: number;
  /** How long the oldest act waits that could be done by now: a group's answer, or the ledger's. */
  oldestMs: number;
};

export async function runGuard(ports: GuardPorts): Promise<Guarded> {
  const { client, table, clock, facts: source } = ports;
  const follow = { client, table, consumer, facts: source, work: [guardFacts(ports)] };
  const facts = await followFacts(follow);
  const tasks = await workTasks({ client, table }, { ...ports, nowMs: clock.nowMs() });
  const endedMs = await advanceExits(ports);
  await tellHeads(ports);
  return { facts, oldestMs: Math.max(tasks.oldestMs, endedMs) };
}

/** One account's trouble is not another's. Answers for how long the oldest that ended on the chain is not over here. */
async function advanceExits(ports: GuardPorts): Promise<number> {
  let oldestMs = 0;
  for (const { id } of await openExits(ports)) {
    try {
      await advanceExit(ports, id);
    } catch (error) {
      ports.failed(`exit ${id} does not go on`, error);
    }
  }
  for (const { endedAtMs } of await openExits(ports))
    if (endedAtMs !== undefined) oldestMs = Math.max(oldestMs, ports.clock.nowMs() - endedAtMs);
  return oldestMs;
}

/** A group that does not hear of it for long takes cancels only; of a frozen vault none hears any more: nothing would settle. */
async function tellHeads(ports: GuardPorts): Promise<void> {
  const { headNumber: number, headAtMs: atMs, fact } = await readFactCursor({ ...ports, consumer });
  if (fact === 0 || (await isVaultFrozen(ports))) return;
  await Promise.all(
    ports.groups.map((groupId) =>
      ports.matchers
        .tellHead(groupId, { number, atMs })
        .catch((error) => ports.failed(`${groupId} was not told of the chain's head`, error)),
    ),
  );
}
