/** Goes on with yesterday's reconciliation, or with one that an operator asks for, and tells what came of them. */
import { dayMs, dayOf } from '#cloud/account-sums.ts';
import type { OutboxStore } from '#cloud/outbox-store.ts';
import { type Reconciling, reconcileStep } from '#cloud/reconcile-pass.ts';
import { isFinished, presentPass } from '#cloud/reconciliation-store.ts';
import type { Reconciliation } from '#domain/reconciliation.ts';
import {
  type ReconcileAnswer,
  type ReconcileEvent,
  reconcileEvent,
  written,
} from '#wire/reconciliation-report.ts';

export type DayPorts = Reconciling & {
  outbox: Pick<OutboxStore, 'overdue'>;
  report(told: { differences: number; ageHours: number; pass: Reconciliation }): void;
};

/** The schedule comes every quarter of an hour; an operator waits for his answer half a minute. */
const scheduledMs = 240_000;
/** How many days before yesterday are made up for. */
const daysBack = 6;
const askedMs = 15_000;
/** Runs that wait are counted up to here. */
const waitingAtMost = 1_000;
const hourMs = 3_600_000;

export async function reconcileDay(
  event: unknown,
  ports: DayPorts,
): Promise<ReconcileAnswer | undefined> {
  const asked = reconcileEvent.safeParse(event);
  if (asked.success) return answer(asked.data, ports);
  const pass = await goOn(ports);
  ports.report({
    differences: (await ports.store.open()).length,
    ageHours: (await ports.store.ageMs(ports.nowMs())) / hourMs,
    pass,
  });
  return undefined;
}

/** Day after day: sums of each are kept, and what users were owed is proved from them, also of a day that had to wait for long. */
async function goOn(ports: DayPorts): Promise<Reconciliation> {
  const endMs = ports.nowMs() + scheduledMs;
  const lastMs = ports.nowMs() - dayMs;
  const newest = await ports.store.newestDay();
  let atMs = Math.min(Math.max(newest?.endMs ?? lastMs, lastMs - daysBack * dayMs), lastMs);
  for (; ; atMs += dayMs) {
    const budgetMs = endMs - ports.nowMs();
    const pass = await reconcileStep(ports, { name: dayOf(atMs), budgetMs });
    if (!isFinished(pass) || dayOf(atMs) === dayOf(lastMs)) return pass;
  }
}

async function answer(event: ReconcileEvent, ports: DayPorts): Promise<ReconcileAnswer> {
  const { store, outbox, nowMs, vault } = ports;
  if (event.type === 'account') {
    const compared = await vault.accountOf?.(event.account);
    const asked = { open: [], gone: [], waiting: { runs: 0 } };
    return compared ? { ...asked, vaultAccount: written(compared) } : asked;
  }
  const pass =
    event.type === 'report'
      ? await passOf(event.name, ports)
      : await reconcileStep(ports, {
          ...{ name: presentPass, budgetMs: askedMs },
          ...{ anew: event.anew, isWhole: event.whole },
        });
  const waiting = await outbox.overdue('reconcile', nowMs(), waitingAtMost);
  const [oldest] = waiting;
  return {
    ...(pass ? { pass: written(pass) } : {}),
    open: await store.open(),
    gone: pass ? await store.goneOf(dayOf(pass.startedAtMs)) : [],
    waiting: { runs: waiting.length, ...(oldest ? { oldestAtMs: oldest.atMs } : {}) },
  };
}

async function passOf(
  name: string | undefined,
  { store }: DayPorts,
): Promise<Reconciliation | undefined> {
  if (name === undefined) return store.newestDay();
  return (await store.read(name))?.pass;
}
