/** Plans and sends until nothing is left to do, or what is left must wait for the chain or for a person. */
import type { Followed } from './settlement-insurance.ts';
import { type Planned, type Planning, planOnce } from './settlement-planner.ts';
import { type Submitted, type Submitting, submitNext } from './settlement-submit.ts';

export type Settling = {
  planning: Planning;
  submitting: Submitting;
  /** Whether the vault is frozen, for good. */
  isFrozen(): Promise<boolean>;
  /** The ledger takes back what will never settle. */
  takeBack(): Promise<void>;
  /** The ledger follows what was insured. */
  follow(): Promise<Followed>;
  pause(ms: number): Promise<void>;
};

export type Pass = { batches: number; sent: number; left: Submitted; insured: Followed };

/** How often the chain is asked whether an earlier batch is mined. */
const pollMs = 500;

/** `untilMs`: when to stop waiting; what is left then is done by the next row, or by the sweep. */
export async function settle(settling: Settling, untilMs: number): Promise<Pass> {
  const { planning, submitting } = settling;
  const pass = { batches: 0, sent: 0 };
  if (await settling.isFrozen()) return end(settling);
  for (;;) {
    const planned = await planOnce(planning);
    if (planned.status === 'planned') pass.batches += 1;
    const submitted = await submitNext(submitting);
    if (submitted.status === 'submitted') pass.sent += 1;
    const waitMs = waitOf(planned, submitted);
    const isOver = waitMs === undefined || planning.nowMs() + waitMs > untilMs;
    if (isOver) return { ...pass, left: submitted, insured: await settling.follow() };
    if (waitMs > 0) await settling.pause(waitMs);
  }
}

/** Everything that there is is planned, and taken back. */
async function end({ planning, takeBack, follow }: Settling): Promise<Pass> {
  let batches = 0;
  for (;;) {
    const { status } = await planOnce(planning);
    if (status === 'planned') batches += 1;
    if (status === 'nothing' || status === 'young') break;
  }
  await takeBack();
  const left: Submitted = {
    ...{ status: 'waits', batchId: 0, why: 'vault_frozen' },
    detail: 'it settles nothing any more; users leave with what it holds for them',
  };
  return { batches, sent: 0, left, insured: await follow() };
}

/** Undefined where neither has anything to go on with. */
function waitOf(planned: Planned, submitted: Submitted): number | undefined {
  const goesOn = planned.status !== 'nothing' && planned.status !== 'young';
  if (goesOn || submitted.status === 'submitted' || submitted.status === 'again') return 0;
  const waits: number[] = [];
  if (planned.status === 'young') waits.push(planned.forMs);
  if (submitted.status === 'waits' && submitted.why === 'earlier_batch') waits.push(pollMs);
  return waits.length === 0 ? undefined : Math.min(...waits);
}
