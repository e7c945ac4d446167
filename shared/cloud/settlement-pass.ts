/** Plans and sends until nothing is left to do, or what is left must wait for the chain or for a person. */
import type { Followed } from './settlement-insurance.ts';
import { type Planned, type Planning, planOnce } from './settlement-planner.ts';
import { type Submitted, type Submitting, submitNext } from './settlement-submit.ts';

export type Settling = {
  planning: Planning;
  submitting: Submitting;
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

/** Undefined where neither has anything to go on with. */
function waitOf(planned: Planned, submitted: Submitted): number | undefined {
  const goesOn = planned.status !== 'nothing' && planned.status !== 'young';
  if (goesOn || submitted.status === 'submitted' || submitted.status === 'again') return 0;
  const waits: number[] = [];
  if (planned.status === 'young') waits.push(planned.forMs);
  if (submitted.status === 'waits' && submitted.why === 'earlier_batch') waits.push(pollMs);
  return waits.length === 0 ? undefined : Math.min(...waits);
}
