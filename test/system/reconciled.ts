/** A reconciliation of everything, as an operator orders it of a running local exchange. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ReconcileAnswer } from '#wire/reconciliation-report.ts';
import { tellReconciliation } from '../../ops/reconcile.ts';
import { reconcileFrom } from '../../ops/reconcile-reach.ts';
import { eventually } from './waiting.ts';

type Told = { ok: boolean; error?: string } & ReconcileAnswer;

/** A power cut loses messages on their way: the sweep of the outbox sends them again when they are a minute old. */
const withinMs = 180_000;

/** What it compared; throws where it cannot be made. `found` is empty where money adds up. */
export async function reconcile(
  stateFolder: string,
): Promise<{ found: string[]; accounts: number; entries: number }> {
  const { ask } = await reconcileFrom('/')({ stage: 'local', stateFolder });
  // Each run is compared with the journal by itself; what that finds is told below.
  await eventually(
    'every run to be reconciled',
    async () => {
      await pause(500);
      return (await ask({ type: 'report' })).waiting.runs === 0;
    },
    withinMs,
  );
  const told = await tell(stateFolder);
  const { pass, open } = told;
  if (pass?.place.phase !== 'finished') throw new Error(`no reconciliation: ${told.error}`);
  const found = open.map(
    ({ kind, account = '', asset = '', groupId = '', what, expected, found: actual }) =>
      `${kind} ${account} ${asset} ${groupId}: ${what}, expected ${expected}, found ${actual}`,
  );
  if (pass.unsettled.accounts > 0) found.push(`${pass.unsettled.accounts} accounts are unsettled`);
  return { found, accounts: pass.accounts, entries: pass.entries };
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
