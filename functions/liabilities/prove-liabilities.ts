/**
 * Publishes what was owed at the end of each day, once its reconciliation is finished: gathers, builds, publishes, step by step,
 * each kept by a conditional write. Whoever runs beside it or after a crash goes on from the last step; nothing is published twice.
 */
import { dayMs, dayOf, endOfDay } from '#cloud/account-sums.ts';
import type { LiabilityDay, LiabilityDays } from '#cloud/liability-days.ts';
import { type BuildPorts, buildTree } from './build-tree.ts';
import { type GatherPorts, gatherPart } from './gather-owed.ts';

export type ProvePorts = GatherPorts &
  BuildPorts & {
    days: LiabilityDays;
    /** What is left to this run. */
    remainingMs(): number;
  };

/** A day that an operator names; `again` begins anew one that failed. */
export type ProveWish = { day?: string | undefined; again?: boolean | undefined };

export type ProvenDay = Pick<LiabilityDay, 'day' | 'failure'> & {
  state: LiabilityDay['state'] | 'waiting';
};

/** How many days back a scheduled run makes up for. */
export const daysBack = 7;
/** A step is not begun with less left than the longest takes: the tree of some millions of accounts. */
export const stepMs = 120_000;

/** Goes on with what is unfinished, oldest first. */
export async function proveLiabilities(ports: ProvePorts, wish: ProveWish): Promise<ProvenDay[]> {
  const outcomes: ProvenDay[] = [];
  for (const day of wish.day === undefined ? daysBefore(ports.nowMs()) : [wish.day])
    outcomes.push(await proveDay(ports, day, wish.again === true));
  return outcomes;
}

/** Hours since the end of the newest published day, which is known to be of the last week; 0 where none was ever published. */
export async function ageHours({ days, nowMs }: Pick<ProvePorts, 'days' | 'nowMs'>) {
  const recent = await days.page({ limit: 2 * daysBack });
  const newest = recent.find(({ state }) => state === 'published');
  if (newest) return Math.max(0, (nowMs() - endOfDay(newest.day)) / 3_600_000);
  const oldest = recent.at(-1);
  return oldest ? Math.max(0, (nowMs() - endOfDay(oldest.day)) / 3_600_000) : 0;
}

function daysBefore(nowMs: number): string[] {
  return Array.from({ length: daysBack }, (_, at) => dayOf(nowMs - (daysBack - at) * dayMs));
}

async function proveDay(ports: ProvePorts, day: string, again: boolean): Promise<ProvenDay> {
  let current = await ports.days.read(day);
  if (current?.state === 'published') return outcome(current);
  if (current?.state === 'failed' && !again) return outcome(current);
  if (!current || current.state === 'failed') {
    // Entries of a day that is not over, or that nobody has summed, are not all there.
    if (endOfDay(day) > ports.nowMs() || !(await ports.reconciled(day)))
      return { day, state: 'waiting' };
    current = await ports.days.write(begun(day, ports.nowMs()), current?.step ?? 0);
  }
  while (current?.state === 'gathering' || current?.state === 'building') {
    if (ports.remainingMs() < stepMs) return outcome(current);
    const step: typeof gatherPart | typeof buildTree =
      current.state === 'gathering' ? gatherPart : buildTree;
    current = await ports.days.write(await step(ports, current), current.step);
  }
  // Somebody else took the step: it is theirs to go on.
  return current ? outcome(current) : { day, state: 'waiting' };
}

const begun = (day: string, startedAtMs: number): Omit<LiabilityDay, 'step'> => ({
  ...{ day, state: 'gathering', startedAtMs },
  ...{ shard: 0, after: '', parts: [], gathered: [], trees: [] },
});

const outcome = ({ day, state, failure }: LiabilityDay): ProvenDay => ({
  day,
  state,
  ...(failure ? { failure } : {}),
});
