/** Settlement in a process of its own, beside which others read. */
import { documentClient } from '#cloud/clients.ts';
import { answerParent } from './forked.ts';
import { clearSteadily, type Steady, type SteadyPlan } from './steady-clearing.ts';

export type Cleared = Steady & { table: string };

let clearing: Promise<Steady> | undefined;

/** Answers the table once there is something to read. */
function begin(plan: SteadyPlan): Promise<string> {
  return new Promise((resolve, reject) => {
    clearing = clearSteadily(documentClient(), plan, resolve);
    clearing.catch(reject);
  });
}

answerParent({ begin, end: () => clearing });
