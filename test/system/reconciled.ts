/** A reconciliation of everything, as an operator orders it of a running local exchange. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ReconcileAnswer } from '#wire/reconciliation-report.ts';
import { tellReconciliation } from '../../ops/reconcile.ts';
import { reconcileFrom } from '../../ops/reconcile-reach.ts';

type Told = { ok: boolean; error?: string } & ReconcileAnswer;

type Reconciled = {
  /** Empty where money adds up. */
  found: string[];
  accounts: number;
  entries: number;
  /** Runs whose message is still on its way: a power cut loses some, which the sweep sends again at 1, 2, 4 … minutes. */
  waitingRuns: number;
};

/** What it compared, all entries included; throws where it cannot be made. Waits so long for each run to be compared by itself. */
export async function reconcile(stateFolder: string, patienceMs = 180_000): Promise<Reconciled> {
  const { ask } = await reconcileFrom('/')({ stage: 'local', stateFolder });
  // Each run is compared with the journal by itself; what that finds is told below.
  const untilMs = Date.now() + patienceMs;
  let waitingRuns: number;
  do {
    await pause(500);
    waitingRuns = (await ask({ type: 'report' })).waiting.runs;
  } while (waitingRuns > 0 && Date.now() < untilMs);
  const told = await tell(stateFolder);
  const { pass, open } = told;
  if (pass?.place.phase !== 'finished') throw new Error(`no reconciliation: ${told.error}`);
  const found = open.map(
    ({ kind, account = '', asset = '', groupId = '', what, expected, found: actual }) =>
      `${kind} ${account} ${asset} ${groupId}: ${what}, expected ${expected}, found ${actual}`,
  );
  if (pass.unsettled.accounts > 0) found.push(`${pass.unsettled.accounts} accounts are unsettled`);
  return { found, accounts: pass.accounts, entries: pass.entries, waitingRuns };
}

async function tell(stateFolder: string): Promise<Told> {
  const said: string[] = [];
  await tellReconciliation(['reconcile', '--now', '--whole', '--state', stateFolder, '--json'], {
    reach: reconcileFrom('/'),
    say: (line) => said.push(line),
    complain: () => {},
    pause: (ms) => pause(ms).then(() => undefined),
  });
  const told = JSON.parse(said.at(-1) ?? '{}') as Told;
  if (told.error !== undefined) throw new Error(`no reconciliation: ${told.error}`);
  return told;
}
